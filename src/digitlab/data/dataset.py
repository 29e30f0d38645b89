"""A dataset in memory: images, labels, and everything a training must know about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

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
