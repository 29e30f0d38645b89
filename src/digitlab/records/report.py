"""The report on a test: what `report.json` and `digitlab eval` show."""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError, printable
from digitlab.models.calibration import (
    Calibration,
    LogProbabilities,
    calibrate,
    expected_calibration_error,
    temperature_scaled,
)
from digitlab.models.metrics import Evaluation, evaluate

_SHOWN_PREDICTIONS = 6
"""How many test images the tutorial shows with the network's predictions."""

_MOST_PROBABLE = 1.001  # a sum of rounded numbers may be above 1

_ERROR_RATE = 0.001
"""The share of wrong answers, among those that are not "unsure", that the threshold allows."""


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """How many answers were right."""

    correct: int
    total: int

    def __post_init__(self) -> None:
        if not 0 <= self.correct <= self.total or self.total == 0:
            raise ValueError(f"{self.correct} of {self.total} correct answers are impossible")


class HeldOut(msgspec.Struct, frozen=True, kw_only=True):
    """The score on the held-out training images after the last epoch."""

    loss: float
    correct: int
    total: int
    accuracy: float


class ConfidenceReport(msgspec.Struct, frozen=True, kw_only=True):
    """How far the probabilities can be believed; all but the first are None if not calibrated."""

    error_before: float
    """Expected calibration error of the network's own probabilities, 0 to 1."""
    error_after: float | None = None
    """The same after calibration."""
    temperature: float | None = None
    threshold: float | None = None
    error_rate: float | None = None
    """The share of wrong answers that the threshold was chosen to allow."""
    unsure: int | None = None
    """Answers below the threshold."""
    wrong_when_sure: int | None = None
    """Wrong answers among the others."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A prediction that is shown as a picture."""

    index: int
    """The image's position in the test set, from 0."""
    answer: int
    probability: float


class Report(Evaluation, frozen=True, kw_only=True):
    """What a test says about a network."""

    model: str
    """The file or folder that the network came from."""
    dataset: str
    epochs: int | None
    """How many epochs it was trained for; None if unknown."""
    without_disputed: Count
    """The count without the images whose label is disputed."""
    calibration: ConfidenceReport
    classes: list[str]
    predictions: list[Shown]
    """The first few images of the test set."""
    held_out: HeldOut | None = None
    """None if nothing was held out."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.classes) != len(self.per_class):
            raise ValueError(f"there must be {len(self.per_class)} classes")
        for it in self.predictions:
            if not (0 <= it.index < self.total and 0 <= it.answer < len(self.classes)):
                raise ValueError(f"{it} is impossible")
        shares = [it.probability for it in self.predictions]
        shares += [
            share for it in self.mistakes for share in (it.probability, it.truth_probability)
        ]
        if not all(0 <= it <= _MOST_PROBABLE for it in shares):
            raise ValueError("a probability is not from 0 to 1")


def calibrate_by_held_out(
    log_probabilities: LogProbabilities, labels: NDArray[np.integer]
) -> Calibration:
    """Choose temperature and threshold on the held-out training images, if there are any."""
    return calibrate(
        log_probabilities,
        labels,
        error_rate=_ERROR_RATE,
        fitted_on=f"the {len(labels):,} training images that were held out",
    )


def check_classes(classes: Sequence[str], dataset: Dataset, model: str) -> None:
    """Raise `DigitlabError` if a dataset has other classes than a network, or in another order."""
    if list(classes) != list(dataset.classes):
        raise DigitlabError(
            f"{model} answers with the classes {_few(classes)}, but {printable(dataset.title)} has "
            f"{_few(dataset.classes)}; choose a dataset with the same classes in the same order"
        )


def _few(classes: Sequence[str]) -> str:
    """Return the names of the first classes, and how many more there are.

    >>> _few("0123456789")
    '0, 1, 2, 3, 4 and 5 more'
    """
    more = len(classes) - 5
    return printable(", ".join(classes[:5])) + (f" and {more} more" if more > 0 else "")


def make_report(
    log_probabilities: LogProbabilities,
    dataset: Dataset,
    *,
    model: str,
    epochs: int | None,
    calibration: Calibration | None = None,
    held_out: HeldOut | None = None,
) -> Report:
    """Compare a network's answers with a test set.

    Parameters
    ----------
    log_probabilities
        The answers to the test images, float32 (N, classes).
    dataset
        Whose test set it is.
    model, epochs, held_out
        See `Report`.
    calibration
        Chosen on other images; None if there is none. It changes no answer; only
        `Report.calibration` depends on it.

    Raises `ValueError` if the answers are not finite, or do not fit this test set.
    """
    classes = dataset.classes
    evaluation = evaluate(log_probabilities, dataset.test_labels, classes)
    return Report(
        **msgspec.structs.asdict(evaluation),
        model=model,
        dataset=dataset.name,
        epochs=epochs,
        without_disputed=_without_disputed(log_probabilities, dataset),
        calibration=_confidence(log_probabilities, dataset.test_labels, calibration),
        classes=list(classes),
        predictions=[
            Shown(index=index, answer=int(row.argmax()), probability=float(np.exp(row.max())))
            for index, row in enumerate(log_probabilities[:_SHOWN_PREDICTIONS])
        ],
        held_out=held_out,
    )


def _without_disputed(log_probabilities: LogProbabilities, dataset: Dataset) -> Count:
    kept = ~np.isin(np.arange(len(dataset.test_labels)), dataset.disputed)
    right = log_probabilities.argmax(axis=1) == dataset.test_labels
    return Count(correct=int(np.count_nonzero(right & kept)), total=int(np.count_nonzero(kept)))


def _confidence(
    log_probabilities: LogProbabilities,
    labels: NDArray[np.integer],
    calibration: Calibration | None,
) -> ConfidenceReport:
    error_before = expected_calibration_error(log_probabilities, labels)
    if calibration is None or calibration.error_rate is None:
        return ConfidenceReport(error_before=error_before)
    calibrated = temperature_scaled(log_probabilities, calibration.temperature)
    sure = calibration.is_sure(calibrated)
    wrong = calibrated.argmax(axis=1) != labels
    return ConfidenceReport(
        error_before=error_before,
        error_after=expected_calibration_error(calibrated, labels),
        temperature=calibration.temperature,
        threshold=calibration.threshold,
        error_rate=calibration.error_rate,
        unsure=int(np.count_nonzero(~sure)),
        wrong_when_sure=int(np.count_nonzero(wrong & sure)),
    )
