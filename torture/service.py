"""Clients that are slow, broken, greedy or many, and a service that is killed or stopped."""

import contextlib
import os
import random
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import requests

from digitlab.serve.described_pictures import example_picture
from torture.bench import Bench
from torture.clients import POST, WRONG_REQUESTS, Load, answer_on, connect
from torture.fault import Fault, expect

PROMISE = (
    "Other clients are answered meanwhile, memory stays bounded, and when the service is stopped "
    "or a worker is killed, no other request that was accepted is lost."
)
TESTS = (
    "tests/serve/test_limits.py",
    "tests/serve/test_server.py",
    "tests/serve/test_queue.py",
)
_PATIENCE = 300.0
_MOST_BYTES = 1_000_000_000
"""Of memory, all processes of the service together; one has 0.2 GB."""
_PATIENT = """
from digitlab.cli.app import main
from digitlab.serve import server
server._LAST_SECONDS = 60.0
main()
"""
"""A service that waits longer for requests on their way: on a busy machine, clients are slow."""
_MEGABYTE = b"x" * 1_000_000
_NO_LIMIT = 20_000


class Service:
    """`digitlab serve`, as a user starts it."""

    def __init__(self, *words: str, program: Sequence[str] = ("-m", "digitlab")) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *program, "serve", "--port", "0", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        assert self.process.stderr is not None
        line = self.process.stderr.readline()
        found = re.search(r"at (http://([0-9.]+):([0-9]+)) ", line)
        if found is None:
            raise RuntimeError(f"the service did not start: {line}")
        self.url, self.address = found[1], (found[2], int(found[3]))
        self.picture = example_picture()

    def __enter__(self) -> "Service":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()

    def post(self, path: str, content: bytes) -> requests.Response:
        """Send a body, and return the answer."""
        return requests.post(self.url + path, content, timeout=_PATIENCE)

    def check_answers(self) -> None:
        """Expect the right answer to a picture of a 7."""
        reply = self.post("/predict", self.picture)
        expect(reply.status_code == 200, f"{reply.status_code}: {reply.text[:200]}")
        expect(reply.json()["digit"] == 7, reply.text[:200])

    def check_is_well(self) -> None:
        """Expect a right answer, and a bounded memory."""
        self.check_answers()
        used = sum(map(_memory_of, self.processes()))
        expect(used < _MOST_BYTES, f"{used / 1e6:.0f} MB of memory")

    def processes(self) -> list[int]:
        """Return its processes, the first one included."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [self.process.pid, *map(int, children.split())]

    def stop(self) -> None:
        """Ask it to stop, and expect that it does, without a word."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(_PATIENCE)
        out, err = self.process.communicate()
        expect((code, out, err) == (0, "", ""), f"exit code {code}: {out} {err}")


def _memory_of(process: int) -> int:
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def run(fault: Fault, bench: Bench) -> None:
    """Start a service, and put it under every kind of load and fault."""
    few = bench.short
    with _many_files(), Service() as service:
        _hold(fault, service, "slow clients", 10 if few else 500, _slow)
        _hold(fault, service, "half bodies", 20 if few else 2_000, _half)
        _hold(fault, service, "idle connections", 200 if few else 10_000, lambda _: None)
        _broken(fault, service, random_requests=20 if few else 2_000)
        _flood(fault, service, seconds=0.5 if few else 20)
        with fault.attempt("the end of it all", "memory and SIGTERM"):
            service.check_is_well()
            service.stop()
    for times in range(0 if few else 5):
        _stop_under_load(fault, times)
        _kill_a_worker(fault, times)


@contextlib.contextmanager
def _many_files() -> Iterator[None]:
    """Allow this process and those that it starts many open files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _NO_LIMIT if hard == resource.RLIM_INFINITY else min(hard, _NO_LIMIT)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _hold(
    fault: Fault, service: Service, name: str, count: int, send: Callable[[socket.socket], object]
) -> None:
    """Open many connections, send something on each, and expect that others are answered."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if count > soft - 500:
        fault.skipped.append(f"{name}: {count}, because this machine allows {soft} open files")
        count = soft - 500
    with contextlib.ExitStack() as stack:
        for number in range(count):
            with fault.attempt(name, f"number {number}"):
                connection = stack.enter_context(connect(service.address))
                send(connection)
        with fault.attempt(name, "others meanwhile"):
            service.check_is_well()


def _slow(connection: socket.socket) -> None:
    connection.sendall(POST + b"Content-Length: 5000\r\n\r\n")
    for _ in range(3):
        connection.sendall(b"x")


