"""`digitlab eval`: a trained network on the test set."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from cyclopts import Parameter
from rich.console import Console

from digitlab.cli.eval_tables import class_table, confusion_table, print_report
from digitlab.cli.help import chinese_help, help_text
from digitlab.cli.parameters import AsJson, DeviceName, RecordedDataDir, Threads
from digitlab.data.catalog import CATALOG
from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError, printable
from digitlab.files import encode_json
from digitlab.models.calibration import Calibration, LogProbabilities, temperature_scaled
from digitlab.models.card import is_model, read_model
from digitlab.models.classifier import Classifier
from digitlab.models.page_card import PAGE_MODEL
from digitlab.pictures.preparation import Preparation
from digitlab.records.folder import RunFolder, record_of
from digitlab.records.history import result_line
from digitlab.records.page_report import PageReport, found_line
from digitlab.records.report import check_classes, make_report
from digitlab.records.run_record import RunRecord, load_recorded_dataset

Answers = tuple[LogProbabilities, Calibration | None]


@dataclass(frozen=True, kw_only=True)
class _Subject:
    """A network to be tested, from whatever file."""

    path: Path
    dataset_name: str
    """The dataset that it was trained on."""
    epochs: int | None
    record: RunRecord | None
    """None for a model file."""
    preparation: Preparation | None
    """How a model file wants its pictures; None if that is for the record to say."""
    test: Callable[[Dataset], Answers]
    """Returns the answers to a dataset's test set, float32 (N, 10), and their calibration."""
    test_on_pages: Callable[[Dataset], PageReport] | None = None
    """For a network that finds digits on pages: tests it instead."""


@chinese_help("测试一个训练好的网络：准确率及其置信区间、各个类别、置信度、混淆矩阵。")
def evaluate(
    models: Annotated[
        list[Path],
        Parameter(
            help=help_text(
                "A run's folder, a checkpoint, a model.pth from the tutorial, a model.onnx or its "
                "folder. For several, the mean of their probabilities is tested.",
                "训练的文件夹、检查点、教程的 model.pth、model.onnx 或它的文件夹。给出多个时，"
                "测试它们概率的平均。",
            ),
            negative="",
        ),
    ],
    /,
    *,
    dataset: Annotated[
        str | None,
        Parameter(
            help=help_text(
                "Whose test set: a name or a folder, as for `digitlab train`; default: the "
                "dataset that the network was trained on.",
                "用哪个数据集的测试集：名字或文件夹，与 `digitlab train` 相同；默认："
                "网络训练时用的数据集。",
            )
        ),
    ] = None,
    prepare: Annotated[
        Preparation | None,
        Parameter(
            help=help_text(
                "How the pictures in a folder become 28x28 pixels; default: as in training.",
                "文件夹里的图片怎样变成 28x28 像素；默认：与训练时相同。",
            )
        ),
    ] = None,
    as_json: AsJson = False,
    device: Annotated[
        DeviceName,
        Parameter(
            help=help_text(
                "Where to compute; auto picks the fastest. A model.onnx runs on the CPU.",
                "在哪里计算；auto 选最快的。model.onnx 在 CPU 上运行。",
            )
        ),
    ] = "auto",
    threads: Threads = None,
    data_dir: RecordedDataDir = None,
) -> None:
    """Test a trained network: accuracy with its interval, every class, confidence, confusion."""
    subjects = [_open(path, device, threads) for path in models]
    name = dataset or _common_dataset(subjects)
    if dataset is None and subjects[0].record is None and name not in CATALOG:
        raise DigitlabError(
            f"{models[0]} was trained on pictures of your own, {printable(name)!r}; name their "
            "folder with --dataset"
        )
    prepare = prepare or subjects[0].preparation
    loaded = load_recorded_dataset(name, subjects[0].record, data_dir, prepare)
    if any(it.test_on_pages for it in subjects):
        _evaluate_on_pages(subjects, loaded, as_json=as_json)
        return
    tested = [subject.test(loaded) for subject in subjects]
    answers, calibration = tested[0] if len(tested) == 1 else (_mean_of(tested), None)
    named = ", ".join(str(path) for path in models)
    epochs = subjects[0].epochs if len(subjects) == 1 else None
    try:
        report = make_report(answers, loaded, model=named, epochs=epochs, calibration=calibration)
    except ValueError as error:
        raise DigitlabError(f"{named} cannot be tested: {error}") from error
    if as_json:
        print(encode_json(report).decode().strip())
    else:
        if len(models) > 1:
            print(f"The mean of the probabilities of {len(models)} networks:")
        print_report(report)


