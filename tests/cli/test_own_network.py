"""A network of your own from the command line, as a researcher would use it."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from digitlab.data.dataset import Dataset

NETWORK = """
from torch import nn
from blocks_beside import WIDTH

class MyNet(nn.Sequential):
    def __init__(self, classes=10, dropout=0.1):
        super().__init__(
            nn.Conv2d(1, 10, 5), nn.MaxPool2d(2), nn.ReLU(),
            nn.Conv2d(10, 20, 5), nn.MaxPool2d(2), nn.ReLU(),
            nn.Conv2d(20, WIDTH, 3), nn.ReLU(), nn.Dropout(dropout),
            nn.Flatten(), nn.Linear(4 * WIDTH, classes),
        )
"""
QUICK = ("--train-images=512", "--log-every=4", "--no-figures")


@pytest.fixture
def place(small_data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "my_net.py").write_text(NETWORK)
    (tmp_path / "blocks_beside.py").write_text("WIDTH = 24\n")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def weights_of(run: Path) -> str:
    """Return what identifies the weights: the loss and the answers on the whole test set."""
    report = json.loads((run / "report.json").read_text())
    return json.dumps([report["loss"], report["mistakes"]])


def test_it_is_trained_continued_exported_and_used(
    place: Path, call: Callable, monkeypatch: pytest.MonkeyPatch
):
    train = ("train", "--network=my_net.py:MyNet", *QUICK)
    assert call(*train, "--epochs=1", "--run=a").code == 0
    record = json.loads((place / "a" / "run.json").read_text())
    files = [Path(path).name for path in record["network_files"]]
    assert files == ["my_net.py", "blocks_beside.py"]
    assert (place / "a" / "network.py").read_text() == NETWORK

    # Continued from another folder, when the file has changed: with the copy, and a word about it.
    (place / "my_net.py").write_text(NETWORK.replace("dropout=0.1", "dropout=0.2"))
    monkeypatch.chdir(place / "elsewhere")
    with monkeypatch.context() as change:  # as in a new process
        change.setattr("sys.path", [it for it in sys.path if it != str(place)])
        change.delitem(sys.modules, "blocks_beside")
        resumed = call("resume", "../a", "--epochs=2", "--no-figures")
    assert resumed.code == 0, resumed.err
    assert f"{place / 'my_net.py'} has changed since the run was started" in resumed.err
    assert "blocks_beside" not in resumed.err
    monkeypatch.chdir(place)
    (place / "my_net.py").write_text(NETWORK)
    assert call(*train, "--epochs=2", "--run=whole").code == 0
    assert weights_of(place / "a") == weights_of(place / "whole")

    tested = call("eval", "a", "--json")
    assert json.loads(tested.out)["loss"] == pytest.approx(
        json.loads((place / "a" / "report.json").read_text())["loss"]
    )
    assert call("plot", "a").code == 0
    exported = call("export", "a", "--out", "model")
    assert exported.code == 0, exported.err
    card = json.loads((place / "model" / "model.json").read_text())
    assert card["parameters"] == record["parameters"] == 10_594
    assert str(place) not in (place / "model" / "model.json").read_text()
    picture = Path(__file__).parents[2] / "docs" / "images" / "photograph.jpg"
    answer = call("predict", "--model", "model", picture, "--json")
    assert len(json.loads(answer.out)["probabilities"]) == 10


@pytest.mark.slow
def test_it_is_repeated_in_processes_of_their_own(place: Path, call: Callable):
    repeated = call(
        "repeat", "tutorial", "--network=my_net.py:MyNet", "--seeds=2", "--jobs=2", "--json",
        "--epochs=1", *QUICK[:-1],
    )  # fmt: skip
    assert repeated.code == 0, repeated.err
    assert json.loads(repeated.out)["parameters"] == 10_594


def test_a_changed_file_beside_it_is_reported_when_it_is_tested(place: Path, call: Callable):
    call("train", "--network=my_net.py:MyNet", *QUICK, "--epochs=1", "--run=a")
    (place / "blocks_beside.py").write_text("WIDTH = 24  # as before\n")
    tested = call("eval", "a")
    assert tested.code == 0
    assert f"{place / 'blocks_beside.py'} has changed since the run was started" in tested.err


def test_a_network_that_does_not_fit_leaves_nothing(place: Path, call: Callable):
    (place / "my_net.py").write_text(NETWORK.replace("4 * WIDTH", "3 * WIDTH"))
    refused = call("train", "--network=my_net.py:MyNet", "--run=a")
    assert refused.code == 1
    assert "takes 72 numbers per image, but gets 96" in refused.err
    assert not (place / "a").exists()


def test_a_recipe_in_a_file_is_trained_and_repeated(place: Path, call: Callable):
    (place / "mine.toml").write_text(
        'network = "my_net.py:MyNet"\nepochs = 1\ntrain_images = 256\ntest_each_epoch = false\n'
    )
    assert call("train", "--recipe=mine.toml", "--no-figures", "--batch-size=32").code == 0
    record = json.loads((place / "runs" / "mine" / "run.json").read_text())
    assert record["recipe_name"] == "mine"
    assert record["recipe"]["batch_size"] == 32
    assert record["recipe"]["train_images"] == 256
    repeated = call("repeat", "mine.toml", "--seeds=1", "--json")
    assert json.loads(repeated.out)["settings"]["train_images"] == 256
    assert (place / "runs" / "repeat-mine-mnist" / "seed-1" / "report.json").exists()
    (place / "mine.toml").write_text("epoch = 1\n")
    refused = call("train", "--recipe=mine.toml", "--run=b")
    assert (refused.code, refused.err) == (
        1, "digitlab: mine.toml: there is no setting 'epoch'; did you mean epochs?\n",
    )  # fmt: skip


ODD = """
import torch
from torch import nn

class Flat(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(784, 10)

class Branches(Flat):
    def forward(self, x):
        x = self.fc(x.flatten(1))
        return 2 * x if x.sum() > 0 else x

class OneByOne(Flat):
    def forward(self, x):
        return torch.stack([self.fc(image.flatten()) for image in x])
"""


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Branches", "Branches cannot be written as ONNX"),
        pytest.param("OneByOne", "of shape [2, 28, 28], but must be", marks=pytest.mark.slow),
    ],
)
def test_a_network_that_no_file_can_hold_is_trained_but_not_exported(
    place: Path, call: Callable, name: str, message: str
):
    (place / "odd.py").write_text(ODD)
    train = call("train", f"--network=odd.py:{name}", *QUICK, "--epochs=1", "--run=a")
    assert train.code == 0, train.err
    exported = call("export", "a", "--out", "model")
    assert exported.code == 1
    assert message in exported.err
    assert exported.err.count("\n") == 1
    assert not (place / "model").exists()
