"""One correction: a drawing that a network misread, and its right label."""

import io
import re

import msgspec
from PIL import Image

from digitlab.errors import DigitlabError, PictureError, printable
from digitlab.files import decode_json
from digitlab.pictures.digit import LARGEST, has_ink, prepare
from digitlab.pictures.open import open_picture

_MAX_PICTURE_BYTES = 1_000_000  # of a picture as it is given, and as it is stored
ID = re.compile("[0-9a-f]{16}")
_LONGEST_LABEL = 100  # characters
_SHA256 = re.compile("[0-9a-f]{64}")


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `corrections.jsonl`. Raises `ValueError` for impossible values."""

    id: str
    """16 hexadecimal digits, which also name the picture."""
    label: str
    """The right class, by name."""
    answer: str | None = None
    """The class that the network chose."""
    probability: float | None = None
    """Of that answer, 0 to 1."""
    model: str | None = None
    """SHA-256 of the network that answered."""
    time: str
    """When it was added: UTC, as 2026-11-26T09:30:00Z."""

    def __post_init__(self) -> None:
        """Check what the types leave open."""
        if not ID.fullmatch(self.id):
            raise ValueError(f"id is {printable(self.id)!r}, but must be 16 hexadecimal digits")
        for name, value in (("label", self.label), ("answer", self.answer)):
            if value is not None and not (value.isprintable() and 0 < len(value) <= _LONGEST_LABEL):
                raise ValueError(
                    f"{name} must be a printable name of 1 to {_LONGEST_LABEL} characters, "
                    f"not {printable(value[:_LONGEST_LABEL])!r}"
                )
        if self.probability is not None and not 0 <= self.probability <= 1:
            raise ValueError(f"probability is {self.probability}, but must be from 0 to 1")
        if self.model is not None and not _SHA256.fullmatch(self.model):
            raise ValueError(f"model is {printable(self.model)[:80]!r}, but must be a SHA-256")


def parsed(line: bytes) -> Correction | None:
    """Return a line's correction; None if the line is damaged."""
    try:
        return decode_json(line, Correction, "a correction")
    except DigitlabError:
        return None


def as_gray_png(content: bytes) -> bytes:
    """Return a picture file as a gray PNG; raise `PictureError` if it cannot be used."""
    if len(content) > _MAX_PICTURE_BYTES:
        raise _too_large(content)
    picture = open_picture(content, largest_side=LARGEST)
    if not has_ink(prepare(picture)):
        raise PictureError("the picture shows nothing to learn from: draw a digit")
    png = io.BytesIO()
    Image.fromarray(picture.gray(LARGEST)).save(png, "PNG")
    if len(png.getvalue()) > _MAX_PICTURE_BYTES:
        raise _too_large(png.getvalue())
    return png.getvalue()


def _too_large(content: bytes) -> PictureError:
    return PictureError(
        f"the picture has {len(content) / 1e6:.1f} MB, but the limit is "
        f"{_MAX_PICTURE_BYTES / 1e6:.0f} MB: make it smaller"
    )
