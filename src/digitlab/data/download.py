"""One file over HTTP, with a progress bar where there is a terminal."""

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

CONNECT_OR_READ_SECONDS = 15
"""How long a mirror may stay silent before it is given up."""

CHUNK_BYTES = 1 << 16


class SourceError(Exception):
    """A source that did not bring a good file, and why."""


def download(address: str, console: Console) -> bytes:
    """Return what an address serves.

    Raises
    ------
    SourceError
        If it cannot be reached, answers with an error or stays silent for too long.
    """
    import requests  # here: it takes 0.1 s to import, and is needed once in a machine's life

    body = bytearray()
    bar = Progress(
        TextColumn("  {task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=console,
        disable=not console.is_terminal,
    )
    try:
        with bar, requests.get(address, stream=True, timeout=CONNECT_OR_READ_SECONDS) as response:
            response.raise_for_status()
            size = int(response.headers.get("content-length", 0)) or None
            task = bar.add_task(address.rsplit("/", 1)[-1], total=size)
            for chunk in response.iter_content(CHUNK_BYTES):
                body += chunk
                bar.update(task, advance=len(chunk))
    except requests.RequestException as error:
        raise SourceError(_plain_reason(error)) from error
    return bytes(body)


def _plain_reason(error: BaseException) -> str:
    """Return what lies at the bottom of a network error, without the layers around it."""
    cause = error
    while cause.__context__ is not None:
        cause = cause.__context__
    reason = getattr(cause, "strerror", None) or str(error)
    return f"{type(error).__name__}: {reason}"
