"""Digits as ink: MNIST's at any size, MNIST's redrawn with another pen, and drawn from strokes.

MNIST's own strokes are all about an eighth as wide as the digit is high. Real pens are between a
twenty-fifth and a fifth, so many digits are reduced to the middle of their strokes and drawn again.
Forms that MNIST's American writers seldom used (a one with a flag, a crossed seven, an open four)
are drawn from strokes of their own.
"""

from functools import lru_cache
from itertools import islice

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from digitlab.pictures.digit import SIDE, Digit
from digitlab.pictures.ink import Ink

Strokes = list[NDArray[np.float64]]  # of each stroke, N x 2: x to the right and y down

_FINE = 4  # pixels per pixel of MNIST, and per pixel of the result while strokes are drawn
_THIN = 2  # pixels per pixel of MNIST while the middle of the strokes is found
_SMOOTHED = 3  # times each point is moved between its neighbors
_DIGIT = 20  # pixels of MNIST's digits, on their longer side


def cropped(ink: Ink) -> Ink:
    """Return the part of the array that has ink; a single pixel if none has."""
    seen = ink > 0.15
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    if not len(rows):
        return ink[:1, :1]
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def resized(image: Digit, height: float, random: Generator, *, slant: float, turn: float) -> Ink:
    """Return a MNIST digit whose 20 pixels become `height`, slanted, turned, thicker or thinner.

    `slant` is in pixels to the right per pixel of height, `turn` in radians clockwise.
    """
    fine = 2 if height < 26 else 1  # a small digit is drawn larger, then averaged
    scale = height * fine / _DIGIT
    wide = scale * random.uniform(0.85, 1.15)
    # A pixel of the result, from its middle, is taken from: turned back, upright, unscaled.
    cos, sin = np.cos(turn), np.sin(turn)
    side = int(np.ceil(1.5 * SIDE * max(scale, wide))) // (2 * fine) * 2 * fine
    half = side / 2
    a, b = (cos + slant * -sin) / wide, (sin + slant * cos) / wide
    d, e = -sin / scale, cos / scale
    # 13.5: the middle of MNIST's pixels 0 to 27; Pillow counts from the pixels' corners.
    matrix = (a, b, 14 - a * half - b * half, d, e, 14 - d * half - e * half)
    enlarged = Image.fromarray(image).filter(ImageFilter.GaussianBlur(0.35)).transform(
        (side, side), Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC
    )
    level = random.uniform(0.3, 0.62)  # a high level narrows the strokes, a low one widens them
    steep = random.uniform(1.7, 2.4) * max(1.0, scale / 2)  # at least 0.5 / 0.3: paper stays bare
    ink = np.asarray(enlarged, np.float32) / np.float32(255)
    ink = np.clip((ink - np.float32(level)) * np.float32(steep) + np.float32(0.5), 0, 1)
    if fine == 2:
        ink = ink.reshape(side // 2, 2, side // 2, 2).mean((1, 3))
    return cropped(ink)


def drawn(
    strokes: Strokes, height: float, pen: float, *, slant: float = 0.0, turn: float = 0.0
) -> Ink:
    """Return strokes whose box has the height 1, drawn `height` pixels high with a round pen.

    `pen` is in pixels and may be below 1: such a line is a thin gray one.
    """
    cos, sin = np.cos(turn), np.sin(turn)
    change = np.array([[cos, -sin], [sin, cos]]) @ np.array([[1, -slant], [0, 1]])
    everything = np.concatenate(strokes) @ change.T * (height * _FINE)
    width = max(1.0, pen * _FINE)
    margin = width / 2 + _FINE
    low = everything.min(axis=0) - margin
    size = np.ceil((everything.max(axis=0) + margin - low) / _FINE).astype(int) * _FINE
    canvas = Image.new("L", (int(size[0]), int(size[1])))
    draw = ImageDraw.Draw(canvas)
    corners_of_all = iter([(x, y) for x, y in (everything - low).tolist()])
    for stroke in strokes:
        corners = list(islice(corners_of_all, len(stroke)))
        draw.line(corners, fill=255, width=round(width), joint="curve")
        if width > 3:  # round ends
            for x, y in (corners[0], corners[-1]):
                r = (width - 1) / 2
                draw.ellipse((x - r, y - r, x + r, y + r), fill=255)
    fine = np.asarray(canvas, np.float32)
    ink = fine.reshape(size[1] // _FINE, _FINE, size[0] // _FINE, _FINE).mean((1, 3))
    strongest = 255 * min(1.0, max(0.5, pen))
    return cropped(np.minimum(np.float32(1), ink * np.float32(1 / strongest)))


def redrawn(
    image: Digit, height: float, pen: float, random: Generator, *, slant: float, turn: float
) -> Ink:
    """Return a MNIST digit drawn along the middle of its strokes with a pen of another width."""
    strokes = middle_strokes(image.tobytes())
    if not len(strokes):
        return resized(image, height, random, slant=slant, turn=turn)
    wide = np.array([random.uniform(0.85, 1.15), 1])
    return drawn(list(strokes * wide), height, pen, slant=slant, turn=turn)


@lru_cache(maxsize=60_000)
def middle_strokes(pixels: bytes) -> NDArray[np.float64]:
    """Return the middle of a MNIST digit's strokes as N short lines, N x 2 (ends) x 2.

    MNIST's 20 pixels are 1.
    """
    from skimage.morphology import skeletonize  # here, because it loads SciPy

    image = Image.frombytes("L", (SIDE, SIDE), pixels)
    side = SIDE * _THIN
    large = image.resize((side, side), Image.Resampling.BICUBIC)
    thin = np.pad(skeletonize(np.asarray(large.filter(ImageFilter.GaussianBlur(1.5))) > 110), 1)
    places = np.flatnonzero(thin)
    numbers = np.cumsum(thin) - 1  # of each pixel's place
    width = thin.shape[1]
    ends = [
        (numbers[places[joined]], numbers[places[joined] + step])
        for step in (1, width - 1, width, width + 1)  # to the right, and the three pixels below
        if (joined := thin.ravel()[places + step]).any()
    ]
    if not ends:
        return np.empty((0, 2, 2))
    one, other = np.concatenate(ends, axis=1)
    points = np.stack([places % width, places // width], axis=1) - 1.0
    neighbors = np.bincount(np.concatenate([one, other]), minlength=len(points))[:, None]
    for _ in range(_SMOOTHED):  # pixels form stairs: move each point between its neighbors
        sums = np.zeros_like(points)
        np.add.at(sums, one, points[other])
        np.add.at(sums, other, points[one])
        points = np.where(neighbors > 1, (points + sums / neighbors.clip(1)) / 2, points)
    points /= _DIGIT * _THIN
    return np.stack([points[one], points[other]], axis=1)
