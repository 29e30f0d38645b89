"""Any picture of a digit to the 28 x 28 image that MNIST would have made of it.

The recipe is the one by which MNIST itself was made (LeCun, Cortes and Burges, "The MNIST
database of handwritten digits"): cut to the ink, scale with the aspect kept into a 20 x 20 box,
and place the box in 28 x 28 so that the ink's center of mass falls on the middle.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitlab.pictures.ink import Ink, ink_of
from digitlab.pictures.open import Source, open_picture
from digitlab.pictures.raster import bounds, main_blobs, stroke_width, widened

Digit = NDArray[np.uint8]  # 28 x 28; 0 = paper, 255 = full ink
Drawing = NDArray[np.uint8]  # any size; 0 = paper, 255 = full ink

SIDE = 28  # pixels of a MNIST image
BOX = 20  # pixels of the box that the ink fills on its longer side
CENTER = 14  # row and column of the center of mass, counted from 0
DRAWING = 80  # pixels of the longer side while strokes are mended: four to a pixel of the box
LARGEST = 512  # pixels of the longer side that a large picture is reduced to, at least
THINNEST, THICKEST = 1.8, 4.0  # strokes' width, in pixels of the box, that is left as it is
# (10 % of MNIST's training images are thinner than 1.8, 4 % thicker than 4.0)
CONTRAST = 1.5  # of the redrawn ink, about middle gray


def prepare(source: Source) -> Digit:
    """Return MNIST's image of the digit in a picture.

    Parameters
    ----------
    source
        whatever `open_picture` opens.

    Returns
    -------
    Digit
        uint8, 28 x 28, ink bright on black; all zero if the picture is blank (see `has_ink`).
        A picture that is a MNIST image already (or one with its grays reversed) is returned as
        it is, byte for byte.

    Raises
    ------
    PictureError
        the picture cannot be opened.
    """
    if isinstance(source, np.ndarray) and source.shape == (SIDE, SIDE) and source.dtype == np.uint8:
        gray = source.astype(np.uint8)  # gray levels already
    else:
        gray = open_picture(source, largest_side=LARGEST)
    if gray.shape == (SIDE, SIDE):
        for candidate in (gray, 255 - gray):
            if is_mnist(candidate[None])[0]:
                return candidate.copy()
    return to_mnist(ink_of(gray))


def prepare_stack(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return what `prepare` makes of each of many images of 28 x 28; those of MNIST in one go.

    Parameters
    ----------
    images
        uint8, N x 28 x 28.

    Returns
    -------
    NDArray[np.uint8]
        uint8, N x 28 x 28.

    >>> prepare_stack(np.full((2, 28, 28), 255, np.uint8)).any()
    np.False_
    """
    prepared = images.copy()
    for index in np.flatnonzero(~is_mnist(images)):
        prepared[index] = prepare(images[index])
    return prepared


def has_ink(digit: Digit) -> bool:
    """Tell whether `prepare` found anything drawn in the picture."""
    return bool(digit.any())


