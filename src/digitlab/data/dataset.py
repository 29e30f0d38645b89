"""A dataset in memory: verified files turned into arrays."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from digitlab.data.catalog import CatalogEntry, find_entry
from digitlab.data.fetch import obtain
from digitlab.data.idx import parse_idx

DATA_DIR_VARIABLE = "DIGITLAB_DATA_DIR"


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Images and labels as they are in the files: nothing is scaled, shuffled or left out."""

    entry: CatalogEntry
    folder: Path
    """Where the training images lie."""
    train_images: NDArray[np.uint8]
    """Shape (60000, 28, 28), 0 = background to 255 = ink."""
    train_labels: NDArray[np.uint8]
    """Shape (60000,), values 0 to 9."""
    test_images: NDArray[np.uint8]
    """Shape (10000, 28, 28)."""
    test_labels: NDArray[np.uint8]
    """Shape (10000,)."""

    @property
    def digests(self) -> dict[str, str]:
        """The SHA-256 of each file, which its bytes were found to have."""
        return {file.name: file.sha256 for file in self.entry.files}


def default_data_dir() -> Path:
    """Return the folder given by DIGITLAB_DATA_DIR, or else the user's cache folder."""
    named = os.environ.get(DATA_DIR_VARIABLE)
    if named:
        return Path(named).expanduser()
    from platformdirs import user_cache_path  # here: most who call have named a folder

    return user_cache_path("digitlab")


def load_dataset(
    name: str = "mnist", *, data_dir: Path | None = None, console: Console | None = None
) -> Dataset:
    """Return a dataset, fetched first if it is not on this machine.

    Parameters
    ----------
    name
        One of the catalog's names.
    data_dir
        Where the files are kept; `default_data_dir()` if it is not given.
    console
        Where progress is told; stderr if it is not given.

    Raises
    ------
    DigitlabError
        If there is no such dataset, or it cannot be had (see `digitlab.data.fetch.obtain`).
    """
    entry = find_entry(name)
    files = obtain(entry, data_dir or default_data_dir(), console or Console(stderr=True))
    return Dataset(
        entry=entry,
        folder=files[entry.train_images.name].path.parent,
        train_images=parse_idx(files[entry.train_images.name].content),
        train_labels=parse_idx(files[entry.train_labels.name].content),
        test_images=parse_idx(files[entry.test_images.name].content),
        test_labels=parse_idx(files[entry.test_labels.name].content),
    )
