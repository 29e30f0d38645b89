"""Open any picture safely: a file, bytes, a stream, a Pillow image or a NumPy array."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Union

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.ExifTags import Base

from digitlab.errors import PictureError
from digitlab.pictures.content import File, one_line, read_content
from digitlab.pictures.formats import (
    FORMATS,
    has_extra,
    is_heic,
    is_pdf,
    remedy_for,
    several_pages,
)
from digitlab.pictures.gray import Gray, eight_bits, gray_levels, reduced_in_strips
from digitlab.pictures.ink import Ink, ink_of
from digitlab.pictures.quiet import quietly
from digitlab.pictures.raster import reduced

Source = Union[File, Image.Image, NDArray[np.generic], "Picture"]

MAX_PIXELS = 80_000_000  # below Pillow's own limit, 89 megapixels
_LIMIT = f"{MAX_PIXELS // 10**6} megapixels, the limit: make it smaller"
_MOST_DECODED = 500_000_000  # bytes of memory that a decoder may take
_LARGE_PIXELS = 20_000_000  # a picture with more is reduced before anything else is done with it
_MIN_SIDE = 5  # pixels of the longer side: a digit needs more


@dataclass(eq=False)
class Picture:
    """A picture that is decoded. Its gray levels and its ink are computed once, when needed."""

    image: Image.Image
    """Upright, of any mode. A large picture may have been reduced, a JPEG while it was decoded."""
    name: str
    """What error messages call it."""
    size: tuple[int, int]
    """Width and height of the whole picture, upright, before it was reduced."""
    largest_side: int | None
    """See `open_picture`."""
    _whole: Gray | None = None
    _grays: dict[int, Gray] = field(default_factory=dict)  # by factor of reduction
    _inks: dict[int, Ink] = field(default_factory=dict)

    def gray(self, largest_side: int | None = None) -> Gray:
        """Return the gray levels, uint8, height x width, 0 black to 255 white.

        They are reduced by a whole factor while the longer side stays at or above `largest_side`. A
        colored picture gives its luminance, or its red, green or blue where that alone shows the
        drawing much better (yellow on white). Raises PictureError for values that cannot be used,
        such as floats above 1.
        """
        factor = self._factor(largest_side)
        if factor not in self._grays:
            self._grays[factor] = reduced(self._whole_gray, factor)
        return self._grays[factor]

    def ink(self, largest_side: int | None = None) -> Ink:
        """Return `digitlab.pictures.ink.ink_of` what `gray` returns."""
        factor = self._factor(largest_side)
        if factor not in self._inks:
            self._inks[factor] = ink_of(self.gray(largest_side))
        return self._inks[factor]

    def luminance(self) -> Gray:
        """Return the luminance, uint8, height x width, also where one color alone shows more.

        It is reduced to the `largest_side` that `open_picture` was given. Raises PictureError like
        `gray`.
        """
        with _decoding(self.name):
            return gray_levels(self.image, self.largest_side, best_channel=False)

    def _factor(self, largest_side: int | None) -> int:
        return max(1, max(self._whole_gray.shape) // largest_side) if largest_side else 1

    @property
    def _whole_gray(self) -> Gray:
        # No `cached_property`: in Python 3.11, all pictures share its lock, so threads would wait
        # for each other, and a child that is forked meanwhile forever.
        if self._whole is None:
            with _decoding(self.name):
                self._whole = gray_levels(self.image, self.largest_side)
        return self._whole


@contextmanager
def _decoding(name: str, content: bytes = b"") -> Iterator[None]:
    """Keep Pillow quiet, and turn every error into a PictureError that begins with the name."""
    try:
        with quietly():
            yield
    except PictureError as error:
        raise PictureError(f"{name}: {error}") from error
    except UnidentifiedImageError as error:
        raise PictureError(f"{name} {remedy_for(content)}") from error
    except Image.DecompressionBombError as error:
        raise PictureError(f"{name} has more than {_LIMIT}") from error
    except MemoryError as error:
        raise PictureError(f"{name} needs more memory than there is: save it smaller") from error
    except Exception as error:  # damaged data can make a decoder raise anything
        raise PictureError(f"{name} is damaged: {one_line(error)}") from error


def open_picture(source: Source, *, largest_side: int | None = None) -> Picture:
    """Decode a picture.

    Raises PictureError for a picture that is missing, empty, too large, damaged, an animation, a
    document of several pages or not a picture, and for an array with a wrong shape or wrong values.

    Parameters
    ----------
    source
        A path; the bytes of a file (also HEIC, or PDF with one page, if the extras of these names
        are installed); a binary stream such as ``sys.stdin.buffer``; a Pillow image; an array of
        height x width (gray), x 3 (RGB) or x 4 (RGBA), of uint8, uint16, bool, or float in 0..1; or
        a `Picture`, which is returned as it is.
    largest_side
        Reduce the gray levels by a whole factor, by averaging areas, while the longer side stays at
        or above this many pixels. A large JPEG is then also decoded faster, at a half, a quarter or
        an eighth of its size.

    >>> open_picture(np.zeros((2, 9, 3), np.uint8)).gray().shape
    (2, 9)
    """
    if isinstance(source, Picture):
        return source
    if isinstance(source, np.ndarray):
        name, image = "the array", _image_from_array(source)
    elif isinstance(source, Image.Image):
        name, image = "the image", source
    else:
        name, content = read_content(source)
        image = single_image(content, name)
    return picture_of(image, name, largest_side, is_own=image is not source)


def picture_of(
    image: Image.Image, name: str, largest_side: int | None, *, is_own: bool = True
) -> Picture:
    """Decode an image that is open, unless it is too large or too small; see `open_picture`.

    One that is not our own is copied, because nothing may change the caller's image.
    """
    _check_size(image, name)
    with _decoding(name):
        if not is_own:
            image = image.copy()
        size = image.size
        if largest_side is not None:
            _reduce_while_decoding(image, largest_side)
        image.load()
        if largest_side is not None and image.width * image.height > _LARGE_PIXELS:
            image = _reduced(image, largest_side)
        before = image.size
        ImageOps.exif_transpose(image, in_place=True)
    if image.size != before:  # turned by a quarter
        size = size[1], size[0]
    return Picture(image, name, size, largest_side)


def _reduce_while_decoding(image: Image.Image, largest_side: int) -> None:
    """Let a JPEG decode to a half, a quarter or an eighth, still at least `largest_side` long."""
    for factor in (8, 4, 2):
        if max(image.size) >= factor * largest_side:
            width, height = image.size
            image.draft(None, (max(1, width // factor), max(1, height // factor)))
            return


def _reduced(image: Image.Image, largest_side: int) -> Image.Image:
    """Reduce a large image, before it takes more memory, and keep how it must be turned."""
    factor = max(image.size) // largest_side
    if factor < 2:
        return image
    orientation = image.getexif().get(Base.Orientation, 1)
    image = reduced_in_strips(image, factor)
    image.getexif()[Base.Orientation] = orientation
    return image


def single_image(content: bytes, name: str) -> Image.Image:
    """Open what must be one picture; the pixels are not decoded yet, except of a PDF document."""
    if is_pdf(content) and has_extra("pdf"):
        from digitlab.pictures.pdf import only_page

        return only_page(content, name)
    image, frames = image_and_frames(content, name)
    if frames > 1 and image.format == "TIFF":
        raise PictureError(several_pages(name, frames))
    if frames > 1:
        raise PictureError(
            f"{name} is an animation or has several pages ({frames}): save one as a picture"
        )
    return image


def image_and_frames(content: bytes, name: str, frame: int = 0) -> tuple[Image.Image, int]:
    """Recognize the format and read a frame's header; return it and the number of frames.

    The pixels are not decoded yet. A phone's photo counts as one frame, also where its file has
    small copies (MPO) or more photos of a burst (HEIF).
    """
    with _decoding(name, content):
        image = recognized(content)
        if image.format in ("MPO", "HEIF"):
            return image, 1
        if frame:
            image.seek(frame)
        return image, getattr(image, "n_frames", 1)


def recognized(content: bytes) -> Image.Image:
    """Recognize a picture's format and read its header; raises what Pillow's decoder raises."""
    if is_heic(content) and has_extra("heic"):
        # Not registered in Pillow: that would change what the caller's own program opens.
        from pillow_heif import HeifImageFile

        return HeifImageFile(io.BytesIO(content))
    return Image.open(io.BytesIO(content), formats=FORMATS)


def _image_from_array(array: NDArray[np.generic]) -> Image.Image:
    """Check an array's shape and values; return it as a Pillow image of 8 bits per channel."""
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise PictureError(f"an array must be height x width, x 3 or x 4, not {array.shape}")
    if array.size == 0:
        raise PictureError(f"the array is empty: its shape is {array.shape}")
    if array.shape[0] * array.shape[1] > MAX_PIXELS:  # before any copy is made
        raise PictureError(f"the array has more than {_LIMIT}")
    return Image.fromarray(eight_bits(array))


def _check_size(image: Image.Image, name: str) -> None:
    """Refuse, before the pixels are decoded, what is too large or too small to show a digit."""
    width, height = image.size
    most = min(MAX_PIXELS, _MOST_DECODED // _bytes_per_pixel(image))
    if width * height > most:
        raise PictureError(
            f"{name} has {width * height / 1e6:.1f} megapixels ({width}x{height}), more than "
            f"{most // 10**6} megapixels, the limit{' of its format' * (most < MAX_PIXELS)}: "
            "make it smaller"
        )
    if min(width, height) < 1:
        raise PictureError(f"{name} is empty: its size is {width}x{height}")
    if max(width, height) < _MIN_SIDE:
        raise PictureError(f"{name} is only {width}x{height} pixels: no digit fits in it")


def _bytes_per_pixel(image: Image.Image) -> int:
    """Return how much memory the decoder of a format takes: measured."""
    if image.format == "WEBP":  # three pictures in the decoder, one in Pillow
        return 16
    is_progressive = "progressive" in image.info  # all coefficients are kept, 16 bits each
    return 2 * len(image.getbands()) if is_progressive else 4
