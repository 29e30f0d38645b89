"""How far may an answer be believed? Temperature, calibration error, and when to abstain.

A network is calibrated if, of the answers that it gives with probability 0.9, nine in ten are
right. Trained networks are not, quite; one number, the temperature, often mends much of it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LogProbabilities = NDArray[np.float32]  # N x classes, natural logarithms
BINS = 15  # of the calibration error, as in the paper that made it usual
COLDEST, HOTTEST = 0.05, 20.0  # temperatures that are looked at
GOLDEN = (5**0.5 - 1) / 2
NO_CHOICE = 0.5  # the threshold where there is nothing to choose it by: likelier than all others


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """How far a network's answers may be believed."""

    temperature: float
    """The log-probabilities are divided by it to be calibrated, above 0; 1 changes nothing."""
    threshold: float
    """An answer whose calibrated probability is less is "unsure", 0 to 1."""
    error_rate: float | None
    """The share of wrong answers, among those not unsure, that the threshold was chosen for; None
    where it was not chosen."""
    fitted_on: str
    """The images by which temperature and threshold were chosen, in words."""


def calibrate(
    log_probabilities: LogProbabilities,
    labels: NDArray[np.integer],
    *,
    error_rate: float,
    fitted_on: str,
) -> Calibration:
    """Choose temperature and threshold by a network's answers to images it has not learned from.

    Parameters
    ----------
    log_probabilities
        float32, N x classes; where N is 0, nothing is fitted: temperature 1, threshold 0.5.
    labels
        N, the truths.
    error_rate
        see `find_threshold`.
    fitted_on
        what the images are, in words.
    """
    if not len(labels):
        return Calibration(
            temperature=1.0, threshold=NO_CHOICE, error_rate=None, fitted_on="no image"
        )
    temperature = fit_temperature(log_probabilities, labels)
    calibrated = tempered(log_probabilities, temperature)
    return Calibration(
        temperature=temperature,
        threshold=find_threshold(calibrated, labels, error_rate),
        error_rate=error_rate,
        fitted_on=fitted_on,
    )


def tempered(log_probabilities: LogProbabilities, temperature: float) -> LogProbabilities:
    """Return the same answers, less sure (temperature above 1) or surer (below 1).

    Parameters
    ----------
    log_probabilities
        float32, N x classes.
    temperature
        above 0; 1 changes nothing. The order of the classes never changes.

    Returns
    -------
    LogProbabilities
        float32, N x classes: divided by the temperature, then brought back to a sum of 1.

    >>> np.exp(tempered(np.log(np.array([[0.8, 0.2]], np.float32)), 2.0)).round(3).tolist()
    [[0.6669999957084656, 0.3330000042915344]]
    """
    scores = log_probabilities / np.float32(temperature)
    scores -= scores.max(axis=1, keepdims=True)
    scores -= np.log(np.exp(scores).sum(axis=1, keepdims=True))
    return scores


def fit_temperature(log_probabilities: LogProbabilities, labels: NDArray[np.integer]) -> float:
    """Return the temperature at which the truths get the greatest likelihood.

    To be fitted on images that the network has not learned from, and that it is not tested by.
    The loss has one valley in the temperature's logarithm; golden-section search walks down it.

    Source: C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger, "On calibration of modern neural
    networks", ICML 2017.

    Parameters
    ----------
    log_probabilities
        float32, N x classes, N at least 1.
    labels
        N, the truths.
    """

    def loss(log_temperature: float) -> float:
        answers = tempered(log_probabilities, float(np.exp(log_temperature)))
        return float(-answers[np.arange(len(labels)), labels].mean(dtype=np.float64))

    low, high = np.log(COLDEST), np.log(HOTTEST)
    while high - low > 1e-4:
        left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        if loss(left) < loss(right):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))


def expected_calibration_error(
    log_probabilities: LogProbabilities, labels: NDArray[np.integer]
) -> float:
    """Return by how much the probabilities of the answers miss the share that is right, 0 to 1.

    The answers are put into 15 bins by their probability; in each, the mean probability is
    compared with the share of right answers; the bins count by the number of their answers.

    Source: M. P. Naeini, G. F. Cooper, M. Hauskrecht, "Obtaining well calibrated probabilities
    using Bayesian binning", AAAI 2015; equal widths as in Guo et al. 2017.

    >>> half = np.log(np.full((4, 2), 0.5, np.float32))
    >>> round(expected_calibration_error(half, np.array([0, 0, 1, 1])), 6)
    0.0
    """
    probability = np.exp(log_probabilities.max(axis=1).astype(np.float64))  # N
    right = log_probabilities.argmax(axis=1) == labels  # N
    bins = np.minimum((probability * BINS).astype(np.int64), BINS - 1)
    surplus = np.bincount(bins, weights=probability - right, minlength=BINS)
    return float(np.abs(surplus).sum() / len(labels))


def find_threshold(
    log_probabilities: LogProbabilities, labels: NDArray[np.integer], error_rate: float
) -> float:
    """Return the least probability at which an answer may be given.

    Of the answers with at least that probability, at most the share `error_rate` is wrong among
    these images; among others it may be somewhat more, as the threshold was chosen by these. 1 if
    even the surest are wrong more often.

    Parameters
    ----------
    log_probabilities
        float32, N x classes: calibrated answers to images that the network has not learned from.
    labels
        N, the truths.
    error_rate
        0 to below 1.
    """
    probability = np.exp(log_probabilities.max(axis=1).astype(np.float64))
    surest_first = np.argsort(-probability, kind="stable")
    wrong = (log_probabilities.argmax(axis=1) != labels)[surest_first]
    share_wrong = np.cumsum(wrong) / np.arange(1, len(labels) + 1)
    held = np.flatnonzero(share_wrong <= error_rate)
    return float(probability[surest_first[held[-1]]]) if len(held) else 1.0
