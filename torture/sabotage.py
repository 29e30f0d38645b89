"""Put a fault before the n-th change that a process makes in a folder.

Python announces what it does with files to audit hooks, just before it does it. A hook can count
the changes, kill the process there, move the folder away, or raise the error that a full disk or
lost permissions would raise.
"""

import errno
import mmap
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Kind = Literal["count", "kill", "full", "denied", "moved"]

CUT_AFTER = (0, 1, 100, 700, 1_500, 20_000, 41_000, 100_000, 183_000)
"""Bytes after which a write ends early: in `run.json`, a history, a snapshot, a checkpoint."""

_CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "os.truncate", "os.link"}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@dataclass(frozen=True, kw_only=True)
class Sabotage:
    """What happens before which change of a folder."""

    kind: Kind
    """`full` and `denied` stay so from that change on."""
    folder: str
    at: int = 0
    """The number of changes before it."""


def moved_to(folder: Path) -> Path:
    """Return where a folder that is moved away is found again."""
    return folder.with_name(f"{folder.name}-moved")


class Counter:
    """A number in memory that outlives the process that counts."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 8)

    def __int__(self) -> int:
        return int.from_bytes(self._memory[:], "little")

    def set(self, number: int) -> None:
        """Set it; every process that was forked from this one sees it."""
        self._memory[:] = number.to_bytes(8, "little")


def install(sabotage: Sabotage, counter: Counter) -> None:
    """Watch this process, from now to its end."""
    folder = os.path.realpath(sabotage.folder)
    made = 0

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal made
        if event not in _CHANGES and not (event == "open" and _writes(arguments)):
            return
        if not any(_is_inside(it, folder) for it in arguments[:2]):
            return
        made += 1
        counter.set(made)
        if made > sabotage.at:
            is_first = made == sabotage.at + 1
            _act(sabotage.kind, folder, needs_space=_needs_space(event, arguments), first=is_first)

    sys.addaudithook(watch)


def _act(kind: Kind, folder: str, *, needs_space: bool, first: bool) -> None:
    if kind == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif kind == "full" and needs_space:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    elif kind == "denied":
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    elif kind == "moved" and first and Path(folder).exists():
        Path(folder).rename(moved_to(Path(folder)))


def _needs_space(event: str, arguments: tuple[Any, ...]) -> bool:
    """Return whether a change makes a file or a folder, or adds to a file."""
    if event == "open":
        return bool(arguments[2] & os.O_APPEND) or not Path(os.fsdecode(arguments[0])).exists()
    return event in ("os.mkdir", "os.link")


def _writes(arguments: tuple[Any, ...]) -> bool:
    flags = arguments[2] if len(arguments) > 2 else 0
    return isinstance(flags, int) and bool(flags & _WRITING)


def _is_inside(path: Any, folder: str) -> bool:
    if not isinstance(path, str | bytes | os.PathLike):
        return False
    text = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - `resolve` would open links
    return text == folder or text.startswith(folder + os.sep)
