"""Runs that are killed, refused or out of space: always one that can be continued."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

import pytest
import torch

from digitlab.data.catalog import FASHION_MNIST
from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError
from digitlab.figures.run import draw_run
from digitlab.named_recipes import find_recipe
from digitlab.recipe import Recipe
from digitlab.records import folder as folders
from digitlab.records.claim import only_one_process
from digitlab.records.folder import SYNTHETIC, RunFolder, read_results
from digitlab.runs.run import Launch, resume_run, start_run
from digitlab.runs.watching import Watcher
from digitlab.synth.non_digits import non_digits
from digitlab.train.checkpoint import load_checkpoint

RECIPE = Recipe(epochs=1, batch_size=50, log_every=2)
LAUNCH = Launch(seed=3, device="cpu", command=["train"])
OLD = replace(RECIPE, learning_rate=0.02)

BEST = replace(
    find_recipe("best"), epochs=1, plain_epochs=0, batch_size=50, train_images=200, average=0.9,
    precision="float32",
)  # fmt: skip


STARTED = 8 + 6
"""Changes of the disk until training begins: the first checkpoint and `run.json` are written with
three each and renamed with two; then the checkpoint that belongs to the first score."""


EVERY_FOURTH_MOMENT_OR_ALL = pytest.mark.parametrize(
    "every", [4, pytest.param(1, marks=pytest.mark.slow)]
)


class KilledError(BaseException):
    """Stands for `kill -9`: nothing in the program may handle it."""


@contextmanager
def killed_at(operation: int) -> Iterator[list[str]]:
    """Let the program die before its n-th change of the disk; yield the changes that were made.

    From then on every further change fails as well, so that no clean-up can happen.
    """
    done: list[str] = []

    def dying(name: str, change: Callable[..., Any]) -> Callable[..., Any]:
        def change_or_die(*arguments: Any, **options: Any) -> Any:
            if name == "unlink" and not arguments[0].exists():
                return change(*arguments, **options)
            if len(done) >= operation:
                raise KilledError
            done.append(name)
            return change(*arguments, **options)

        return change_or_die

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in ((Path, "replace"), (Path, "unlink"), (os, "fsync")):
            patch.setattr(owner, name, dying(name, getattr(owner, name)))
        try:
            yield done
        except KilledError:
            done.append("killed")


def weights(folder: RunFolder) -> dict[str, torch.Tensor]:
    return load_checkpoint(folder.path)[0].tensors


def assert_same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> None:
    assert one.keys() == other.keys()
    for name, tensor in one.items():
        assert torch.equal(tensor, other[name]), name


@pytest.fixture(scope="module")
def tiny(small_mnist: Dataset) -> Dataset:
    """Return 200 training and 50 test images: four steps, and every digit among them."""
    return replace(
        small_mnist,
        train_images=small_mnist.train_images[:200],
        train_labels=small_mnist.train_labels[:200],
        test_images=small_mnist.test_images[:50],
        test_labels=small_mnist.test_labels[:50],
    )


@pytest.fixture(scope="module")
def whole(tiny: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Callable:
    """Return a function that gives the final state of a run that was never stopped."""
    found: dict[Recipe, dict[str, torch.Tensor]] = {}

    def final(recipe: Recipe) -> dict[str, torch.Tensor]:
        if recipe not in found:
            folder = RunFolder(tmp_path_factory.mktemp("whole"))
            start_run(folder, recipe, tiny, LAUNCH)
            found[recipe] = weights(folder)
        return found[recipe]

    return final


@EVERY_FOURTH_MOMENT_OR_ALL
def test_a_start_over_an_old_run_may_be_killed_at_any_moment(
    tiny: Dataset, tmp_path: Path, whole: Callable, every: int
):
    """Before each change of the disk: what is there is the old run or the new one, and goes on."""
    operation, recipes = 0, []
    while True:
        folder = RunFolder(tmp_path / str(operation))
        with killed_at(STARTED + 3):  # an old run, itself killed on its way
            start_run(folder, OLD, tiny, LAUNCH)
        with killed_at(operation) as done:
            start_run(folder, RECIPE, tiny, replace(LAUNCH, force=True))
        if done[-1:] != ["killed"]:
            break
        results, _ = resume_run(folder, dataset=tiny, command=["resume"])
        recipe = results.record.recipe
        assert_same(weights(folder), whole(recipe))
        assert {path.name for path in folder.path.iterdir()} == {
            *("run.json", "history.jsonl", "train.log", "report.json", ".lock"),
            *("last.safetensors", "previous.safetensors", "inside.npz"),
        }
        recipes.append(recipe)
        operation += every
    assert operation > STARTED + 5
    # First it is the old run, from some moment on the new one.
    change = recipes.index(RECIPE)
    assert recipes == [OLD] * change + [RECIPE] * (len(recipes) - change)
    assert change > 0


@EVERY_FOURTH_MOMENT_OR_ALL
def test_a_first_start_may_be_killed_at_any_moment(tiny: Dataset, tmp_path: Path, every: int):
    for operation in range(0, STARTED, every):
        folder = RunFolder(tmp_path / str(operation))
        with killed_at(operation) as done:
            start_run(folder, RECIPE, tiny, LAUNCH)
        assert done[-1] == "killed"
        if folder.holds_a_run():
            resume_run(folder, dataset=tiny, command=["resume"])
        else:
            start_run(folder, RECIPE, tiny, LAUNCH)
        assert folder.read_report() is not None


def test_full_memory_is_one_sentence(
    tiny: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: object, **_others: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has")

    monkeypatch.setattr("digitlab.train.graph.LearningStep.__call__", fail)
    with pytest.raises(
        DigitlabError, match=r"not allocate 2\.00 GiB; choose a smaller --batch-size"
    ):
        start_run(RunFolder(tmp_path), RECIPE, tiny, LAUNCH)


@pytest.mark.parametrize("file", ["history.jsonl", "run.json", "report.json"])
def test_a_full_disk_is_one_sentence_with_file_and_remedy(
    tiny: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    whole: Callable,
):
    folder = RunFolder(tmp_path)
    with killed_at(STARTED + 3):
        start_run(folder, RECIPE, tiny, LAUNCH)
    assert folder.read_report() is None
    real_replace = Path.replace

    def full(path: Path, target: Path) -> Path:
        if target.name == file:
            raise OSError(28, "No space left on device")
        return real_replace(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(DigitlabError) as raised:
            resume_run(folder, dataset=tiny, command=["resume"])
    message = str(raised.value)
    assert f"{tmp_path / file} cannot be written (No space left on device)" in message
    assert f"make room, then continue with `digitlab resume {tmp_path}`" in message
    assert not list(tmp_path.glob(".*.tmp"))
    resume_run(folder, dataset=tiny, command=["resume"])
    assert_same(weights(folder), whole(RECIPE))


def test_an_exported_model_of_the_run_before_is_removed(tiny: Dataset, tmp_path: Path):
    folder = RunFolder(tmp_path)
    start_run(folder, RECIPE, tiny, LAUNCH)
    stale = [tmp_path / name for name in ("model.onnx", "model.json", "model.json.new")]
    for path in stale:
        path.touch()
    start_run(folder, RECIPE, tiny, replace(LAUNCH, force=True))
    assert not any(path.exists() for path in stale)


def test_synthetic_images_are_drawn_once_per_run(
    tiny: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("digitlab.train.examples.non_digits", partial(non_digits, count=60))
    folder, never_stopped = RunFolder(tmp_path / "run"), RunFolder(tmp_path / "never")
    start_run(never_stopped, BEST, tiny, LAUNCH)
    with killed_at(STARTED + 3 + 3) as done:
        start_run(folder, BEST, tiny, LAUNCH)
    assert done[-1] == "killed"
    assert (folder.path / SYNTHETIC).exists()

    def never(*_: object, **__: object) -> None:
        raise AssertionError("drawn again")

    with monkeypatch.context() as patch:
        patch.setattr("digitlab.train.examples.degraded_copies", never)
        patch.setattr("digitlab.train.examples.non_digits", never)
        resume_run(folder, dataset=tiny, command=["resume"])
    assert_same(weights(folder), weights(never_stopped))
    assert not (folder.path / SYNTHETIC).exists()  # 60 MB that a finished run does not need


def test_damaged_synthetic_images_are_drawn_again(
    tiny: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("digitlab.train.examples.non_digits", partial(non_digits, count=60))
    folder, never_stopped = RunFolder(tmp_path / "run"), RunFolder(tmp_path / "never")
    start_run(never_stopped, BEST, tiny, LAUNCH)
    with killed_at(STARTED + 3 + 3):
        start_run(folder, BEST, tiny, LAUNCH)
    kept = folder.path / SYNTHETIC
    content = bytearray(kept.read_bytes())
    content[len(content) // 2] ^= 1
    kept.write_bytes(content)
    resume_run(folder, dataset=tiny, command=["resume"])
    assert_same(weights(folder), weights(never_stopped))


def test_the_data_folder_is_recorded(tiny: Dataset, tmp_path: Path):
    folder = RunFolder(tmp_path / "run")
    start_run(folder, RECIPE, replace(tiny, data_dir=tmp_path / "my data"), LAUNCH)
    assert json.loads(folder.run_json.read_text())["data_dir"] == str(tmp_path / "my data")


def test_a_run_that_is_being_trained_is_not_reported_as_stopped(tiny: Dataset, tmp_path: Path):
    class Messages(Watcher):
        def message(self, line: str) -> None:
            raise AssertionError(line)

    folder = RunFolder(tmp_path)
    with killed_at(STARTED + 3):
        start_run(folder, RECIPE, tiny, LAUNCH)
    again = replace(LAUNCH, continues=True)
    with only_one_process(folder), pytest.raises(DigitlabError, match="another process is train"):
        start_run(folder, RECIPE, tiny, again, Messages())


def test_a_recipe_that_cannot_be_trained_leaves_no_folder(tiny: Dataset, tmp_path: Path):
    folder = RunFolder(tmp_path / "run")
    lonely = Recipe(network="fast", batch_size=199)
    with pytest.raises(DigitlabError, match="leave a last batch of 1"):
        start_run(folder, lonely, tiny, LAUNCH)
    assert not folder.path.exists()


def test_a_change_of_what_decides_the_bits_is_reported(tiny: Dataset, tmp_path: Path):
    folder = RunFolder(tmp_path)
    start_run(folder, RECIPE, tiny, LAUNCH)
    record = json.loads(folder.run_json.read_text())
    record["versions"] |= {"torch": "1.0", "gone": "7"}
    record["machine"] = "an abacus"
    folder.run_json.write_text(json.dumps(record))
    resume_run(folder, dataset=tiny, epochs=2, device_name="cpu", command=["resume"])
    (line,) = (it for it in folder.train_log.read_text().splitlines() if "bit-identical" in it)
    assert line.startswith("results may no longer be bit-identical: gone 7 -> None, machine an aba")
    assert f"torch 1.0 -> {version('torch')}" in line
    assert line in folder.train_log.read_text()


def test_a_device_that_is_not_there_is_refused_when_a_run_is_resumed(tiny: Dataset, tmp_path: Path):
    folder = RunFolder(tmp_path)
    start_run(folder, RECIPE, tiny, LAUNCH)
    before = folder.run_json.read_bytes()
    with pytest.raises(DigitlabError, match="no device 'abacus'"):
        resume_run(folder, dataset=tiny, epochs=2, device_name="abacus", command=[])
    assert folder.run_json.read_bytes() == before


def test_clothes_are_trained_on_too(tiny: Dataset, tmp_path: Path):
    clothes = replace(tiny, name="fashion-mnist", classes=FASHION_MNIST.classes)
    results = start_run(RunFolder(tmp_path), replace(RECIPE, network="fast"), clothes, LAUNCH)
    assert results.report is not None
    assert results.record.dataset == "fashion-mnist"
    assert results.report.classes[9] == "ankle boot"
    figures = draw_run(results, clothes)
    assert {path.name for path in figures} == {
        *("samples.png", "loss.png", "predictions.png", "confusion.png", "mistakes.png"),
    }


def full_at(patch: pytest.MonkeyPatch, name: str, after: int = 0) -> None:
    """Let the disk be full when a file of that name is to be written for the n-th time."""
    real_replace, real_append, seen = Path.replace, folders.append, []

    def check(path: Path) -> None:
        if path.name == name:
            seen.append(path)
            if len(seen) > after:
                raise OSError(28, "No space left on device", str(path))

    def replace_or_fail(path: Path, target: Path) -> Path:
        check(target)
        return real_replace(path, target)

    def append_or_fail(path: Path, content: bytes) -> None:
        check(path)
        real_append(path, content)

    patch.setattr(Path, "replace", replace_or_fail)
    patch.setattr(folders, "append", append_or_fail)


@pytest.mark.parametrize("file", ["run.json.new", "saving.safetensors"])
def test_a_start_that_fails_leaves_the_run_before_it(
    tiny: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str
):
    folder = RunFolder(tmp_path)
    start_run(folder, OLD, tiny, LAUNCH)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with monkeypatch.context() as patch:
        full_at(patch, file)
        with pytest.raises(DigitlabError, match="make room, then run the same command again"):
            start_run(folder, RECIPE, tiny, replace(LAUNCH, force=True))
    with only_one_process(folder):  # which also removes what was half written
        pass
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("file", ["history.jsonl", "train.log", "last.safetensors", "report.json"])
def test_a_disk_that_fills_in_mid_run_does_not_send_back_to_the_start(
    tiny: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, whole: Callable
):
    folder = RunFolder(tmp_path)
    with monkeypatch.context() as patch:
        full_at(patch, file, after=0 if file == "report.json" else 1)
        with pytest.raises(DigitlabError) as raised:
            start_run(folder, RECIPE, tiny, LAUNCH)
    assert f"make room, then continue with `digitlab resume {tmp_path}`" in str(raised.value)
    assert file.startswith("last") or str(tmp_path / file) in str(raised.value)
    resume_run(folder, dataset=tiny, command=["resume"])
    assert_same(weights(folder), whole(RECIPE))


def test_ctrl_c_before_anything_is_written_leaves_no_folder(
    tiny: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    folder = RunFolder(tmp_path / "new" / "run")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", interrupt)
        with pytest.raises(KeyboardInterrupt):
            start_run(folder, RECIPE, tiny, LAUNCH)
    assert list(tmp_path.iterdir()) == []


def test_a_new_run_does_not_take_the_synthetic_images_of_the_one_before(
    tiny: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    drawn = []

    def counted(*arguments: Any, **options: Any) -> Any:
        drawn.append(options["seed"])
        return non_digits(*arguments, **options, count=60)

    monkeypatch.setattr("digitlab.train.examples.non_digits", counted)
    folder = RunFolder(tmp_path)
    with killed_at(STARTED + 6):
        start_run(folder, BEST, tiny, LAUNCH)
    assert (tmp_path / SYNTHETIC).exists()
    start_run(folder, BEST, tiny, replace(LAUNCH, force=True))
    assert drawn == [3, 3]


def test_weights_that_diverge_between_two_printed_losses_are_not_saved(
    tiny: Dataset, tmp_path: Path
):
    folder = RunFolder(tmp_path)
    silent = replace(RECIPE, learning_rate=1e30, log_every=100, test_each_epoch=False)
    with pytest.raises(DigitlabError, match="training diverged"):
        start_run(folder, silent, tiny, LAUNCH)
    assert load_checkpoint(folder.path)[0].progress.epochs_done == 0


def test_a_run_records_and_parses_each_file_once(
    tiny: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = RunFolder(tmp_path)
    start_run(folder, RECIPE, tiny, LAUNCH)
    read: list[str] = []
    real_open = Path.open

    def counted(path: Path, mode: str = "r", *others: Any, **named: Any) -> IO[Any]:
        if mode == "rb":
            read.append(path.name)
        return real_open(path, mode, *others, **named)

    monkeypatch.setattr(Path, "open", counted)
    resume_run(folder, dataset=tiny, command=["resume"])
    assert sorted(name for name in read if name != "last.safetensors") == [
        *("report.json", "run.json"),
    ]
    read.clear()
    draw_run(read_results(folder), tiny)
    assert sorted(read) == ["history.jsonl", "report.json", "run.json"]
