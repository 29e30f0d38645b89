"""Light on a page: it fades to one side or to the corners, and hands and phones cast shadows."""

import numpy as np
from numpy.random import Generator

from digitlab.backgrounds.fields import Field, along, looked_up, smooth, uniform

_SIDE = 96  # of the small picture on which soft light is computed, in pixels


def lit(gray: Field, random: Generator) -> Field:
    """Return a page's brightness under a random light, float32 H x W (may exceed 1 a little)."""
    kind = random.random()
    if kind < 0.3:
        gray = gray * _linear(gray.shape, random)
    elif kind < 0.5:
        gray = gray * _lamp(gray.shape, random)
    elif kind < 0.6:
        uneven = smooth(gray.shape, random, uniform(random, 40, 120))
        gray = gray * (1 + uneven * np.float32(uniform(random, 0.01, 0.1)))
    if random.random() < 0.22:
        gray = gray * _shadow(gray.shape, random)
    return gray


def _linear(shape: tuple[int, int], random: Generator) -> Field:
    """Return light that fades to one side."""
    strength = uniform(random, 0.05, 0.7) / max(shape)
    return (
        1
        - along(shape, random.random() * 2 * np.pi) * np.float32(strength)
        - np.float32(uniform(random, 0, 0.15))
    )


def _lamp(shape: tuple[int, int], random: Generator) -> Field:
    """Return light that is brightest somewhere and fades around it: a lamp, or dark corners."""
    height, width = shape
    size = max(shape) * uniform(random, 0.5, 1.5)
    y = (np.arange(height) - uniform(random, -0.2, 1.2) * height) / size
    x = (np.arange(width) - uniform(random, -0.2, 1.2) * width) / (size * uniform(random, 0.7, 1.4))
    strength = uniform(random, 0.1, 0.65)
    bright = np.outer(strength * np.exp(-(y**2)), np.exp(-(x**2))).astype(np.float32)
    return bright + np.float32(1 - strength * uniform(random, 0.7, 1))


def _shadow(shape: tuple[int, int], random: Generator) -> Field:
    """Return the shadow of a hand or a phone: beyond an edge, straight or bent, hard or soft."""
    side = along(shape, random.random() * 2 * np.pi)
    side += np.float32(uniform(random, -0.45, 0.45) * max(shape))
    if random.random() < 0.6:
        side += smooth(shape, random, uniform(random, 25, 80)) * np.float32(uniform(random, 2, 25))
    if random.random() < 0.25:  # a finger or a pen: a second edge
        side = np.abs(side) - np.float32(uniform(random, 8, 50))
    soft = uniform(random, 0.8, 4) if random.random() < 0.5 else uniform(random, 4, 40)
    edge = 1 / (1 + np.exp(np.linspace(-5, 5, 256)))
    dark = 1 - uniform(random, 0.12, 0.55) * edge
    return looked_up(dark, side + np.float32(soft), 128 / soft)
