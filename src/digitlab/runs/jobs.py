"""Several digitlab commands at the same time, each in a process of its own."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import IO, NamedTuple

from digitlab.errors import DigitlabError, Stopped
from digitlab.runs.stopping import PARENT_VARIABLE, RUN_AGAIN, StopRequest

_POLL_SECONDS = 0.1


class _Job(NamedTuple):
    """A command that is running."""

    process: subprocess.Popen[bytes]
    errors: IO[str]
    """What it prints to stderr."""


def run_commands(commands: Mapping[str, Sequence[str]], jobs: int) -> None:
    """Run digitlab commands, at most `jobs` at a time; print to stderr when each starts and ends.

    `commands` are, by name, the words after `digitlab`. What a command prints is not shown, except
    its error; a training also keeps it in its `train.log`. `jobs` is at least 1.

    Raises `DigitlabError` if a command fails: the others are asked to stop, and no new one is
    started. Raises `Stopped` after Ctrl-C or SIGTERM, when the commands have saved and stopped too.
    """
    waiting = list(commands.items())
    running: dict[str, _Job] = {}
    with StopRequest() as stop:
        try:
            while (running or waiting) and not stop.signal_number:
                while waiting and len(running) < jobs:
                    name, words = waiting.pop(0)
                    running[name] = _start(words)
                    print(f"started: {name}", file=sys.stderr, flush=True)
                time.sleep(_POLL_SECONDS)
                for name in [it for it, job in running.items() if job.process.poll() is not None]:
                    _finish(name, running.pop(name))
        finally:
            for job in running.values():
                job.process.terminate()  # a training saves and exits
            for name, job in running.items():
                job.process.wait()
                job.errors.close()
                print(f"stopped: {name}", file=sys.stderr, flush=True)
    if stop.signal_number:
        raise Stopped(RUN_AGAIN, stop.signal_number)


def _start(words: Sequence[str]) -> _Job:
    errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed when the job has finished
    process = subprocess.Popen(
        [sys.executable, "-m", "digitlab", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=errors,
        env={**os.environ, PARENT_VARIABLE: str(os.getpid())},
        start_new_session=True,  # Ctrl-C reaches only this process, which then asks the others
    )
    return _Job(process, errors)


def _finish(name: str, job: _Job) -> None:
    with job.errors:
        job.errors.seek(0)
        last = (job.errors.read().splitlines() or ["no message"])[-1].removeprefix("digitlab: ")
    if job.process.returncode:
        raise DigitlabError(
            f"{name} failed with exit code {job.process.returncode} ({last}); run the same command "
            "again to pick up where it left off"
        )
    print(f"finished: {name}", file=sys.stderr, flush=True)
