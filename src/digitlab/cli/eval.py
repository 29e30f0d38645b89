"""`digitlab eval`: the test set through a trained network."""

import json
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from digitlab.cli.parameters import AsJson, DataDir, Threads
from digitlab.core.errors import DigitlabError
from digitlab.core.modelfile import is_model, read_model
from digitlab.data.dataset import load_dataset
from digitlab.infer.classifier import Classifier
from digitlab.train.folder import RunFolder
from digitlab.train.history import result_line
from digitlab.train.report import make_report


def evaluate(
    model: Annotated[
        Path,
        Parameter(
            help="A run's folder, a checkpoint, a model.pth of the tutorial, a model.onnx or the "
            "folder of one."
        ),
    ],
    /,
    *,
    dataset: Annotated[
        str | None,
        Parameter(help="Which dataset's test set, if not of the one that was learnt."),
    ] = None,
    as_json: AsJson = False,
    device: Annotated[
        str, Parameter(help="Where to compute: auto, cpu, cuda or mps; a model.onnx: the CPU.")
    ] = "auto",
    threads: Threads = None,
    data_dir: DataDir = None,
) -> None:
    """Test a trained network: accuracy with its interval, every class, confidence, confusion."""
    if _is_exported(model):
        report = _report_on_model(model, dataset, threads, data_dir)
    else:
        from digitlab.train.trained import load_trained, report_on  # here: PyTorch comes with it

        trained = load_trained(model)
        loaded = load_dataset(dataset or trained.dataset_name or "mnist", data_dir=data_dir)
        report = report_on(trained, loaded, device_name=device, threads=threads)
    if as_json:
        print(json.dumps(report))
    else:
        _print_report(report)


def _is_exported(path: Path) -> bool:
    """Tell whether a path names an exported model; a run's folder stands for its checkpoint."""
    return path.suffix == ".onnx" or (is_model(path) and not RunFolder(path).holds_a_run())


def _report_on_model(
    path: Path, dataset: str | None, threads: int | None, data_dir: Path | None
) -> dict[str, Any]:
    weights, card = read_model(path)
    classifier = Classifier(weights, card, threads=threads)
    loaded = load_dataset(dataset or card.dataset, data_dir=data_dir)
    answers = classifier.log_probabilities(loaded.test_images)
    try:
        return make_report(
            answers, loaded, model=str(path), epochs=card.epochs, calibration=card.calibration
        )
    except ValueError as error:
        raise DigitlabError(f"{path} answers nonsense: {error}") from error


def _print_report(report: dict[str, Any]) -> None:
    correct, total = report["correct"], report["total"]
    low, high = report["interval"]
    print(result_line(report["loss"], correct, total))
    print(f"95 % interval of the accuracy: {low:.2%} to {high:.2%}; {total - correct} mistakes")
    _print_confidence(report["calibration"], total)
    console = Console()
    console.print(_class_table(report))
    console.print(_confusion_table(report))


def _print_confidence(told: dict[str, Any], total: int) -> None:
    before = f"{told['error_before']:.2%}"
    if told["temperature"] is None:
        print(f"Calibration error: {before}; no training image was held out to calibrate by")
        return
    sure = total - told["unsure"]
    print(
        f"Calibration error: {before}, after calibration {told['error_after']:.2%} "
        f"(temperature {told['temperature']:.3f})"
    )
    print(
        f"Unsure (below {told['threshold']:.1%}): {told['unsure']} of {total}; of the other "
        f"{sure:,} answers {told['wrong_when_sure']} are wrong"
    )


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
