"""What a run has to report at its end: of images, and of pages."""

from typing import Any

from digitlab.data.dataset import Dataset
from digitlab.records.folder import RunFolder
from digitlab.records.history import HeldOutPoint
from digitlab.records.page_report import PageReport
from digitlab.records.report import HeldOut, Report, calibrate_by_held_out, make_report
from digitlab.runs.watching import Watcher
from digitlab.train.layers import look_inside
from digitlab.train.loop import Training
from digitlab.train.own_network import reason_of
from digitlab.train.page_score import ScoredCrops, page_report_of
from digitlab.train.score import ScoredImages

_SAMPLES = 6
"""How many of the held-out crops the figure of the pages shows."""


def report_on(
    folder: RunFolder, training: Training, dataset: Dataset, watcher: Watcher
) -> Report | PageReport:
    """Return the report of a training that has come to its end.

    What else the figures are drawn from is written to the folder.
    """
    answers = _test_answers(training)
    facts: dict[str, Any] = {
        "model": str(folder.path),
        "epochs": training.epochs_done,
        "held_out": _held_out(training),
    }
    if training.recipe.reads_pages:
        _keep_samples(folder, training)
        return page_report_of(answers, dataset, **facts)
    _look_inside(folder, training, dataset, watcher)
    held_out = training.examples.held_out
    assert isinstance(held_out, ScoredImages)
    calibration = calibrate_by_held_out(training.answer_held_out().numpy(), held_out.labels.numpy())
    return make_report(answers.numpy(), dataset, calibration=calibration, **facts)


def help_report(training: Training) -> None:
    """Do this rank's part of `report_on`, which rank 0 calls."""
    _test_answers(training)
    if not training.recipe.reads_pages:
        training.answer_held_out()


def _test_answers(training: Training) -> Any:
    if training.test_answers is None:  # the last test was in another process
        return training.answer_test_set()
    return training.test_answers


def _held_out(training: Training) -> HeldOut | None:
    points = [point for point in training.history if isinstance(point, HeldOutPoint)]
    if not points:
        return None
    last = points[-1]
    accuracy = last.correct / last.total
    return HeldOut(loss=last.loss, correct=last.correct, total=last.total, accuracy=accuracy)


def _keep_samples(folder: RunFolder, training: Training) -> None:
    """Write what the figure of the pages is drawn from."""
    examples = training.examples
    scored = examples.held_out if training.recipe.validation else examples.test_set
    assert isinstance(scored, ScoredCrops)
    folder.write_samples(scored.samples(training.network_in_use, _SAMPLES))


def _look_inside(folder: RunFolder, training: Training, dataset: Dataset, watcher: Watcher) -> None:
    """Write what the figures of kernels and activations are drawn from."""
    try:
        folder.write_inside(look_inside(training.network_in_use, dataset))
    except (RuntimeError, TypeError, ValueError, AttributeError, IndexError) as error:
        watcher.message(f"no figures of the network's inside: {reason_of(error)}")
