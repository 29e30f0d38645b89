"""Fields: random arrays of a crop's size, the raw material of paper, light and noise.

Drawing a fresh normal number per pixel would take longer than everything else a crop needs. So
noise is cut from one fixed table, and smooth fields are small ones enlarged by Pillow.
"""

from functools import cache
from typing import TypeVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

Field = NDArray[np.float32]
"""H x W."""

_SIDE = 1024  # of the table of noise, in pixels
_FLIPS = ((1, 1), (1, -1), (-1, 1), (-1, -1))


def uniform(random: Generator, low: float, high: float) -> float:
    """Return a number between the two; a quarter of the time of Generator.uniform."""
    return low + (high - low) * random.random()


def below(random: Generator, count: int) -> int:
    """Return a whole number from 0 to count - 1; faster than Generator.integers."""
    return min(int(random.random() * count), count - 1)


_T = TypeVar("_T")


def drawn(kinds: tuple[tuple[_T, float], ...], random: Generator) -> _T:
    """Return one of the kinds, each with its share (the shares add up to 1)."""
    left = random.random()
    for kind, share in kinds:
        left -= share
        if left < 0:
            return kind
    return kinds[-1][0]


@cache
def _noise_table() -> Field:
    return np.random.default_rng(20).standard_normal((_SIDE, _SIDE), np.float32)


def noise(shape: tuple[int, int], random: Generator) -> Field:
    """Return normal noise of deviation 1, independent from pixel to pixel."""
    height, width = shape
    if height > _SIDE or width > _SIDE:
        return random.standard_normal(shape, np.float32)
    top, left = below(random, _SIDE - height + 1), below(random, _SIDE - width + 1)
    down, right = _FLIPS[below(random, 4)]
    return _noise_table()[top : top + height, left : left + width][::down, ::right]


def smooth(
    shape: tuple[int, int], random: Generator, cell: float, across: float | None = None
) -> Field:
    """Return noise of deviation about 1 that changes over `cell` pixels (or more across than down).

    `cell` is the distance of independent values from top to bottom, `across` from left to right
    (the same if None).
    """
    height, width = shape
    rows, columns = height / max(cell, 1), width / max(across or cell, 1)
    grid = noise((int(rows) + 2, int(columns) + 2), random)
    y, x = random.random(), random.random()  # the grid's place is random, too
    image = Image.fromarray(np.ascontiguousarray(grid))
    box = (x, y, min(x + columns, grid.shape[1]), min(y + rows, grid.shape[0]))
    enlarged = image.resize((width, height), Image.Resampling.BILINEAR, box)
    return np.asarray(enlarged) * np.float32(1.4)  # averaging neighbors has reduced the deviation


def along(shape: tuple[int, int], angle: float) -> Field:
    """Return how far each pixel is along a direction, in pixels from the crop's middle.

    The angle is in radians, clockwise from the right.
    """
    height, width = shape
    y = (np.arange(height, dtype=np.float32) - np.float32(height / 2)) * np.float32(np.sin(angle))
    x = (np.arange(width, dtype=np.float32) - np.float32(width / 2)) * np.float32(np.cos(angle))
    return y[:, None] + x


def waves(shape: tuple[int, int], angle: float, period: float, phase: float) -> Field:
    """Return a cosine wave, -1 to 1, that runs along a direction with a period in pixels."""
    height, width = shape
    step = 2 * np.pi / period
    y = np.exp(1j * (np.arange(height) * (step * np.sin(angle)) + phase)).astype(np.complex64)
    x = np.exp(1j * np.arange(width) * (step * np.cos(angle))).astype(np.complex64)
    return np.outer(y.real, x.real) - np.outer(y.imag, x.imag)


def looked_up(table: NDArray[np.floating], places: Field, scale: float = 1) -> Field:
    """Return the table's value at each place (times scale); beyond its ends, the end's value."""
    return np.take(table.astype(np.float32), (places * np.float32(scale)).astype(np.intp), mode="clip")


def unit(field: Field) -> Field:
    """Return the field as contiguous float32, cut to 0..1."""
    return np.clip(field, 0, 1, dtype=np.float32)


def to_image(field: Field) -> Image.Image:
    """Return a field of 0..1 as a gray picture of 8 bits."""
    return Image.fromarray((np.clip(field, 0, 1) * np.float32(255) + np.float32(0.5)).astype(np.uint8))


def to_field(image: Image.Image) -> Field:
    """Return a gray picture of 8 bits as a field of 0..1."""
    return np.asarray(image, np.float32) * np.float32(1 / 255)
