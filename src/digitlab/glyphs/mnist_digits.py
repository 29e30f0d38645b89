"""MNIST's digits at any size: with the strokes that they have, or redrawn with another pen.

MNIST's own strokes are all about an eighth as wide as the digit is high. Real pens are between a
twenty-fifth and a fifth, so many digits are reduced to the middle of their strokes and drawn again.
"""

from functools import lru_cache

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageFilter

from digitlab.glyphs.transforms import cropped
from digitlab.pictures.digit import SIDE, Digit
from digitlab.pictures.ink import Ink

_DIGIT = 20  # pixels of MNIST's digits, on their longer side
_SMALL = 26  # pixels: a lower digit is drawn twice as large and then averaged
_THIN = 2  # pixels per pixel of MNIST while the middle of the strokes is found
_STEPS = 16  # in which the distance of one such pixel is stored


def resized(image: Digit, height: float, random: Generator, *, slant: float, turn: float) -> Ink:
    """Return a MNIST digit whose 20 pixels become `height`, slanted, turned, thicker or thinner.

    `slant` is in pixels to the right per pixel of height, `turn` in radians clockwise.
    """
    fine = 2 if height < _SMALL else 1
    ink = _placed(
        Image.fromarray(image), height * fine, random, slant=slant, turn=turn
    ) / np.float32(255)
    level = random.uniform(0.3, 0.62)  # a high level narrows the strokes, a low one widens them
    steep = random.uniform(1.7, 2.4) * max(1.0, height * fine / _DIGIT / 2)  # at least 0.5 / 0.3
    ink = np.clip((ink - np.float32(level)) * np.float32(steep) + np.float32(0.5), 0, 1)
    return cropped(_averaged(ink, fine))


def redrawn(
    image: Digit, height: float, pen: float, random: Generator, *, slant: float, turn: float
) -> Ink:
    """Return a MNIST digit drawn along the middle of its strokes with a pen of another width.

    `pen` is in pixels. A pixel has ink if it is less than half a pen away from the middle of a
    stroke.
    """
    fine = 2 if height < _SMALL else 1
    near = _placed(_nearness(image.tobytes()), height * fine, random, slant=slant, turn=turn)
    pixels = height * fine / _DIGIT / _THIN  # per pixel of the map of distances
    distance = (255 - near) * np.float32(pixels / _STEPS)
    ink = np.clip(np.float32(max(1.0, pen * fine) / 2 + 0.5) - distance, 0, 1)
    return cropped(_averaged(ink, fine) * np.float32(min(1.0, max(0.5, pen))))


@lru_cache(maxsize=20_000)
def _nearness(pixels: bytes) -> Image.Image:
    """Return how near each place is to the middle of a stroke: 255 on it, 16 less per pixel off."""
    from scipy.ndimage import distance_transform_edt  # here, because only this needs SciPy
    from skimage.morphology import skeletonize

    side = SIDE * _THIN
    large = Image.frombytes("L", (SIDE, SIDE), pixels).resize(
        (side, side), Image.Resampling.BICUBIC
    )
    middle = skeletonize(np.asarray(large.filter(ImageFilter.GaussianBlur(1))) > 110)
    distance = distance_transform_edt(~middle)
    near = np.clip(255 - _STEPS * distance, 0, 255).astype(np.uint8)
    return Image.fromarray(near).filter(ImageFilter.GaussianBlur(0.7))  # rounds off pixels' stairs


def _placed(
    image: Image.Image, height: float, random: Generator, *, slant: float, turn: float
) -> Ink:
    """Return an image of a MNIST digit whose 20 pixels become `height`, slanted and turned."""
    per_pixel = image.width / SIDE
    scale = height / _DIGIT / per_pixel
    wide = scale * random.uniform(0.85, 1.15)
    side = int(np.ceil(1.5 * image.width * max(scale, wide))) // 2 * 2
    half, middle = side / 2, image.width / 2
    # Where a pixel of the result is taken from: it is turned back, made upright, and reduced.
    cos, sin = np.cos(turn), np.sin(turn)
    a, b = (cos - slant * sin) / wide, (sin + slant * cos) / wide
    d, e = -sin / scale, cos / scale
    matrix = (a, b, middle - (a + b) * half, d, e, middle - (d + e) * half)
    kind = Image.Resampling.BICUBIC if per_pixel == 1 else Image.Resampling.BILINEAR
    return np.asarray(
        image.transform((side, side), Image.Transform.AFFINE, matrix, kind), np.float32
    )


def _averaged(ink: Ink, factor: int) -> Ink:
    """Return ink reduced by a whole factor."""
    if factor == 1:
        return ink
    height, width = ink.shape
    parts = ink.reshape(height // factor, factor, width // factor, factor)
    return np.asarray(parts.mean((1, 3)), np.float32)
