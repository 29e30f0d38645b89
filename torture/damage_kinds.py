"""The ways to damage a file: flipped, cut, replaced, and JSON with values of wrong types."""

import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Damage = Callable[[Path], None]
"""Damages a file."""

_BRACKETS = b"[" * 100_000
_VALUES = (None, "x", -1, 0, 10**30, 1e308, [], {})


def damages(path: Path, short: bool) -> Iterator[tuple[str, Damage]]:
    """Yield ways to damage a file, each with its name."""
    content = path.read_bytes()
    for share in (0.4,) if short else (0, 0.001, 0.01, *(it / 20 for it in range(1, 20)), 0.9999):
        place = int(share * len(content))
        yield f"byte {place} flipped", _replace(_flipped(content, place))
    for length in (
        {0, len(content) - 1} if short else {0, 1, 9, len(content) // 2, len(content) - 1}
    ):
        yield f"cut to {length} bytes", _replace(content[:length])
    yield "100,000 brackets", _replace(_BRACKETS)
    if not short:
        yield "brackets in lines", _replace(_BRACKETS + b"\n" + _BRACKETS + b"\n")
        yield "zeros", _replace(bytes(len(content)))
        yield "noise", _replace(random.Random(0).randbytes(len(content)))
        yield "twice", _replace(content * 2)
        yield "missing", Path.unlink
        yield "a link to nowhere", lambda it: _instead(it, lambda: it.symlink_to("nowhere"))
        yield "not to be opened", lambda it: _instead(it, lambda: it.symlink_to("/proc/self/mem"))
    yield "a folder", lambda it: _instead(it, it.mkdir)
    yield "a loop", lambda it: _instead(it, lambda: it.symlink_to(it.name))
    yield "a pipe", lambda it: _instead(it, lambda: os.mkfifo(it))
    if path.suffix in (".json", ".jsonl"):
        changes = list(_wrong_values(content))
        for name, changed in changes[:: len(changes) // 3 if short else 1]:
            yield name, _replace(changed)


def _flipped(content: bytes, place: int) -> bytes:
    place = min(place, len(content) - 1)
    return content[:place] + bytes([content[place] ^ 0x10]) + content[place + 1 :]


def _replace(content: bytes) -> Damage:
    return lambda path: path.write_bytes(content) and None


def _instead(path: Path, make: Callable[[], object]) -> None:
    path.unlink()
    make()


def _wrong_values(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield JSON with one value of another type, or out of range, and its place."""
    first, *rest = content.splitlines() if b"\n{" in content else [content]
    whole = json.loads(first)
    for place in _places(whole):
        for value in _VALUES:
            changed = json.loads(first)
            inner = changed
            for key in place[:-1]:
                inner = inner[key]
            inner[place[-1]] = value
            line = json.dumps(changed).encode()
            yield f"{place} is {value!r}", b"\n".join([line, *rest, b""])


def _places(value: Any) -> Iterator[list[Any]]:
    """Yield where there are values in JSON: of a list, only the first."""
    inner = value.items() if isinstance(value, dict) else list(enumerate(value))[:1]
    for key, it in inner:
        yield [key]
        if isinstance(it, dict | list):
            yield from ([key, *place] for place in _places(it))
