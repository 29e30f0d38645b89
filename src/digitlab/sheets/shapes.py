"""The simple strokes that signs and marks are made of."""

import numpy as np

from digitlab.synth.doodles import Points, smooth


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
