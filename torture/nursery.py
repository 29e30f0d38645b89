"""Run digitlab commands, each in a process of its own that is forked from one that is ready.

A new Python that imports PyTorch takes 2 to 4 seconds; a fork takes 10 ms. The process that is
forked has imported everything, has one thread, and has computed nothing yet.
"""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torture.fault import expect
from torture.processes import python_variables
from torture.sabotage import Sabotage

_COMMAND = "torture.nursery_process:command"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a process ended."""

    code: int
    """Its exit code; below 0, the signal that killed it."""
    out: str
    err: str
    seconds: float
    peak_bytes: int
    """The most memory that it had."""
    changes: int
    """How many changes of the folder it began, if there was a sabotage."""
    hung: bool
    """Whether it was killed because it took longer than it may."""
    left_behind: list[int]
    """Processes that it started and that did not end with it."""

    def check_was_refused(self) -> None:
        """Expect that it failed with exit code 1 and one message of its own, of any length."""
        self.check_ended()
        expect(self.code == 1, f"exit code {self.code}, not 1: {self.err[-300:]}")
        expect(len(self._messages()) == 1, f"not one message of digitlab's own: {self.err[-300:]}")

    def check_is_one_sentence(self) -> None:
        """Expect the same, with a message of one line at the end."""
        self.check_was_refused()
        last = self.err.splitlines()[-1]
        expect([last] == self._messages(), f"more than one sentence: {self.err[-500:]}")

    def _messages(self) -> list[str]:
        return [line for line in self.err.splitlines() if line.startswith("digitlab: ")]

    def check_worked(self) -> None:
        """Expect that it succeeded."""
        self.check_ended()
        expect(self.code == 0, f"exit code {self.code}: {self.err[-300:]}")

    def check_ended(self) -> None:
        """Expect that it ended by itself, without a traceback, and left no process behind."""
        expect(not self.hung, f"it did not end: {self.err[-300:]}")
        expect("Traceback" not in self.err, f"a traceback: {self.err[-500:]}")
        expect(not self.left_behind, f"processes {self.left_behind} are left behind")


class Nursery:
    """A process that forks others."""

    def __init__(self, data_dir: Path, preload: Sequence[str]) -> None:
        self.data_dir = data_dir
        settings = {
            "DIGITLAB_DATA_DIR": str(data_dir),
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "LC_ALL": "C.UTF-8",
            "COLUMNS": "500",
        }
        self._words = [sys.executable, "-m", "torture.nursery_process", *preload]
        self._variables = python_variables() | settings
        self._started: subprocess.Popen[bytes] | None = None

    @property
    def _process(self) -> "subprocess.Popen[bytes]":
        """The process, which is started when it is needed for the first time."""
        if self._started is None:
            self._started = subprocess.Popen(
                self._words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=self._variables
            )
        return self._started

    def digitlab(self, *words: object, **options: Any) -> Outcome:
        """Run `digitlab` with these words; see `call` for the options."""
        return self.call(_COMMAND, *map(str, words), **options)

    def call(
        self,
        function: str,
        *arguments: object,
        sabotage: Sabotage | None = None,
        kill_after: float | None = None,
        most_file_bytes: int | None = None,
        torn: bool = False,
        cwd: Path | None = None,
        variables: dict[str, str] | None = None,
        without_network: bool = False,
        patience: float = 300,
    ) -> Outcome:
        """Run a function in a new process, and wait for its end.

        Parameters
        ----------
        function
            `module:name`; its arguments can be written as JSON.
        sabotage
            What happens before which change of a folder.
        kill_after
            Kill it after so many seconds.
        most_file_bytes
            No file can become larger: a write fails, or with `torn` kills the process halfway.
        cwd, variables
            Its folder, and environment variables of its own.
        without_network
            Whether it runs in an empty network namespace.
        patience
            After so many seconds it counts as hanging.
        """
        request = {
            "function": function,
            "arguments": arguments,
            "sabotage": None if sabotage is None else asdict(sabotage),
            "kill_after": kill_after,
            "most_file_bytes": most_file_bytes,
            "torn": torn,
            "cwd": None if cwd is None else str(cwd),
            "variables": variables or {},
            "without_network": without_network,
            "patience": patience,
        }
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request, default=str).encode() + b"\n")
        self._process.stdin.flush()
        reply = self._process.stdout.readline()
        if not reply:
            raise RuntimeError("the nursery has died")
        return Outcome(**json.loads(reply))

    def close(self) -> None:
        """End it."""
        if self._started is not None:
            self._started.communicate()


@contextlib.contextmanager
def nursery(data_dir: Path, *preload: str) -> Iterator[Nursery]:
    """Yield a nursery that has imported these modules."""
    with contextlib.closing(Nursery(data_dir, preload)) as it:
        yield it
