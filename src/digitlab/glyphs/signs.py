"""The signs that stand next to digits, as people write them by hand.

All coordinates are in heights of a digit, which goes from y = 0 down to y = 1.
"""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.random import Generator

from digitlab.errors import DigitlabError
from digitlab.glyphs.pens import any_hand, drawn_at
from digitlab.glyphs.strokes import Points, arc, corners, curve
from digitlab.pictures.ink import Ink

_LEAST_SLOPE, _MOST_SLOPE = 15.0, 50.0
"""Degrees by which a slash leans off the vertical: one that stands straight would be a 1."""


def sign(name: str, height: float, pen: float, random: Generator) -> tuple[Ink, float]:
    """Write a sign next to digits that are `height` pixels high, with a pen `pen` pixels wide.

    Parameters
    ----------
    name
        One of `SIGNS`.

    Returns
    -------
    Ink
        Cropped tight.
    float
        How far the ink's top edge is below the digits' top, in heights; above it is negative.

    Raises
    ------
    DigitlabError
        If there is no such sign.
    """
    if name not in _STROKES:
        raise DigitlabError(f"no sign {name!r}: the signs are {SIGNS}")
    hand = any_hand(random, 0.7)
    if name in "/-.,:=":  # their own rules decide how they lean
        hand = replace(hand, slant=0.0, turn=0.2 * hand.turn, wobble=0.2 * hand.wobble)
    if name in ".:":
        pen = max(pen * random.uniform(1, 1.5), 0.05 * height)  # a dot is pressed harder
    elif name not in "/-,":
        pen = min(pen, 0.16 * height)  # a thicker one would fill the smallest gaps
    return drawn_at(_STROKES[name](random), height, pen, random, hand)


def _slash(random: Generator) -> list[Points]:
    """Return a slash, often no taller than a digit, of many slopes, straight or slightly bent."""
    tall = random.uniform(0.88, 1.1) if random.random() < 0.5 else random.uniform(1.0, 1.5)
    slope = _LEAST_SLOPE + (_MOST_SLOPE - _LEAST_SLOPE) * random.beta(1.6, 1.8)
    half = tall / 2 * math.tan(math.radians(slope))
    middle = 0.5 + random.normal(0, 0.06) + 0.3 * (tall - 1) * random.uniform(-1, 1)
    top, bottom = (half, middle - tall / 2), (-half, middle + tall / 2)
    if random.random() < 0.4:
        return [corners(top, bottom)]
    bend = random.normal(0, 0.04) * tall
    return [curve(top, (bend, middle + 0.6 * bend), bottom)]


def _dash(random: Generator) -> list[Points]:
    """Return a hyphen, or (less often) a dash that is longer."""
    length = random.uniform(0.22, 0.65) if random.random() < 0.75 else random.uniform(0.6, 1.3)
    level, rise = random.normal(0.52, 0.06), length * random.normal(0, 0.07)
    bend = length * random.normal(0, 0.04)
    return [curve((0, level + rise), (length / 2, level + bend), (length, level - rise))]


def _point(random: Generator, level: float) -> list[Points]:
    """Return a dot: a touch of the pen, a short dash, or a small circle."""
    kind = random.random()
    if kind < 0.6:
        return [corners((0, level))]
    if kind < 0.88:
        length, angle = random.uniform(0.03, 0.11), math.radians(random.uniform(-35, 110))
        x, y = length * math.cos(angle), length * math.sin(angle)
        return [corners((0, level), (x, level + y))]
    radius = random.uniform(0.04, 0.09)
    return [arc(0, level, radius * random.uniform(0.8, 1.2), radius, 0, 370)]


def _full_stop(random: Generator) -> list[Points]:
    """Return a dot on the base line or slightly off it."""
    return _point(random, 0.98 + random.normal(0, 0.04))


def _comma(random: Generator) -> list[Points]:
    """Return a comma: straight, curved, or with a head."""
    top, length = 0.92 + random.normal(0, 0.05), random.uniform(0.18, 0.42)
    back = length * random.uniform(0.1, 0.8)
    kind = random.random()
    if kind < 0.4:
        return [corners((0, top), (-back, top + length))]
    bulge = random.uniform(0.1, 0.3) * length
    tail = curve((0, top), (bulge - 0.2 * back, top + 0.45 * length), (-back, top + length))
    return [tail] if kind < 0.8 else [*_point(random, top), tail]


def _colon(random: Generator) -> list[Points]:
    """Return two dots of one kind, one above the other or nearly so."""
    high, low = random.uniform(0.2, 0.45), random.uniform(0.72, 0.97)
    dots = _point(random, 0.0)
    aside = random.normal(0.03, 0.05)
    return [np.add(dot, place) for place in ((aside, high), (0, low)) for dot in dots]


def _left_parenthesis(random: Generator) -> list[Points]:
    """Return a bow that is clearly round, from above a digit to below it."""
    top, bottom = random.normal(-0.1, 0.08), random.normal(1.12, 0.08)
    depth, belly = random.uniform(0.2, 0.42), random.uniform(0.4, 0.6)
    tilt = random.normal(0.05, 0.06)
    middle = top + belly * (bottom - top)
    return [
        curve(
            (depth + tilt, top),
            (0.3 * depth + tilt / 2, top + 0.45 * (middle - top)),
            (0, middle),
            (0.3 * depth - tilt / 2, bottom - 0.45 * (bottom - middle)),
            (depth - tilt, bottom),
        )
    ]


