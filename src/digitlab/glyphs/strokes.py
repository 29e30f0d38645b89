"""Strokes of a pen as arrays of points: with corners, curves, parts of ellipses."""

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""The points of one stroke, N x 2: x to the right and y down, in any unit."""


def smooth(points: Points, steps: int = 12) -> Points:
    """Return a Catmull-Rom spline through the points, `steps` for each segment."""
    padded = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    a, b, c, d = padded[:-3, None], padded[1:-2, None], padded[2:-1, None], padded[3:, None]
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    bend = 2 * a - 5 * b + 4 * c - d
    curve = b + 0.5 * ((c - a) * t + bend * t**2 + (3 * b - a - 3 * c + d) * t**3)
    return np.vstack([curve.reshape(-1, 2), points[-1:]])


def corners(*points: tuple[float, float]) -> Points:
    """Return a stroke with corners; one point alone is a dot."""
    return np.array(points, float)


def curve(*points: tuple[float, float]) -> Points:
    """Return a smooth stroke through the points."""
    return smooth(np.array(points, float), 5)


def arc(x: float, y: float, rx: float, ry: float, begin: float, end: float) -> Points:
    """Return a part of an ellipse, between two angles in degrees; 0 is right, 90 is down."""
    angles = np.radians(np.linspace(begin, end, max(5, int(abs(end - begin) / 12))))
    return np.stack([x + rx * np.cos(angles), y + ry * np.sin(angles)], axis=1)


def polygon(count: int, turn: float) -> Points:
    """Return the corners of a regular polygon with radius 1, from the top, turned in radians."""
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False) + turn
    return np.stack([np.sin(angles), -np.cos(angles)], axis=1)
