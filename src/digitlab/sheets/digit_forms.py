"""Digits in forms that MNIST's writers seldom used, as strokes: drawn, never copied from anybody.

Europeans give the one a flag and the seven a bar; many people leave the four open, close it in a
point, curl the nine's tail, or write a two without a loop.
"""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from digitlab.sheets.digits import Strokes

_Points = tuple[tuple[float, float], ...]  # x to the right, y down; a digit is 1 high

_LINE, _CURVE = False, True
_WOBBLE = 0.022  # standard deviation of each point

_FORMS: dict[int, list[list[tuple[bool, _Points]]]] = {
    0: [
        [(_CURVE, ((0.32, 0), (0.05, 0.25), (0.05, 0.75), (0.3, 1), (0.58, 0.75), (0.58, 0.25),
                   (0.33, 0.0), (0.25, 0.03)))],
        [(_CURVE, ((0.4, 0.03), (0.1, 0.2), (0, 0.6), (0.3, 1), (0.6, 0.6), (0.55, 0.1),
                   (0.3, 0.0)))],
    ],
    1: [
        [(_LINE, ((0, 0.36), (0.34, 0), (0.34, 1)))],
        [(_LINE, ((0, 0.5), (0.4, 0), (0.36, 1)))],
        [(_LINE, ((0.05, 0.22), (0.26, 0), (0.26, 1)))],
        [(_LINE, ((0, 0.3), (0.3, 0), (0.3, 1))), (_LINE, ((0.06, 1), (0.56, 1)))],
        [(_LINE, ((0, 0.0), (0.0, 1)))],
    ],
    2: [
        [(_CURVE, ((0.03, 0.22), (0.25, 0), (0.52, 0.22), (0.3, 0.6), (0, 1))),
         (_LINE, ((0, 1), (0.58, 0.98)))],
        [(_LINE, ((0.02, 0.08), (0.5, 0.0))),
         (_CURVE, ((0.5, 0.0), (0.5, 0.3), (0.25, 0.65), (0, 1))),
         (_LINE, ((0, 1), (0.6, 1)))],
        [(_CURVE, ((0.05, 0.2), (0.3, 0), (0.5, 0.25), (0.3, 0.7), (0.05, 0.97), (0.0, 0.82),
                   (0.2, 0.85), (0.4, 1), (0.62, 0.9)))],
    ],
    3: [
        [(_CURVE, ((0.02, 0.12), (0.28, 0), (0.5, 0.2), (0.22, 0.45), (0.55, 0.7), (0.28, 1),
                   (0, 0.88)))],
        [(_LINE, ((0.02, 0), (0.55, 0), (0.22, 0.4))),
         (_CURVE, ((0.22, 0.4), (0.56, 0.6), (0.45, 0.95), (0.0, 0.95)))],
    ],
    4: [
        [(_LINE, ((0.16, 0.02), (0.0, 0.58), (0.6, 0.55))), (_LINE, ((0.46, 0.22), (0.42, 1)))],
        [(_LINE, ((0.08, 0), (0.06, 0.5), (0.56, 0.5))), (_LINE, ((0.5, 0), (0.5, 1)))],
        [(_LINE, ((0.42, 1), (0.42, 0), (0.0, 0.66), (0.62, 0.66)))],
        [(_LINE, ((0.3, 0), (0.0, 0.6), (0.6, 0.6))), (_LINE, ((0.38, 0.4), (0.34, 1)))],
        [(_CURVE, ((0.05, 0.05), (0.02, 0.4), (0.25, 0.5), (0.48, 0.4))),
         (_LINE, ((0.52, 0.02), (0.48, 1)))],
    ],
    5: [
        [(_LINE, ((0.55, 0), (0.1, 0.0), (0.06, 0.42))),
         (_CURVE, ((0.06, 0.42), (0.4, 0.38), (0.56, 0.68), (0.35, 0.98), (0, 0.92)))],
        [(_CURVE, ((0.1, 0.05), (0.06, 0.42), (0.4, 0.45), (0.5, 0.75), (0.3, 1), (0.0, 0.9))),
         (_LINE, ((0.1, 0.03), (0.6, 0.0)))],
    ],
    6: [
        [(_CURVE, ((0.45, 0), (0.15, 0.3), (0.02, 0.7), (0.25, 1), (0.5, 0.75), (0.3, 0.52),
                   (0.06, 0.7)))],
        [(_CURVE, ((0.5, 0.03), (0.2, 0.1), (0.0, 0.5), (0.1, 0.95), (0.45, 0.95), (0.5, 0.65),
                   (0.2, 0.55), (0.04, 0.75)))],
    ],
    7: [
        [(_LINE, ((0, 0), (0.55, 0), (0.2, 1))), (_LINE, ((0.12, 0.5), (0.55, 0.48)))],
        [(_CURVE, ((0, 0.14), (0.06, 0.02), (0.3, 0.08), (0.56, 0.0))),
         (_LINE, ((0.56, 0), (0.22, 1))),
         (_LINE, ((0.14, 0.52), (0.56, 0.46)))],
        [(_LINE, ((0, 0.12), (0.0, 0), (0.55, 0), (0.3, 0.45), (0.24, 1)))],
        [(_LINE, ((0, 0), (0.52, 0), (0.48, 1))), (_LINE, ((0.25, 0.5), (0.7, 0.5)))],
        [(_LINE, ((0, 0.0), (0.5, 0.02), (0.2, 1)))],
    ],
    8: [
        [(_CURVE, ((0.48, 0.14), (0.25, 0), (0.04, 0.2), (0.3, 0.48), (0.55, 0.78), (0.28, 1),
                   (0.0, 0.78), (0.28, 0.46), (0.5, 0.2), (0.4, 0.04)))],
        [(_CURVE, ((0.28, 0.0), (0.06, 0.22), (0.28, 0.46), (0.5, 0.22), (0.28, 0.0))),
         (_CURVE, ((0.28, 0.46), (0.0, 0.74), (0.28, 1), (0.56, 0.74), (0.28, 0.46)))],
    ],
    9: [
        [(_CURVE, ((0.48, 0.15), (0.2, 0), (0.02, 0.28), (0.22, 0.52), (0.46, 0.32), (0.5, 0.1))),
         (_CURVE, ((0.5, 0.1), (0.5, 0.6), (0.4, 0.95), (0.15, 1.0), (0.02, 0.88)))],
        [(_CURVE, ((0.5, 0.1), (0.22, 0.0), (0.0, 0.25), (0.2, 0.48), (0.46, 0.3))),
         (_LINE, ((0.5, 0.05), (0.46, 1)))],
        [(_CURVE, ((0.46, 0.25), (0.25, 0.0), (0.02, 0.22), (0.2, 0.5), (0.44, 0.3))),
         (_CURVE, ((0.45, 0.1), (0.5, 0.5), (0.35, 0.9), (0.05, 0.98)))],
    ],
}  # fmt: skip


def form(digit: int, random: Generator) -> Strokes:
    """Return the strokes of one way to write a digit, 1 high, a little different each time."""
    forms = _FORMS[digit]
    chosen = forms[int(random.integers(len(forms)))]
    wide, change = random.uniform(0.75, 1.2), np.array([0.0, 0.0])
    strokes = []
    for is_curve, points in chosen:
        placed = np.array(points) * (wide, 1) + random.normal(0, _WOBBLE, (len(points), 2)) + change
        strokes.append(curve(placed) if is_curve else placed)
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
