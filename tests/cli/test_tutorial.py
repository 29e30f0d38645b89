"""The main job on all of MNIST, in two processes: what the README promises."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from digitlab.records.history import TestPoint
from digitlab.train.checkpoint import read_checkpoint


@pytest.mark.parametrize(
    ("images", "epochs", "all_epochs", "correct", "correct_at_last"),
    [
        (6_000, 1, 2, 8_000, 9_000),
        pytest.param(60_000, 3, 8, 9_780, 9_830, marks=pytest.mark.slow),  # as `make demo`
    ],
)
def test_some_epochs_then_on_to_more(
    spawn: Callable,
    tmp_path: Path,
    images: int,
    epochs: int,
    all_epochs: int,
    correct: int,
    correct_at_last: int,
):
    run = tmp_path / "run"
    settings = ("--recipe", "tutorial", "--epochs", epochs, "--seed", 1, "--train-images", images)
    first = spawn("train", *settings, "--run", run)
    out, err = first.communicate()
    assert first.returncode == 0, err
    assert out.count("Test set: ") == epochs + 1
    assert err.count("Train Epoch: ") == epochs * math.ceil(images / 640)
    assert json.loads((run / "report.json").read_text())["correct"] >= correct

    second = spawn("resume", run, "--epochs", all_epochs)
    out, err = second.communicate()
    assert second.returncode == 0, err
    assert out.count("Test set: ") == all_epochs - epochs
    assert json.loads((run / "report.json").read_text())["correct"] >= correct_at_last
    history = read_checkpoint(run / "last.safetensors").progress.history
    tests = [point.examples for point in history if isinstance(point, TestPoint)]
    assert tests == list(range(0, images * all_epochs + 1, images))
