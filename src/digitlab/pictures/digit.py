"""Any picture of a digit to a 28 x 28 image like those of MNIST.

The steps are those by which MNIST was made (LeCun, Cortes and Burges, "The MNIST database of
handwritten digits"): crop to the ink, scale it into a box of 20 x 20 pixels with its aspect ratio
kept, and place the box in 28 x 28 pixels so that the ink's center of mass is at pixel (14, 14).
"""

from math import floor
from typing import TypeGuard

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitlab.errors import PictureError
from digitlab.pictures.gray import Gray, eight_bits
from digitlab.pictures.ink import Drawing, Ink, digit_drawing_of
from digitlab.pictures.open import Source, open_picture
from digitlab.pictures.raster import bounds, find_blobs, is_one_blob, to_bytes
from digitlab.pictures.strip import shows_several
from digitlab.pictures.strokes import BOX, INKED, redrawn, with_usual_strokes

Digit = NDArray[np.uint8]  # 28 x 28; 0 = paper, 255 = full ink

SIDE = 28  # pixels of an MNIST image
MAX_STACK = 1_000_000  # images in one array
_CENTER = 14  # row and column of the center of mass, counted from 0
LARGEST = 512  # pixels of the longer side to which a large picture is reduced, at least
_SPECK_SIDE = 64  # pixels: specks are found at this size, where small gaps in strokes are closed
_LEAST_INK = 160  # pixels of the ink's longer side to which a large drawing is reduced, at least
_SPECK_INK = 96  # of 255: what has more belongs to a stroke or a speck
_SPECK = 0.02  # of the largest region's area: smaller regions are specks
_PLACES = np.arange(SIDE, dtype=np.uint64)
_ROW, _COLUMN = np.indices((SIDE, SIDE), np.float32).reshape(2, -1)
_MOMENTS = np.stack([np.ones_like(_ROW), _ROW, _COLUMN], axis=1)  # 784 x 3


def prepare(source: Source) -> Digit:
    """Return a picture of one digit as an MNIST-like image: bright ink on black.

    Takes anything that `open_picture` opens, and raises what it raises. The image is all zero if
    the picture is blank (see `has_ink`). An MNIST image, also with its grays inverted, comes out
    unchanged, byte for byte.
    """
    return _prepared(source)[0]


def prepare_and_check(source: Source) -> tuple[Digit, bool]:
    """Return what `prepare` returns, and whether the picture seems to show several digits.

    For how that is decided, see `digitlab.pictures.strip.shows_several`. Raises the same.
    """
    digit, drawing = _prepared(source)
    return digit, drawing is not None and shows_several(drawing)


def _prepared(source: Source) -> tuple[Digit, Drawing | None]:
    """Return what `prepare` returns, and the ink; None if the picture was an MNIST image."""
    gray = gray_of(source)
    light = light_on_black(gray)
    if light is not None and _is_centered(light) and is_mnist(light[None])[0]:
        return light, None
    return prepare_drawing(gray)


def gray_of(source: Source) -> Gray:
    """Return the gray levels of a picture from which `prepare` starts; raises what it raises."""
    refuse_flat_stack(source)
    if _is_small_gray(source):
        return source
    return open_picture(source, largest_side=LARGEST).gray(LARGEST)


def light_on_black(gray: Gray) -> Digit | None:
    """Return a copy of what may be an MNIST image, inverted if it is dark on white; else None."""
    if gray.shape != (SIDE, SIDE) or gray[0, 0] not in (0, 255):
        return None
    return gray.copy() if gray[0, 0] == 0 else ~gray


def prepare_drawing(gray: Gray) -> tuple[Digit, Drawing]:
    """Return what `prepare` makes of a picture that is not an MNIST image, and its ink."""
    drawing = digit_drawing_of(gray, _LEAST_INK)
    return _to_mnist(drawing), drawing


