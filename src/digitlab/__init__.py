"""Train a network on handwritten digits, and read real pictures of digits with it.

>>> import digitlab
>>> reader = digitlab.load()  # doctest: +SKIP
>>> reader.predict("seven.png").digit  # doctest: +SKIP
7
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from digitlab.errors import DigitlabError, PictureError
    from digitlab.pages.answers import Page, ReadDigit
    from digitlab.reader import Prediction, Reader

__version__ = "0.1.0"
__all__ = ["DigitlabError", "Page", "PictureError", "Prediction", "ReadDigit", "Reader", "load"]

# The public names and where they live: each is imported when it is first asked for, so that
# `digitlab --help` answers at once.
_HOMES = {
    "DigitlabError": "digitlab.errors",
    "PictureError": "digitlab.errors",
    "Page": "digitlab.pages.answers",
    "Prediction": "digitlab.reader",
    "ReadDigit": "digitlab.pages.answers",
    "Reader": "digitlab.reader",
}


def load(model: str | os.PathLike[str] | None = None, *, threads: int | None = None) -> "Reader":
    """Return a reader of pictures: see `digitlab.reader.Reader`.

    Parameters
    ----------
    model
        a model's folder; without it, the model that comes with the package.
    threads
        how many threads the network uses; without it, as many as the machine has cores.
    """
    from digitlab.reader import Reader

    return Reader(model, threads=threads)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'digitlab' has no attribute {name!r}")
