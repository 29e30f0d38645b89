"""`digitlab serve` in a process of its own, as a user starts it."""

import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from types import TracebackType

import requests

from digitlab.serve.described_pictures import example_picture
from torture.fault import expect
from torture.processes import children_of, memory_of, python_variables

PATIENT = """
from digitlab.cli.app import main
from digitlab.serve import server
server._LAST_SECONDS = 60.0
main()
"""
"""A service that waits longer for requests on their way: on a busy machine, clients are slow."""
_PATIENCE = 300.0
_MOST_BYTES = 1_000_000_000
"""Of memory, all processes of the service together; one has 0.2 GB."""


class Service:
    """`digitlab serve`, as a user starts it."""

    def __init__(self, *words: str, program: Sequence[str] = ("-m", "digitlab")) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *program, "serve", "--port", "0", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=python_variables(),
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
        self.check_memory()

    def check_memory(self) -> None:
        """Expect that all its processes together have a bounded memory."""
        used = sum(map(memory_of, (self.process.pid, *children_of(self.process.pid))))
        expect(used < _MOST_BYTES, f"{used / 1e6:.0f} MB of memory")

    def wait(self) -> int:
        """Wait for its end; return its exit code."""
        return self.process.wait(_PATIENCE)

    def stop(self) -> None:
        """Ask it to stop, and expect that it does, printing nothing."""
        self.process.send_signal(signal.SIGTERM)
        code = self.wait()
        out, err = self.process.communicate()
        expect((code, out, err) == (0, "", ""), f"exit code {code}: {out} {err}")
