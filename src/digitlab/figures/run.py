"""All the figures of one run."""

from pathlib import Path

from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError
from digitlab.figures.confusion import draw_confusion
from digitlab.figures.images import draw_images, draw_mistakes, draw_samples
from digitlab.figures.loss import draw_loss
from digitlab.records.folder import RunResults
from digitlab.records.history import HeldOutPoint, ScorePoint, TestPoint, TrainPoint


def draw_run(run: RunResults, dataset: Dataset) -> list[Path]:
    """Draw every figure for which the run has the data; return their paths."""
    path, report = run.folder.path, run.report
    classes = dataset.classes
    figures = [
        draw_samples(dataset.train_images, dataset.train_labels, classes, path / "samples.png")
    ]
    if run.history:
        figures.append(_draw_loss(run, path / "loss.png"))
        earlier = [it for it in run.folder.earlier_curves() if it <= _epochs_done(run)]
        figures += [draw_loss_until(run, epochs) for epochs in earlier]
    if report is not None:
        shown = dataset.test_images[[it.index for it in report.predictions]]
        titles = [f"Prediction: {classes[it.answer]}" for it in report.predictions]
        figures += [
            draw_images(shown, titles, path / "predictions.png"),
            draw_confusion(report.confusion, classes, path / "confusion.png"),
            draw_mistakes(dataset.test_images, report.mistakes, classes, path / "mistakes.png"),
        ]
    return figures


def draw_loss_until(run: RunResults, epochs: int) -> Path:
    """Draw the loss curve as it was after so many epochs, or raise `DigitlabError`."""
    done = _epochs_done(run)
    if not 1 <= epochs <= done:
        raise DigitlabError(f"epochs is {epochs}, but must be from 1 to {done} for this run")
    return _draw_loss(run, run.folder.earlier_curve(epochs), until_epoch=epochs)


def _epochs_done(run: RunResults) -> int:
    return max((point.epoch for point in run.history if isinstance(point, ScorePoint)), default=0)


def _draw_loss(run: RunResults, path: Path, until_epoch: int | None = None) -> Path:
    points = [it for it in run.history if until_epoch is None or it.epoch <= until_epoch]
    trained = [it for it in points if isinstance(it, TrainPoint)]
    # A run with held-out images is tested once, at the end, which makes no curve.
    held_out = any(isinstance(it, HeldOutPoint) for it in points)
    tested = [it for it in points if isinstance(it, HeldOutPoint if held_out else TestPoint)]
    return draw_loss(
        [it.examples for it in trained],
        [it.loss for it in trained],
        [it.examples for it in tested],
        [it.loss for it in tested],
        path,
        test_name="Held-out Loss" if held_out else "Test Loss",
        smoothing=run.record.recipe.label_smoothing,
    )
