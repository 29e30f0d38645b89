"""Made-up textures that look like parts of photographs: clouds, cloth, pebbles, leaves."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from digitlab.backgrounds.fields import (
    Field,
    along,
    looked_up,
    noise,
    phase,
    smooth,
    uniform,
    unit,
    waves,
)


def _clouds(shape: tuple[int, int], random: Generator) -> Field:
    """Return noise of all sizes, as in clouds, rock and skin."""
    field, cell, strength = noise(shape, random) * np.float32(0.03), 3.0, 0.06
    while cell < max(shape):
        field += smooth(shape, random, cell) * np.float32(strength)
        cell, strength = cell * 2.2, strength * uniform(random, 0.8, 1.5)
    return unit(field + np.float32(uniform(random, 0.2, 0.8)))


def _striped(shape: tuple[int, int], random: Generator) -> Field:
    """Return stripes that bend: cloth, blinds, ploughed fields."""
    period, sharp = uniform(random, 4, 50), uniform(random, 0.5, 4)
    places = along(shape, random.random() * np.pi)
    places += smooth(shape, random, uniform(random, 30, 120)) * np.float32(uniform(random, 0, 10))
    profile = np.clip(np.cos(np.arange(256) * (2 * np.pi / 256)) * sharp, -1, 1)
    contrast = uniform(random, 0.05, 0.45)
    return unit(
        looked_up(0.5 + profile * contrast, phase(places, period), 256)
        + noise(shape, random) * np.float32(0.02)
    )


def _checked(shape: tuple[int, int], random: Generator) -> Field:
    """Return checks and weaves: two waves that cross."""
    angle, period = random.random() * np.pi, uniform(random, 4, 60)
    across = waves(shape, angle, period, random.random() * 6)
    down = waves(shape, angle + np.pi / 2, period * uniform(random, 0.5, 2), random.random() * 6)
    sharp = np.float32(uniform(random, 0.6, 8))
    mixed = across * down if random.random() < 0.5 else across + down
    field = np.clip(mixed * sharp, -1, 1) * np.float32(uniform(random, 0.05, 0.45))
    return unit(field + np.float32(0.5) + noise(shape, random) * np.float32(0.02))


def _blobs(shape: tuple[int, int], random: Generator) -> Field:
    """Return blobs with edges: pebbles, camouflage, spilled ink."""
    cell, sharp = uniform(random, 5, 50), uniform(random, 2, 12)
    field = smooth(shape, random, cell, cell * uniform(random, 0.5, 2))
    field = np.clip((field - np.float32(uniform(random, -0.8, 0.8))) * np.float32(sharp), -1, 1)
    field *= np.float32(uniform(random, 0.1, 0.45) * (1 if random.random() < 0.5 else -1))
    return unit(field + np.float32(0.5) + smooth(shape, random, 3) * np.float32(0.03))


def _leaves(shape: tuple[int, int], random: Generator) -> Field:
    """Return overlapping pieces with bright edges and veins: leaves, feathers, crumpled paper."""
    field = np.zeros(shape, np.float32)
    for _ in range(3):
        folds = smooth(shape, random, uniform(random, 8, 50), uniform(random, 8, 50))
        np.maximum(field, 1 - np.abs(folds) * np.float32(uniform(random, 1, 6)), out=field)
    gray = smooth(shape, random, uniform(random, 10, 60)) * np.float32(0.15)
    return unit(gray + np.float32(0.35) + field * np.float32(uniform(random, -0.35, 0.5)))


TEXTURES: tuple[tuple[Callable[[tuple[int, int], Generator], Field], float], ...] = (
    (_clouds, 0.3),
    (_striped, 0.15),
    (_checked, 0.15),
    (_blobs, 0.2),
    (_leaves, 0.2),
)
"""Each kind, and its share: it takes a shape, and returns gray 0..1, float32 H x W."""
