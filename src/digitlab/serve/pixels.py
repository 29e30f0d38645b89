"""Refuse a picture with too many pixels by its header, before it is decoded.

A small file can have many: 80 megapixels of white are a PNG file of 80 kB. The pages of a PDF
document are not refused, because they are never drawn with more than `pdf.MOST_PIXELS`.
"""

from PIL import Image

from digitlab.errors import PictureError
from digitlab.pictures.open import recognized
from digitlab.pictures.quiet import quietly


class TooManyPixelsError(PictureError):
    """A picture with more pixels than the service takes."""


def limited(picture: bytes, most: int) -> bytes | TooManyPixelsError:
    """Return a picture file, or why it is too large; a file that is none is returned as well."""
    try:
        with quietly(), recognized(picture) as image:
            width, height = image.size
    except Image.DecompressionBombError:
        return TooManyPixelsError(f"the picture has more than {_megapixels(most)}")
    except Exception:  # whoever reads it gets the same error, and explains it
        return picture
    if width * height <= most:
        return picture
    return TooManyPixelsError(
        f"the picture has {width * height / 1e6:.1f} megapixels ({width}x{height}), more than "
        f"{_megapixels(most)}"
    )


def _megapixels(most: int) -> str:
    return f"{most / 1e6:g} megapixels, the limit of this service: make it smaller"
