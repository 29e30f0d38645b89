"""Several workers on one socket: start them, replace one that dies, and stop them in order."""

import contextlib
import multiprocessing
import os
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import FrameType
from typing import Any

from digitlab.errors import DigitlabError
from digitlab.serve.server import MakeApp, run_worker, stop_signals

_METRICS = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that says where workers leave their figures for each other."""
_SPAWN = multiprocessing.get_context("spawn")  # a fork would copy locks of threads
_START_SECONDS = 60
_STEADY_SECONDS = 1.0  # a worker that dies sooner than this is not replaced at once
_MEMORY = Path("/dev/shm")


def supervise(
    make_app: MakeApp, listening: socket.socket, count: int, on_ready: Callable[[], None]
) -> int:
    """Keep `count` workers running until a signal arrives; return the exit code.

    Raises `DigitlabError` if the first worker does not start.
    """
    with _metrics_folder() as folder, _Signals() as signals:
        workers: list[_Worker] = []
        try:
            for more in (1, count - 1):  # the first alone, so that an error is reported once
                new = [_Worker(make_app, listening) for _ in range(more) if not signals.received]
                workers += new
                for worker in new:
                    worker.wait_until_ready(signals)
            if not signals.received:
                on_ready()
            while not signals.received:
                wait([worker.process.sentinel for worker in workers], timeout=0.1)
                for index, worker in enumerate(workers):
                    if not worker.process.is_alive() and not signals.received:
                        print(f"digitlab: a worker died ({worker.ending}); it is replaced",
                              file=sys.stderr)  # fmt: skip
                        worker.forget(folder)
                        time.sleep(max(0.0, _STEADY_SECONDS - worker.age))
                        workers[index] = _Worker(make_app, listening)
        finally:
            listening.close()  # so that nobody connects any more
            for worker in workers:
                worker.stop()
            while any(worker.process.is_alive() for worker in workers):
                wait([worker.process.sentinel for worker in workers], timeout=0.1)
                if len(signals.received) > 1:
                    for worker in workers:
                        worker.process.kill()
            for worker in workers:
                worker.process.join()
    return 128 + signals.received[-1] if len(signals.received) > 1 else 0


class _Signals:
    """Collects the signals that end the service, while it is entered."""

    def __init__(self) -> None:
        self.received: list[int] = []

    def __enter__(self) -> "_Signals":
        self.before = {it: signal.signal(it, self._receive) for it in stop_signals()}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self.received.append(number)


class _Worker:
    """A process that serves."""

    def __init__(self, make_app: MakeApp, listening: socket.socket) -> None:
        self.connection, other_end = _SPAWN.Pipe()
        self.process: BaseProcess = _SPAWN.Process(
            target=_work, args=(make_app, listening, other_end), daemon=True
        )
        self.started = time.monotonic()
        self.process.start()
        other_end.close()

    @property
    def age(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self.started

    @property
    def ending(self) -> str:
        """How it ended: its error, its signal or its exit code."""
        with contextlib.suppress(EOFError, OSError):
            if self.connection.poll() and (error := self.connection.recv()):
                return str(error)
        code = self.process.exitcode or 0
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    def wait_until_ready(self, signals: _Signals) -> None:
        """Wait until it accepts connections; raise `DigitlabError` if it ends instead."""
        while not signals.received:
            if self.connection.poll(0.1):
                with contextlib.suppress(EOFError):
                    error = self.connection.recv()
                    if error is None:
                        return
                    raise DigitlabError(error)
            if not self.process.is_alive():
                raise DigitlabError(f"a worker did not start ({self.ending})")
            if self.age > _START_SECONDS:
                raise DigitlabError(
                    f"a worker did not start within {_START_SECONDS} seconds: the machine is too "
                    "busy; try again with fewer workers"
                )

    def stop(self) -> None:
        """Ask it to answer what it has accepted, and to end."""
        if self.process.is_alive():
            self.process.terminate()

    def forget(self, folder: Path) -> None:
        """Remove what it showed of itself; what it counted stays."""
        self.connection.close()
        for path in folder.glob(f"gauge_live*_{self.process.pid}.db"):
            path.unlink(missing_ok=True)


def _work(make_app: MakeApp, listening: socket.socket, connection: Connection) -> None:
    """Serve, as a worker.

    Ctrl-C, and the end of a terminal, reach all of its processes, but only the first one acts.
    """
    for number in {*stop_signals()} - {signal.SIGTERM}:
        signal.signal(number, signal.SIG_IGN)
    try:
        app = make_app()
    except DigitlabError as error:
        connection.send(str(error))
        return
    threading.Thread(target=_end_with_parent, args=(connection,), daemon=True).start()
    ends_at = (signal.SIGTERM,)  # with all of them, one Ctrl-C would count as two signals
    sys.exit(run_worker(app, listening, lambda: connection.send(None), ends_at))


def _end_with_parent(connection: Connection) -> None:
    with contextlib.suppress(EOFError, OSError):
        connection.recv()  # the parent sends nothing: this returns when it is gone
    os.kill(os.getpid(), signal.SIGTERM)


@contextlib.contextmanager
def _metrics_folder() -> Iterator[Path]:
    """Let the workers share their figures in a folder, in memory where the system offers that."""
    before: Any = os.environ.get(_METRICS)
    parent = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix=f"digitlab-{os.getpid()}-", dir=parent))
    os.environ[_METRICS] = str(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if before is None:
            del os.environ[_METRICS]
        else:
            os.environ[_METRICS] = before
