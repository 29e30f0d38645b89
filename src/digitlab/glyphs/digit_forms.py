"""Digits as strokes, in forms that MNIST's writers seldom used.

Europeans give the one a flag and the seven a bar; many people leave the four open, close it in a
point, curl the nine's tail, or write a two without a loop.
"""

from collections.abc import Callable
from itertools import islice

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw

from digitlab.glyphs.choice import one_of
from digitlab.glyphs.strokes import Points, smooth
from digitlab.glyphs.transforms import cropped
from digitlab.pictures.ink import Ink

_WOBBLE = 0.022  # heights of the digit: standard deviation of each point
_FINE = 4  # pixels per pixel of the result while strokes are drawn

PAGE_FORMS: dict[int, tuple[str, ...]] = {
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
"""Ways to write each digit on the pages that the page network learns from.

Strokes are separated by `|`. One begins with `~` if it is a curve through its points, or with `-`
if it is straight from point to point. A point is x to the right and y down, in hundredths of the
digit's height.
"""

CLASSIFIER_FORMS: dict[int, tuple[str, ...]] = {
    0: (
        "~ 45,0 12,30 12,70 50,100 88,70 85,30 50,0",
        "~ 60,3 20,20 10,65 45,100 85,70 80,20 45,2",
    ),
    1: (
        "- 50,0 50,100",
        "- 20,34 60,0 60,100",
        "- 12,42 60,0 60,100",
        "- 30,20 55,0 55,100",
        "- 20,30 50,0 50,100 | - 20,100 80,100",
    ),
    2: (
        "~ 10,25 35,2 75,10 75,35 45,68 8,100 | - 8,100 90,100",
        "~ 10,22 40,0 75,20 55,65 22,95 5,90 20,76 50,92 95,98",
        "~ 12,20 45,0 78,25 50,62 10,98 | ~ 10,98 40,92 70,100 95,90",
    ),
    3: (
        "~ 12,12 45,0 78,20 40,45 | ~ 40,45 85,68 55,100 5,88",
        "- 12,2 80,2 40,42 | ~ 40,42 85,60 70,93 10,95",
        "~ 10,10 50,2 75,22 50,42 35,48 55,50 85,72 50,98 5,90",
    ),
    4: (
        "- 65,0 6,65 95,65 | - 65,0 65,100",
        "- 20,0 10,52 90,52 | - 72,15 65,100",
        "~ 15,0 8,35 30,55 75,45 | - 80,0 72,100",
        "- 30,0 5,60 90,60 | - 60,35 55,100",
    ),
    5: (
        "- 80,2 22,0 16,45 | ~ 16,45 50,34 86,65 60,97 5,92",
        "- 22,0 16,42 | ~ 16,42 55,36 84,68 50,100 6,92 | - 22,0 85,2",
    ),
    6: (
        "~ 75,4 32,32 10,72 42,100 82,78 52,55 15,72",
        "~ 50,0 18,45 12,80 45,100 75,80 50,60 16,78",
    ),
    7: (
        "- 10,2 85,0 40,100",
        "- 10,2 85,0 40,100 | - 30,50 80,48",
        "- 10,15 10,2 88,2 45,100 | - 28,50 85,50",
        "~ 8,12 25,2 55,8 88,0 | - 88,0 40,100",
        "~ 8,12 25,2 55,8 88,0 | - 88,0 45,100 | - 35,50 85,50",
    ),
    8: (
        "~ 72,10 42,0 20,20 50,46 84,76 50,100 12,78 45,46 78,22 64,4",
        "~ 50,0 20,20 50,45 80,20 50,0 | ~ 50,45 12,72 50,100 88,72 50,45",
    ),
    9: (
        "~ 78,20 45,2 12,28 42,52 78,24 | - 80,12 74,100",
        "~ 78,20 45,2 12,28 42,52 78,24 | ~ 80,12 84,68 55,100 12,88",
        "~ 75,8 30,5 15,35 50,50 78,20 82,60 50,100 20,90",
    ),
}
"""The same for the pictures that the digit classifier learns from."""


def strokes_of(
    form: str,
    random: Generator,
    *,
    wobble: float,
    curve: Callable[[Points], Points] = smooth,
    wide: float = 1.0,
) -> list[Points]:
    """Return the strokes of a form, a little different each time.

    Parameters
    ----------
    form
        One of `PAGE_FORMS` or `CLASSIFIER_FORMS`.
    wobble
        Standard deviation of each point, in heights of the digit.
    curve
        How curves are made of points.
    wide
        x is multiplied by it.

    Returns
    -------
    list
        Points in heights of the digit.
    """
    strokes = []
    for stroke in form.split(" | "):
        kind, *written = stroke.split(" ")
        points = np.array([[int(it) for it in point.split(",")] for point in written]) / 100
        placed = points * (wide, 1) + random.normal(0, wobble, points.shape)
        strokes.append(curve(placed) if kind == "~" else placed)
    return strokes


def written_form(
    digit: int, height: float, pen: float, random: Generator, *, slant: float, turn: float
) -> Ink:
    """Write a digit in one of its forms, a little different each time.

    Parameters
    ----------
    height, pen
        Pixels.
    slant
        Pixels to the right per pixel of height.
    turn
        Radians, clockwise.

    Returns
    -------
    Ink
        Cropped tight.
    """
    form = one_of(PAGE_FORMS[digit], random)
    wide = random.uniform(0.75, 1.2)
    strokes = strokes_of(form, random, wobble=_WOBBLE, curve=_curve, wide=wide)
    return _drawn(strokes, height, pen, slant=slant, turn=turn)


def _curve(points: Points) -> Points:
    """Return what `smooth` returns with 6 steps, except for the last bits of some numbers.

    The sum is in another order. Each crop is to stay the same, and a bit may change a pixel.
    """
    padded = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    a, b, c, d = padded[:-3, None], padded[1:-2, None], padded[2:-1, None], padded[3:, None]
    t = np.linspace(0, 1, 6, endpoint=False)[:, None]
    bend, twist = 2 * a - 5 * b + 4 * c - d, 3 * b - a - 3 * c + d
    return np.vstack(
        [(b + (c - a) * t / 2 + (bend * t**2 + twist * t**3) / 2).reshape(-1, 2), points[-1:]]
    )


def _drawn(strokes: list[Points], height: float, pen: float, *, slant: float, turn: float) -> Ink:
    """Draw strokes with a round pen; one thinner than a pixel draws a gray line."""
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
