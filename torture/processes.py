"""Processes: their variables, children, memory, open files and end."""

import contextlib
import os
import resource
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn


def python_variables() -> dict[str, str]:
    """Return environment variables with which a new Python imports what this one does."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def children_of(process: int) -> list[int]:
    """Return the processes that a process has started, and that still exist."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [int(it) for it in children.split()]


def workers_of(process: int) -> list[int]:
    """Return the workers that a process has started; Python starts another process for them."""
    return [it for it in children_of(process) if b"spawn_main" in _command_line(it)]


def _command_line(process: int) -> bytes:
    return Path(f"/proc/{process}/cmdline").read_bytes()


def memory_of(process: int) -> int:
    """Return the resident memory of a process, in bytes."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@contextlib.contextmanager
def many_open_files(wanted: int) -> Iterator[int]:
    """Allow this process and those that it starts so many open files; yield how many they may open.

    The system may allow fewer.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
    allowed = max(soft, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    try:
        yield allowed
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def end_with(work: Callable[[], object]) -> NoReturn:
    """Do something in a process that was forked, and end with the exit code that Python would have.

    What the other process has registered for its own end is not done here.
    """
    code = 1
    try:
        work()
        code = 0
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
