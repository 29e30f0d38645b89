"""The main job on all of MNIST, in two processes: what the README promises."""

import json
from collections.abc import Callable
from pathlib import Path

from digitlab.records.history import TestPoint
from digitlab.train.checkpoint import read_checkpoint


def test_three_epochs_then_on_to_eight(spawn: Callable, tmp_path: Path):
    run = tmp_path / "run"
    settings = ("--recipe", "tutorial", "--epochs", 3, "--seed", 1)
    first = spawn("train", *settings, "--run", run)
    out, err = first.communicate()
    assert first.returncode == 0, err
    assert out.count("Test set: ") == 4
    assert err.count("Train Epoch: ") == 3 * 94
    assert json.loads((run / "report.json").read_text())["correct"] >= 9_780

    second = spawn("resume", run, "--epochs", 8)
    out, err = second.communicate()
    assert second.returncode == 0, err
    assert out.count("Test set: ") == 5
    assert json.loads((run / "report.json").read_text())["correct"] >= 9_830
    history = read_checkpoint(run / "last.safetensors").progress.history
    tests = [point.examples for point in history if isinstance(point, TestPoint)]
    assert tests == list(range(0, 480_001, 60_000))
