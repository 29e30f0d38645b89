"""A dataset in memory: images, labels, and everything a training must know about them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from rich.console import Console

from digitlab.data.arrays import (
    checked_classes,
    checked_images,
    checked_labels,
    digests_of,
    mean_and_std,
    narrowed,
)
from digitlab.data.catalog import CATALOG
from digitlab.errors import DigitlabError, printable
from digitlab.pictures.preparation import Preparation

_DATA_DIR_VARIABLE = "DIGITLAB_DATA_DIR"

_ORDER_SEED = 1998

Split = Literal["published", "folders", "seeded", "given"]
"""`published`: by the dataset's makers; `folders`: by folders named train and test; `seeded`: one
fifth of each class for testing, by a fixed seed; `given`: by the program that has the arrays."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Dataset:
    """Gray images of 28x28 pixels, each with the number of its class."""

    name: str
    """What `--dataset` calls it: a name in the catalog, or the absolute path of a folder."""
    title: str
    """What people call it."""
    classes: tuple[str, ...]
    """The names of the classes: class 0 first."""
    mean: float
    """Mean of all training pixels, where black is 0 and white is 1."""
    std: float
    """Standard deviation of the same pixels."""
    preparation: Preparation
    """How a picture becomes such an image."""
    disputed: tuple[int, ...] = ()
    """Test images, counted from 0, for which human raters did not agree with the label."""
    split: Split = "published"
    """How the images were divided into training and test images."""
    digests: dict[str, str]
    """What identifies the data: the SHA-256 of each part, by name."""
    data_dir: Path | None = None
    """The data folder that was given, as an absolute path; None if it was the default."""
    folder: Path | None
    """The folder with the training images; None if they come from memory."""
    train_images: NDArray[np.uint8]
    """Shape (N, 28, 28), 0 = background to 255 = ink."""
    train_labels: NDArray[np.integer]
    """Shape (N,), each the number of a class in `classes`."""
    test_images: NDArray[np.uint8]
    """Shape (M, 28, 28)."""
    test_labels: NDArray[np.integer]
    """Shape (M,)."""

    def __repr__(self) -> str:
        train, test = len(self.train_labels), len(self.test_labels)
        return (
            f"Dataset({self.title!r}: {train:,} training and {test:,} test images, "
            f"{len(self.classes)} classes)"
        )

    @classmethod
    def from_arrays(
        cls,
        train_images: ArrayLike,
        train_labels: ArrayLike,
        test_images: ArrayLike,
        test_labels: ArrayLike,
        *,
        classes: Sequence[str] | None = None,
        name: str = "arrays",
        preparation: Preparation = "as-is",
    ) -> "Dataset":
        """Return a dataset of your own arrays, which are copied.

        The training images get a random order, always the same: a training holds out neighbors, and
        arrays are often sorted by class.

        Parameters
        ----------
        train_images, test_images
            uint8, shape (N, 28, 28), with N at least 1.
        train_labels, test_labels
            Integers, shape (N,), each the number of a class, from 0.
        classes
            The names of the classes, class 0 first; by default "0", "1" and so on.
        name
            What records of runs call it. It must not be one that `load_dataset` knows, because only
            a program that has the arrays can continue a run on them.
        preparation
            How pictures become such images: what `predict` does with a network trained on them.

        Raises `DigitlabError` if an array has another type or shape, a label has no class, there
        are fewer than two classes, or all pixels of the training images are the same.
        """
        if not name or not name.isprintable() or name in CATALOG or Path(name).is_absolute():
            raise DigitlabError(
                f"arrays cannot have the name {printable(name)!r}; choose a printable name that is "
                "neither a path nor in the catalog"
            )
        if preparation not in get_args(Preparation):
            raise DigitlabError(
                f"preparation is {preparation!r}, but must be one of "
                f"{', '.join(get_args(Preparation))}"
            )
        images = checked_images(train_images, "train_images")
        labels = checked_labels(train_labels, "train_labels", len(images))
        tested = checked_images(test_images, "test_images")
        tested_labels = checked_labels(test_labels, "test_labels", len(tested))
        order = np.random.default_rng(_ORDER_SEED).permutation(len(images))
        images, labels = images[order], labels[order]
        names = checked_classes(classes, used=1 + max(int(labels.max()), int(tested_labels.max())))
        mean, std = mean_and_std(images)
        if std == 0:
            raise DigitlabError(
                f"all pixels of the training images have the same value, {images[0, 0, 0]}; a "
                "network cannot learn from them"
            )
        labels, tested_labels = narrowed(labels, len(names)), narrowed(tested_labels, len(names))
        return cls(
            name=name,
            title=name,
            classes=names,
            mean=mean,
            std=std,
            preparation=preparation,
            split="given",
            digests=digests_of(
                names,
                train_images=images,
                train_labels=labels,
                test_images=tested,
                test_labels=tested_labels,
            ),
            folder=None,
            train_images=images,
            train_labels=labels,
            test_images=tested,
            test_labels=tested_labels,
        )


def default_data_dir() -> Path:
    """Return the folder in the variable DIGITLAB_DATA_DIR, or else the user's cache folder.

    Raises `DigitlabError` if the variable names the home folder of an unknown user.
    """
    path = os.environ.get(_DATA_DIR_VARIABLE)
    if path:
        try:
            return Path(path).expanduser()
        except RuntimeError as error:
            raise DigitlabError(
                f"{_DATA_DIR_VARIABLE} is {path}, but there is no such user; set it to a folder"
            ) from error
    from platformdirs import user_cache_path  # here, because many callers name a folder

    return user_cache_path("digitlab")


def load_dataset(
    name: str | os.PathLike[str] = "mnist",
    *,
    data_dir: Path | str | None = None,
    preparation: Preparation | None = None,
    console: Console | None = None,
) -> Dataset:
    """Return the dataset with that name in the catalog, or a folder of pictures as a dataset.

    Parameters
    ----------
    name
        A name in the catalog. Or a folder with one subfolder of pictures for each class: see
        `digitlab.data.folder.load_folder`.
    data_dir
        Where downloads are kept; by default `default_data_dir()`.
    preparation
        How the pictures in a folder become images of 28x28 pixels, by default "mnist". The images
        of the catalog's datasets already are, in the way that is recorded there.
    console
        Where progress is reported, by default stderr.

    Raises `DigitlabError` if there is no such dataset, it cannot be obtained (see
    `digitlab.data.fetch.obtain`), or its files or pictures cannot be used.
    """
    # Here: they need the class above, and pictures need Pillow, which takes 0.05 s.
    from digitlab.data.published import load_published

    name = os.fspath(name)
    if data_dir == "":
        raise DigitlabError("the data folder is an empty string; name a folder, or None")
    folder = (default_data_dir() if data_dir is None else Path(data_dir)).absolute()
    is_named = data_dir is not None or bool(os.environ.get(_DATA_DIR_VARIABLE))
    console = console or Console(stderr=True)
    if name in CATALOG:
        dataset = load_published(CATALOG[name], folder, preparation, console)
    elif os.path.isdir(name):  # noqa: PTH112 # Path.is_dir() raises for names that are too long
        from digitlab.data.folder import load_folder

        dataset = load_folder(name, folder, preparation or "mnist", console)
    else:
        raise DigitlabError(
            f"there is no dataset and no folder {printable(name)!r}; choose one of "
            f"{', '.join(CATALOG)}, or give a folder with one subfolder of pictures for each class"
        )
    return replace(dataset, data_dir=folder if is_named else None)
