"""What the commands that train or draw print at the end."""

import sys
from pathlib import Path

from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError
from digitlab.language import Language, Words, language_of_locale
from digitlab.records.folder import RunResults
from digitlab.records.history import epochs_in_words
from digitlab.records.page_report import found_line
from digitlab.records.report import Report

_FIGURES = Words("Figures: {paths}", "图：{paths}")
_PREDICTIONS = Words(
    "Predictions for the first {count} test images: {answers}",
    "对前 {count} 张测试图的预测：{answers}",
)
_ACCURACY = Words(
    "Accuracy after {epochs}: {accuracy:.2%} (95% interval {low:.2%} to {high:.2%})",
    "训练 {epochs}后的准确率：{accuracy:.2%}（95% 置信区间：{low:.2%} 到 {high:.2%}）",
)


def draw_figures(run: RunResults, dataset: Dataset, language: Language | None) -> None:
    """Draw all the figures of a run, and print which were written.

    Some of them are left out if the file that they are drawn from is missing or damaged.
    """
    from digitlab.figures.run import draw_run  # here: importing matplotlib takes 0.3 s

    inside, samples = None, []
    try:
        if isinstance(run.report, Report):
            left_out = "kernels.png and activations.png are"
            inside = run.folder.read_inside()
        elif run.report is not None:
            left_out = "pages.png is"
            samples = run.folder.read_samples()
    except DigitlabError as error:
        print(f"{error}; {left_out} left out", file=sys.stderr)
    drawn_in = language or language_of_locale()
    print_figures(draw_run(run, dataset, inside, samples, language=drawn_in), language)


def print_figures(paths: list[Path], language: Language | None) -> None:
    """Print which figures were written."""
    print(_FIGURES.text(_printed_in(language), paths=", ".join(map(str, paths))))


def _printed_in(language: Language | None) -> Language:
    """Return the language of stdout: unless it was asked for, English where programs may read."""
    return language or (language_of_locale() if sys.stdout.isatty() else "en")


def finish_run(
    run: RunResults,
    dataset: Dataset,
    *,
    figures: bool = True,
    language: Language | None = None,
) -> None:
    """Draw the figures of a trained run, and print its first predictions and its accuracy.

    For digits on pages, print how many are missing, wrong and invented instead of predictions.
    """
    if figures:
        draw_figures(run, dataset, language)
    report = run.report
    if report is not None:
        assert report.epochs is not None  # it is known of a run
        shown_in = _printed_in(language)
        if isinstance(report, Report):
            answers = [report.classes[it.answer] for it in report.predictions]
            listed = ", ".join(answers)
            print(_PREDICTIONS.text(shown_in, count=len(answers), answers=listed))
        else:
            print(found_line(report, shown_in))
        low, high = report.interval
        epochs = epochs_in_words(report.epochs, shown_in)
        print(_ACCURACY.text(shown_in, epochs=epochs, accuracy=report.accuracy, low=low, high=high))
