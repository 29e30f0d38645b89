"""What the commands that train or draw print at the end."""

import sys
from pathlib import Path

from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError
from digitlab.records.folder import RunResults


def draw_figures(run: RunResults, dataset: Dataset) -> None:
    """Draw all the figures of a run, and print which were written.

    Two of them are left out if the file that they are drawn from is missing or damaged.
    """
    from digitlab.figures.run import draw_run  # here: importing matplotlib takes 0.3 s

    inside = None
    if run.report is not None:
        try:
            inside = run.folder.read_inside()
        except DigitlabError as error:
            print(f"{error}; kernels.png and activations.png are left out", file=sys.stderr)
    print_figures(draw_run(run, dataset, inside))


def print_figures(paths: list[Path]) -> None:
    """Print which figures were written."""
    print("Figures:", ", ".join(str(path) for path in paths))


def finish_run(run: RunResults, dataset: Dataset, *, figures: bool = True) -> None:
    """Draw the figures of a trained run, and print its first predictions and its accuracy."""
    if figures:
        draw_figures(run, dataset)
    report = run.report
    if report is not None:
        low, high = report.interval
        epochs = "epoch" if report.epochs == 1 else "epochs"
        answers = [report.classes[it.answer] for it in report.predictions]
        print(f"Predictions for the first {len(answers)} test images: {', '.join(answers)}")
        print(
            f"Accuracy after {report.epochs} {epochs}: {report.accuracy:.2%} "
            f"(95 % interval {low:.2%} to {high:.2%})"
        )
