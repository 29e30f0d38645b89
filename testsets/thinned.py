"""Digits written with a thin pen: the middle line of a MNIST digit, drawn again."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from testsets.pens import Ink

_FINE = 4  # MNIST's 28 x 28 are enlarged by this factor before they are thinned
_AROUND = [(-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1)]  # clockwise


def thin_drawn(image: NDArray[np.uint8], height: float, pen_width: float) -> Ink:
    """Return a MNIST digit drawn with a pen of `pen_width` pixels, cropped.

    MNIST's 20 pixels become `height`.
    """
    side = 28 * _FINE
    large = Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)
    soft = np.asarray(large.filter(ImageFilter.GaussianBlur(0.45 * _FINE)))
    points, pairs = _lines_along(skeleton(soft > 105))
    fine = max(1, round(400 / height))  # draw this many times larger, then average
    radius = max(1.0, pen_width * fine / 2)
    points = (points - points.min(0)) * (height * fine / (20 * _FINE)) + radius
    columns, rows = np.ceil(points.max(0) + radius).astype(int) + 1
    canvas = Image.new("L", (int(columns), int(rows)))
    draw = ImageDraw.Draw(canvas)
    for first, second in pairs:
        ends = (*points[first], *points[second])
        draw.line(ends, fill=255, width=max(1, round(2 * radius)))
    for x, y in points:
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    size = max(1, round(canvas.width / fine)), max(1, round(canvas.height / fine))
    return np.asarray(canvas.resize(size, Image.Resampling.BOX), np.float32) / 255


def skeleton(shape: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the middle line of a shape, one pixel wide.

    Source: T. Y. Zhang and C. Y. Suen, "A fast parallel algorithm for thinning digital patterns",
    Communications of the ACM, 1984.
    """
    shape = np.pad(shape, 1)
    while True:
        before = shape.sum()
        for north_east in (True, False):
            near = np.array([np.roll(shape, (-dy, -dx), (0, 1)) for dy, dx in _AROUND])
            count = near.sum(0)
            starts = (~near & np.roll(near, -1, 0)).sum(0)
            north, east, south, west = near[::2]
            if north_east:
                inner = (north & east & south) | (east & south & west)
            else:
                inner = (north & east & west) | (north & south & west)
            shape = shape & ~((count >= 2) & (count <= 6) & (starts == 1) & ~inner)
        if shape.sum() == before:
            return shape[1:-1, 1:-1]


def _lines_along(
    middle: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], list[tuple[int, int]]]:
    """Return the pixels of a skeleton, N x 2 (x, y), smoothed, and which of them are neighbors."""
    spots = np.argwhere(middle)
    numbers = {(int(y), int(x)): number for number, (y, x) in enumerate(spots)}
    pairs = [
        (number, numbers[y + dy, x + dx])
        for (y, x), number in numbers.items()
        for dy, dx in _AROUND[:4]
        if (y + dy, x + dx) in numbers
    ]
    points = spots[:, ::-1].astype(float)
    first, second = np.array(pairs, int).reshape(-1, 2).T
    for _ in range(3):  # each pixel moves to the middle of its neighbors: the steps disappear
        total, count = np.zeros_like(points), np.zeros(len(points))
        for one, other in ((first, second), (second, first)):
            np.add.at(total, one, points[other])
            np.add.at(count, one, 1)
        inside = count >= 2
        points[inside] = 0.5 * points[inside] + 0.5 * total[inside] / count[inside, None]
    return points, pairs
