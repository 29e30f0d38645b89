"""The files are those that the tutorial's own script loads."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from digitlab.cli.app import app
from digitlab.data.dataset import Dataset
from digitlab.train.checkpoint import read_checkpoint


class PlainNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 10, kernel_size=5)
        self.conv2 = nn.Conv2d(10, 20, kernel_size=5)
        self.conv2_drop = nn.Dropout2d()
        self.fc1 = nn.Linear(320, 50)
        self.fc2 = nn.Linear(50, 10)


SHORT = ("--epochs=1", "--train-images=320", "--no-figures", "--run")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, mnist: Dataset) -> Path:
    folder = tmp_path_factory.mktemp("tutorial") / "run"
    app(["train", "--dropout=0", *SHORT, str(folder)], result_action="return_value")
    return folder


def test_the_tutorials_script_continues_from_the_files_as_we_do(
    run: Path, call: Callable, tmp_path: Path
):
    out = tmp_path / "out"
    assert call("export", run, "--format", "tutorial", "--out", out).code == 0

    # What the tutorial's script does with them.
    network = PlainNetwork()
    network.load_state_dict(torch.load(out / "model.pth"))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)
    optimizer.load_state_dict(torch.load(out / "optimizer.pth"))

    saved = read_checkpoint(run / "last.safetensors").tensors
    for name, parameter in network.named_parameters():
        assert torch.equal(parameter, saved[f"network.{name}"])
        momentum = optimizer.state[parameter]["momentum_buffer"]
        assert torch.equal(momentum, saved[f"velocity.{name}"])
        assert momentum.abs().sum() > 0
    # One more step of its optimizer moves every weight by what both momenta say.
    before = network.fc2.bias.detach().clone()
    momentum = optimizer.state[network.fc2.bias]["momentum_buffer"].clone()
    scores = network.fc2(F.relu(network.fc1(torch.ones(2, 320))))
    F.nll_loss(F.log_softmax(scores, 1), torch.tensor([1, 2])).backward()
    gradient = network.fc2.bias.grad
    optimizer.step()
    assert torch.allclose(network.fc2.bias, before - 0.01 * (0.9 * momentum + gradient))


def test_eval_reads_what_a_reader_of_the_tutorial_saved(run: Path, call: Callable):
    assert call("export", run, "--format", "tutorial").code == 0
    of_run, of_file = (
        json.loads(call("eval", path, "--json").out) for path in (run, run / "model.pth")
    )
    assert of_file["confusion"] == of_run["confusion"]
    assert of_file["loss"] == of_run["loss"]
    assert of_file["epochs"] is None


def test_a_folder_that_cannot_be_written_is_told(run: Path, call: Callable, tmp_path: Path):
    (tmp_path / "file").write_text("no folder")
    outcome = call("export", run, "--format", "tutorial", "--out", tmp_path / "file")
    assert outcome.code == 1
    assert "cannot be written" in outcome.err


@pytest.mark.usefixtures("small_data")
def test_another_network_is_refused(call: Callable, tmp_path: Path):
    run = tmp_path / "run"
    assert call("train", "--network=fast", *SHORT, run).code == 0
    outcome = call("export", run, "--format", "tutorial")
    assert outcome.code == 1
    assert "'fast', which the tutorial's script cannot load" in outcome.err
    assert not (run / "model.pth").exists()
