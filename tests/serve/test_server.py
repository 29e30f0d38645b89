"""The command as a process: how it starts, stops, and what it says."""

import multiprocessing
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

from digitlab.cli.app import app
from digitlab.errors import DigitlabError
from digitlab.serve.server import listen
from digitlab.serve.settings import Settings
from digitlab.serve.workers import _Worker
from tests.models.brightness import write_brightness_model
from tests.serve.conftest import Live
from tests.waiting import PATIENCE
from torture.clients import Load, address_of, connect
from torture.processes import workers_of
from torture.service_process import PATIENT

Spawn = Callable[..., subprocess.Popen[str]]


def url_of(process: subprocess.Popen[str]) -> str:
    """Wait until the service listens; return where."""
    assert process.stderr is not None
    line = process.stderr.readline()
    found = re.fullmatch(
        r"digitlab: serving .+ at (http://\S+) \(see http://\S+/docs\); Ctrl-C stops\n", line
    )
    assert found, line + process.stderr.read()
    return found[1]


def interrupt_all(process: subprocess.Popen[str]) -> None:
    """Do what Ctrl-C in a terminal does: every process of the command gets the signal."""
    for number in (*workers_of(process.pid), process.pid):
        os.kill(number, signal.SIGINT)


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_stopping_under_load_loses_no_request(workers: int, spawn: Spawn, seven: bytes):
    program = ["-c", PATIENT] if workers == 1 else ["-m", "digitlab"]
    process = spawn("serve", "--port", 0, "--workers", workers, program=program)
    url = url_of(process)
    clients = [Load(url, seven) for _ in range(8)]
    while min(client.answered for client in clients) < 20:
        assert process.poll() is None
        time.sleep(0.01)
    if workers > 1:
        interrupt_all(process)
    else:
        process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0
    for client in clients:
        client.join(PATIENCE)
        assert (client.is_alive(), client.unanswered) == (False, 0)
    assert process.communicate() == ("", "")


def test_while_it_drains_it_is_not_ready_but_answers(start: Callable[..., Live], seven: bytes):
    live = start(Settings(drain=3600))
    readiness = ("/readyz", "/v2/health/ready")
    assert [live.get(path).status_code for path in readiness] == [200, 200]
    live.server.handle_exit(signal.SIGTERM, None)
    try:
        while live.get("/readyz").status_code == 200:
            time.sleep(0.01)
        assert live.get("/v2/health/ready").status_code == 503
        assert live.get("/readyz").json() == {"error": "the service is stopping"}
        reply = live.post("/predict", seven)
        assert (reply.json()["digit"], reply.headers["Connection"]) == (7, "close")
        assert live.get("/healthz").status_code == 200
    finally:
        live.server.handle_exit(signal.SIGTERM, None)
    live.thread.join(PATIENCE)
    assert not live.thread.is_alive()


def test_a_closed_terminal_and_ctrl_c_end_it_with_0_and_a_second_one_at_once(spawn: Spawn):
    process = spawn("serve", "--port", 0, "--time-limit", 3600)
    url_of(process)
    process.send_signal(signal.SIGHUP)
    assert process.wait(PATIENCE) == 0
    process = spawn("serve", "--port", 0, "--time-limit", 3600)
    url = url_of(process)
    with connect(address_of(url)) as connection:
        connection.sendall(
            b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"
        )
        assert requests.get(f"{url}/healthz", timeout=PATIENCE).json() == {"status": "ok"}
        process.send_signal(signal.SIGINT)  # it waits for the body
        time.sleep(0.5)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
    assert process.communicate() == ("", "")


