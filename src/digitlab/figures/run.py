"""All the figures of one run."""

from pathlib import Path

from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError
from digitlab.figures.confusion import draw_confusion
from digitlab.figures.images import draw_images, draw_mistakes, draw_samples
from digitlab.figures.loss import draw_loss
from digitlab.models.metrics import Mistake
from digitlab.records.folder import RunFolder
from digitlab.records.history import HeldOutPoint, ScorePoint, TestPoint, TrainPoint


def draw_run(folder: RunFolder, dataset: Dataset) -> list[Path]:
    """Draw all the figures that the run has the facts for; return their paths."""
    path, classes = folder.path, dataset.entry.classes
    figures = [
        draw_samples(dataset.train_images, dataset.train_labels, classes, path / "samples.png")
    ]
    if folder.read_history():
        figures.append(_draw_loss(folder, path / "loss.png"))
        done = _epochs_done(folder)
        earlier = [epochs for epochs in folder.earlier_curves() if epochs <= done]
        figures += [draw_loss_until(folder, epochs) for epochs in earlier]
    report = folder.read_report()
    if report is not None:
        predictions = report["predictions"]
        shown = dataset.test_images[[p["index"] for p in predictions]]
        titles = [f"Prediction: {classes[p['answer']]}" for p in predictions]
        mistakes = [Mistake(**mistake) for mistake in report["mistakes"]]
        figures += [
            draw_images(shown, titles, path / "predictions.png"),
            draw_confusion(report["confusion"], classes, path / "confusion.png"),
            draw_mistakes(dataset.test_images, mistakes, classes, path / "mistakes.png"),
        ]
    return figures


def draw_loss_until(folder: RunFolder, epochs: int) -> Path:
    """Draw the loss curve as it stood after so many epochs, or raise `DigitlabError`."""
    done = _epochs_done(folder)
    if not 1 <= epochs <= done:
        raise DigitlabError(f"epochs is {epochs}, but {folder.path} has from 1 to {done}")
    return _draw_loss(folder, folder.earlier_curve(epochs), until_epoch=epochs)


def _epochs_done(folder: RunFolder) -> int:
    return max((p.epoch for p in folder.read_history() if isinstance(p, ScorePoint)), default=0)


def _draw_loss(folder: RunFolder, path: Path, until_epoch: int | None = None) -> Path:
    points = [
        point
        for point in folder.read_history()
        if until_epoch is None or point.epoch <= until_epoch
    ]
    trained = [point for point in points if isinstance(point, TrainPoint)]
    # A run that holds images out looks at the test set once, which makes no curve.
    held_out = any(isinstance(point, HeldOutPoint) for point in points)
    shown = HeldOutPoint if held_out else TestPoint
    tested = [point for point in points if isinstance(point, shown)]
    return draw_loss(
        [point.examples for point in trained],
        [point.loss for point in trained],
        [point.examples for point in tested],
        [point.loss for point in tested],
        path,
        test_name="Held-out Loss" if held_out else "Test Loss",
    )
