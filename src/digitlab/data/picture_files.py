"""Which pictures a folder has for each class."""

import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path

from digitlab.errors import DigitlabError, printable
from digitlab.pictures.formats import SUFFIXES

_TEST_FOLDERS = ("test", "val", "valid", "validation")
"""The names of a folder with the test images, next to a folder `train`; the first is preferred."""

_CONVENTION = "give a folder with one subfolder of pictures for each class"


@dataclass(frozen=True)
class PictureFile:
    """A picture that was found, and what changes when its content does."""

    path: Path
    size: int
    times: tuple[int, int]
    """When its content and its entry in the folder were last changed, in ns."""


@dataclass
class ClassFolder:
    """The pictures of one class."""

    name: str
    path: Path
    pictures: list[PictureFile] = field(default_factory=list)
    """In the folder and in the folders in it, sorted by path."""
    others: list[Path] = field(default_factory=list)
    """The files that are not pictures, or not named like pictures."""


def class_folders(folder: Path, *, least: int = 2) -> list[ClassFolder]:
    """Return a folder's subfolders as classes with their pictures, in natural order.

    Hidden files and folders are skipped. Raises `DigitlabError` if there are fewer than `least`
    classes (1 or 2), a class has no picture, or a folder cannot be read.
    """
    names = sorted(_listing(folder)[0], key=_natural)
    if len(names) < least:
        found = f"only one subfolder, {printable(names[0])}" if names else "no subfolders"
        needed = "two classes are" if least == 2 else "one class is"
        raise DigitlabError(
            f"{printable(folder)} has {found}, but at least {needed} needed: {_CONVENTION}"
        )
    classes = [ClassFolder(printable(name), folder / name) for name in names]
    above = {_identity(path) for path in (folder, *(it.path for it in classes))}
    for it in classes:
        _collect(it, set(above))
        if not it.pictures:
            raise DigitlabError(
                f"{printable(it.path)} has no picture (files named {', '.join(SUFFIXES)}); add "
                "some, or remove the folder"
            )
        it.pictures.sort(key=lambda picture: picture.path)
    return classes


def train_and_test(folder: Path) -> tuple[Path, Path] | None:
    """Return the folders with the training and the test images, if a folder has such a pair.

    Both must have subfolders: with pictures in them, `train` and `test` would be classes.

    Raises `DigitlabError` if there is a folder of classes named train, but none to go with it.
    """
    by_name = {name.casefold(): folder / name for name in _listing(folder)[0]}
    if "train" not in by_name or not _listing(by_name["train"])[0]:
        return None
    for name in _TEST_FOLDERS:
        if name in by_name and _listing(by_name[name])[0]:
            return by_name["train"], by_name[name]
    raise DigitlabError(
        f"{printable(folder)} has a folder train with subfolders, but no folder test (or val) with "
        f"subfolders next to it; add one, or give {printable(by_name['train'])} itself: "
        "then one fifth of its pictures are for testing"
    )


def unused_in(folder: Path, used: set[Path]) -> list[Path]:
    """Return the paths of what a folder has besides the subfolders that are used."""
    folders, files = _listing(folder)
    return [path for name in [*folders, *files] if (path := folder / name) not in used]


def _collect(into: ClassFolder, entered: set[tuple[int, int]]) -> None:
    """Find a class's files, also in subfolders; links cannot make it search one twice."""
    waiting = [into.path]
    while waiting:
        folder = waiting.pop()
        folders, files = _listing(folder)
        for name in files:
            path = folder / name
            found = _status(path)
            # Reading a pipe or a device could wait forever.
            is_file = stat.S_ISREG(found.st_mode) or stat.S_ISLNK(found.st_mode)
            if is_file and name.lower().endswith(SUFFIXES):
                times = found.st_mtime_ns, found.st_ctime_ns
                into.pictures.append(PictureFile(path, found.st_size, times))
            else:
                into.others.append(path)
        for name in folders:
            path = folder / name
            if (identity := _identity(path)) not in entered:  # links can form loops
                entered.add(identity)
                waiting.append(path)


def _status(path: Path) -> os.stat_result:
    """Return what the system knows of a file, or of a link that leads nowhere."""
    try:
        return path.stat()
    except OSError:  # opening it will report that
        return path.lstat()


def _identity(path: Path) -> tuple[int, int]:
    found = _status(path)
    return found.st_dev, found.st_ino


def _listing(folder: Path) -> tuple[list[str], list[str]]:
    """Return the names of a folder's subfolders and files, without those that are hidden."""
    try:
        with os.scandir(folder) as entries:
            shown = [entry for entry in entries if not entry.name.startswith(".")]
            folders = sorted(entry.name for entry in shown if Path(entry).is_dir())
    except OSError as error:
        raise DigitlabError(
            f"the folder {printable(folder)} cannot be read ({error.strerror or error}); correct "
            "its permissions"
        ) from error
    return folders, sorted({entry.name for entry in shown}.difference(folders))


def _natural(name: str) -> list[tuple[int, int, str]]:
    """Return a key that sorts names by the numbers in them.

    >>> sorted(["10", "9", "b", "a2", "a10"], key=_natural)
    ['9', '10', 'a2', 'a10', 'b']
    """
    parts = re.findall(r"[0-9]+|[^0-9]+", name)
    return [(0, int(it), it) if it[0] in "0123456789" else (1, 0, it) for it in parts]
