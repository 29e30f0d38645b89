"""The pictures that a command was given, and how names and probabilities are told."""

import math
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from digitlab.cli.parameters import STDIN
from digitlab.errors import DigitlabError
from digitlab.pictures.open import Source

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif")


def find_pictures(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield each file that was named, and each picture in the folders that were, in order of name.

    A folder is searched with all the folders in it; what is hidden is passed over. A folder
    without a picture, or one that cannot be looked into, is yielded itself: opening it says what
    is wrong.
    """
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 # Path.is_dir() raises for names that are too long
            yield from _pictures_in(path)
        else:
            yield path


def _pictures_in(path: Path) -> Iterator[Path]:
    empty = True
    closed: list[Path] = []
    walk = os.walk(path, onerror=lambda error: closed.append(Path(error.filename)))
    for folder, inner, names in walk:
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        for name in sorted(names):
            file = Path(folder, name)
            is_picture = name.lower().endswith(SUFFIXES) and not name.startswith(".")
            if is_picture and not _is_pipe(file):  # which would be waited for without end
                empty = False
                yield file
    yield from closed
    if empty and not closed:
        yield path


def _is_pipe(file: Path) -> bool:
    try:
        return file.is_fifo()
    except OSError:  # it may not be looked at: opening it says so
        return False


def source_of(path: Path) -> Source:
    """Return what `Reader` opens: the path, or stdin for a dash."""
    if path != STDIN:
        return path
    if sys.stdin is None:
        raise DigitlabError("there is no stdin to read a picture from")
    return sys.stdin.buffer


def printable(text: object) -> str:
    r"""Return a name or a sentence with one in it on one line, its odd characters as escapes.

    >>> print(printable("a" + chr(10) + "b"))
    a\nb
    """
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(text))


def cut_off(probability: float) -> float:
    """Return a probability with six places: cut off, not rounded, as nothing is wholly sure.

    >>> cut_off(0.9999999)
    0.999999
    """
    return min(math.floor(probability * 1e6) / 1e6, 0.999999)
