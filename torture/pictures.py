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
from torture.picture_worker import PATIENCE
from torture.service import Service

PROMISE = (
    "Every picture is answered or refused in one sentence: no crash, no traceback, nothing over "
    "5 s of processor time or 600 MB, and nothing that a library prints."
)
TESTS = (
    "tests/pictures/test_open.py",
    "tests/pictures/test_quiet.py",
    "tests/pictures/test_documents.py",
)
_PICTURES, _PICTURES_IN_SHORT = 100_000, 80
_READ_EVERY, _SERVE_EVERY = 20, 40
"""Of the pictures, these are also read as a page, and sent to the service."""
_SLOW = {"PDF": 20, "HEIC": 2}
"""Formats that are drawn in a process of their own, or slowly: only every n-th picture is one."""
_ENDS = {
    -signal.SIGPROF: "over 5 s of processor time",
    -signal.SIGALRM: f"no answer for {PATIENCE:.0f} s",
}
_STATUSES = {200, 400, 413, 415, 422}


@dataclass(frozen=True)
class _Case:
    kind: str
    number: int

    @property
    def is_page(self) -> bool:
        return self.number % _READ_EVERY == 0

    def line(self) -> bytes:
        return f"{self.kind} {self.number} {int(self.is_page)}\n".encode()


def run(fault: Fault, bench: Bench) -> None:
    """Show many pictures to workers, and some to the service."""
    count = _PICTURES_IN_SHORT if bench.short else _PICTURES
    workers = 1 if bench.short else len(os.sched_getaffinity(0))
    cases = list(islice(_cases(), count))
    with ThreadPoolExecutor(workers) as pool:
        shares = [cases[place::workers] for place in range(workers)]
        for share, problems in zip(shares, pool.map(_shown, shares), strict=True):
            for case, problem in zip(share, problems, strict=True):
                what = "read" if case.is_page else "predict"
                with fault.attempt(f"{case.kind} in {what}", f"picture {case.number}"):
                    expect(problem is None, str(problem))
    if not bench.short:
        _serve(fault, cases[::_SERVE_EVERY])


def _cases() -> Iterator[_Case]:
    """Yield the formats in turn, the slow ones seldom."""
    number = 0
    while True:
        for kind in sound_pictures():
            if number % _SLOW.get(kind, 1) == 0:
                yield _Case(kind, number)
        number += 1


def _shown(cases: Iterable[_Case]) -> list[str | None]:
    """Show pictures to a process; return what went wrong with each."""
    problems: list[str | None] = []
    worker = _start()
    for case in cases:
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
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


def _serve(fault: Fault, cases: Iterable[_Case]) -> None:
    """Send pictures to the service, as single digits and as pages."""
    with Service() as service:
        for case in cases:
            path = "/read" if case.number % 3 == 0 else "/predict"
            with fault.attempt("the service", f"{case.kind} {case.number}"):
                reply = service.post(path, mutated(case.kind, case.number))
                expect(reply.status_code in _STATUSES, f"{reply.status_code}: {reply.text[:200]}")
                is_refused = reply.status_code != 200
                expect(("error" in reply.json()) == is_refused, reply.text[:200])
        with fault.attempt("the service", "at the end"):
            service.check_is_well()
