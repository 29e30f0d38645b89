"""Load a dataset by its name: one of the catalog, or a folder of pictures."""

import os
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from digitlab.data import published
from digitlab.data.catalog import CATALOG
from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError, printable
from digitlab.pictures.preparation import Preparation

_DATA_DIR_VARIABLE = "DIGITLAB_DATA_DIR"


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
    name = os.fspath(name)
    if data_dir == "":
        raise DigitlabError("the data folder is an empty string; name a folder, or None")
    folder = (default_data_dir() if data_dir is None else Path(data_dir)).absolute()
    is_named = data_dir is not None or bool(os.environ.get(_DATA_DIR_VARIABLE))
    console = console or Console(stderr=True)
    if name in CATALOG:
        dataset = published.load_published(CATALOG[name], folder, preparation, console)
    elif os.path.isdir(name):  # noqa: PTH112 # Path.is_dir() raises for names that are too long
        from digitlab.data.folder import load_folder  # here: Pillow takes 0.05 s

        dataset = load_folder(name, folder, preparation or "mnist", console)
    else:
        raise DigitlabError(
            f"there is no dataset and no folder {printable(name)!r}; choose one of "
            f"{', '.join(CATALOG)}, or give a folder with one subfolder of pictures for each class"
        )
    return replace(dataset, data_dir=folder if is_named else None)
