"""Kill the lab while it trains; a new lab continues the run."""

import contextlib
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

from torture.bench import Bench
from torture.fault import Fault, expect
from torture.processes import python_variables
from torture.trainings import check_equal

_PATIENCE = 1_200.0


def run_lab(fault: Fault, bench: Bench) -> None:
    """Kill the lab while it trains; a new lab continues the run."""
    with fault.attempt("a lab that trains", "not killed"):
        expected = _trained_in_lab(bench, "lab-whole", None)
    for number in range(5):
        with fault.attempt("a lab that trains", f"number {number}"):
            after = random.Random(number).uniform(0.2, 6)
            check_equal(_trained_in_lab(bench, "lab-killed", after), expected)


@contextlib.contextmanager
def _lab_on(runs: Path) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Yield the process of a lab and its address; kill it at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "digitlab", "lab", "--no-open", "--port", "0", "--runs", runs],
        stderr=subprocess.PIPE,
        text=True,
        env=python_variables(),
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
