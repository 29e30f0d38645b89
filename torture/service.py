"""Clients that are slow, broken, greedy or many, and a service that is killed or stopped."""

import contextlib
import os
import random
import resource
import signal
import socket
import time

from torture.bench import Bench
from torture.clients import POST, WRONG_REQUESTS, Load, answer_on, connect, flooding
from torture.fault import Fault, expect
from torture.processes import many_open_files, workers_of
from torture.service_process import PATIENT, Service

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
_START = POST + b"Content-Length: 5000\r\n\r\n"
_WANTED_FILES = 20_000
"""Open files, of the service and of its clients here."""


def run(fault: Fault, bench: Bench) -> None:
    """Start a service, and put it under every kind of load and fault."""
    few = bench.short
    with many_open_files(_WANTED_FILES), Service() as service:
        slow, half = 10 if few else 500, 20 if few else 2_000
        _hold(fault, service, "slow clients", slow, _START, drips=2 if few else 15)
        _hold(fault, service, "half bodies", half, _START + b"x" * 2_500)
        _hold(fault, service, "idle connections", 200 if few else 10_000, b"")
        _broken(fault, service, random_requests=20 if few else 2_000)
        _flood(fault, service, seconds=0.5 if few else 20)
        with fault.attempt("the end of it all", "memory and SIGTERM"):
            service.check_is_well()
            service.stop()
    for times in range(0 if few else 5):
        _stop_under_load(fault, times)
        _kill_a_worker(fault, times)


def _hold(
    fault: Fault, service: Service, name: str, count: int, start: bytes, drips: int = 0
) -> None:
    """Open many connections, send something on each, and expect that others are answered.

    `drips`: after that, send one more byte on each, so many times, a second apart.
    """
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if count > soft - 500:
        fault.skipped.append(f"{name}: {count}, because this machine allows {soft} open files")
        count = soft - 500
    with contextlib.ExitStack() as stack:
        connections = []
        for number in range(count):
            with fault.attempt(name, f"number {number}"):
                connection = stack.enter_context(connect(service.address))
                connection.sendall(start)
                connections.append(connection)
        for drip in range(drips):
            time.sleep(1)
            for connection in connections:
                with contextlib.suppress(ConnectionError):  # after 10 s, the service gives it up
                    connection.sendall(b"x")
            with fault.attempt(name, f"others after byte {drip}"):
                service.check_is_well()
        with fault.attempt(name, "others meanwhile"):
            service.check_is_well()


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
    deadline = time.monotonic() + seconds
    with flooding(service.address):
        while time.monotonic() < deadline:
            with fault.attempt("floods of 50 MB bodies", "others meanwhile"):
                reply = service.post("/predict", service.picture)
                expect(reply.status_code in (200, 503), f"{reply.status_code}")
        with fault.attempt("floods of 50 MB bodies", "memory"):
            service.check_memory()


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
    with Service(program=("-c", PATIENT)) as service, fault.attempt("SIGTERM under load", times):
        loads = _loaded(service, answers=5)
        service.stop()
        _check_all_answered(loads, lost=0)


def _kill_a_worker(fault: Fault, times: int) -> None:
    """Kill one of two workers under load: at most what it had accepted is lost."""
    with Service("--workers", "2") as service, fault.attempt("a killed worker", times):
        loads = _loaded(service, answers=20)
        os.kill(workers_of(service.process.pid)[0], signal.SIGKILL)
        for _ in range(20):
            service.check_answers()
        service.process.send_signal(signal.SIGTERM)
        expect(service.wait() == 0, "it did not stop in order")
        _check_all_answered(loads, lost=len(loads))


def _check_all_answered(loads: list[Load], lost: int) -> None:
    for load in loads:
        load.join(_PATIENCE)
        expect(not load.is_alive(), "a client still waits for its answer")
    unanswered = sum(load.unanswered for load in loads)
    expect(unanswered <= lost, f"{unanswered} requests were not answered, at most {lost} expected")
