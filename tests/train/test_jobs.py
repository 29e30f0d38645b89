"""Trainings at once: the same runs, and a failure or a stop ends them all."""

import json
import os
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from digitlab.core.errors import DigitlabError
from digitlab.train.jobs import run_at_once
from digitlab.train.recipe import find_recipe

SETTINGS = ("--epochs", 1, "--train-images", 640)


def test_every_task_is_done_in_silence(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    paths = [tmp_path / str(number) for number in range(3)]
    tasks = {path.name: partial(Path.touch, path) for path in paths}
    run_at_once(tasks | {"talk": partial(print, "not to be seen")}, jobs=2)
    assert all(path.exists() for path in paths)
    told = capfd.readouterr()
    assert told.out == ""
    names = ["talk", *(path.name for path in paths)]
    assert sorted(told.err.splitlines()) == sorted(
        f"{what}: {name}" for what in ("begun", "done") for name in names
    )


def test_a_failure_is_told_and_ends_the_others(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    never = tmp_path / "never"
    tasks: dict[str, Callable[[], object]] = {
        "long": partial(time.sleep, 300),
        "bad": partial(find_recipe, "quick"),
        "never": partial(Path.touch, never),
    }
    started = time.monotonic()
    with pytest.raises(DigitlabError, match="bad failed; it says why above"):
        run_at_once(tasks, jobs=2)
    assert time.monotonic() - started < 100
    assert "digitlab: there is no recipe 'quick'" in capfd.readouterr().err
    assert not never.exists()


def test_seeds_at_once_end_as_one_after_the_other(call: Callable, tmp_path: Path):
    def told(folder: str, *more: object) -> dict:
        outcome = call(
            "repeat", "tutorial", "--seeds", 2, "--threads", 1, *SETTINGS, "--run",
            tmp_path / folder, "--json", *more,
        )  # fmt: skip
        assert outcome.code == 0, outcome.err
        return json.loads(outcome.out)

    apart, at_once = told("apart"), told("at-once", "--jobs", 2)
    assert at_once["accuracies"] == apart["accuracies"]
    assert (apart["jobs"], at_once["jobs"]) == (1, 2)
    again = told("at-once", "--jobs", 2)
    assert again["accuracies"] == apart["accuracies"]


@pytest.mark.skipif(os.name != "posix", reason="signals to a group of processes")
def test_a_stop_stops_all_and_the_same_call_goes_on(spawn: Callable, tmp_path: Path):
    call = (
        "repeat", "tutorial", "--seeds", 2, "--jobs", 2, "--epochs", 2, "--train-images", 6400,
        "--run", tmp_path, "--json",
    )  # fmt: skip
    process = spawn(*call)
    deadline = time.monotonic() + 120
    checkpoints = [tmp_path / f"seed-{seed}" / "history.jsonl" for seed in (1, 2)]
    while not all(path.exists() for path in checkpoints) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 143, err
    assert out == ""
    assert "the same command goes on from here" in err
    for seed in (1, 2):
        log = (tmp_path / f"seed-{seed}" / "train.log").read_text()
        assert log.count("Test set:") < 3  # before training and after the first epoch, at most
    again = spawn(*call)
    out, err = again.communicate(timeout=100)
    assert again.returncode == 0, err
    assert len(json.loads(out)["accuracies"]) == 2


def test_no_jobs_is_told(call: Callable, tmp_path: Path):
    outcome = call("repeat", "tutorial", "--jobs", 0, "--run", tmp_path)
    assert outcome.code == 1
    assert "jobs is 0, but must be at least 1" in outcome.err
