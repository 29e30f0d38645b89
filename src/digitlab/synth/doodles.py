"""Strokes that form no digit: scribbles, crosses, combs, polygons, as a pen would draw them.

All shapes are made by chance from a few rules, so that no two are alike and no alphabet is learned
by heart. A path is a float64 array of points (x to the right, y downwards, both about 0 to 1).
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Random = np.random.Generator
Path = NDArray[np.float64]  # points x 2
Ink = NDArray[np.float32]  # height x width, 0 = paper to 1 = ink

CANVAS = 96  # pixels a side


def drawn(paths: list[Path], random: Random) -> Ink:
    """Draw the paths once by hand: slanted, turned, squeezed, with a pen of any usual width."""
    turn, slant = random.normal(0, 0.12), random.normal(0, 0.18)
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    change = turned @ np.array([[random.uniform(0.5, 1), -slant], [0, 1]])
    placed = [path @ change.T for path in paths]
    points = np.concatenate(placed)
    low, size = points.min(axis=0), np.ptp(points, axis=0).max()
    pen = random.uniform(0.05, 0.14) * CANVAS
    canvas = Image.new("L", (CANVAS, CANVAS))
    draw = ImageDraw.Draw(canvas)
    for path in placed:
        spots = (path - low) / size * (CANVAS - 2 * pen) + pen
        corners = [(float(x), float(y)) for x, y in spots]
        draw.line(corners, fill=255, width=max(2, round(pen)), joint="curve")
        for x, y in (corners[0], corners[-1]):
            draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=255)
    return np.asarray(canvas, np.float32) / np.float32(255)


def smooth(points: Path, steps: int = 12) -> Path:
    """Return a Catmull-Rom spline through the points, so many places a piece."""
    padded = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        bend = 2 * a - 5 * b + 4 * c - d
        pieces.append(b + 0.5 * ((c - a) * t + bend * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return np.vstack([*pieces, points[-1:]])


def line(x0: float, y0: float, x1: float, y1: float, random: Random) -> Path:
    """Return a nearly straight stroke between two places, which are missed a little."""
    ends = np.array([[x0, y0], [(x0 + x1) / 2, (y0 + y1) / 2], [x1, y1]])
    return smooth(ends + random.normal(0, 0.03, (3, 2)), 6)


def arc(
    middle: tuple[float, float],
    radii: tuple[float, float],
    turns: tuple[float, float],
    random: Random,
) -> Path:
    """Return a part of an ellipse, from one angle to another in turns; 0 is right, 0.25 down."""
    angles = 2 * np.pi * np.linspace(*turns, 9)
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1) * radii + middle
    return smooth(points + random.normal(0, 0.02, points.shape), 4)


def scribble(random: Random) -> list[Path]:
    """Wander through many places."""
    return [smooth(random.uniform(0, 1, (int(random.integers(7, 24)), 2)))]


def strokes(random: Random) -> list[Path]:
    """Draw several strokes that know nothing of one another."""
    return [
        smooth(random.uniform(0, 1, (int(random.integers(2, 5)), 2)))
        for _ in range(int(random.integers(3, 7)))
    ]


def comb(random: Random) -> list[Path]:
    """Draw a stem with two to four teeth to one side, or to both."""
    heights = np.linspace(0, 1, int(random.integers(2, 5))) + random.normal(0, 0.04)
    if random.random() < 0.5:
        heights = heights[:-1] if len(heights) > 2 else heights * random.uniform(0.4, 0.7)
    left = 0.0 if random.random() < 0.7 else -random.uniform(0.2, 0.8)
    tip, slope = random.uniform(0.5, 1), random.normal(0, 0.05)
    teeth = [line(left, y, tip * random.uniform(0.7, 1.1), y + slope, random) for y in heights]
    return [line(0, 0, 0, 1, random), *teeth]


def posts(random: Random) -> list[Path]:
    """Draw two posts, upright or leaning, with bars or a diagonal between them."""
    lean = random.choice([0.0, random.uniform(-0.4, 0.45)])
    posts = [line(lean, 0, 0, 1, random), line(1 - lean, 0, 1, 1, random)]
    kind = random.integers(4)
    if kind == 0:
        return [*posts, line(lean, 0, 1, 1, random)]
    if kind == 1:
        sag = random.uniform(0.3, 0.9)
        return [*posts, line(lean, 0, 0.5, sag, random), line(0.5, sag, 1 - lean, 0, random)]
    bars = random.uniform(0.3, 0.75, int(random.integers(1, 3)))
    return [*posts, *(line(0.5 * lean, y, 1 - 0.5 * lean, y, random) for y in bars)]


def zigzag(random: Random) -> list[Path]:
    """Go up and down at least four times, or down and up once, which makes a wedge."""
    corners = int(random.choice([3, 5, 5, 6, 7, 8, 9]))
    points = np.stack([np.linspace(0, 1, corners), np.arange(corners) % 2], axis=1)
    if corners > 3 and random.random() < 0.5:
        points[:, 1] = 1 - points[:, 1]
    points += random.normal(0, 0.06, points.shape)
    if corners > 3 and random.random() < 0.3:
        points = points[:, ::-1]
    return [points]


def cross(random: Random) -> list[Path]:
    """Let two to four lines meet or cross in one place."""
    count = int(random.choice([2, 2, 3, 4]))
    begin = random.uniform(0, np.pi)
    paths = []
    for angle in begin + np.arange(count) * np.pi / count + random.normal(0, 0.1, count):
        ahead, behind = random.uniform(0.35, 0.5, 2)
        x, y = np.cos(angle), np.sin(angle)
        paths.append(line(-behind * x, -behind * y, ahead * x, ahead * y, random))
    return paths


def gallows(random: Random) -> list[Path]:
    """Draw a stem with what hangs from its top: a bar across, a bowl with a leg, or arches."""
    stem = line(0, 0, 0, 1, random)
    kind = random.integers(4)
    if kind == 0:
        reach = random.uniform(0.3, 0.6)
        return [stem, line(-reach, 0, reach * random.uniform(0.7, 1.2), 0, random)]
    if kind == 1:  # two legs that part from the stem
        fork, tip = random.uniform(0.4, 0.65), random.uniform(0.6, 0.95)
        return [stem, line(0, fork, tip, 0, random), line(0.1, fork, tip, 1, random)]
    low = random.uniform(0.25, 0.32)
    bowl = arc((0.1, low), (random.uniform(0.4, 0.7), low), (-0.27, 0.27), random)
    if kind == 2:
        leg = line(0.15, 2 * low, random.uniform(0.5, 0.9), 1, random)
        return [stem, bowl, leg] if random.random() < 0.7 else [stem, bowl]
    width = random.uniform(0.2, 0.35)
    count = int(random.integers(1, 3))
    paths = [stem]
    for arch in range(count):
        x = 2 * width * arch
        paths += [
            arc((x + width, 0.35), (width, 0.33), (0.5, 1.0), random),
            line(x + 2 * width, 0.35, x + 2 * width, 1, random),
        ]
    return paths


def polygon(random: Random) -> list[Path]:
    """Draw a triangle, a shape of four straight sides, or a star; more sides would be a nought."""
    corners = int(random.choice([3, 4, 5]))
    angles = np.sort(random.uniform(-0.25, 0.25, corners) + np.arange(corners)) / corners
    angles = 2 * np.pi * (angles + random.uniform(0, 1))
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    if corners == 5:
        points = points[[0, 2, 4, 1, 3]]
    return [np.vstack([points, points[:1]])]


def ring(random: Random) -> list[Path]:
    """Draw an oval with marks inside, or one that is wide open to the right."""
    if random.random() < 0.3:
        gap = random.uniform(0.17, 0.25)
        return [arc((0, 0), (random.uniform(0.3, 0.5), 0.5), (gap, 1 - gap), random)]
    paths = [arc((0, 0), (0.5, 0.5), (0, 1.03), random)]
    for _ in range(int(random.integers(3, 6))):
        x, y = random.uniform(-0.28, 0.28, 2)
        dx, dy = random.normal(0, 0.15, 2)
        paths.append(line(x, y, x + dx, y + dy, random))
    return paths


DOODLES = (scribble, strokes, comb, posts, zigzag, cross, gallows, polygon, ring)
"""The rules, of which each is used as often as any other."""
