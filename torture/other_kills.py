"""Kill `repeat`, `plot` and `export`, trainings on pages, and those that the lab started."""

import contextlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

from digitlab.data.load import default_data_dir
from torture.bench import Bench
from torture.fault import Fault, expect
from torture.killing import at_random, sweep
from torture.nursery import Outcome
from torture.trainings import check_equal

_PATIENCE = 1_200.0


def run_others(fault: Fault, bench: Bench) -> None:
    """Kill the commands that take longer."""
    _repeat(fault, bench)
    _plot(fault, bench)
    _export(fault, bench)
    _page(fault, bench)
    _lab(fault, bench)


def _repeat(fault: Fault, bench: Bench) -> None:
    """Kill `repeat`, and run the same command again."""
    trainings = bench.trainings
    expected = _accuracies(trainings.repeat(trainings.fresh("repeated")))

    def again(root: Path) -> None:
        found = _accuracies(trainings.repeat(root))
        expect(found == expected, f"accuracies {found} instead of {expected}")

    sweep(fault, bench, "repeat", trainings.repeat, again, every=3)
    at_random(fault, bench, "repeat", trainings.repeat, again, 40)


def _accuracies(outcome: Outcome) -> Any:
    outcome.check_worked()
    record = json.loads(outcome.out)
    return record["accuracies"], record["seeds"]


def _plot(fault: Fault, bench: Bench) -> None:
    """Kill `plot`: every figure is the old one or the new one, and never half a figure."""
    trainings = bench.trainings
    whole = trainings.copy(trainings.finished, "plotted")
    _draw(bench, whole).check_worked()
    figures = {path.name: path.read_bytes() for path in whole.glob("*.png")}

    def check(run: Path) -> None:
        for path in run.glob("*.png"):
            expect(path.read_bytes() == figures[path.name], f"{path.name} is not whole")
        _draw(bench, run).check_worked()
        drawn = {path.name: path.read_bytes() for path in run.glob("*.png")}
        expect(drawn == figures, "not the same figures")
        expect(not [*run.glob(".*.tmp")], "a temporary file is left over")

    def plot(run: Path, **options: Any) -> Outcome:
        return _draw(bench, run, **options)

    sweep(fault, bench, "plot", plot, check, trainings.finished, every=2)


def _draw(bench: Bench, run: Path, **options: Any) -> Outcome:
    return bench.nursery.digitlab("plot", run, **options)


def _export(fault: Fault, bench: Bench) -> None:
    """Kill `export`: the folder has no model, or one that answers as it should."""
    trainings = bench.trainings
    picture = next((trainings.pictures / "7").iterdir())

    def export(out: Path, **options: Any) -> Outcome:
        return bench.nursery.digitlab("export", trainings.finished, "--out", out, **options)

    def answer(out: Path) -> Outcome:
        return bench.nursery.digitlab("predict", "--model", out, "--json", picture)

    export(trainings.fresh("exported")).check_worked()
    expected = answer(bench.home / "exported").out

    def check(out: Path) -> None:
        found = answer(out)
        if found.code:
            found.check_is_one_sentence()
            expect("contains no model" in found.err, found.err)
        else:
            expect(found.out == expected, f"answers {found.out} instead of {expected}")
        export(out).check_worked()
        expect(answer(out).out == expected, "another answer after a second export")
        expect(sorted(it.name for it in out.iterdir()) == ["model.json", "model.onnx"], "files")

    sweep(fault, bench, "export", export, check, every=1)
    at_random(fault, bench, "export", export, check, 20)


# Trainings on pages


def page_command(*words: str) -> None:
    """Do what `digitlab WORDS` does, with a small test at the end of a training on pages."""
    from digitlab.train import page_score
    from torture.nursery_process import command

    page_score._TEST_CROPS = 8
    command(*words)


def _page(fault: Fault, bench: Bench) -> None:
    """Kill trainings on pages, whose crops are composed by other processes."""
    trainings, call = bench.trainings, bench.nursery.call
    settings = (
        "--crops", 12, "--batch-size", 4, "--log-every", 1, "--validation", 0, "--epochs", 1,
        "--train-images", 500, "--checkpoint-steps", 1, "--threads", 1, "--device", "cpu",
        "--no-figures", "--data-dir", default_data_dir(),
    )  # fmt: skip

    def train(run: Path, **options: Any) -> Outcome:
        words = map(str, ("train", "--recipe", "page", *settings, "--run", run))
        return call("torture.other_kills:page_command", *words, **options)

    whole = trainings.fresh("page")
    train(whole).check_worked()
    expected = trainings.state(whole)

    def check(run: Path) -> None:
        train(run).check_worked()
        check_equal(trainings.state(run), expected)

    at_random(fault, bench, "train on pages", train, check, 10)


# The lab


@contextlib.contextmanager
def _lab_on(runs: Path) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Yield the process of a lab and its address; kill it at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "digitlab", "lab", "--no-open", "--port", "0", "--runs", runs],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert process.stderr is not None
    found = re.search(r"at (http://\S+)/$", process.stderr.readline())
    try:
        expect(found, "the lab did not start")
        assert found is not None
        yield process, found[1]
    finally:
        process.kill()
        process.communicate()


def _lab(fault: Fault, bench: Bench) -> None:
    """Kill the lab while it trains; a new lab continues the run."""
    with fault.attempt("a lab that trains", "not killed"):
        expected = _trained_in_lab(bench, "lab-whole", None)
    for number in range(5):
        with fault.attempt("a lab that trains", f"number {number}"):
            after = random.Random(number).uniform(0.2, 6)
            check_equal(_trained_in_lab(bench, "lab-killed", after), expected)


def _trained_in_lab(bench: Bench, name: str, kill_after: float | None) -> dict[str, Any]:
    """Train in a lab, which may be killed and started again; return the state at the end."""
    runs = bench.trainings.fresh(name)
    settings = {"train_images": 2000, "epochs": 3, "test_each_epoch": False, "log_every": 1}
    with _lab_on(runs) as (process, address):
        body = {"name": "mine", "settings": settings}
        origin = {"Origin": address}
        requests.post(f"{address}/lab/runs", json=body, headers=origin, timeout=_PATIENCE)
        if kill_after is None:
            return _ended(bench, runs)
        time.sleep(kill_after)
        process.send_signal(signal.SIGKILL)
        process.wait()
    with _lab_on(runs) as (_, address):
        deadline = time.monotonic() + _PATIENCE
        url = f"{address}/lab/runs/mine"
        while requests.get(url, timeout=_PATIENCE).json()["status"] == "running":
            expect(time.monotonic() < deadline, "the training of a killed lab does not stop")
            time.sleep(0.1)
        requests.post(f"{url}/resume", headers={"Origin": address}, timeout=_PATIENCE)
        return _ended(bench, runs)


def _ended(bench: Bench, runs: Path) -> dict[str, Any]:
    """Wait until a run has its report, and return its state."""
    deadline = time.monotonic() + _PATIENCE
    while not (runs / "mine" / "report.json").exists():
        expect(time.monotonic() < deadline, "the training does not end")
        time.sleep(0.1)
    return bench.trainings.state(runs / "mine")
