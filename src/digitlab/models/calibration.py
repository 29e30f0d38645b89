"""How reliable is an answer? Temperature scaling, calibration error, and when to say "unsure".

A network is calibrated if 9 out of 10 of its answers with probability 0.9 are correct. A trained
network is not quite calibrated; dividing its outputs by one number, the temperature, often
corrects most of the error.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LogProbabilities = NDArray[np.float32]  # N x classes, natural logarithms

DEFAULT_THRESHOLD = 0.5  # without images to choose it by: more likely than all others together
_BINS = 15  # of the calibration error, as in Guo et al. 2017
_MIN_TEMPERATURE, _MAX_TEMPERATURE = 0.05, 20.0
_GOLDEN_RATIO = (5**0.5 - 1) / 2
_BELOW_ONE = float(np.nextafter(1.0, 0.0))  # the largest float64 below 1


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """How a network's outputs become probabilities, and which answers are "unsure"."""

    temperature: float
    """The log-probabilities are divided by it, 0.05 to 20; 1 changes nothing."""
    threshold: float
    """An answer with a lower calibrated probability is "unsure", 0 to 1; at 1 all answers are."""
    error_rate: float | None
    """The threshold was chosen so that at most this share of the answers that are not unsure is
    wrong, 0 to below 1; None if it was not chosen."""
    fitted_on: str
    """A description of the images that temperature and threshold were chosen on."""

    def __post_init__(self) -> None:
        low, high, rate = _MIN_TEMPERATURE, _MAX_TEMPERATURE, self.error_rate
        for name, is_valid, limits in (  # NaN is not valid
            ("temperature", low <= self.temperature <= high, f"{low} to {high}"),
            ("threshold", 0 <= self.threshold <= 1, "0 to 1"),
            ("error_rate", rate is None or 0 <= rate < 1, "0 to below 1"),
        ):
            if not is_valid:
                raise ValueError(f"{name} is {getattr(self, name)}, but must be from {limits}")

    @property
    def lowest_sure_probability(self) -> float:
        """The probability from which on an answer is not unsure; infinite if all are unsure."""
        return self.threshold if self.threshold < 1 else float("inf")

    def is_sure(self, log_probabilities: LogProbabilities) -> NDArray[np.bool_]:
        """Return for each of N calibrated answers, float32, N x classes, if it is not "unsure".

        Computed in float64, like `find_threshold`: in float32, answers whose probability equals
        the threshold could round to below it.
        """
        return np.asarray(_answer_probability(log_probabilities) >= self.lowest_sure_probability)


