"""Pictures of one's own that a training learns besides its dataset, such as corrections."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from digitlab.data.corrections import CORRECTIONS, Corrections
from digitlab.data.dataset import Dataset
from digitlab.data.load import default_data_dir
from digitlab.data.picture_files import PictureFile, class_folders
from digitlab.data.prepared import prepared_images
from digitlab.errors import DigitlabError, printable

MAX_EXTRA = 100_000


@dataclass(frozen=True, kw_only=True)
class Extra:
    """Prepared pictures with the numbers of their classes. Their order means nothing."""

    folder: str
    """Where they come from: an absolute path."""
    images: NDArray[np.uint8]
    """Shape (N, 28, 28), with N at least 1."""
    labels: NDArray[np.int64]
    """Shape (N,), each the number of a class of the dataset."""

    @property
    def sha256(self) -> str:
        """What identifies the pictures and their labels."""
        return hashlib.sha256(
            self.images.tobytes() + self.labels.astype("<i8").tobytes()
        ).hexdigest()


def load_extra(
    folder: str | os.PathLike[str], dataset: Dataset, *, console: Console | None = None
) -> Extra:
    """Return the pictures in a folder, prepared as those of the dataset are.

    It is a folder of corrections (see `digitlab.data.corrections`), or has one subfolder of
    pictures for each class, not necessarily all of them. Pictures that are test images of the
    dataset are left out, which is reported: a network must not learn what it is tested on.

    Raises `DigitlabError` if there is no such folder, it has no pictures or more than MAX_EXTRA, a
    label is no class of the dataset, or a picture cannot be used.
    """
    path = Path(os.path.abspath(folder))  # noqa: PTH100 # resolve() would follow links
    console = console or Console(stderr=True)
    if not path.is_dir():
        raise DigitlabError(
            f"there is no folder {printable(folder)}; --extra needs a folder of corrections, or "
            "one with a subfolder of pictures for each class"
        )
    has_corrections = (path / CORRECTIONS).exists()
    labeled = _corrected(path) if has_corrections else _sorted_by_class(path)
    if not labeled:
        raise DigitlabError(
            f"{printable(path / CORRECTIONS)} has no corrections that can be read; add some first"
        )
    if len(labeled) > MAX_EXTRA:
        raise DigitlabError(
            f"{printable(path)} has {len(labeled):,} pictures, but at most {MAX_EXTRA:,} can be "
            "extra; make them a dataset of their own (--dataset)"
        )
    numbers = {name: number for number, name in enumerate(dataset.classes)}
    for _, name in labeled:
        if name not in numbers:
            where = f"{printable(path)} has no {CORRECTIONS}, but pictures"
            if has_corrections:
                where = f"{printable(path / CORRECTIONS)} has pictures"
            raise DigitlabError(
                f"{where} of {printable(name)!r}, which is no class of {dataset.title}; its "
                f"classes are {', '.join(dataset.classes)}"
            )
    images = prepared_images(
        [file for file, _ in labeled], path, dataset.preparation,
        dataset.data_dir or default_data_dir(), console,
    )  # fmt: skip
    tested = {image.tobytes() for image in dataset.test_images}
    both = zip(images, labeled, strict=True)
    # Sorted by their content, so that names and times of files change nothing.
    kept = sorted(
        (image.tobytes(), numbers[name])
        for image, (_, name) in both
        if image.any() and image.tobytes() not in tested
    )
    _report_left_out(len(labeled) - len(kept), path, console)
    if not kept:
        raise DigitlabError(
            f"{printable(path)} has no picture to learn from: all are blank, or test images of "
            f"{dataset.title}"
        )
    return Extra(
        folder=str(path),
        images=np.frombuffer(b"".join(it for it, _ in kept), np.uint8).reshape(-1, 28, 28).copy(),
        labels=np.array([label for _, label in kept], np.int64),
    )


def _corrected(folder: Path) -> list[tuple[PictureFile, str]]:
    """Return the pictures of a folder of corrections, each with its label."""
    store = Corrections(folder)
    found = []
    for it in store.all():
        path = store.path_of(it.id)
        status = path.stat()
        found.append(
            (PictureFile(path, status.st_size, (status.st_mtime_ns, status.st_ctime_ns)), it.label)
        )
    return found


def _sorted_by_class(folder: Path) -> list[tuple[PictureFile, str]]:
    """Return the pictures in a folder's subfolders, each with the subfolder's name."""
    return [(file, it.name) for it in class_folders(folder, least=1) for file in it.pictures]


def _report_left_out(count: int, folder: Path, console: Console) -> None:
    if count:
        which = "1 picture is" if count == 1 else f"{count:,} pictures are"
        line = f"{printable(folder)}: {which} left out, because blank or a test image"
        console.print(line, markup=False, highlight=False, soft_wrap=True)