def prepare_stack(images: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Return a new array, uint8, N x 28 x 28, with what `prepare` makes of each of N images.

    They are N x 28 x 28, of uint8, uint16, bool, or float in 0..1. Raises PictureError for other
    values and for more than MAX_STACK images.

    >>> prepare_stack(np.ones((2, 28, 28))).any()
    np.False_
    """
    if len(images) > MAX_STACK:  # before any copy is made
        raise PictureError(
            f"an array of {len(images):,} images is too large: give at most {MAX_STACK:,} at a time"
        )
    is_ready = images.dtype == np.uint8 or images.size == 0
    prepared = images.astype(np.uint8) if is_ready else eight_bits(images)  # a copy
    for start in range(0, len(prepared), 4096):  # which bounds the memory of is_mnist
        part = prepared[start : start + 4096]
        for index in np.flatnonzero(~is_mnist(part)):
            part[index] = prepare(part[index])
    return prepared


def has_format(source: object) -> TypeGuard[Digit]:
    """Check whether this is an array of uint8, 28 x 28."""
    if not isinstance(source, np.ndarray):
        return False
    return bool(source.shape == (SIDE, SIDE) and source.dtype == np.uint8)


def _is_small_gray(source: object) -> TypeGuard[NDArray[np.uint8]]:
    """Check whether it is an array of gray levels that opening would not change."""
    if not isinstance(source, np.ndarray) or source.dtype != np.uint8 or source.ndim != 2:
        return False
    return bool(min(source.shape) >= 5 and max(source.shape) < 2 * LARGEST)


def _is_centered(image: Digit) -> bool:
    """Check quickly whether the center of mass is about where MNIST's images have it."""
    mass, down, across = (image.ravel().astype(np.float32) @ _MOMENTS).tolist()
    return bool(max(abs(down - _CENTER * mass), abs(across - _CENTER * mass)) < 0.6 * mass)


def has_ink(digit: Digit) -> bool:
    """Check whether `prepare` found anything drawn in the picture."""
    return bool(digit.any())


def refuse_flat_stack(source: Source) -> None:
    """Raise PictureError for an array of N x 784 whose rows are MNIST images."""
    if isinstance(source, np.ndarray) and source.shape[1:] == (SIDE * SIDE,) and len(source):
        first = eight_bits(source[:100]).reshape(-1, SIDE, SIDE)
        if is_mnist(first).mean() > 0.5:
            raise PictureError(
                f"the array has {len(source):,} images as rows of {SIDE * SIDE} values, and as one "
                f"picture they cannot be read: give it as array.reshape(-1, {SIDE}, {SIDE})"
            )


def is_mnist(images: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Check which of N x 28 x 28 images are sized and centered like MNIST's; all its 70,000 are.

    The brightest pixel is 254 or 255, the ink's longer side has 19 or 20 pixels, and its center of
    mass rounds to pixel (14, 14).
    """
    placed = images.reshape(len(images), -1).max(axis=1, initial=0) >= 254
    flat = images[placed].reshape(-1, SIDE * SIDE)  # each check is of those that passed the others
    moments = flat.astype(np.float32) @ _MOMENTS  # M x 3; whole numbers below 2 ** 24: exact
    off_center = np.abs(moments[:, 1:] / moments[:, :1] - _CENTER).max(axis=1, initial=0)
    placed[placed] = off_center < 0.53  # MNIST's own rounding: up to 0.52
    longer = np.zeros(np.count_nonzero(placed), np.int64)
    for across in (2, 1):
        inked = images[placed].any(axis=across)  # M x 28: rows, then columns
        extent = SIDE - inked.argmax(axis=1) - inked[:, ::-1].argmax(axis=1)  # first ink to last
        longer = np.maximum(longer, extent)
    placed[placed] = (longer == BOX) | (longer == BOX - 1)
    return np.asarray(placed, np.bool_)


def to_mnist(ink: Ink) -> Digit:
    """Crop, scale and center a map of ink as MNIST's makers did; all zero if there is no ink."""
    return _to_mnist(to_bytes(ink))


def _to_mnist(drawing: Drawing) -> Digit:
    drawing = _without_specks(drawing)
    inked = drawing >= INKED
    if not inked.any():
        return np.zeros((SIDE, SIDE), np.uint8)
    drawing = redrawn(drawing, inked)
    drawing = with_usual_strokes(drawing)
    top, bottom, left, right = bounds(drawing >= INKED)
    height, width = bottom - top, right - left
    scale = BOX / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    box = left, top, right, bottom
    small = np.asarray(Image.fromarray(drawing).resize(size, Image.Resampling.BOX, box), np.float32)
    return _centered(np.rint(small * (255 / small.max())).astype(np.uint8))


def _without_specks(drawing: Drawing) -> Drawing:
    """Clear regions smaller than _SPECK of the largest one's area; the others keep soft edges.

    In a drawing that is not small, small gaps in strokes are closed for that: regions are found
    where squares of pixels count as one, which has ink if any of them has.
    """
    inked = drawing > _SPECK_INK
    factor = -(-max(drawing.shape) // _SPECK_SIDE)
    squares = _pooled(inked, factor) if factor > 1 else inked
    if is_one_blob(squares):  # most digits: it takes half of the time
        return drawing
    blobs = find_blobs(squares)
    if len(blobs.areas) < 2:
        return drawing
    height, width = drawing.shape
    labels = blobs.labels.repeat(factor, 0).repeat(factor, 1)[:height, :width]
    areas = np.bincount(labels.ravel(), inked.ravel())
    is_speck = (areas < _SPECK * areas.max()) & (areas > 0)
    return np.where(is_speck[labels], np.uint8(0), drawing) if is_speck.any() else drawing


def _pooled(inked: NDArray[np.bool_], factor: int) -> NDArray[np.bool_]:
    """Return whether any pixel of each square of `factor` x `factor` pixels has ink."""
    height, width = (-(-side // factor) * factor for side in inked.shape)
    whole = np.zeros((height, width), bool)
    whole[: inked.shape[0], : inked.shape[1]] = inked
    for _ in ("down", "across"):
        rows = whole[::factor].copy()
        for offset in range(1, factor):
            rows |= whole[offset::factor]
        whole = rows.T
    return whole


def _centered(small: NDArray[np.uint8]) -> Digit:
    """Place an image of up to 20 x 20 so that its center of mass rounds to pixel (14, 14)."""
    height, width = small.shape
    rows, columns = small.sum(axis=1), small.sum(axis=0)
    mass = int(rows.sum())
    row, column = int(rows @ _PLACES[:height]) / mass, int(columns @ _PLACES[:width]) / mass
    top = min(max(0, floor(_CENTER - row + 0.5)), SIDE - height)
    left = min(max(0, floor(_CENTER - column + 0.5)), SIDE - width)
    digit = np.zeros((SIDE, SIDE), np.uint8)
    digit[top : top + height, left : left + width] = small
    return digit
