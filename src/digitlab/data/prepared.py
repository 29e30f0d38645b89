"""Prepare the pictures of a folder, and remember the results for the next time.

A photograph takes up to 0.1 s, and a run, its continuation, its test and its figures all load the
same pictures. So the prepared images are kept in a file in the data folder. Each is recognized by
the picture's path, size and times; if anything is wrong with the file, the pictures are prepared
again.
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import PIL
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from digitlab import pictures
from digitlab.data.picture_files import PictureFile
from digitlab.errors import DigitlabError, PictureError
from digitlab.files import remove_leftovers, write_whole
from digitlab.pictures.digit import prepare
from digitlab.pictures.plain import plain
from digitlab.pictures.preparation import Preparation

Images = NDArray[np.uint8]  # N x 28 x 28, or one of them

_PREPARE: dict[Preparation, Callable[[Path], Images]] = {
    "mnist": prepare,
    "as-is": plain,
}

_DIGEST_BYTES = 32
_ENTRY = np.dtype([("key", np.uint8, _DIGEST_BYTES), ("image", np.uint8, (28, 28))])

_FOLDER = "pictures"
"""The folder in the data folder."""


def prepared_images(
    files: Sequence[PictureFile],
    folder: Path,
    preparation: Preparation,
    data_dir: Path,
    console: Console,
) -> Images:
    """Return the pictures as images, uint8, one for each file.

    Raises `DigitlabError` if some cannot be used; it names the first and says how many there are.
    A class with a few pictures less is not what was asked for, so none is left out silently.
    """
    name = hashlib.sha256(f"{preparation} {folder}".encode()).hexdigest()[:_DIGEST_BYTES]
    path = data_dir / _FOLDER / name
    known = _read(path)
    code = _code_digest()
    keys = [hashlib.sha256(repr((file, code)).encode()).digest() for file in files]
    todo = [(key, file) for key, file in zip(keys, files, strict=True) if key not in known]
    images, errors = dict(known), []
    columns = TextColumn("preparing pictures"), BarColumn(), MofNCompleteColumn()
    is_shown = console.is_terminal and bool(todo)
    with Progress(
        *columns, TimeRemainingColumn(), console=console, disable=not is_shown, transient=True
    ) as progress:
        for key, file in progress.track(todo):
            try:
                images[key] = _PREPARE[preparation](file.path)
            except PictureError as error:
                errors.append(str(error))
    if len(todo) > len(errors):
        _write(path, {key: images[key] for key in keys if key in images})
    if errors:
        count = f"{len(errors)} of {len(files):,} pictures"
        raise DigitlabError(
            f"{errors[0]}; {count if len(errors) > 1 else 'this picture'} cannot be used: "
            "repair or remove what is damaged"
        )
    return np.stack([images[key] for key in keys])


def _code_digest() -> str:
    """Return what changes if the code that prepares pictures does."""
    digest = hashlib.sha256(f"{PIL.__version__} {np.__version__}".encode())
    for path in sorted(Path(pictures.__path__[0]).glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _read(path: Path) -> dict[bytes, Images]:
    """Return the images that were kept, by key; none if the file is missing or damaged."""
    try:
        content = path.read_bytes() if path.is_file() else b""  # a pipe would be waited for
    except OSError:
        return {}
    digest, entries = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    if len(entries) % _ENTRY.itemsize or hashlib.sha256(entries).digest() != digest:
        return {}
    table = np.frombuffer(entries, _ENTRY)
    return {key.tobytes(): image for key, image in zip(table["key"], table["image"], strict=True)}


def _write(path: Path, images: dict[bytes, Images]) -> None:
    """Keep the images, if that is possible: without the file, the next load only takes longer."""
    table = np.empty(len(images), _ENTRY)
    for row, (key, image) in enumerate(images.items()):
        table[row] = np.frombuffer(key, np.uint8), image
    entries = table.tobytes()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(path.parent)
        if path.is_file() or not path.exists():
            write_whole(path, hashlib.sha256(entries).digest() + entries)
    except OSError:
        pass
