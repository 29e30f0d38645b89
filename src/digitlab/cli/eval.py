"""`digitlab eval`: the test set through a trained network."""

import json
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from digitlab.cli.parameters import AsJson, DataDir, Threads
from digitlab.data.dataset import load_dataset
from digitlab.train.history import result_line


def evaluate(
    model: Annotated[
        Path, Parameter(help="A run's folder, a checkpoint, or a model.pth of the tutorial.")
    ],
    /,
    *,
    dataset: Annotated[
        str | None,
        Parameter(help="Which dataset's test set, if not of the one that was learnt."),
    ] = None,
    as_json: AsJson = False,
    device: Annotated[str, Parameter(help="Where to compute: auto, cpu, cuda or mps.")] = "auto",
    threads: Threads = None,
    data_dir: DataDir = None,
) -> None:
    """Test a trained network: loss, accuracy with its interval, every class, what was confused."""
    from digitlab.train.trained import load_trained, report_on  # here: it takes PyTorch with it

    trained = load_trained(model)
    loaded = load_dataset(dataset or trained.dataset_name or "mnist", data_dir=data_dir)
    report = report_on(trained, loaded, device_name=device, threads=threads)
    if as_json:
        print(json.dumps(report))
    else:
        _print_report(report)


def _print_report(report: dict[str, Any]) -> None:
    correct, total = report["correct"], report["total"]
    low, high = report["interval"]
    print(result_line(report["loss"], correct, total))
    print(f"95 % interval of the accuracy: {low:.2%} to {high:.2%}; {total - correct} mistakes")
    console = Console()
    console.print(_class_table(report))
    console.print(_confusion_table(report))


def _class_table(report: dict[str, Any]) -> Table:
    table = Table("class", "images", "right", "accuracy", "precision", title="Every class")
    for column in table.columns[1:]:
        column.justify = "right"
    for score in report["per_class"]:
        table.add_row(
            score["name"],
            f"{score['total']:,}",
            f"{score['correct']:,}",
            f"{score['accuracy']:.2%}",
            f"{score['precision']:.2%}",
        )
    return table


def _confusion_table(report: dict[str, Any]) -> Table:
    table = Table("", title="Confusion: a row is a truth, a column an answer")
    for index, _ in enumerate(report["classes"]):
        table.add_column(str(index), justify="right")
    for index, (name, row) in enumerate(zip(report["classes"], report["confusion"], strict=True)):
        label = name if name == str(index) else f"{index} {name}"
        table.add_row(label, *(f"{count}" if count else "·" for count in row))
    return table