def test_one_sentence_for_what_cannot_be_served(call: Callable, tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        for words, sentence in (
            (["--port", port], f"port {port} of 127.0.0.1 cannot be used (address already in use)"),
            (["--port", 70000], "port is 70000, but must be 0 to 65535"),
            (["--workers", 0], "workers is 0, but must be at least 1"),
            (["--queue", 0], "the queue is 0"),
            (["--time-limit", "nan"], "the time limit is nan s"),
            (["--max-body", 1], "the largest body is 1 bytes"),
            (["--max-pixels", 9], "the largest picture is 9 pixels"),
            (["--allow-host", "http://a.example:80"], "is not a host: write a name"),
            (["--host", "no.such.host.invalid"], "no.such.host.invalid is not an address"),
            (["--host", "192.0.2.1"], "of 192.0.2.1 cannot be used"),
            (["--allow-origin", "example.org"], "is not an origin"),
            (["--model", tmp_path / "nothing"], "nothing"),
        ):
            outcome = call("serve", *words)
            assert outcome.code == 1
            assert outcome.err.startswith("digitlab: ")
            assert sentence in outcome.err
            assert outcome.err.count("\n") == 1


@pytest.mark.slow
def test_an_error_of_several_workers_is_reported_once(spawn: Spawn, tmp_path: Path):
    (write_brightness_model(tmp_path) / "model.onnx").write_bytes(b"damaged")
    process = spawn("serve", "--port", 0, "--workers", 2, "--model", tmp_path)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert errors.count("\n") == 1
    assert errors.startswith("digitlab: ")


@pytest.mark.slow
def test_a_worker_that_dies_is_replaced_and_nothing_is_left_behind(spawn: Spawn, seven: bytes):
    process = spawn("serve", "--port", 0, "--workers", 2, "--host", "0.0.0.0")
    url = url_of(process).replace("0.0.0.0", "127.0.0.1")
    assert process.stderr is not None
    assert "everyone who can reach 0.0.0.0" in process.stderr.readline()
    folders = Path("/dev/shm"), Path(os.environ.get("TMPDIR", "/tmp"))
    shared = [p for folder in folders for p in folder.glob(f"digitlab-{process.pid}-*")]
    assert len(shared) == 1

    def ask() -> None:
        assert requests.post(f"{url}/predict", seven, timeout=PATIENCE).json()["digit"] == 7

    def count() -> float:
        text = requests.get(f"{url}/metrics", timeout=PATIENCE).text
        return float(text.split('path="/predict",status="200"} ')[1].split()[0])

    for _ in range(20):
        ask()
    assert count() == 20
    workers = workers_of(process.pid)
    assert len(workers) == 2
    os.kill(workers[0], signal.SIGKILL)
    assert process.stderr.readline() == "digitlab: a worker died (signal 9); it is replaced\n"
    for _ in range(20):
        ask()
    assert count() == 40  # what the dead worker had counted as well
    process.terminate()
    assert process.wait(PATIENCE) == 0
    assert not shared[0].exists()


def test_a_worker_that_takes_too_long_to_start_is_reported():
    alive = SimpleNamespace(is_alive=lambda: True)
    slow = SimpleNamespace(connection=multiprocessing.Pipe()[0], process=alive, age=61.0)
    with pytest.raises(DigitlabError, match="a worker did not start within 60 seconds"):
        _Worker.wait_until_ready(slow, SimpleNamespace(received=[]))


@pytest.mark.slow
def test_workers_end_when_the_process_that_started_them_is_killed(spawn: Spawn):
    process = spawn("serve", "--port", 0, "--workers", 2)
    url = url_of(process)
    process.kill()
    process.wait()
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            requests.get(f"{url}/healthz", timeout=PATIENCE)
        except requests.ConnectionError:
            return
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_the_port_is_free_again_at_once():
    with listen("127.0.0.1", 0) as listening:
        address = listening.getsockname()
        connect(address).close()
    listen(*address).close()


def test_without_the_extra_one_sentence_names_it():
    program = (
        "import sys; sys.modules['starlette'] = None; sys.argv[1:] = ['serve']\n"
        "from digitlab.cli.app import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == (
        "digitlab: this command needs starlette: run `pip install '.[serve]'` in digitlab's "
        "folder\n"
    )


def test_the_help_names_every_flag(call: Callable):
    text = call("serve", "--help").out
    flags = [it.name for it in app["serve"].assemble_argument_collection()]
    assert {"--port", "--max-pixels"} <= {*flags}
    for flag in flags:
        assert f" {flag} " in text
