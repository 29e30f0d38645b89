"""Train a network on handwritten digits, and read real pictures of digits with it.

>>> import digitlab
>>> reader = digitlab.load()  # doctest: +SKIP
>>> reader.predict("seven.png").digit  # doctest: +SKIP
7
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

from digitlab.version import __version__ as __version__

if TYPE_CHECKING:
    from digitlab.data.dataset import Dataset
    from digitlab.data.load import load_dataset
    from digitlab.errors import DigitlabError, PictureError, Stopped
    from digitlab.pages.answers import Page, ReadDigit, ReadLine, ReadNumber, ReadSign
    from digitlab.prediction import Prediction
    from digitlab.reader import Reader
    from digitlab.recipe import Recipe
    from digitlab.workbench import Run

__all__ = [
    "Dataset",
    "DigitlabError",
    "Page",
    "PictureError",
    "Prediction",
    "ReadDigit",
    "ReadLine",
    "ReadNumber",
    "ReadSign",
    "Reader",
    "Recipe",
    "Run",
    "Stopped",
    "load",
    "load_dataset",
]

# The public names and their modules: each is imported when it is first used, so that
# `digitlab --help` answers at once.
_HOMES = {
    "Dataset": "digitlab.data.dataset",
    "DigitlabError": "digitlab.errors",
    "PictureError": "digitlab.errors",
    "Page": "digitlab.pages.answers",
    "Prediction": "digitlab.prediction",
    "ReadDigit": "digitlab.pages.answers",
    "ReadLine": "digitlab.pages.answers",
    "ReadNumber": "digitlab.pages.answers",
    "ReadSign": "digitlab.pages.answers",
    "Reader": "digitlab.reader",
    "Recipe": "digitlab.recipe",
    "Run": "digitlab.workbench",
    "Stopped": "digitlab.errors",
    "load_dataset": "digitlab.data.load",
}


def load(model: str | os.PathLike[str] | None = None, *, threads: int | None = None) -> "Reader":
    """Return a `digitlab.reader.Reader`, which reads pictures of digits.

    Parameters
    ----------
    model
        A model's folder; None: the model that is installed with the package.
    threads
        How many CPU threads the network uses, at least 1; None: one per core.

    Raises `DigitlabError` if there is no such model, or it is damaged.
    """
    from digitlab.reader import Reader

    return Reader(model, threads=threads)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'digitlab' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, *(name for name in globals() if name.startswith("__"))])
