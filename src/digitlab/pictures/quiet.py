"""Keep Pillow and libtiff from printing about damaged pictures, safely with threads and forks.

Damaged TIFF and EXIF data make Pillow issue Python warnings and log an error, and make libtiff
write to file descriptor 2. Filtering warnings or redirecting the descriptor for a while would
affect the whole process: other threads, and children forked meanwhile. So Pillow's modules get a
stand-in for the module `warnings`, which is silent in a thread that decodes a picture for us and
otherwise does what `warnings` does; and libtiff's error messages, which Pillow does not use, are
turned off.
"""

import ctypes
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache
from typing import Any

import numpy.ma  # noqa: F401
from PIL import (
    BmpImagePlugin,  # noqa: F401
    GifImagePlugin,  # noqa: F401
    Image,
    JpegImagePlugin,
    MpoImagePlugin,  # noqa: F401
    PngImagePlugin,
    PpmImagePlugin,  # noqa: F401
    TiffImagePlugin,
    WebPImagePlugin,  # noqa: F401
)

# NumPy and Pillow would import those that are not used here with the first picture, and a child
# that is forked during an import waits for it forever.

_QUIET = ContextVar("digitlab_quiet", default=False)


class _Warnings:
    """What Pillow's modules use as `warnings`: silent inside `quietly`, otherwise the same."""

    def __getattr__(self, name: str) -> Any:
        return getattr(warnings, name)

    def warn(self, message: Any, category: Any = None, stacklevel: int = 1, **options: Any) -> None:
        if not _QUIET.get():
            warnings.warn(message, category, stacklevel + 1, **options)


@contextmanager
def quietly() -> Iterator[None]:
    """Silence Pillow's warnings in this thread, and in no other."""
    _install()
    token = _QUIET.set(True)
    try:
        yield
    finally:
        _QUIET.reset(token)


@cache
def _install() -> None:
    stand_in = _Warnings()
    for module in (Image, JpegImagePlugin, PngImagePlugin, TiffImagePlugin):
        module.warnings = stand_in  # type: ignore[attr-defined]
    # With no handler at all, `logging` itself would print errors to stderr.
    logging.getLogger("PIL").addHandler(logging.NullHandler())
    # Pillow turns libtiff's warnings off in the same way. A statically linked libtiff (on Windows)
    # does not offer the function, and continues to print.
    with suppress(AttributeError, OSError):
        ctypes.CDLL(Image.core.__file__).TIFFSetErrorHandler(None)  # type: ignore[attr-defined]
