"""Strokes that form no digit: scribbles, crosses, combs, polygons.

All shapes come from a few random rules, so no two are the same and the network cannot learn them
by heart.
"""

import numpy as np
from numpy.random import Generator

from digitlab.glyphs.strokes import Points, smooth

_Pair = tuple[float, float]


def _line(x0: float, y0: float, x1: float, y1: float, random: Generator) -> Points:
    """Return a nearly straight stroke that nearly connects two points."""
    ends = np.array([[x0, y0], [(x0 + x1) / 2, (y0 + y1) / 2], [x1, y1]])
    return smooth(ends + random.normal(0, 0.03, (3, 2)), 6)


def _arc(center: _Pair, radii: _Pair, turns: _Pair, random: Generator) -> Points:
    """Return a part of an ellipse, between two angles in full rotations; 0 is right, 0.25 down."""
    angles = 2 * np.pi * np.linspace(*turns, 9)
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1) * radii + center
    return smooth(points + random.normal(0, 0.02, points.shape), 4)


def _scribble(random: Generator) -> list[Points]:
    """Return one long stroke through many random points."""
    return [smooth(random.uniform(0, 1, (int(random.integers(7, 24)), 2)))]


def _separate_strokes(random: Generator) -> list[Points]:
    """Return several strokes that are independent of each other."""
    count = int(random.integers(3, 7))
    return [smooth(random.uniform(0, 1, (int(random.integers(2, 5)), 2))) for _ in range(count)]


def _comb(random: Generator) -> list[Points]:
    """Return a stem with two to four teeth on one side or on both."""
    heights = np.linspace(0, 1, int(random.integers(2, 5))) + random.normal(0, 0.04)
    if random.random() < 0.5:
        heights = heights[:-1] if len(heights) > 2 else heights * random.uniform(0.4, 0.7)
    left = 0.0 if random.random() < 0.7 else -random.uniform(0.2, 0.8)
    tip, slope = random.uniform(0.5, 1), random.normal(0, 0.05)
    teeth = [_line(left, y, tip * random.uniform(0.7, 1.1), y + slope, random) for y in heights]
    return [_line(0, 0, 0, 1, random), *teeth]


def _posts(random: Generator) -> list[Points]:
    """Return two posts, upright or leaning, with bars or a diagonal between them."""
    lean = random.choice([0.0, random.uniform(-0.4, 0.45)])
    posts = [_line(lean, 0, 0, 1, random), _line(1 - lean, 0, 1, 1, random)]
    kind = random.integers(4)
    if kind == 0:
        return [*posts, _line(lean, 0, 1, 1, random)]
    if kind == 1:
        sag = random.uniform(0.3, 0.9)
        return [*posts, _line(lean, 0, 0.5, sag, random), _line(0.5, sag, 1 - lean, 0, random)]
    bars = random.uniform(0.3, 0.75, int(random.integers(1, 3)))
    return [*posts, *(_line(0.5 * lean, y, 1 - 0.5 * lean, y, random) for y in bars)]


def _zigzag(random: Generator) -> list[Points]:
    """Return a stroke that goes up and down at least four times, or a wedge."""
    corners = int(random.choice([3, 5, 5, 6, 7, 8, 9]))
    points = np.stack([np.linspace(0, 1, corners), np.arange(corners) % 2], axis=1)
    if corners > 3 and random.random() < 0.5:
        points[:, 1] = 1 - points[:, 1]
    points += random.normal(0, 0.06, points.shape)
    if corners > 3 and random.random() < 0.3:
        points = points[:, ::-1]
    return [points]


def _cross(random: Generator) -> list[Points]:
    """Return two to four lines that cross in about the same place."""
    count = int(random.choice([2, 2, 3, 4]))
    begin = random.uniform(0, np.pi)
    strokes = []
    for angle in begin + np.arange(count) * np.pi / count + random.normal(0, 0.1, count):
        ahead, behind = random.uniform(0.35, 0.5, 2)
        x, y = np.cos(angle), np.sin(angle)
        strokes.append(_line(-behind * x, -behind * y, ahead * x, ahead * y, random))
    return strokes


def _gallows(random: Generator) -> list[Points]:
    """Return a stem with a bar across its top, two legs, a bowl (and perhaps a leg), or arches."""
    stem = _line(0, 0, 0, 1, random)
    kind = random.integers(4)
    if kind == 0:
        reach = random.uniform(0.3, 0.6)
        return [stem, _line(-reach, 0, reach * random.uniform(0.7, 1.2), 0, random)]
    if kind == 1:  # two legs that branch off the stem
        fork, tip = random.uniform(0.4, 0.65), random.uniform(0.6, 0.95)
        return [stem, _line(0, fork, tip, 0, random), _line(0.1, fork, tip, 1, random)]
    low = random.uniform(0.25, 0.32)
    bowl = _arc((0.1, low), (random.uniform(0.4, 0.7), low), (-0.27, 0.27), random)
    if kind == 2:
        leg = _line(0.15, 2 * low, random.uniform(0.5, 0.9), 1, random)
        return [stem, bowl, leg] if random.random() < 0.7 else [stem, bowl]
    width = random.uniform(0.2, 0.35)
    strokes = [stem]
    for arch in range(random.integers(1, 3)):
        x = 2 * width * arch
        strokes.append(_arc((x + width, 0.35), (width, 0.33), (0.5, 1.0), random))
        strokes.append(_line(x + 2 * width, 0.35, x + 2 * width, 1, random))
    return strokes


def _polygon(random: Generator) -> list[Points]:
    """Return a triangle, a quadrilateral or a star; with more sides it would look like a zero."""
    corners = int(random.choice([3, 4, 5]))
    angles = np.sort(random.uniform(-0.25, 0.25, corners) + np.arange(corners)) / corners
    angles = 2 * np.pi * (angles + random.uniform(0, 1))
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    if corners == 5:
        points = points[[0, 2, 4, 1, 3]]
    return [np.vstack([points, points[:1]])]


def _ring(random: Generator) -> list[Points]:
    """Return an oval with marks inside, or one that is wide open on the right."""
    if random.random() < 0.3:
        gap = random.uniform(0.17, 0.25)
        return [_arc((0, 0), (random.uniform(0.3, 0.5), 0.5), (gap, 1 - gap), random)]
    strokes = [_arc((0, 0), (0.5, 0.5), (0, 1.03), random)]
    for _ in range(int(random.integers(3, 6))):
        x, y = random.uniform(-0.28, 0.28, 2)
        dx, dy = random.normal(0, 0.15, 2)
        strokes.append(_line(x, y, x + dx, y + dy, random))
    return strokes


DOODLES = (_scribble, _separate_strokes, _comb, _posts, _zigzag, _cross, _gallows, _polygon, _ring)
"""The rules: each takes a generator and returns the strokes of one doodle, about 1 high."""
