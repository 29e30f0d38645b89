"""All the figures of one run."""

from collections.abc import Sequence
from pathlib import Path

from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError
from digitlab.figures.canvas import drawn_language
from digitlab.figures.confusion import draw_confusion
from digitlab.figures.images import draw_mistakes, draw_predictions, draw_samples
from digitlab.figures.loss import draw_loss
from digitlab.figures.network import draw_activations, draw_kernels
from digitlab.figures.pages import draw_pages
from digitlab.files import remove_leftovers
from digitlab.language import Language, Words
from digitlab.records.describe import describe_run
from digitlab.records.folder import RunResults
from digitlab.records.history import HeldOutPoint, ScorePoint, TestPoint, TrainPoint
from digitlab.records.inside import Inside
from digitlab.records.page_samples import Sample
from digitlab.records.report import Report

_HELD_OUT = Words("Held-out Loss", "验证损失")


def draw_run(
    run: RunResults,
    dataset: Dataset,
    inside: Inside | None = None,
    samples: Sequence[Sample] = (),
    *,
    language: Language = "en",
) -> list[Path]:
    """Draw every figure for which the run has the data; return their paths.

    Without `inside`, which `RunFolder.read_inside` returns, the figures of the kernels and the
    activations are left out; without `samples`, which `RunFolder.read_samples` returns, that of
    the pages.
    """
    path, classes = run.folder.path, dataset.classes
    remove_leftovers(path)  # of a process that was killed while it drew
    figures = [
        draw_samples(
            dataset.train_images, dataset.train_labels, classes, path / "samples.png",
            language=language,
        )
    ]  # fmt: skip
    if run.history:
        count = len(classes)
        figures.append(_draw_loss(run, path / "loss.png", classes=count, language=language))
        earlier = [it for it in run.folder.earlier_curves() if it <= _epochs_done(run)]
        figures += [draw_loss_until(run, it, classes=count, language=language) for it in earlier]
    if isinstance(run.report, Report):
        figures += _draw_report(run.report, path, dataset, language)
    elif run.report is not None:
        confusion = path / "confusion.png"
        if run.report.missing < run.report.total:
            counts = run.report.confusion
            figures.append(draw_confusion(counts, classes, confusion, language=language))
        else:
            confusion.unlink(missing_ok=True)  # of a run that was here before
    if samples:
        figures.append(draw_pages(samples, path / "pages.png", language=language))
    if inside is not None:
        if inside.kernels is not None:
            figures.append(draw_kernels(inside.kernels, path / "kernels.png", language=language))
        activations = path / "activations.png"
        figures.append(draw_activations(inside, classes, activations, language=language))
    return figures


def _draw_report(report: Report, path: Path, dataset: Dataset, language: Language) -> list[Path]:
    images, labels, classes = dataset.test_images, dataset.test_labels, dataset.classes
    figures = [
        draw_predictions(
            images, labels, report.predictions, classes, path / "predictions.png",
            language=language,
        ),
        draw_confusion(report.confusion, classes, path / "confusion.png", language=language),
    ]  # fmt: skip
    mistakes = path / "mistakes.png"
    if report.mistakes:
        figures.append(
            draw_mistakes(
                images, report.mistakes, classes, mistakes,
                disputed=dataset.disputed, language=language,
            )
        )  # fmt: skip
    else:
        mistakes.unlink(missing_ok=True)  # of fewer epochs
    return figures


def draw_loss_until(
    run: RunResults, epochs: int, *, classes: int = 10, language: Language = "en"
) -> Path:
    """Draw the loss curve as it was after so many epochs, or raise `DigitlabError`."""
    done = _epochs_done(run)
    if not 1 <= epochs <= done:
        raise DigitlabError(f"epochs is {epochs}, but must be from 1 to {done} for this run")
    path = run.folder.earlier_curve(epochs)
    return _draw_loss(run, path, until_epoch=epochs, classes=classes, language=language)


def _epochs_done(run: RunResults) -> int:
    return max((point.epoch for point in run.history if isinstance(point, ScorePoint)), default=0)


def _draw_loss(
    run: RunResults,
    path: Path,
    *,
    classes: int,
    language: Language,
    until_epoch: int | None = None,
) -> Path:
    language = drawn_language(language)
    recipe = run.record.recipe
    points = [it for it in run.history if until_epoch is None or it.epoch <= until_epoch]
    trained = [it for it in points if isinstance(it, TrainPoint)]
    # A run with held-out images is tested once, at the end, which makes no curve.
    held_out = any(isinstance(it, HeldOutPoint) for it in points)
    tested = [it for it in points if isinstance(it, HeldOutPoint if held_out else TestPoint)]
    last = max((it.examples for it in points), default=0)
    resumed_at = {command.examples for command in run.record.commands[1:]}
    return draw_loss(
        [it.examples for it in trained],
        [it.loss for it in trained],
        [it.examples for it in tested],
        [it.loss for it in tested],
        path,
        title=describe_run(run.record, language, epochs=until_epoch),
        test_name=_HELD_OUT.text(language) if held_out else None,
        epoch_size=trained[0].epoch_size if trained else None,
        resumed_at=sorted(it for it in resumed_at if 0 < it < last),
        smoothing=recipe.label_smoothing,
        outliers=0.0 if recipe.detects_digits else recipe.outliers,
        classes=classes,
        is_likelihood=not recipe.reads_pages,
        language=language,
    )
