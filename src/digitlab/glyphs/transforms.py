"""Change a glyph's ink: crop it, turn it, break its strokes, move it until it touches another."""

import numpy as np
from numpy.random import Generator
from PIL import Image

from digitlab.pictures.ink import Ink


def cropped(ink: Ink) -> Ink:
    """Return the part of the array that has ink; a single pixel if none has."""
    seen = ink > 0.15
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    if not len(rows):
        return ink[:1, :1]
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def turned(ink: Ink, angle: float) -> Ink:
    """Return ink turned clockwise by an angle in radians."""
    if abs(angle) < 0.03:
        return ink
    image = Image.fromarray(np.rint(np.pad(ink, 1) * 255).astype(np.uint8))
    image = image.rotate(-np.degrees(angle), Image.Resampling.BICUBIC, expand=True)
    return cropped(np.asarray(image, np.float32) / np.float32(255))


def broken(ink: Ink, random: Generator) -> Ink:
    """Return a digit in two pieces, as if the pen had skipped along a narrow band."""
    height, width = ink.shape
    angle = random.uniform(0, np.pi)
    rows = (np.arange(height) - random.uniform(0.3, 0.7) * height)[:, None] * np.cos(angle)
    columns = (np.arange(width) - random.uniform(0.3, 0.7) * width) * np.sin(angle)
    band = max(1.0, random.uniform(0.03, 0.09) * height)
    whole = np.clip(np.abs(rows + columns) - band / 2 + 0.5, 0, 1).astype(np.float32)
    return np.asarray(ink * whole, np.float32)


def touching_gap(before: Ink, after: Ink) -> float:
    """Return the gap between two glyphs' boxes at which they touch, 0 or below.

    Both have their middles at the same height.
    """
    rows = min(len(before), len(after))
    one, other = (
        it[(len(it) - rows) // 2 : (len(it) - rows) // 2 + rows] > 0.5 for it in (before, after)
    )
    common = one.any(1) & other.any(1)
    if not common.any():
        return 0.0
    free = one[common, ::-1].argmax(1) + other[common].argmax(1)
    return -float(min(free.min(), 0.5 * min(before.shape[1], after.shape[1])))
