"""A folder of pictures as a dataset: one subfolder for each class, split by a fixed seed."""

import hashlib
import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from digitlab.data.dataset import Dataset
from digitlab.data.picture_files import (
    ClassFolder,
    class_folders,
    train_and_test,
    unused_in,
)
from digitlab.data.prepared import prepared_images
from digitlab.errors import DigitlabError, printable
from digitlab.pictures.formats import SUFFIXES
from digitlab.pictures.preparation import Preparation

_TEST_SHARE = 5  # one picture in five is for testing
_SPLIT_SEED = b"digitlab: training or test"
_ORDER_SEED = b"digitlab: order of the images"


@dataclass(frozen=True)
class _Example:
    """A picture of the folder as an image."""

    path: Path
    label: int
    image: NDArray[np.uint8]

    def draw(self, seed: bytes) -> bytes:
        """Return a random number, as bytes, that depends on the seed and the pixels only."""
        return hashlib.sha256(seed + self.image.tobytes()).digest()


def load_folder(name: str, data_dir: Path, preparation: Preparation, console: Console) -> Dataset:
    """Return a folder with one subfolder of pictures for each class as a dataset.

    Classes are in natural order of their names (10 after 9). Pictures are searched in subfolders of
    a class, too. Hidden files and folders are skipped.

    If the folder has subfolders `train` and `test` (or `val`, `valid`, `validation`) which have
    the classes' folders in them, they are the training and test images. Otherwise, one fifth of
    the different pictures of each class, at least one, is for testing. Which ones depends on their
    pixels only: renaming a picture moves none, adding one moves at most one other, and copies of a
    picture stay together. The order of the images is random, but always the same.

    Raises `DigitlabError` if there are fewer than two classes, a class has no picture or, without
    a folder `test`, fewer than two different ones, or some pictures cannot be used.
    """
    folder = Path(os.path.abspath(name))  # noqa: PTH100 # resolve() would follow links
    if printable(folder) != str(folder):
        raise DigitlabError(
            f"the path {printable(folder)} cannot be recorded with a run; rename the folder so "
            "that it has only printable characters"
        )
    parts = train_and_test(folder)
    if parts is None:
        classes = class_folders(folder)
        train, test = _split(_examples(classes, folder, preparation, data_dir, console), classes)
        unused = unused_in(folder, {it.path for it in classes})
    else:
        classes, tested = (class_folders(part) for part in parts)
        _check_same_classes(classes, tested, parts)
        train, test = (
            _examples(it, part, preparation, data_dir, console)
            for it, part in zip((classes, tested), parts, strict=True)
        )
        unused = [*unused_in(folder, set(parts)), *(path for it in tested for path in it.others)]
    unused += [path for it in classes for path in it.others]
    for paths, what in (
        (unused, f"not used, because not in a class's folder or not named {', '.join(SUFFIXES)}"),
        ([it.path for it in (*train, *test) if not it.image.any()], "blank"),
        (_copies_of(train, test), "in the training and in the test images"),
        (_in_two_classes([*train, *test]), "in more than one class"),
    ):
        _report(paths, what, folder, console)
    dataset = Dataset.from_arrays(
        *_arrays(train),
        *_arrays(test),
        classes=[it.name for it in classes],
        preparation=preparation,
    )
    return replace(
        dataset,
        name=str(folder),
        title=folder.name or str(folder),
        split="seeded" if parts is None else "folders",
        folder=folder,
    )


def _examples(
    classes: list[ClassFolder],
    folder: Path,
    preparation: Preparation,
    data_dir: Path,
    console: Console,
) -> list[_Example]:
    """Return all pictures of the classes, prepared, in a random order that is always the same."""
    files = [(label, file) for label, it in enumerate(classes) for file in it.pictures]
    images = prepared_images([file for _, file in files], folder, preparation, data_dir, console)
    examples = [
        _Example(file.path, label, image)
        for (label, file), image in zip(files, images, strict=True)
    ]
    # Not sorted by class: a training holds out neighbors, and may use only the first so many.
    return sorted(examples, key=lambda it: (it.draw(_ORDER_SEED), it.label))


def _split(
    examples: list[_Example], classes: list[ClassFolder]
) -> tuple[list[_Example], list[_Example]]:
    """Return which of the pictures are for training and which for testing, in the same order."""
    draws: list[set[bytes]] = [set() for _ in classes]  # of each class; copies count once
    for it in examples:
        draws[it.label].add(it.draw(_SPLIT_SEED))
    for drawn, of_class in zip(draws, classes, strict=True):
        if len(drawn) < 2:
            count = len(of_class.pictures)
            found = "only one picture" if count == 1 else f"{count} pictures that are all the same"
            raise DigitlabError(
                f"{printable(of_class.path)} has {found}, but two different ones are needed, for "
                "training and for testing; add some, or make two folders train and test, each "
                "with the classes' folders in it"
            )
    tested = [set(sorted(it)[: max(1, round(len(it) / _TEST_SHARE))]) for it in draws]
    parts: tuple[list[_Example], list[_Example]] = [], []
    for it in examples:
        parts[it.draw(_SPLIT_SEED) in tested[it.label]].append(it)
    return parts


def _check_same_classes(
    train: list[ClassFolder], test: list[ClassFolder], parts: tuple[Path, Path]
) -> None:
    names = [{it.name for it in part} for part in (train, test)]
    for here, there, lacks in ((0, 1, parts[1]), (1, 0, parts[0])):
        for name in sorted(names[here] - names[there]):
            raise DigitlabError(
                f"{printable(lacks)} has no class {name}, but {printable(parts[here])} has; both "
                "need the same classes"
            )


def _copies_of(train: list[_Example], test: list[_Example]) -> list[Path]:
    """Return the test pictures that are training pictures, too."""
    trained = {it.image.tobytes() for it in train if it.image.any()}
    return [it.path for it in test if it.image.tobytes() in trained]


def _in_two_classes(examples: list[_Example]) -> list[Path]:
    """Return the pictures that have a copy in another class."""
    first: dict[bytes, int] = {}
    return [
        it.path
        for it in examples
        if it.image.any() and first.setdefault(it.image.tobytes(), it.label) != it.label
    ]


def _arrays(examples: list[_Example]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    return np.stack([it.image for it in examples]), np.array([it.label for it in examples])


def _report(paths: list[Path], what: str, folder: Path, console: Console) -> None:
    """Print how many pictures are odd in some way, and which is the first; nothing if none is."""
    if paths:
        first = printable(min(paths).relative_to(folder))
        which = f"{first} is" if len(paths) == 1 else f"{len(paths):,} files, such as {first}, are"
        line = f"{printable(folder)}: {which} {what}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)
