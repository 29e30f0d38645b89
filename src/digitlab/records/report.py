"""The report on a test: what `report.json` and `digitlab eval` tell. Nothing here needs PyTorch."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.data.dataset import Dataset
from digitlab.models.calibration import (
    Calibration,
    LogProbabilities,
    calibrate,
    expected_calibration_error,
    temperature_scaled,
)
from digitlab.models.metrics import evaluate

SHOWN_PREDICTIONS = 6
"""How many test images the tutorial shows with the network's answers."""

ERROR_RATE = 0.001
"""The share of wrong answers, of those that are not "unsure", for which the threshold is chosen."""


def calibrate_by_held_out(
    log_probabilities: LogProbabilities, labels: NDArray[np.integer]
) -> Calibration:
    """Choose temperature and threshold by the answers to the training images held out, if any."""
    return calibrate(
        log_probabilities,
        labels,
        error_rate=ERROR_RATE,
        fitted_on=f"the {len(labels):,} training images that were held out",
    )


def make_report(
    log_probabilities: LogProbabilities,
    dataset: Dataset,
    *,
    model: str,
    epochs: int | None,
    calibration: Calibration | None = None,
) -> dict[str, Any]:
    """Return what `report.json` and `digitlab eval --json` tell, ready for `json.dumps`.

    Parameters
    ----------
    log_probabilities
        The answers to the test images, shape (10000, 10).
    dataset
        Whose test set it is.
    model
        Where the network came from.
    epochs
        How many epochs it learned; None if that is not known.
    calibration
        Chosen by other images; None where it was not. It changes no answer, and of the report only
        `calibration`.

    Raises
    ------
    ValueError
        If the answers are not numbers, or not of this test set.
    """
    names = dataset.entry.classes
    evaluation = evaluate(log_probabilities, dataset.test_labels, names)
    first = log_probabilities[:SHOWN_PREDICTIONS]
    return {
        "model": model,
        "dataset": dataset.entry.name,
        "epochs": epochs,
        **evaluation.as_json(),
        "without_disputed": without_disputed(log_probabilities, dataset),
        "calibration": confidence(log_probabilities, dataset, calibration),
        "classes": list(names),
        "predictions": [
            {"index": index, "answer": int(row.argmax()), "probability": float(np.exp(row.max()))}
            for index, row in enumerate(first)
        ],
    }


def without_disputed(log_probabilities: LogProbabilities, dataset: Dataset) -> dict[str, int]:
    """Count the right answers once more without the images whose label is disputed."""
    kept = np.delete(np.arange(len(dataset.test_labels)), dataset.entry.disputed)
    right = log_probabilities.argmax(axis=1)[kept] == dataset.test_labels[kept]
    return {"correct": int(np.count_nonzero(right)), "total": len(kept)}


def confidence(
    log_probabilities: LogProbabilities, dataset: Dataset, calibration: Calibration | None
) -> dict[str, Any]:
    """Return how far the test's answers may be believed, before and after calibration.

    `error_before` and `error_after` are expected calibration errors, 0 to 1; `unsure` counts the
    answers below the threshold, `wrong_when_sure` the wrong ones among the others. All but the
    first are None where nothing was calibrated.
    """
    labels = dataset.test_labels
    told: dict[str, Any] = {"error_before": expected_calibration_error(log_probabilities, labels)}
    if calibration is None or calibration.error_rate is None:
        return told | dict.fromkeys(
            ("error_after", "temperature", "threshold", "error_rate", "unsure", "wrong_when_sure")
        )
    calibrated = temperature_scaled(log_probabilities, calibration.temperature)
    sure = calibration.is_sure(calibrated)
    return told | {
        "error_after": expected_calibration_error(calibrated, labels),
        "temperature": calibration.temperature,
        "threshold": calibration.threshold,
        "error_rate": calibration.error_rate,
        "unsure": int(np.count_nonzero(~sure)),
        "wrong_when_sure": int(np.count_nonzero(calibrated.argmax(axis=1)[sure] != labels[sure])),
    }
