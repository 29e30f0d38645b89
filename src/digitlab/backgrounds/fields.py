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

_SIDE = 512  # of the tables of noise, in pixels
_RATIO = 1.25  # of one table's cell to the next one's
_FINE = 12.0  # pixels: noise with smaller cells is cut from tables
_FLIPS = ((1, 1), (1, -1), (-1, 1), (-1, -1))


def uniform(random: Generator, low: float, high: float) -> float:
    """Return a number between the two; a quarter of the time of Generator.uniform."""
    return low + (high - low) * random.random()


def below(random: Generator, count: int) -> int:
    """Return a whole number from 0 to count - 1; faster than Generator.integers."""
    return min(int(random.random() * count), count - 1)


_T = TypeVar("_T")


def picked(kinds: tuple[tuple[_T, float], ...], random: Generator) -> _T:
    """Return one of the kinds, each with its share (the shares add up to 1)."""
    left = random.random()
    for kind, share in kinds:
        left -= share
        if left < 0:
            return kind
    return kinds[-1][0]


@cache
def _table(step: int | None) -> Field:
    """Return a fixed table of noise: a value for each pixel, or one every _RATIO**step pixels."""
    table = np.random.default_rng(20).standard_normal((_SIDE, _SIDE), np.float32)
    if step is not None:
        side = int(_SIDE / _RATIO**step)
        grid = Image.fromarray(np.ascontiguousarray(table[:side, :side]))
        table = np.asarray(grid.resize((_SIDE, _SIDE), Image.Resampling.BICUBIC))
        table = table / table.std()
    table.flags.writeable = False  # the pieces that are handed out share its memory
    return table


def piece(table: Field, shape: tuple[int, int], random: Generator) -> Field:
    """Return a random piece of a larger array, perhaps mirrored; it shares the memory."""
    height, width = shape
    top = below(random, table.shape[0] - height + 1)
    left = below(random, table.shape[1] - width + 1)
    down, right = _FLIPS[below(random, 4)]
    return table[top : top + height, left : left + width][::down, ::right]


def noise(shape: tuple[int, int], random: Generator) -> Field:
    """Return normal noise of deviation 1, independent from pixel to pixel; not to be changed."""
    if max(shape) > _SIDE:
        return random.standard_normal(shape, np.float32)
    return piece(_table(None), shape, random)


def smooth(
    shape: tuple[int, int], random: Generator, cell: float, across: float | None = None
) -> Field:
    """Return noise of deviation about 1 that changes over `cell` pixels.

    With `across`, that is the distance of independent values from left to right, and `cell` the
    one from top to bottom. Both are at least 1.
    """
    if across is None and cell < _FINE and max(shape) <= _SIDE:
        return piece(_table(round(np.log(cell) / np.log(_RATIO))), shape, random).copy()
    down, right = _weights(shape[0], cell, random), _weights(shape[1], across or cell, random)
    grid = noise((down.shape[1], right.shape[1]), random)
    if cell >= _FINE:
        return _product(down, grid @ right.T) * np.float32(1.3)  # averages vary less
    height, width = shape  # many rows: Pillow takes less time for them than a product
    rows = Image.fromarray(_product(grid, right.T))
    box = (0, 0, width, min(height / cell, grid.shape[0]))
    image = rows.resize((width, height), Image.Resampling.BILINEAR, box)
    return np.asarray(image) * np.float32(1.4)


def _weights(size: int, cell: float, random: Generator) -> Field:
    """Return the weights that make a smooth curve of `size` pixels from values `cell` apart."""
    places = np.arange(size) / cell + random.random()
    left = places.astype(np.intp)
    part = places - left
    part *= part * (3 - 2 * part)
    weights = np.zeros((size, int(left[-1]) + 2), np.float32)
    pixels = np.arange(size)
    weights[pixels, left], weights[pixels, left + 1] = 1 - part, part
    return weights


def _product(a: Field, b: Field) -> Field:
    """Return a @ b, in parts so small that OpenBLAS starts no threads: they would double the time.

    Its limit is 262,144 multiplications.
    """
    rows = max(250_000 // (a.shape[1] * b.shape[1]), 1)
    return np.concatenate([a[i : i + rows] @ b for i in range(0, len(a), rows)])


def phase(places: Field, period: float) -> Field:
    """Return how far each place is in its period, 0 to 1."""
    turns: Field = places * np.float32(1 / period)
    return turns - np.floor(turns)


def along(shape: tuple[int, int], angle: float) -> Field:
    """Return how far each pixel is along a direction, in pixels from the crop's middle.

    The angle is in radians, clockwise from the right.
    """
    height, width = shape
    y = (np.arange(height, dtype=np.float32) - np.float32(height / 2)) * np.float32(np.sin(angle))
    x = (np.arange(width, dtype=np.float32) - np.float32(width / 2)) * np.float32(np.cos(angle))
    places: Field = y[:, None] + x
    return places


def waves(shape: tuple[int, int], angle: float, period: float, phase: float) -> Field:
    """Return a cosine wave, -1 to 1, that runs along a direction with a period in pixels."""
    height, width = shape
    step = 2 * np.pi / period
    y = np.exp(1j * (np.arange(height) * (step * np.sin(angle)) + phase)).astype(np.complex64)
    x = np.exp(1j * np.arange(width) * (step * np.cos(angle))).astype(np.complex64)
    wave: Field = np.outer(y.real, x.real) - np.outer(y.imag, x.imag)
    return wave


def looked_up(table: NDArray[np.floating], places: Field, scale: float = 1) -> Field:
    """Return the table's value at each place (times scale); beyond its ends, the end's value."""
    indices = (places * np.float32(scale)).astype(np.intp)
    values: Field = np.take(table.astype(np.float32), indices, mode="clip")
    return values


def unit(field: NDArray[np.floating]) -> Field:
    """Return the field as contiguous float32, cut to 0..1."""
    cut: Field = np.clip(field, 0, 1, dtype=np.float32)
    return cut


def to_image(field: Field) -> Image.Image:
    """Return a field of 0..1 as a gray picture of 8 bits."""
    return Image.fromarray(
        (np.clip(field, 0, 1) * np.float32(255) + np.float32(0.5)).astype(np.uint8)
    )


def to_field(image: Image.Image) -> Field:
    """Return a gray picture of 8 bits as a field of 0..1."""
    return np.asarray(image, np.float32) * np.float32(1 / 255)