def _half(connection: socket.socket) -> None:
    connection.sendall(POST + b"Content-Length: 1000\r\n\r\n" + b"x" * 500)


def _broken(fault: Fault, service: Service, *, random_requests: int) -> None:
    """Send what is no request, and requests with random faults."""
    for name, (sent, status) in WRONG_REQUESTS.items():
        with fault.attempt("wrong requests", name):
            answer = _exchange(service, sent, ends=False)
            expect(answer.startswith(b"HTTP/1.1 " + status), str(answer[:200]))
    request = POST + b"Content-Length: %d\r\n\r\n" % len(service.picture) + service.picture
    for number in range(random_requests):
        chance = random.Random(number)
        sent = bytearray(request)
        for _ in range(chance.choice((1, 2, 8))):
            sent[chance.randrange(len(POST) + 30)] = chance.randrange(256)
        with fault.attempt("wrong requests", f"random {number}"):
            answer = _exchange(service, bytes(sent), ends=True)
            expect(not answer.startswith(b"HTTP/1.1 5"), str(answer[:200]))
    with fault.attempt("wrong requests", "others after them"):
        service.check_is_well()


def _exchange(service: Service, sent: bytes, *, ends: bool) -> bytes:
    """Send bytes, and perhaps the end; return the answer, or nothing if there was none."""
    with connect(service.address) as connection:
        with contextlib.suppress(OSError):  # it may be refused before all of it is sent
            connection.sendall(sent)
            if ends:
                connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            return answer_on(connection)
    return b""


def _flood(fault: Fault, service: Service, *, seconds: float) -> None:
    """Send bodies of 50 MB from eight clients at once, and expect that others are answered."""
    stop = threading.Event()

    def flood() -> None:
        while not stop.is_set():
            with contextlib.suppress(OSError), connect(service.address) as connection:
                connection.sendall(POST + b"Content-Length: 50000000\r\n\r\n")
                for _ in range(50):
                    connection.sendall(_MEGABYTE)

    clients = [threading.Thread(target=flood, daemon=True) for _ in range(8)]
    for client in clients:
        client.start()
    deadline = time.monotonic() + seconds
    try:
        while time.monotonic() < deadline:
            with fault.attempt("floods of 50 MB bodies", "others meanwhile"):
                reply = service.post("/predict", service.picture)
                expect(reply.status_code in (200, 503), f"{reply.status_code}")
        with fault.attempt("floods of 50 MB bodies", "memory"):
            used = sum(map(_memory_of, service.processes()))
            expect(used < _MOST_BYTES, f"{used / 1e6:.0f} MB of memory")
    finally:
        stop.set()
        for client in clients:
            client.join(_PATIENCE)


def _loaded(service: Service, answers: int) -> list[Load]:
    """Start eight clients, and wait until each has so many answers."""
    loads = [Load(service.url, service.picture) for _ in range(8)]
    deadline = time.monotonic() + _PATIENCE
    while min(load.answered for load in loads) < answers:
        expect(time.monotonic() < deadline, "no answers under load")
        time.sleep(0.01)
    return loads


def _stop_under_load(fault: Fault, times: int) -> None:
    """Stop a service that answers many clients: each gets an answer to what was accepted."""
    with Service(program=("-c", _PATIENT)) as service, fault.attempt("SIGTERM under load", times):
        loads = _loaded(service, answers=5)
        service.stop()
        _check_all_answered(loads, lost=0)


def _kill_a_worker(fault: Fault, times: int) -> None:
    """Kill one of two workers under load: at most what it had accepted is lost."""
    with Service("--workers", "2") as service, fault.attempt("a killed worker", times):
        loads = _loaded(service, answers=20)
        worker = next(it for it in service.processes()[1:] if _is_worker(it))
        os.kill(worker, signal.SIGKILL)
        for _ in range(20):
            service.check_answers()
        service.process.send_signal(signal.SIGTERM)
        expect(service.process.wait(_PATIENCE) == 0, "it did not stop in order")
        _check_all_answered(loads, lost=len(loads))


def _is_worker(process: int) -> bool:
    return b"spawn_main" in Path(f"/proc/{process}/cmdline").read_bytes()


def _check_all_answered(loads: list[Load], lost: int) -> None:
    for load in loads:
        load.join(_PATIENCE)
    unanswered: Any = sum(load.unanswered for load in loads)
    expect(unanswered <= lost, f"{unanswered} requests were not answered, at most {lost} expected")
