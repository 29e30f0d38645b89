"""The memory of all processes of a command together (Linux)."""

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

_SECONDS = 0.2  # between checks


def descendants(process: int) -> list[int]:
    """Return the ids of a process's children, and of theirs."""
    found: list[int] = []
    with contextlib.suppress(OSError):  # it ended meanwhile
        for thread in Path(f"/proc/{process}/task").iterdir():
            for child in map(int, (thread / "children").read_text().split()):
                found += [child, *descendants(child)]
    return found


def memory_mib(processes: list[int]) -> float:
    """Return the memory of processes, MiB; each page that several share counts once (PSS)."""
    kib = 0
    for process in processes:
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    kib += int(line.split()[1])
    return kib / 1024


class Peak:
    """The largest memory that was seen, MiB."""

    mib = 0.0


@contextlib.contextmanager
def watched() -> Iterator[Peak]:
    """Watch what all children of this process take together, five times per second."""
    peak, done = Peak(), threading.Event()

    def watch() -> None:
        while not done.wait(_SECONDS):
            peak.mib = max(peak.mib, memory_mib(descendants(os.getpid())))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        done.set()
        thread.join()
