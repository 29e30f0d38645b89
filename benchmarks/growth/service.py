"""The service: answers per second, latency and memory against the number of open connections."""

import contextlib
import resource
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.growth.record import Case, Figures
from benchmarks.growth.tree import descendants, memory_mib
from benchmarks.service import save_pictures, server
from benchmarks.service_load import ask_steadily

PART = "service"
PACKAGES = ("starlette", "uvicorn", "onnxruntime")
CONNECTIONS = (1, 2, 10, 50, 200, 1_000, 2_000)
PICTURES = ("mnist", "canvas")
_SECONDS = 10.0
_WARM_UP_SECONDS = 1.0


def cases(rounds: int, most: int | None) -> Iterator[Case]:
    """Yield what is measured."""
    for number in range(1, rounds + 1):
        for picture in PICTURES:
            for connections in (it for it in CONNECTIONS if it <= (most or it)):
                yield {"picture": picture, "connections": connections, "round": number}


@contextlib.contextmanager
def _many_files() -> Iterator[None]:
    """Let this process and its children open as many files as the system allows."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def figures(picture: str, connections: int, **_: int) -> Figures:
    """Ask a new service over so many connections, and return how it answered."""
    with tempfile.TemporaryDirectory(prefix="digitlab-growth-") as folder, _many_files():
        save_pictures(Path(folder))
        file = Path(folder, f"{picture}.png")
        with server("digitlab") as (port, process):
            ask_steadily(port, file, connections, _WARM_UP_SECONDS)
            asked = ask_steadily(port, file, connections, _SECONDS)
            memory = memory_mib([process.pid, *descendants(process.pid)])
    return {
        "answers_per_second": round(asked.answered / _SECONDS, 1),
        "p50_ms": round(asked.percentile_ms(0.5), 2),
        "p99_ms": round(asked.percentile_ms(0.99), 2),
        "refused": asked.refused,
        "errors": asked.failed,
        "memory_mib": round(memory),
    }