def _evaluate_on_pages(subjects: list[_Subject], dataset: Dataset, *, as_json: bool) -> None:
    test = subjects[0].test_on_pages
    if len(subjects) > 1 or test is None:
        raise DigitlabError(
            f"{len(subjects)} networks cannot be tested together if one of them finds digits on "
            "pages; test each alone"
        )
    report = test(dataset)
    if as_json:
        print(encode_json(report).decode().strip())
        return
    low, high = report.interval
    print(result_line(report.loss, report.correct, report.total))
    print(f"95% interval of the accuracy: {low:.2%} to {high:.2%}")
    print(found_line(report))
    console = Console(markup=False)
    console.print(class_table(report))
    console.print(confusion_table(report))


def _open(path: Path, device: str, threads: int | None) -> _Subject:
    folder = RunFolder(path)
    if path.name == PAGE_MODEL.weights or (
        (path / PAGE_MODEL.weights).exists() and not is_model(path) and not folder.holds_a_run()
    ):
        raise DigitlabError(
            f"{path} is an exported network for pages, and {PAGE_MODEL.card} has the result of its "
            "test; to test it again, name the run that it was exported from"
        )
    # A run's folder may also hold an exported model; it then stands for its last checkpoint.
    if path.suffix == ".onnx" or (is_model(path) and not folder.holds_a_run()):
        weights, card = read_model(path)
        classifier = Classifier(weights, card, threads=threads)

        def test(dataset: Dataset) -> Answers:
            check_classes(card.classes, dataset, str(path))
            answers = classifier.log_probabilities(dataset.test_images)
            is_its_own = dataset.digests == card.data_sha256
            return answers, card.calibration if is_its_own else None

        return _Subject(
            path=path,
            dataset_name=card.dataset,
            epochs=card.epochs,
            record=None,
            preparation=None if card.dataset in CATALOG else card.preparation,
            test=test,
        )
    # Here: PyTorch takes a second.
    from digitlab.train.trained import answer_test_set, load_trained, test_on_pages

    trained = load_trained(path)
    return _Subject(
        path=path,
        dataset_name=trained.dataset_name or "mnist",
        epochs=trained.epochs,
        record=record_of(path),
        preparation=None,
        test=lambda it: answer_test_set(trained, it, device_name=device, threads=threads),
        test_on_pages=(
            (lambda it: test_on_pages(trained, it, device_name=device, threads=threads))
            if trained.recipe.reads_pages
            else None
        ),
    )


def _common_dataset(subjects: list[_Subject]) -> str:
    name = subjects[0].dataset_name
    for subject in subjects:
        if subject.dataset_name != name:
            raise DigitlabError(
                f"{subject.path} was trained on {subject.dataset_name}, but {subjects[0].path} on "
                f"{name}; choose the test set with --dataset"
            )
    return name


def _mean_of(tested: list[Answers]) -> LogProbabilities:
    """Return the logarithm of the mean of the calibrated probabilities, float32 (N, 10)."""
    probabilities = [
        np.exp(answers if it is None else temperature_scaled(answers, it.temperature))
        for answers, it in tested
    ]
    mean = np.maximum(np.mean(probabilities, axis=0), np.finfo(np.float32).tiny)
    logarithms: LogProbabilities = np.log(mean)
    return logarithms
