"""The pictures that a command was given: files, folders, or one on stdin."""

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from digitlab.cli.parameters import STDIN
from digitlab.core.picture import Source

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif")


def find_pictures(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield each file that was named, and each picture in the folders that were, in order of name.

    A folder is searched with all the folders in it; what is hidden is passed over. A folder
    without a picture is yielded itself: opening it says what is wrong.
    """
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        empty = True
        for folder, inner, names in os.walk(path):
            inner[:] = sorted(name for name in inner if not name.startswith("."))
            for name in sorted(names):
                if name.lower().endswith(SUFFIXES) and not name.startswith("."):
                    empty = False
                    yield Path(folder, name)
        if empty:
            yield path


def source_of(path: Path) -> Source:
    """Return what `Reader` opens: the path, or stdin for a dash."""
    return sys.stdin.buffer if path == STDIN else path
