"""Every mistake gets one sentence on stderr and exit code 1; wrong usage gets 2."""

import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from digitlab.recipe import Recipe
from digitlab.train.build import build_network


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("train", "--recipe", "quick"), "no recipe 'quick'; choose one of tutorial"),
        (("train", "--dataset", "cifar"), "no dataset and no folder 'cifar'; choose one of mnist"),
        (("train", "--epochs", "0"), "epochs is 0, but must be at least 1"),
        (("train", "--epochs", "-2"), "epochs is -2, but must be at least 1"),
        (("train", "--batch-size", "0"), "batch_size is 0"),
        (("train", "--batch-size", "10" * 11), "must be at least 1 and below 2^31"),
        (("train", "--network", "huge"), "one of tutorial, fast, compact, best, page, or like"),
        (
            ("train", "--threads", "3000000000"),
            "must be from 1 to 1,024",
        ),
        (("repeat", "tutorial", "--threads", "0"), "threads is 0, but must be from 1 to 1,024"),
        (("train", "--learning-rate", "nan"), "learning_rate is nan"),
        (("train", "--train-images", "-1"), "train_images is -1, but must be at least 0"),
        (
            ("train", "--validation", "60000"),
            "must be below the number of training images (60,000)",
        ),
        (("train", "--dropout", "1"), "dropout is 1.0, but must be at least 0 and below 1"),
        (("train", "--epochs", "2", "--plain-epochs", "2"), "at least 0 and below epochs (2)"),
        (("train", "--seed", "-1"), "seed is -1"),
        (("train", "--threads", "0"), "threads is 0"),
        (("train", "--checkpoint-steps", "-1"), "checkpoint-steps is -1"),
        (("resume", "nowhere"), "nowhere contains no run; start one with"),
        (("plot", "nowhere"), "nowhere contains no run"),
        (
            ("eval", "nowhere"),
            "nowhere does not exist; give a run's folder (`digitlab",
        ),
        (("export", "nowhere"), "nowhere does not exist; give a run's folder"),
        (("data", "--dataset", "cifar"), "no dataset and no folder 'cifar'"),
    ],
)
def test_a_mistake_is_told_in_one_line(
    call: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words, told: str
):
    monkeypatch.chdir(tmp_path)
    outcome = call(*words)
    assert outcome.code == 1
    assert outcome.err.startswith("digitlab: ")
    assert outcome.err.count("\n") == 1
    assert told in outcome.err
    assert outcome.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        ("train", "--epochs", "many"),
        ("train", "--epochs", "1.5"),
        ("train", "--seed", "1.6"),
        ("repeat", "fast", "--seeds", "2.5"),
        ("train", "--epoch", "3"),
        ("train", "--schedule", "zigzag"),
        ("fly",),
        ("resume",),
    ],
)
def test_wrong_usage_exits_with_2(call: Callable, words):
    assert call(*words).code == 2


@pytest.mark.parametrize(
    "words", [("train",), ("repeat", "tutorial"), ("resume", "run"), ("eval", "run")]
)
def test_a_wrong_choice_is_answered_with_the_choices(call: Callable, words):
    outcome = call(*words, "--device", "tpu")
    assert outcome.code == 2
    assert 'Choose from: "auto", "cpu", "cuda", "mps".' in outcome.err


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (("train", "--run", ""), "--run"),
        (("train", "--run="), "--run"),
        (("predict", ""), "an argument"),
        (("predict", "--model", "", "a.png"), "--model"),
        (("read", "a.png", "--boxes", ""), "--boxes"),
        (("resume", ""), "an argument"),
        (("eval", ""), "an argument"),
        (("data", "--data-dir", ""), "--data-dir"),
        (("export", "run", "--out", ""), "--out"),
    ],
)
def test_an_empty_path_is_not_the_current_folder(
    call: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words, where: str
):
    monkeypatch.chdir(tmp_path)
    outcome = call(*words)
    assert outcome.code == 2
    assert f"{where} is empty (is a variable in your command not set?)" in outcome.err
    assert list(tmp_path.iterdir()) == []


