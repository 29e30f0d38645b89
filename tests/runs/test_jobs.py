"""Trainings at the same time give the same runs; a failure or a stop ends them all."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch
from filelock import FileLock
from torch import Tensor

from digitlab.errors import DigitlabError
from digitlab.runs.jobs import run_commands
from digitlab.train.checkpoint import read_checkpoint
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs groups of processes")


def test_every_command_runs_in_silence(capfd: pytest.CaptureFixture[str]):
    names = ["one", "two", "three"]
    run_commands({name: ["--version"] for name in names}, jobs=2)
    printed = capfd.readouterr()
    assert printed.out == ""
    assert sorted(printed.err.splitlines()) == sorted(
        f"{what}: {name}" for what in ("started", "finished") for name in names
    )


def test_a_failure_is_told_and_ends_the_others(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    never = tmp_path / "never"
    commands = {
        "long": ["train", "--epochs", "500", "--run", str(tmp_path / "long")],
        "bad": ["train", "--recipe", "quick", "--run", str(tmp_path / "bad")],
        "never": ["train", "--run", str(never)],
    }
    with pytest.raises(DigitlabError, match=r"bad failed with exit code 1 \(there is no recipe"):
        run_commands(commands, jobs=2)
    assert "stopped: long" in capfd.readouterr().err
    assert not never.exists()


def repeat_two(folder: Path, *more: object, images: int = 6400) -> tuple[object, ...]:
    """Return the arguments of a call that trains two seeds for two short epochs each."""
    return (
        "repeat", "tutorial", "--seeds", 2, "--threads", 1, "--epochs", 2, "--train-images", images,
        "--run", folder, "--json", *more,
    )  # fmt: skip


def weights_of(folder: Path) -> list[dict[str, Tensor]]:
    return [read_checkpoint(folder / f"seed-{it}" / "last.safetensors").tensors for it in (1, 2)]


def assert_same_runs(one: Path, other: Path) -> None:
    for ours, theirs in zip(weights_of(one), weights_of(other), strict=True):
        assert ours.keys() == theirs.keys()
        for name, tensor in ours.items():
            assert torch.equal(tensor, theirs[name]), name


@pytest.fixture(scope="module")
def one_by_one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("one-by-one")
    # In a process of its own: its number of threads would stay that of the tests after it.
    command = [sys.executable, "-m", "digitlab", *map(str, repeat_two(folder))]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def test_seeds_at_once_end_as_one_after_the_other(call: Callable, tmp_path: Path):
    at_once, one_by_one = tmp_path / "at once", tmp_path / "one by one"
    small = partial(repeat_two, images=640)
    outcome = call(*small(at_once, "--no-test-each-epoch", "--jobs", 3))  # there is no third
    assert outcome.code == 0, outcome.err
    report = json.loads(outcome.out)
    assert (report["jobs"], report["threads"]) == (2, 1)
    assert call(*small(one_by_one, "--no-test-each-epoch")).code == 0
    assert_same_runs(at_once, one_by_one)
    again = json.loads(call(*small(at_once, "--no-test-each-epoch")).out)
    assert again["jobs"] == 2  # how these runs were made
    assert again["accuracies"] == report["accuracies"]


@pytest.mark.parametrize(
    ("number", "jobs"),
    [
        pytest.param(signal.SIGINT, 2, marks=pytest.mark.slow),
        pytest.param(signal.SIGTERM, 2, marks=pytest.mark.slow),
        pytest.param(signal.SIGINT, 1, marks=pytest.mark.slow),
    ],
)
def test_a_stop_stops_all_and_the_same_call_goes_on(
    one_by_one: Path, tmp_path: Path, number: signal.Signals, jobs: int
):
    command = [sys.executable, "-m", "digitlab", *map(str, repeat_two(tmp_path, "--jobs", jobs))]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    histories = [tmp_path / f"seed-{seed}" / "history.jsonl" for seed in range(1, jobs + 1)]
    wait_until(
        lambda: all(path.exists() for path in histories), "its trainings have a history", process
    )
    if number == signal.SIGINT:  # a terminal sends it to all of a group
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + number, err
    assert out == ""
    assert "run the same command again to pick up where it left off" in err
    assert "digitlab resume" not in err
    assert "Traceback" not in err
    finished = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert finished.returncode == 0, finished.stderr
    assert_same_runs(tmp_path, one_by_one)


def test_children_end_when_their_parent_is_killed(tmp_path: Path):
    command = [sys.executable, "-m", "digitlab", *map(str, repeat_two(tmp_path, "--jobs", 2))]
    command[command.index("--epochs") + 1] = "500"
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True
    )
    logs = [tmp_path / f"seed-{seed}" / "train.log" for seed in (1, 2)]
    wait_until(lambda: all(log.exists() for log in logs), "both its trainings have a log", process)
    process.kill()
    process.wait()
    for log in logs:  # free again as soon as its process has saved and ended
        with FileLock(log.with_name(".lock")).acquire(timeout=PATIENCE):
            assert not log.with_name("report.json").exists()  # stopped, not trained to the end


def test_no_jobs_is_told(call: Callable, tmp_path: Path):
    outcome = call("repeat", "tutorial", "--jobs", 0, "--run", tmp_path)
    assert outcome.code == 1
    assert "jobs is 0, but must be at least 1" in outcome.err
