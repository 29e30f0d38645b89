"""A dataset in memory: verified files as arrays."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from digitlab.data.catalog import find_entry
from digitlab.data.fetch import VerifiedFile, obtain
from digitlab.data.idx import parse_idx
from digitlab.errors import DigitlabError
from digitlab.pictures.preparation import Preparation

_DATA_DIR_VARIABLE = "DIGITLAB_DATA_DIR"


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Gray images of 28x28 pixels, each with the number of its class."""

    name: str
    """What `--dataset` calls it."""
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
    name: str = "mnist", *, data_dir: Path | str | None = None, console: Console | None = None
) -> Dataset:
    """Return the dataset with that name in the catalog; fetch it if it is not on this machine.

    The files are kept in `data_dir`, by default `default_data_dir()`. Progress is reported on
    `console`, by default stderr. Raises `DigitlabError` if there is no such dataset, it cannot be
    obtained (see `digitlab.data.fetch.obtain`), or its images and labels do not belong together.
    """
    entry = find_entry(name)
    if data_dir == "":
        raise DigitlabError("the data folder is an empty string; name a folder, or None")
    folder = (default_data_dir() if data_dir is None else Path(data_dir)).absolute()
    is_named = data_dir is not None or bool(os.environ.get(_DATA_DIR_VARIABLE))
    files = obtain(entry, folder, console or Console(stderr=True))
    contents = [files[file.name] for file in entry.files]
    try:
        train_images, train_labels = _parse(*contents[:2], classes=len(entry.classes))
        test_images, test_labels = _parse(*contents[2:], classes=len(entry.classes))
    except ValueError as error:
        raise DigitlabError(f"{entry.title} cannot be read: {error}") from error
    return Dataset(
        name=entry.name,
        title=entry.title,
        classes=entry.classes,
        mean=entry.mean,
        std=entry.std,
        preparation=entry.preparation,
        disputed=entry.disputed,
        digests={file.name: file.sha256 for file in entry.files},
        data_dir=folder if is_named else None,
        folder=contents[0].path.parent,
        train_images=train_images,
        train_labels=train_labels,
        test_images=test_images,
        test_labels=test_labels,
    )


def _parse(
    images_file: VerifiedFile, labels_file: VerifiedFile, *, classes: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the images and labels in two files, or raise `ValueError` if they do not match."""
    images, labels = parse_idx(images_file.content), parse_idx(labels_file.content)
    if images.shape[1:] != (28, 28):
        raise ValueError(f"{images_file.path} has shape {images.shape}, not (N, 28, 28)")
    if labels.shape != images.shape[:1]:
        raise ValueError(
            f"{labels_file.path} has shape {labels.shape}, but there are {len(images):,} images"
        )
    if (label := labels.max(initial=0)) >= classes:
        raise ValueError(
            f"{labels_file.path} has the label {label}, but there are {classes} classes"
        )
    return images, labels