def test_a_run_folder_that_cannot_be_written_is_told(call: Callable, tmp_path: Path):
    (tmp_path / "file").write_text("no folder")
    outcome = call("train", "--run", tmp_path / "file" / "run")
    assert outcome.code == 1
    assert "cannot be written (Not a directory)" in outcome.err


def test_a_data_folder_that_cannot_be_written_is_told(
    call: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("no folder")
    outcome = call("data", "--data-dir", tmp_path / "file")
    assert outcome.code == 1
    assert "cannot be written (Not a directory); choose another with --data-dir" in outcome.err


class Evil:
    """What a harmful .pth holds: something that runs when it is unpickled."""

    def __reduce__(self):
        return (print, ("HARM DONE",))


def weights() -> dict[str, torch.Tensor]:
    return dict(build_network(Recipe()).state_dict())


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (lambda: {**weights(), "fc2.bias": Evil()}, "contains more than tensors"),
        (lambda: build_network(Recipe()), "contains more than tensors"),
        (lambda: {"weights": [1, 2]}, "does not hold a network's weights"),
        (lambda: torch.zeros(3), "does not hold a network's weights"),
        (lambda: {"param_groups": [], "state": {}}, "optimizer's state; give the network's"),
        (lambda: {"conv1.weight": torch.zeros(1)}, "weights of another network"),
        (lambda: {**weights(), 7: torch.zeros(1)}, "does not hold a network's weights"),
        (lambda: {**weights(), "fc2.bias": torch.full((10,), torch.nan)}, "cannot be tested: "),
        (lambda: {**weights(), "fc2.bias": torch.ones(10).to_sparse()}, "does not hold"),
        (lambda: {**weights(), "fc2.bias": torch.ones(10, device="meta")}, "does not hold"),
        (lambda: {**weights(), "fc2.bias": torch.ones(10, dtype=torch.int64)}, "does not hold"),
    ],
    ids=[
        *("code", "whole network", "lists", "tensor", "optimizer", "another network"),
        *("a number for a name", "not numbers", "sparse", "without values", "integers"),
    ],
)
def test_a_pth_that_is_not_the_tutorials_is_refused(
    call: Callable, tmp_path: Path, content: Callable, told: str
):
    path = tmp_path / "model.pth"
    torch.save(content(), path)
    outcome = call("eval", path)
    assert outcome.code == 1
    assert told in outcome.err
    assert str(path) in outcome.err
    assert outcome.err.count("\n") == 1
    assert "HARM" not in outcome.out + outcome.err


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04rubbish", b"rubbish", pickle.dumps({"a": 1})],
    ids=["empty", "broken zip", "text", "pickle"],
)
def test_other_files_are_no_models(call: Callable, tmp_path: Path, content: bytes):
    path = tmp_path / "model.pth"
    path.write_bytes(content)
    outcome = call("eval", path)
    assert outcome.code == 1
    assert str(path) in outcome.err
    assert outcome.err.count("\n") == 1


def test_a_pipe_is_not_waited_for(call: Callable, tmp_path: Path):
    path = tmp_path / "model.pth"
    os.mkfifo(path)
    outcome = call("eval", path)
    assert (outcome.code, outcome.err) == (1, f"digitlab: {path} is not a file\n")


@pytest.mark.parametrize("words", ["eval {run}", "resume {run}", "train", "repeat tutorial"])
def test_without_pytorch_that_is_told_before_data_is_fetched(
    spawn: Callable, tmp_path: Path, words: str
):
    run, data = tmp_path / "run", tmp_path / "data"
    run.mkdir()
    (tmp_path / "torch.py").write_text("raise ModuleNotFoundError('no torch', name='torch')")
    process = spawn(
        *words.format(run=run).split(), PYTHONPATH=str(tmp_path), DIGITLAB_DATA_DIR=str(data)
    )
    _, printed = process.communicate()
    assert process.returncode == 1
    assert "this command needs torch: run `pip install '.[train]'`" in printed
    assert not data.exists()
