"""What `predict` and `read` share: which pictures they were given, and how they print."""

import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from digitlab.batch.parts import ARCHIVE_SUFFIXES
from digitlab.cli.parameters import STDIN
from digitlab.errors import DigitlabError, printable
from digitlab.pictures.formats import SUFFIXES
from digitlab.pictures.open import Source


def find_pictures(paths: Iterable[Path], suffixes: tuple[str, ...] = SUFFIXES) -> Iterator[Path]:
    """Yield each file in `paths`, and for each folder the picture files in it, sorted by name.

    A picture file's name ends with one of `suffixes`, in upper or lower case. Folders are searched
    recursively; hidden files and folders are skipped. A folder without a picture, or one that
    cannot be opened, is yielded itself, so that it is reported as an error.
    """
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 # Path.is_dir() raises for names that are too long
            yield from _pictures_in(path, suffixes)
        else:
            yield path


def _pictures_in(path: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    is_empty = True
    closed: list[Path] = []
    walk = os.walk(path, onerror=lambda error: closed.append(Path(error.filename)))
    for folder, inner, names in walk:
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        for name in sorted(names):
            file = Path(folder, name)
            is_picture = name.lower().endswith(suffixes) and not name.startswith(".")
            if is_picture and not _is_pipe(file):  # reading a pipe could wait forever
                is_empty = False
                yield file
    yield from closed
    if is_empty and not closed:
        yield path


def _is_pipe(file: Path) -> bool:
    try:
        return file.is_fifo()
    except OSError:  # opening the file will report this error
        return False


def source_of(path: Path) -> Source:
    """Return what `Reader` opens: the path, or stdin for a dash."""
    if path != STDIN:
        return path
    if sys.stdin is None:
        raise DigitlabError("there is no stdin to read a picture from")
    return sys.stdin.buffer


def reason_of(path: Path, error: object) -> str:
    """Return the sentence that says why a picture has no answer."""
    if path != STDIN and os.path.isdir(path) and os.access(path, os.R_OK):  # noqa: PTH112
        reason = f"{printable(path)} is a folder without a picture (named {', '.join(SUFFIXES)})"
        has_archive = next(_pictures_in(path, ARCHIVE_SUFFIXES)) != path
        return f"{reason}; its tar and Parquet files need --out FOLDER" if has_archive else reason
    return printable(error)


def print_error(path: Path, error: object, *, as_json: bool) -> None:
    """Report a picture that cannot be opened: as a JSON object on stdout, or on stderr."""
    reason = reason_of(path, error)
    if as_json:
        print(json.dumps({"picture": str(path), "error": reason}))
    else:
        print(f"digitlab: {reason}", file=sys.stderr)


def are_same(one: Path, other: Path) -> bool:
    """Return whether two paths lead to the same file, which exists."""
    try:
        return one.samefile(other)
    except OSError:  # at least one of them does not exist
        return False
