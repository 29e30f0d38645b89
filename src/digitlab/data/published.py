"""A dataset of the catalog: its verified files as arrays."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from digitlab.data.arrays import mean_and_std, narrowed
from digitlab.data.catalog import CatalogEntry
from digitlab.data.dataset import Dataset
from digitlab.data.fetch import VerifiedFile, obtain
from digitlab.data.idx import parse_idx
from digitlab.errors import DigitlabError
from digitlab.pictures.preparation import Preparation


def load_published(
    entry: CatalogEntry, data_dir: Path, preparation: Preparation | None, console: Console
) -> Dataset:
    """Return a dataset of the catalog; see `digitlab.data.load.load_dataset`."""
    if preparation not in (None, entry.preparation):
        raise DigitlabError(
            f"{entry.title} is published with 28x28 pixels, prepared as {entry.preparation!r}; "
            f"{preparation!r} can be chosen only for a folder of pictures"
        )
    files = obtain(entry, data_dir, console)
    found = [files[file.name] for file in entry.files]
    try:
        train_images, train_labels = _parse(entry, *found[:2])
        test_images, test_labels = _parse(entry, *found[2:])
    except ValueError as error:
        raise DigitlabError(f"{entry.title} cannot be read: {error}") from error
    mean, std = entry.mean, entry.std
    if mean is None or std is None:
        mean, std = mean_and_std(train_images)
    return Dataset(
        name=entry.name,
        title=entry.title,
        classes=entry.classes,
        mean=mean,
        std=std,
        preparation=entry.preparation,
        disputed=entry.disputed,
        digests={file.name: files[file.name].digest for file in entry.files},
        folder=found[0].path.parent,
        train_images=train_images,
        train_labels=train_labels,
        test_images=test_images,
        test_labels=test_labels,
    )


def _parse(
    entry: CatalogEntry, images_file: VerifiedFile, labels_file: VerifiedFile
) -> tuple[NDArray[np.uint8], NDArray[np.integer]]:
    """Return the images and labels in two files, or raise `ValueError` if they do not match."""
    found, labels = parse_idx(images_file.content), parse_idx(labels_file.content)
    if found.shape[1:] != (28, 28) or found.dtype != np.uint8:
        raise ValueError(
            f"{images_file.path} has shape {found.shape} and type {found.dtype}, not (N, 28, 28) "
            "and uint8"
        )
    images = found.view(np.uint8)
    if entry.label_column is not None and labels.ndim == 2 and labels.size:
        labels = labels[:, entry.label_column]
    if labels.shape != images.shape[:1]:
        raise ValueError(
            f"{labels_file.path} has shape {labels.shape}, but there are {len(images):,} images"
        )
    for label in (labels.min(initial=0), labels.max(initial=0)):
        if not 0 <= label < len(entry.classes):
            raise ValueError(
                f"{labels_file.path} has the label {label}, but there are {len(entry.classes)} "
                "classes"
            )
    if entry.is_transposed:
        images = images.transpose(0, 2, 1).copy()
    return images, narrowed(labels, len(entry.classes))
