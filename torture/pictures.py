"""Mutated pictures in every format, through `predict`, `read` and the service."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from torture.bench import Bench
from torture.fault import Fault, expect
from torture.mutation import mutated, sound_pictures
from torture.picture_worker import MOST_BYTES, MOST_SECONDS, PATIENCE
from torture.processes import python_variables
from torture.service_process import Service

PROMISE = (
    "Every mutated picture is answered or refused in one sentence: no crash, no traceback, nothing "
    f"over {MOST_SECONDS:.0f} s of processor time or {MOST_BYTES / 1e6:.0f} MB, and nothing that a "
    "library prints."
)
TESTS = (
    "tests/pictures/test_open.py",
    "tests/pictures/test_quiet.py",
    "tests/pictures/test_documents.py",
)
_PICTURES, _PICTURES_IN_SHORT = 100_000, 80
_READ_EVERY, _SERVE_EVERY = 20, 40
"""Of the pictures, these are also read as a page, and sent to the service."""
_SLOW = {"PDF": 19, "HEIC": 2}
"""Formats that are drawn in a process of their own, or slowly: only every n-th picture is one.

No n is a multiple of `_READ_EVERY`: then all of its pictures would be pages.
"""
_ENDS = {
    -signal.SIGPROF: f"over {MOST_SECONDS:.0f} s of processor time",
    -signal.SIGALRM: f"no answer for {PATIENCE:.0f} s",
}
_STATUSES = {200, 400, 413, 415, 422}


@dataclass(frozen=True)
class Case:
    """A mutated picture: its format and its number."""

    kind: str
    number: int

    @property
    def is_page(self) -> bool:
        """Whether it is read as a page, instead of as a single digit."""
        return self.number % _READ_EVERY == 0

    def line(self) -> bytes:
        """Return what a worker is sent."""
        return f"{self.kind} {self.number} {int(self.is_page)}\n".encode()


def run(fault: Fault, bench: Bench) -> None:
    """Show many pictures to workers, and some to the service."""
    count = _PICTURES_IN_SHORT if bench.short else _PICTURES
    workers = 1 if bench.short else len(os.sched_getaffinity(0))
    chosen = list(islice(cases(), count))
    with ThreadPoolExecutor(workers) as pool:
        shares = [chosen[place::workers] for place in range(workers)]
        for share, problems in zip(shares, pool.map(_shown, shares), strict=True):
            for case, problem in zip(share, problems, strict=True):
                what = "read" if case.is_page else "predict"
                with fault.attempt(f"{case.kind} in {what}", f"picture {case.number}"):
                    expect(problem is None, str(problem))
    if not bench.short:
        _serve(fault, chosen[::_SERVE_EVERY])


def cases() -> Iterator[Case]:
    """Yield the formats in turn, the slow ones seldom."""
    number = 0
    while True:
        for kind in sound_pictures():
            if number % _SLOW.get(kind, 1) == 0:
                yield Case(kind, number)
        number += 1


def _shown(share: Iterable[Case]) -> list[str | None]:
    """Show pictures to a process; return what went wrong with each."""
    problems: list[str | None] = []
    worker = _start()
    for case in share:
        assert worker.stdin is not None
        assert worker.stdout is not None
        worker.stdin.write(case.line())
        worker.stdin.flush()
        answer = worker.stdout.readline()
        if answer:
            problems.append(json.loads(answer)["problem"])
            continue
        code = worker.wait(PATIENCE)
        problems.append(_ENDS.get(code, f"it died: {code}"))
        worker = _start()
    worker.communicate(timeout=PATIENCE)
    return problems


def _start() -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "torture.picture_worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=python_variables(),
    )


def _serve(fault: Fault, chosen: Iterable[Case]) -> None:
    """Send pictures to the service, as single digits and as pages."""
    with Service() as service:
        for case in chosen:
            path = "/read" if case.number % 3 == 0 else "/predict"
            with fault.attempt("the service", f"{case.kind} {case.number}"):
                reply = service.post(path, mutated(case.kind, case.number))
                expect(reply.status_code in _STATUSES, f"{reply.status_code}: {reply.text[:200]}")
                is_refused = reply.status_code != 200
                expect(("error" in reply.json()) == is_refused, reply.text[:200])
        with fault.attempt("the service", "at the end"):
            service.check_is_well()
