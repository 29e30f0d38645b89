"""Download one file over HTTP, limited in size and in time whatever the server does."""

import io
import threading
from io import BufferedIOBase
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from digitlab.data.verify import SourceError

_SILENT_SECONDS = 15  # the longest wait for a connection, and for the next byte
_WINDOW_SECONDS = 30.0  # how often the speed of a download is checked
_LEAST_BYTES_PER_SECOND = 5_000  # a download slower than this in any window is given up
_CHUNK_BYTES = 1 << 13  # small, because the speed is measured in whole chunks


def download(
    address: str, most_bytes: int, console: Console, *, window_seconds: float = _WINDOW_SECONDS
) -> bytes:
    """Return what a server sends for a URL; see `download_into`."""
    body = io.BytesIO()
    download_into(body, address, most_bytes, console, window_seconds=window_seconds)
    return body.getvalue()


def download_into(
    sink: BufferedIOBase,
    address: str,
    most_bytes: int,
    console: Console,
    *,
    window_seconds: float = _WINDOW_SECONDS,
) -> None:
    """Write what a server sends for a URL to `sink`, without undoing any compression.

    Redirects to other HTTP addresses are followed. In each window a download must bring 5,000 bytes
    per second; together with `most_bytes` this limits the total time. A progress bar is drawn on
    the console if it is a terminal. Raises `SourceError` if the server cannot be reached, answers
    with an error, sends too much or too slowly, or violates the protocol.
    """
    name = TextColumn("  {task.description}", markup=False)
    columns = name, BarColumn(), DownloadColumn(), TransferSpeedColumn()
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        transfer = _Transfer(sink, address, most_bytes, progress)
        transfer.start()
        transfer.join(window_seconds)
        received = 0
        while transfer.is_alive():
            if transfer.received - received < window_seconds * _LEAST_BYTES_PER_SECOND:
                transfer.is_given_up = True
                raise SourceError(f"slower than {_LEAST_BYTES_PER_SECOND:,} bytes per second")
            received = transfer.received
            transfer.join(window_seconds)
    if transfer.error is not None:
        raise SourceError(_root_cause(transfer.error)) from transfer.error
    if transfer.received > most_bytes:
        raise SourceError(f"sends more than {most_bytes:,} bytes")


class _Transfer(threading.Thread):
    """One request, in a thread of its own so that it can be abandoned at any point.

    requests only limits the wait for each byte. A server that sends a byte every few seconds, in
    the status line, the headers or the body, would keep its caller waiting for days.
    """

    def __init__(
        self, sink: BufferedIOBase, address: str, most_bytes: int, progress: Progress
    ) -> None:
        super().__init__(daemon=True)  # an abandoned request must not keep the program alive
        # Imported here, because it takes 0.1 s and is rarely needed; and not in the new thread,
        # which could be abandoned in the middle of the import.
        import requests

        self.get = requests.get
        self.sink, self.address = sink, address
        self.most_bytes, self.progress = most_bytes, progress
        self.received = 0
        """Bytes of the body."""
        self.error: Exception | None = None
        self.is_given_up = False

    def run(self) -> None:
        """Receive the body into the sink, or set `error`."""
        try:
            with self.get(
                self.address,
                stream=True,
                timeout=_SILENT_SECONDS,
                headers={"Accept-Encoding": "identity"},
                hooks={"response": _close_redirect},
            ) as response:
                response.raise_for_status()
                name = self.address.rsplit("/", 1)[-1]
                task = self.progress.add_task(name, total=response.raw.length_remaining)
                while self.received <= self.most_bytes and not self.is_given_up:
                    chunk = response.raw.read(_CHUNK_BYTES, decode_content=False)
                    if not chunk:
                        break
                    self.sink.write(chunk)
                    self.received += len(chunk)
                    self.progress.update(task, completed=self.received)
        except Exception as error:  # a faulty answer can make the libraries raise anything
            self.error = error


def _close_redirect(response: Any, **_: object) -> None:
    """Close a redirect before requests follows it, which would first read its whole body."""
    if response.is_redirect:
        response.close()


def _root_cause(error: BaseException) -> str:
    """Return the innermost reason of a network error, without the layers around it."""
    cause = error
    while cause.__context__ is not None:
        cause = cause.__context__
    reason = getattr(cause, "strerror", None) or str(error)
    return f"{type(error).__name__}: {reason}"
