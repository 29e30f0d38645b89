"""What the commands that train print at the end."""

from pathlib import Path

from digitlab.data.dataset import Dataset
from digitlab.records.folder import RunFolder


def print_figures(paths: list[Path]) -> None:
    """Say which figures were written."""
    print("Figures:", ", ".join(str(path) for path in paths))


def finish_run(folder: RunFolder, dataset: Dataset, *, figures: bool = True) -> None:
    """Draw a trained run's figures, name them, and say what was reached."""
    if figures:
        from digitlab.figures.run import draw_run

        print_figures(draw_run(folder, dataset))
    report = folder.read_report()
    if report is not None:
        low, high = report["interval"]
        epochs = "epoch" if report["epochs"] == 1 else "epochs"
        answers = [dataset.entry.classes[p["answer"]] for p in report["predictions"]]
        print(f"Predictions for the first {len(answers)} test images: {', '.join(answers)}")
        print(
            f"Accuracy after {report['epochs']} {epochs}: {report['accuracy']:.2%} "
            f"(95 % interval {low:.2%} to {high:.2%})"
        )
