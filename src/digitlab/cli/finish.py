"""What the commands that train or draw print at the end."""

from pathlib import Path

from digitlab.data.dataset import Dataset
from digitlab.records.folder import RunResults


def print_figures(paths: list[Path]) -> None:
    """Print which figures were written."""
    print("Figures:", ", ".join(str(path) for path in paths))


def finish_run(run: RunResults, dataset: Dataset, *, figures: bool = True) -> None:
    """Draw the figures of a trained run, and print its first predictions and its accuracy."""
    if figures:
        from digitlab.figures.run import draw_run  # here: importing matplotlib takes 0.3 s

        print_figures(draw_run(run, dataset))
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
