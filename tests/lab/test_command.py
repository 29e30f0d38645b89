"""`digitlab lab` as a user runs it: its address, its signals, its errors."""

import re
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from digitlab.cli.lab import _PORT
from digitlab.records.claim import is_training
from digitlab.records.folder import RunFolder
from tests.waiting import wait_until


def address_of(process: subprocess.Popen[str]) -> str:
    line = process.stderr.readline()
    found = re.search(r"Ctrl-C ends the lab at (http://127\.0\.0\.1:\d+)/$", line)
    assert found, line + process.stderr.read()
    return found[1]


@pytest.mark.slow
def test_the_labs_end_pauses_its_training(spawn: Callable, tmp_path: Path):
    process = spawn("lab", "--no-open", "--port", 0, "--runs", tmp_path)
    address = address_of(process)
    body = {"name": "mine", "settings": {"epochs": 50, "log_every": 1}}
    started = requests.post(f"{address}/lab/runs", json=body, headers={"Origin": address})
    assert started.status_code == 201, started.text
    folder = RunFolder(tmp_path / "mine")
    with requests.get(f"{address}/lab/runs/mine/events", stream=True) as events:
        lines = events.iter_lines()
        assert next(lines) == b"event: status"
        wait_until(lambda: len(folder.read_history()) > 3, "a few steps", process)
        process.send_signal(signal.SIGINT)
        for _ in lines:  # the stream ends
            pass
    assert process.wait() == 0
    assert not is_training(folder)
    assert folder.has_checkpoint()
    assert "Stopped" not in process.stderr.read()

    # Whoever starts the lab again finds the run, and can continue it.
    process = spawn("lab", "--no-open", "--port", 0, "--runs", tmp_path)
    address = address_of(process)
    run = requests.get(f"{address}/lab/runs/mine").json()
    assert (run["status"], run["examples"] > 0) == ("paused", True)
    resumed = requests.post(f"{address}/lab/runs/mine/resume", headers={"Origin": address})
    assert resumed.json()["status"] == "running"
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 0
    assert not is_training(folder)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nowhere",), "nowhere contains neither an exported model nor a run"),
        (("--port", "70000"), "port is 70000, but must be 0 to 65535"),
        (("--allow-host", "lab.example:80"), "'lab.example:80' is not a host"),
        (("--host", "999.1.1.1", "--port", "0"), "999.1.1.1"),
    ],
)
def test_mistakes_end_in_one_sentence(
    call: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple, sentence: str
):
    monkeypatch.chdir(tmp_path)
    outcome = call("lab", "--no-open", *arguments)
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith("digitlab: ")
    assert sentence in outcome.err
    assert outcome.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_where_the_usual_port_is_taken_another_is_used(spawn: Callable, tmp_path: Path):
    with socket.socket() as other:
        try:
            other.bind(("127.0.0.1", _PORT))
            other.listen()
        except OSError:
            pass  # another program has it already
        process = spawn("lab", "--no-open", "--runs", tmp_path)
        address = address_of(process)
        assert not address.endswith(f":{_PORT}")
        assert requests.get(address).status_code == 200
