"""`digitlab eval`: the test set through a trained network."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

from digitlab.cli.parameters import AsJson, DataDir, Threads
from digitlab.data.dataset import Dataset, load_dataset
from digitlab.errors import DigitlabError
from digitlab.models.calibration import Calibration, LogProbabilities, temperature_scaled
from digitlab.models.card import is_model, read_model
from digitlab.models.classifier import Classifier
from digitlab.records.folder import RunFolder
from digitlab.records.history import result_line
from digitlab.records.report import make_report

Tested = tuple[LogProbabilities, Calibration]


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A network that is to be tested, from whatever file."""

    path: Path
    dataset_name: str
    """The dataset that it learned."""
    epochs: int | None
    test: Callable[[Dataset], Tested]
    """Answers a dataset's test set, float32 (10000, 10); says how they are calibrated."""


def evaluate(
    models: Annotated[
        list[Path],
        Parameter(
            help="A run's folder, a checkpoint, a model.pth of the tutorial, a model.onnx or the "
            "folder of one. Of several, the mean of their probabilities is tested.",
            negative="",
        ),
    ],
    /,
    *,
    dataset: Annotated[
        str | None,
        Parameter(help="Which dataset's test set, if not of the one that was learned."),
    ] = None,
    as_json: AsJson = False,
    device: Annotated[
        str, Parameter(help="Where to compute: auto, cpu, cuda or mps; a model.onnx: the CPU.")
    ] = "auto",
    threads: Threads = None,
    data_dir: DataDir = None,
) -> None:
    """Test a trained network: accuracy with its interval, every class, confidence, confusion."""
    subjects = [_open(path, device, threads) for path in models]
    loaded = load_dataset(dataset or _learned_by_all(subjects), data_dir=data_dir)
    tested = [subject.test(loaded) for subject in subjects]
    answers, calibration = tested[0] if len(tested) == 1 else (_mean_of(tested), None)
    name = ", ".join(str(path) for path in models)
    epochs = subjects[0].epochs if len(subjects) == 1 else None
    try:
        report = make_report(answers, loaded, model=name, epochs=epochs, calibration=calibration)
    except ValueError as error:
        raise DigitlabError(f"{name} answers nonsense: {error}") from error
    if as_json:
        print(json.dumps(report))
    else:
        if len(models) > 1:
            print(f"The mean of the probabilities of {len(models)} networks:")
        _print_report(report)


def _open(path: Path, device: str, threads: int | None) -> Subject:
    # A run's folder may hold an exported model too: the folder stands for its last checkpoint.
    if path.suffix == ".onnx" or (is_model(path) and not RunFolder(path).holds_a_run()):
        weights, card = read_model(path)
        classifier = Classifier(weights, card, threads=threads)
        return Subject(
            path=path,
            dataset_name=card.dataset,
            epochs=card.epochs,
            test=lambda it: (classifier.log_probabilities(it.test_images), card.calibration),
        )
    from digitlab.train.trained import answer_test_set, load_trained  # here: PyTorch comes with it

    trained = load_trained(path)
    return Subject(
        path=path,
        dataset_name=trained.dataset_name or "mnist",
        epochs=trained.epochs,
        test=lambda it: answer_test_set(trained, it, device_name=device, threads=threads),
    )


def _learned_by_all(subjects: list[Subject]) -> str:
    name = subjects[0].dataset_name
    for subject in subjects:
        if subject.dataset_name != name:
            raise DigitlabError(
                f"{subject.path} learned {subject.dataset_name}, but {subjects[0].path} learned "
                f"{name}: say with --dataset whose test set is meant"
            )
    return name


def _mean_of(tested: list[Tested]) -> LogProbabilities:
    """Return the logarithm of the mean of the calibrated probabilities, float32 (10000, 10)."""
    probabilities = [np.exp(temperature_scaled(answers, it.temperature)) for answers, it in tested]
    mean = np.maximum(np.mean(probabilities, axis=0), np.finfo(np.float32).tiny)
    logarithms: LogProbabilities = np.log(mean)
    return logarithms


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
        print(f"Calibration error: {before}; nothing was calibrated")
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