def is_mnist(images: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Tell which images are sized and centerd as MNIST's are; true of all its 70,000.

    Parameters
    ----------
    images
        uint8, N x 28 x 28.

    Returns
    -------
    NDArray[np.bool_]
        bool, N: the brightest pixel is 254 or 255, the ink's longer side 19 or 20 pixels, and
        its center of mass rounds to pixel (14, 14).
    """
    inked = images != 0
    rows, columns = inked.any(axis=2), inked.any(axis=1)  # both N x 28
    longer = np.maximum(extent(rows), extent(columns))
    down = images.sum(axis=2, dtype=np.float32)  # N x 28
    across = images.sum(axis=1, dtype=np.float32)
    place = np.arange(SIDE, dtype=np.float32)
    mass = np.maximum(down.sum(axis=1), 1)
    off_center = np.maximum(
        np.abs(down @ place / mass - CENTER), np.abs(across @ place / mass - CENTER)
    )
    right: NDArray[np.bool_] = (
        (images.max(axis=(1, 2)) >= 254)
        & (longer >= BOX - 1)
        & (longer <= BOX)
        & (off_center < 0.53)
    )  # 0.53: MNIST's own rounding strays to 0.52
    return right


def extent(lines: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return how many places lie from the first True to the last in each row of N x 28."""
    length: NDArray[np.int64] = (
        lines.shape[1] - lines.argmax(axis=1) - lines[:, ::-1].argmax(axis=1)
    )
    return length


def to_mnist(ink: Ink) -> Digit:
    """Cut, scale and center a map of ink as MNIST's makers did.

    Parameters
    ----------
    ink
        float32, height x width, 0..1, from `ink_of`.

    Returns
    -------
    Digit
        uint8, 28 x 28; all zero if there is no ink.
    """
    ink = main_blobs(ink)
    if not (ink > 0.5).any():
        return np.zeros((SIDE, SIDE), np.uint8)
    drawing = with_usual_strokes(redrawn(ink))
    top, bottom, left, right = bounds(drawing > 127)
    height, width = bottom - top, right - left
    scale = BOX / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    cut = Image.fromarray(drawing).resize(
        size, Image.Resampling.BOX, box=(left, top, right, bottom)
    )
    small = np.asarray(cut, np.float32)
    return centerd(np.rint(small * (255 / small.max())).astype(np.uint8))


def redrawn(ink: Ink) -> Drawing:
    """Redraw the ink with DRAWING pixels on its longer side and a margin of two old pixels.

    A small picture is enlarged by a bicubic curve, so that its squares do not show. The contrast
    is raised a little, which clears a haze off the paper; grays stay, since in a picture of 8 x 8
    they say where the stroke runs between the pixels (black and white alone reads a third more
    of those wrong).
    """
    inked = ink > 0.5
    top, bottom, left, right = bounds(inked)
    scale = DRAWING / max(bottom - top, right - left)
    around = ink[max(0, top - 2) : bottom + 2, max(0, left - 2) : right + 2]
    padded = Image.fromarray(
        np.pad(np.rint(around * 255).astype(np.uint8), 2)
    )  # beyond it is paper
    size = max(1, round(padded.width * scale)), max(1, round(padded.height * scale))
    kind = Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.BOX
    drawing = np.asarray(padded.resize(size, kind), np.float32)
    faded = stroke_width(inked) * scale / 1.5  # a line below 1.5 new pixels fades by the averaging
    drawing = drawing / min(1.0, faded, drawing.max() / 255)
    raised: Drawing = np.clip((drawing - 127) * CONTRAST + 127, 0, 255).astype(np.uint8)
    return raised


def with_usual_strokes(drawing: Drawing) -> Drawing:
    """Widen strokes thinner than most of MNIST's and narrow thicker ones, up to that limit."""
    unit = DRAWING // BOX
    drawing = np.pad(drawing, int(THICKEST * unit))  # room to grow
    for step in range(int(THICKEST * unit)):
        inked = drawing > 127
        width = stroke_width(inked) / unit
        if THINNEST <= width <= THICKEST:
            break
        if width < THINNEST:
            drawing = widened(drawing, diagonal=step % 2 == 1)
            continue
        narrower = 255 - widened(255 - drawing, diagonal=step % 2 == 1)
        if 2 * np.count_nonzero(narrower > 127) < np.count_nonzero(inked):
            break  # next to nothing would be left
        drawing = narrower
    return drawing


def centerd(small: NDArray[np.uint8]) -> Digit:
    """Place an image of up to 20 x 20 so that its center of mass rounds to pixel (14, 14)."""
    mass = small.sum(dtype=np.float64)
    height, width = small.shape
    row = small.sum(axis=1) @ np.arange(height) / mass
    column = small.sum(axis=0) @ np.arange(width) / mass
    top = min(max(0, int(np.floor(CENTER - row + 0.5))), SIDE - height)
    left = min(max(0, int(np.floor(CENTER - column + 0.5))), SIDE - width)
    digit = np.zeros((SIDE, SIDE), np.uint8)
    digit[top : top + height, left : left + width] = small
    return digit