def _right_parenthesis(random: Generator) -> list[Points]:
    """Return the other one."""
    return [stroke * (-1, 1) for stroke in _left_parenthesis(random)]


def _plus(random: Generator) -> list[Points]:
    """Return a plus in the middle of a digit's height, or as high as one."""
    wide, high = random.uniform(0.45, 0.95) * random.uniform(0.8, 1.2, 2)
    level, aside, up = random.normal((0.53, 0, 0), (0.06, 0.05, 0.05))
    return [
        corners((-wide / 2, level), (wide / 2, level + random.normal(0, 0.04))),
        corners((aside, level - high / 2 + up), (aside - 0.02, level + high / 2 + up)),
    ]


def _equals(random: Generator) -> list[Points]:
    """Return two bars, about parallel."""
    length, gap = random.uniform(0.4, 0.9), random.uniform(0.2, 0.42)
    level, rise = random.normal(0.54, 0.06), random.normal(0, 0.05)
    bars = []
    for side in (-0.5, 0.5):
        begin, end, tilt = random.normal(0, 0.03, 3)
        y = level + side * gap
        bars.append(corners((begin, y + rise), (length + end, y - rise + tilt)))
    return bars


def _dollar(random: Generator) -> list[Points]:
    """Return an S with one or two bars: all through it, or only above and below."""
    wide = random.uniform(0.26, 0.36)
    bow = curve(
        (wide, 0.2 + random.normal(0, 0.03)),
        (0.3 * wide, 0.03),
        (-wide, 0.25),
        (0, 0.5 + random.normal(0, 0.02)),
        (wide, 0.74),
        (-0.2 * wide, 0.97),
        (-wide, 0.8 + random.normal(0, 0.03)),
    )
    over, lean = random.uniform(0.08, 0.22), random.normal(0.03, 0.03)
    places = (0.0,) if random.random() < 0.7 else (-0.3 * wide, 0.3 * wide)
    if random.random() < 0.75:
        bars = [corners((x + lean, -over), (x - lean, 1 + over)) for x in places]
    else:
        bars = [corners((x + lean, -over), (x + lean, 0.12)) for x in places]
        bars += [corners((x - lean, 0.88), (x - lean, 1 + over)) for x in places]
    return [bow, *bars]


def _euro(random: Generator) -> list[Points]:
    """Return a C, wide open, with two bars or with one."""
    wide, opening = random.uniform(0.34, 0.5), random.uniform(38, 62)
    bow = arc(0, 0.5, wide, 0.5, -opening, -360 + opening + random.normal(0, 8))
    level, gap = random.normal(0.5, 0.04), random.uniform(0.18, 0.28)
    left = -wide - random.uniform(0.1, 0.25)
    places = (level - gap / 2, level + gap / 2) if random.random() < 0.75 else (level,)
    bars = [
        corners((left, y + random.normal(0, 0.02)), (wide * random.uniform(0.1, 0.7), y))
        for y in places
    ]
    return [bow, *bars]


def _percent(random: Generator) -> list[Points]:
    """Return a slash between two rings that differ in size."""
    lean, tall = random.uniform(0.25, 0.5), random.uniform(0.9, 1.15)
    strokes = [corners((lean, 0.5 - tall / 2), (-lean, 0.5 + tall / 2))]
    for side, level in ((-1, 0.22), (1, 0.78)):
        across, down = random.uniform(0.11, 0.2) * random.uniform(0.85, 1.15, 2)
        x = side * (0.18 + across + random.uniform(0, 0.1))
        y = level + random.normal(0, 0.04)
        turn = random.uniform(0, 360)
        strokes.append(arc(x, y, across, down, turn, turn + random.uniform(330, 390)))
    return strokes


def _number_sign(random: Generator) -> list[Points]:
    """Return two bars that cross two others; the upright ones lean."""
    lean, gap = random.normal(0.1, 0.06), random.uniform(0.2, 0.34)
    level = random.uniform(0.26, 0.36)
    wide = gap / 2 + random.uniform(0.18, 0.3)
    strokes = []
    for side in (-1, 1):
        x, y = side * gap / 2, 0.5 + side * (0.5 - level)
        off = random.normal(0, 0.03, 4)
        strokes.append(corners((x + lean + off[0], off[1]), (x - lean, 1 + off[2])))
        rise = random.normal(0.02, 0.03)
        strokes.append(corners((-wide, y + rise), (wide + off[3], y - rise)))
    return strokes


_STROKES: dict[str, Callable[[Generator], list[Points]]] = {
    "/": _slash,
    "-": _dash,
    ".": _full_stop,
    ",": _comma,
    ":": _colon,
    "(": _left_parenthesis,
    ")": _right_parenthesis,
    "+": _plus,
    "=": _equals,
    "$": _dollar,
    "€": _euro,
    "%": _percent,
    "#": _number_sign,
}
SIGNS = "".join(_STROKES)
"""All signs."""
