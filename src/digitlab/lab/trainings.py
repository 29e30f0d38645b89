"""The trainings that the page started: `digitlab` commands, each in a process of its own."""

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence

from digitlab.errors import DigitlabError
from digitlab.runs.stopping import PARENT_VARIABLE

_POLL_SECONDS = 0.05
_SAVING_SECONDS = 30.0
"""In which a training that is asked to stop has long saved its state."""
_STOPPED = {0, 128 + 2, 128 + 15, -2, -15}
"""The exit codes of a training that finished, or saved and stopped when it was asked to; negative
ones are of a process that was stopped before it could answer a signal, and had nothing to save."""


class BusyError(DigitlabError):
    """Something that cannot be done now, because of what a run is doing."""


class _Process:
    """A command that is running, or has run."""

    def __init__(self, words: Sequence[str]) -> None:
        self._reading = threading.Lock()
        self._failure: str | None = None
        self._errors = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "-m", "digitlab", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
            # If the lab is killed, the training notices that its parent is gone, saves and exits.
            env={**os.environ, PARENT_VARIABLE: str(os.getpid())},
            start_new_session=True,  # Ctrl-C reaches only the lab, which then asks the training
        )

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def failure(self) -> str | None:
        """Return why it failed, or None if it runs, has finished, or was asked to stop."""
        if self.is_alive():
            return None
        with self._reading:  # several threads may ask; the first one reads the file and closes it
            if not self._errors.closed:
                with self._errors:
                    self._errors.seek(0)
                    printed = self._errors.read()
                if self._process.returncode not in _STOPPED:
                    self._failure = _last_sentence(printed)
            return self._failure

    def stop(self) -> None:
        """Ask it to save and exit, and wait until it has."""
        # Not SIGINT: a shell lets the commands that it runs in the background ignore that.
        self._process.terminate()
        try:
            self._process.wait(_SAVING_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()  # its last checkpoint is good, so nothing else is lost
            self._process.wait()


def _last_sentence(printed: str) -> str:
    r"""Return the last line with a word in it, or the program's own last message.

    >>> _last_sentence("epoch 1\ndigitlab: the disk is full; make room\n")
    'the disk is full; make room'
    >>> _last_sentence("")
    'it printed no message'
    """
    lines = [line.strip(" │") for line in printed.splitlines() if re.search(r"\w", line)]
    messages = [line for line in lines if line.startswith("digitlab: ")]
    return (messages or lines or ["it printed no message"])[-1].removeprefix("digitlab: ")


class Trainings:
    """At most one training at a time. Its methods may be called by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._processes: dict[str, _Process] = {}
        """The last process of each run, by the run's name."""

    def start(
        self, name: str, words: Sequence[str], has_begun: Callable[[], bool], *, patience: float
    ) -> None:
        """Start a digitlab command for a run, and wait until it has begun.

        Parameters
        ----------
        name
            The run's.
        words
            What follows `digitlab`.
        has_begun
            Whether the run's folder shows that it has.
        patience
            After so many seconds, do not wait longer.

        Raises `BusyError` if a training runs, and `DigitlabError` with the command's own sentence
        if it fails before it has begun.
        """
        with self._lock:
            for other, process in self._processes.items():
                process.failure()  # closes what is open
                if process.is_alive():
                    raise BusyError(
                        f"{other} is being trained; pause it or wait until it has finished: one "
                        "training runs at a time"
                    )
            process = self._processes[name] = _Process(words)
        deadline = time.monotonic() + patience
        while process.is_alive() and not has_begun() and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        if (failure := process.failure()) and not has_begun():
            raise DigitlabError(failure)

    def is_alive(self, name: str) -> bool:
        """Return whether a process that was started here trains this run."""
        process = self._processes.get(name)
        return process is not None and process.is_alive()

    def names(self) -> list[str]:
        """Return the runs that are trained, or whose last training here failed."""
        found = list(self._processes.items())  # a copy: another thread may start a training
        return [name for name, it in found if it.is_alive() or it.failure()]

    def failure(self, name: str) -> str | None:
        """Return why this run's last training here failed, or None."""
        process = self._processes.get(name)
        return None if process is None else process.failure()

    def pause(self, name: str, has_begun: Callable[[], bool]) -> None:
        """Let a run save and stop, and wait until it has.

        A run that has not begun has nothing to save, so it may begin first. Raises `BusyError` if
        no process that was started here trains it.
        """
        process = self._processes.get(name)
        if process is None or not process.is_alive():
            raise BusyError(f"{name} is not being trained by this page, so it cannot be paused")
        while process.is_alive() and not has_begun():
            time.sleep(_POLL_SECONDS)
        process.stop()

    def stop_all(self) -> None:
        """Let the training that runs save and stop, and wait until it has: at the lab's end."""
        for process in list(self._processes.values()):
            if process.is_alive():
                process.stop()
            process.failure()  # closes what is open