@dataclass(frozen=True, kw_only=True)
class Detection:
    """From which probability on a picture is taken for a digit, and what comes of it.

    The shares, 0 to 1, are of pictures that the network has not learned, by kind.
    """

    threshold: float
    """A picture with a lower `is_digit` is refused: its answer is "unsure"; 0 to 1."""
    refused: dict[str, float]
    """The share of digits that is refused."""
    wrong: dict[str, float]
    """The share of wrong answers among those to digits that are not unsure."""
    answered: dict[str, float]
    """The share of pictures without a digit that get an answer that is not unsure."""

    def __post_init__(self) -> None:
        shares = {"threshold": self.threshold, **self.refused, **self.wrong, **self.answered}
        for name, share in shares.items():
            if not 0 <= share <= 1:  # NaN is not
                raise ValueError(f"{name} is {share}, but must be from 0 to 1")

    def accepts(self, is_digit: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Return which pictures are not refused, by their probabilities of being a digit, (N,)."""
        return np.asarray(is_digit >= self.threshold)


def find_detection_threshold(is_digit: NDArray[np.float32], refused: float) -> float:
    """Return the highest threshold that refuses at most the share `refused` of some digits.

    Takes the probabilities that pictures of digits show one, at least one picture: float32, (N,).

    >>> find_detection_threshold(np.array([0.25, 0.5, 0.75, 1], np.float32), refused=0.3)
    0.5
    """
    return float(np.sort(is_digit)[int(refused * len(is_digit))])


def calibrate(
    log_probabilities: LogProbabilities,
    labels: NDArray[np.integer],
    *,
    error_rate: float,
    fitted_on: str,
) -> Calibration:
    """Choose temperature and threshold on a network's answers to images it was not trained on.

    Takes the answers to N images, float32, N x classes, and the N correct classes. If N is 0,
    nothing is fitted: temperature 1, threshold 0.5. For `error_rate`, see `find_threshold`.
    """
    if not len(labels):
        return Calibration(
            temperature=1.0, threshold=DEFAULT_THRESHOLD, error_rate=None, fitted_on="no image"
        )
    temperature = fit_temperature(log_probabilities, labels)
    calibrated = temperature_scaled(log_probabilities, temperature)
    threshold = find_threshold(calibrated, labels, error_rate)
    return Calibration(
        temperature=temperature, threshold=threshold, error_rate=error_rate, fitted_on=fitted_on
    )


def temperature_scaled(log_probabilities: LogProbabilities, temperature: float) -> LogProbabilities:
    """Return the answers with lower confidence (temperature above 1) or higher (below 1).

    They are divided by the temperature, a number above 0, and then normalized so that the
    probabilities sum to 1. The order of the classes never changes.

    >>> answer = np.log(np.array([[0.8, 0.2]], np.float32))
    >>> np.exp(temperature_scaled(answer, 2.0)).round(3).tolist()
    [[0.6669999957084656, 0.3330000042915344]]
    """
    with np.errstate(over="ignore"):  # minus infinity: a probability of 0
        scores = log_probabilities / np.float32(temperature)
    scores -= scores.max(axis=1, keepdims=True)
    scores -= np.log(np.exp(scores).sum(axis=1, keepdims=True))
    return scores


def fit_temperature(log_probabilities: LogProbabilities, labels: NDArray[np.integer]) -> float:
    """Return the temperature that gives the N correct classes the highest likelihood.

    Fit it on images, at least one, that the network was not trained on and will not be tested on.
    As a function of the temperature's logarithm, the loss has a single minimum; golden-section
    search finds it.

    Source: C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On calibration of modern neural
    networks", ICML 2017.
    """

    def loss(log_temperature: float) -> float:
        answers = temperature_scaled(log_probabilities, float(np.exp(log_temperature)))
        return float(-answers[np.arange(len(labels)), labels].mean(dtype=np.float64))

    low, high = np.log(_MIN_TEMPERATURE), np.log(_MAX_TEMPERATURE)
    while high - low > 1e-4:
        left, right = high - _GOLDEN_RATIO * (high - low), low + _GOLDEN_RATIO * (high - low)
        if loss(left) < loss(right):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))


def expected_calibration_error(
    log_probabilities: LogProbabilities, labels: NDArray[np.integer]
) -> float:
    """Return the average difference between probability and accuracy of the answers, 0 to 1.

    The answers are sorted into 15 bins of equal width by their probability. In each bin, the mean
    probability is compared with the accuracy; each bin is weighted by its number of answers.

    Source: M. P. Naeini, G. F. Cooper, M. Hauskrecht, "Obtaining well calibrated probabilities
    using Bayesian binning", AAAI 2015; bins of equal width as in Guo et al. 2017.

    >>> half = np.log(np.full((4, 2), 0.5, np.float32))
    >>> round(expected_calibration_error(half, np.array([0, 0, 1, 1])), 6)
    0.0
    """
    probability = _answer_probability(log_probabilities)
    correct = log_probabilities.argmax(axis=1) == labels  # N
    bins = np.minimum((probability * _BINS).astype(np.int64), _BINS - 1)
    surplus = np.bincount(bins, weights=probability - correct, minlength=_BINS)
    return float(np.abs(surplus).sum() / len(labels))


def find_threshold(
    log_probabilities: LogProbabilities, labels: NDArray[np.integer], error_rate: float
) -> float:
    """Return the lowest probability at which an answer can be accepted.

    Takes calibrated answers to images that the network was not trained on. At most the share
    `error_rate`, 0 to below 1, of the accepted answers to them is wrong; on other images it may be
    slightly more. The result is 1, which accepts no answer, if even the answers with the highest
    probability are wrong too often.

    Answers of equal probability are accepted or rejected together, so only the last answer of
    each such group counts as a possible threshold.
    """
    # A probability can round to exactly 1. Capped, it stays below the threshold that accepts none.
    probability = np.minimum(_answer_probability(log_probabilities), _BELOW_ONE)
    highest_first = np.argsort(-probability, kind="stable")
    probability = probability[highest_first]
    wrong = (log_probabilities.argmax(axis=1) != labels)[highest_first]
    share_wrong = np.cumsum(wrong) / np.arange(1, len(labels) + 1)
    ends_group = np.append(probability[:-1] != probability[1:], True)
    allowed = probability[ends_group & (share_wrong <= error_rate)]
    return float(allowed[-1]) if len(allowed) else 1.0


def _answer_probability(log_probabilities: LogProbabilities) -> NDArray[np.float64]:
    """Return the probability of the most likely class of each answer, N."""
    return np.asarray(np.exp(log_probabilities.max(axis=1).astype(np.float64)))
