"""What `digitlab eval` prints: the accuracy, every class, and the confusions."""

import numpy as np
from rich.console import Console
from rich.measure import Measurement
from rich.table import Column, Table

from digitlab.models.probability import percent
from digitlab.records.history import result_line
from digitlab.records.page_report import PageReport
from digitlab.records.report import ConfidenceReport, Report

_MOST_CONFUSIONS = 20
_SHORT_NAME = 3  # letters: longer names of classes are no heads of columns


def print_report(report: Report) -> None:
    """Print the result for a network that names what a picture shows."""
    low, high = report.interval
    print(result_line(report.loss, report.correct, report.total))
    mistakes = report.total - report.correct
    print(f"95% interval of the accuracy: {low:.2%} to {high:.2%}; {mistakes} mistakes")
    _print_confidence(report.calibration, report.total)
    console = Console(markup=False)
    console.print(class_table(report))
    confusion = confusion_table(report)
    width = Measurement.get(console, console.options.update(width=10_000), confusion).maximum
    console.print(confusion if width <= max(console.width, 80) else _confusion_list(report))


def _print_confidence(confidence: ConfidenceReport, total: int) -> None:
    before = f"{confidence.error_before:.2%}"
    if confidence.unsure is None or confidence.threshold is None:
        print(f"Calibration error: {before}; not calibrated")
        return
    print(
        f"Calibration error: {before}, after calibration {confidence.error_after:.2%} "
        f"(temperature {confidence.temperature:.3f})"
    )
    print(
        f"Unsure (below {percent(confidence.threshold)}): {confidence.unsure} of {total}; of the "
        f"other {total - confidence.unsure:,} answers {confidence.wrong_when_sure} are wrong"
    )


def class_table(report: Report | PageReport) -> Table:
    """Return the table of every class."""
    names = ("images" if isinstance(report, Report) else "digits", "right", "accuracy", "precision")
    columns = (Column(name, justify="right") for name in names)
    table = Table("class", *columns, title="Every class")
    for it in report.per_class:
        counts = f"{it.total:,}", f"{it.correct:,}"
        table.add_row(it.name, *counts, f"{it.accuracy:.2%}", f"{it.precision:.2%}")
    return table


def confusion_table(report: Report | PageReport) -> Table:
    """Return the confusion matrix as a table."""
    are_short = max(map(len, report.classes)) <= _SHORT_NAME
    heads = report.classes if are_short else map(str, range(len(report.classes)))
    columns = (Column(head, justify="right") for head in heads)
    table = Table("", *columns, title="Confusion: rows are true labels, columns are answers")
    for index, (name, row) in enumerate(zip(report.classes, report.confusion, strict=True)):
        label = name if are_short else f"{index} {name}"
        table.add_row(label, *(f"{count}" if count else "·" for count in row))
    return table


def _confusion_list(report: Report) -> Table:
    """Return the most frequent confusions, for so many classes that a square is too wide."""
    counts = np.array(report.confusion)
    np.fill_diagonal(counts, 0)
    pairs = np.argwhere(counts)
    pairs = pairs[np.argsort(-counts[tuple(pairs.T)], kind="stable")][:_MOST_CONFUSIONS]
    table = Table(
        "true label", "answer", Column("images", justify="right"), title="Most frequent confusions"
    )
    for truth, answer in pairs.tolist():
        count = f"{counts[truth, answer]:,}"
        table.add_row(report.classes[truth], report.classes[answer], count)
    return table
