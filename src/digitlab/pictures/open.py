"""Open any picture safely: from a file, bytes, Pillow or NumPy to one gray uint8 array."""

import io
import os
import threading
import warnings
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from digitlab.errors import DigitlabError, PictureError
from digitlab.pictures.gray import Gray, eight_bits, gray_levels

Source = str | os.PathLike[str] | bytes | BinaryIO | Image.Image | NDArray[np.generic]

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")  # every other decoder stays shut
MAX_BYTES = 20_000_000
MAX_PIXELS = 16_000_000
MIN_SIDE = 5  # pixels of the longer side: less than that holds no digit
FILTERS = threading.Lock()  # the filters of warnings are the whole process's: one at a time


def open_picture(source: Source, *, largest_side: int | None = None) -> Gray:
    """Return the picture as gray levels, upright and opaque.

    Parameters
    ----------
    source
        a path; the bytes of a file; a binary stream such as ``sys.stdin.buffer``; a Pillow
        image; or an array of height x width (gray), x 3 (RGB) or x 4 (RGBA), of uint8,
        uint16, bool, or float in 0..1.
    largest_side
        reduce by a whole factor, by area averaging, while the longer side stays at
        or above this many pixels. A large photograph is then also decoded faster.

    Returns
    -------
    Gray
        uint8, height x width, 0 black to 255 white. A colored picture gives its luminance, or
        its red, green or blue where that alone shows the drawing much better (yellow on white).

    Raises
    ------
    PictureError
        no such file, empty, too large, not a picture, broken, an animation, or an
        array of a wrong shape or with wrong values.

    >>> open_picture(np.zeros((2, 9, 3), np.uint8)).shape
    (2, 9)
    """
    return open_scaled(source, largest_side=largest_side)[0]


def open_scaled(source: Source, *, largest_side: int | None = None) -> tuple[Gray, tuple[int, int]]:
    """Return what `open_picture` does, and the upright picture's whole width and height."""
    image, name, size = decoded(source, largest_side)
    try:
        return gray_levels(image, largest_side), size
    except MemoryError:
        raise
    except DigitlabError as error:
        raise PictureError(f"{name}: {error}") from error
    except Exception as error:  # a picture without a single usable value
        raise PictureError(f"{name} is damaged: {one_line(error)}") from error


def open_upright(source: Source) -> Image.Image:
    """Return the picture as a Pillow image of any mode, decoded, and turned as its EXIF says.

    Takes and raises the same as `open_picture`.
    """
    return decoded(source, None)[0]


def decoded(source: Source, largest_side: int | None) -> tuple[Image.Image, str, tuple[int, int]]:
    """Return the upright picture, perhaps reduced by a power of two; its name; its whole size."""
    if isinstance(source, np.ndarray):
        name, image = "the array", image_from_array(source)
    elif isinstance(source, Image.Image):
        name, image = "the image", source
    else:
        name, image = image_from_file(source)
    check_size(image, name)
    width, height = image.size
    try:
        if image is source:
            image = source.copy()  # what follows must not change the caller's
        if largest_side is not None:
            image.draft(None, (largest_side, largest_side))  # JPEG only: a half, a quarter...
        image.load()
        upright = ImageOps.exif_transpose(image)
    except MemoryError:
        raise
    except Exception as error:  # a decoder handed damaged bytes may raise anything
        raise PictureError(f"{name} is damaged: {one_line(error)}") from error
    is_turned = (upright.width > upright.height) != (image.width > image.height)
    return upright, name, (height, width) if is_turned else (width, height)


def image_from_file(source: str | os.PathLike[str] | bytes | BinaryIO) -> tuple[str, Image.Image]:
    """Read at most MAX_BYTES and recognize the format; nothing is decoded yet."""
    if isinstance(source, bytes):
        name, content = "the picture", source
    elif isinstance(source, str | os.PathLike):
        name = os.fspath(source)
        content = read_file(Path(source), name)
    elif hasattr(source, "read"):
        name = str(getattr(source, "name", "the stream"))
        content = read_stream(source, name)
    else:
        kinds = "a path, bytes, a binary stream, a Pillow image or an array"
        raise PictureError(f"a picture is {kinds}, not {type(source).__name__}")
    if not content:
        raise PictureError(f"{name} is empty")
    if len(content) > MAX_BYTES:
        raise PictureError(f"{name} is larger than {MAX_BYTES // 10**6} MB, the most that is read")
    try:
        with FILTERS, warnings.catch_warnings():
            # Odd tags in a TIFF: it opens or it does not.
            warnings.simplefilter("ignore", UserWarning)
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(content), formats=FORMATS)
        # MPO: a phone's photograph, with a small one beside it.
        frames = 1 if image.format == "MPO" else getattr(image, "n_frames", 1)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureError(
            f"{name} has more than {MAX_PIXELS // 10**6} megapixels, the most that is read"
        ) from error
    except UnidentifiedImageError as error:
        raise PictureError(
            f"{name} is not a picture of a known format ({', '.join(FORMATS)})"
        ) from error
    except Exception as error:  # as above: any damage to the header
        raise PictureError(f"{name} is damaged: {one_line(error)}") from error
    if frames > 1:
        raise PictureError(
            f"{name} is an animation or has several pages ({frames}): give one picture"
        )
    return name, image


def read_stream(stream: BinaryIO, name: str) -> bytes:
    """Read at most MAX_BYTES + 1 bytes of a stream that may be closed, broken, or of text."""
    try:
        content = stream.read(MAX_BYTES + 1)
    except Exception as error:  # whatever kind of stream it is
        raise PictureError(f"{name} cannot be read: {one_line(error)}") from error
    if not isinstance(content, bytes):
        raise PictureError(f"{name} is a stream of text, not of bytes")
    return content


def read_file(path: Path, name: str) -> bytes:
    """Read at most MAX_BYTES + 1 bytes, so that an endless file ends too."""
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise PictureError(f"{name}: no such file") from error
    except IsADirectoryError as error:
        raise PictureError(f"{name} is a folder without a picture") from error
    except (OSError, ValueError) as error:  # ValueError: a path with a null byte
        raise PictureError(
            f"{name} cannot be read: {getattr(error, 'strerror', None) or error}"
        ) from error


def image_from_array(array: NDArray[np.generic]) -> Image.Image:
    """Check an array's shape and values; return it as a Pillow image of 8 bits a channel."""
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise PictureError(f"an array must be height x width, x 3 or x 4, not {array.shape}")
    if array.size == 0:
        raise PictureError(f"the array is empty: its shape is {array.shape}")
    if array.shape[0] * array.shape[1] > MAX_PIXELS:  # before any copy is made
        raise PictureError(
            f"the array has more than {MAX_PIXELS // 10**6} megapixels, the most that is read"
        )
    return Image.fromarray(eight_bits(array))


def check_size(image: Image.Image, name: str) -> None:
    """Refuse, from the header alone, what is too large or too small to hold a digit."""
    width, height = image.size
    if width * height > MAX_PIXELS:
        size = f"{width * height / 1e6:.1f} megapixels ({width}x{height})"
        raise PictureError(f"{name} has {size}, more than {MAX_PIXELS // 10**6}")
    if max(width, height) < MIN_SIDE:
        raise PictureError(f"{name} is only {width}x{height} pixels: no digit fits in it")


def one_line(error: Exception) -> str:
    """Return an exception's own words, without line breaks."""
    return " ".join(str(error).split()) or type(error).__name__
