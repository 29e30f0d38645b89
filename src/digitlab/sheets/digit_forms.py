"""Digits in forms that MNIST's writers seldom used, as strokes: drawn, never copied from anybody.

Europeans give the one a flag and the seven a bar; many people leave the four open, close it in a
point, curl the nine's tail, or write a two without a loop.
"""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from digitlab.sheets.digits import Strokes

_WOBBLE = 0.022  # standard deviation of each point

_FORMS = {
    0: (
        "~ 32,0 5,25 5,75 30,100 58,75 58,25 33,0 25,3",
        "~ 40,3 10,20 0,60 30,100 60,60 55,10 30,0",
    ),
    1: (
        "- 0,36 34,0 34,100",
        "- 0,50 40,0 36,100",
        "- 5,22 26,0 26,100",
        "- 0,30 30,0 30,100 | - 6,100 56,100",
        "- 0,0 0,100",
    ),
    2: (
        "~ 3,22 25,0 52,22 30,60 0,100 | - 0,100 58,98",
        "- 2,8 50,0 | ~ 50,0 50,30 25,65 0,100 | - 0,100 60,100",
        "~ 5,20 30,0 50,25 30,70 5,97 0,82 20,85 40,100 62,90",
    ),
    3: (
        "~ 2,12 28,0 50,20 22,45 55,70 28,100 0,88",
        "- 2,0 55,0 22,40 | ~ 22,40 56,60 45,95 0,95",
    ),
    4: (
        "- 16,2 0,58 60,55 | - 46,22 42,100",
        "- 8,0 6,50 56,50 | - 50,0 50,100",
        "- 42,100 42,0 0,66 62,66",
        "- 30,0 0,60 60,60 | - 38,40 34,100",
        "~ 5,5 2,40 25,50 48,40 | - 52,2 48,100",
    ),
    5: (
        "- 55,0 10,0 6,42 | ~ 6,42 40,38 56,68 35,98 0,92",
        "~ 10,5 6,42 40,45 50,75 30,100 0,90 | - 10,3 60,0",
    ),
    6: (
        "~ 45,0 15,30 2,70 25,100 50,75 30,52 6,70",
        "~ 50,3 20,10 0,50 10,95 45,95 50,65 20,55 4,75",
    ),
    7: (
        "- 0,0 55,0 20,100 | - 12,50 55,48",
        "~ 0,14 6,2 30,8 56,0 | - 56,0 22,100 | - 14,52 56,46",
        "- 0,12 0,0 55,0 30,45 24,100",
        "- 0,0 52,0 48,100 | - 25,50 70,50",
        "- 0,0 50,2 20,100",
    ),
    8: (
        "~ 48,14 25,0 4,20 30,48 55,78 28,100 0,78 28,46 50,20 40,4",
        "~ 28,0 6,22 28,46 50,22 28,0 | ~ 28,46 0,74 28,100 56,74 28,46",
    ),
    9: (
        "~ 48,15 20,0 2,28 22,52 46,32 50,10 | ~ 50,10 50,60 40,95 15,100 2,88",
        "~ 50,10 22,0 0,25 20,48 46,30 | - 50,5 46,100",
        "~ 46,25 25,0 2,22 20,50 44,30 | ~ 45,10 50,50 35,90 5,98",
    ),
}
"""Ways to write each digit. Strokes are parted by `|`; one begins with `~` if it is a curve through
its points, or `-` if it is straight from point to point. A point is x to the right and y down, in
hundredths of the digit's height."""


def form(digit: int, random: Generator) -> Strokes:
    """Return the strokes of one way to write a digit, 1 high, a little different each time."""
    forms = _FORMS[digit]
    chosen = forms[int(random.integers(len(forms)))]
    wide = random.uniform(0.75, 1.2)
    strokes = []
    for stroke in chosen.split(" | "):
        kind, *written = stroke.split(" ")
        points = np.array([[int(it) for it in point.split(",")] for point in written]) / 100
        placed = points * (wide, 1) + random.normal(0, _WOBBLE, points.shape)
        strokes.append(curve(placed) if kind == "~" else placed)
    return strokes


def curve(points: NDArray[np.float64], steps: int = 6) -> NDArray[np.float64]:
    """Return a Catmull-Rom spline through the points, with `steps` points on each part."""
    padded = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    a, b, c, d = padded[:-3, None], padded[1:-2, None], padded[2:-1, None], padded[3:, None]
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    bend, twist = 2 * a - 5 * b + 4 * c - d, 3 * b - a - 3 * c + d
    return np.vstack(
        [(b + (c - a) * t / 2 + (bend * t**2 + twist * t**3) / 2).reshape(-1, 2), points[-1:]]
    )
