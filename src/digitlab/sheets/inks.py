"""How dark the ink on a page is, and where it fades."""

import numpy as np
from numpy.random import Generator

from digitlab.backgrounds.fields import Field, along, picked, smooth, uniform

_PENS: tuple[tuple[tuple[float, float], float], ...] = (
    ((0.15, 0.5), 0.22),  # pencil
    ((0.45, 0.85), 0.33),  # ballpoint
    ((0.75, 1.0), 0.25),  # felt pen
    ((0.6, 0.95), 0.12),  # fountain pen
    ((0.4, 0.8), 0.08),  # colored pencil, chalk
)


def ink_levels(random: Generator) -> tuple[float, ...]:
    """Return how dark the pens on a page are, 0..1: one pen, or two in 15% of cases.

    1 hides the paper completely.
    """
    count = 2 if random.random() < 0.15 else 1
    return tuple(uniform(random, *picked(_PENS, random)) for _ in range(count))


def fading(shape: tuple[int, int], random: Generator) -> Field:
    """Return factors that make strokes paler along their way, 0.2..1, float32 H x W.

    The pen runs dry in places, and chalk or pencil skips the paper's valleys.
    """
    field = smooth(shape, random, uniform(random, 8, 40)) * np.float32(uniform(random, 0.1, 0.35))
    if random.random() < 0.4:
        field += smooth(shape, random, 1.5) * np.float32(uniform(random, 0.05, 0.3))
    if random.random() < 0.3:
        fall = uniform(random, 0, 0.4) / max(shape)
        field += along(shape, random.random() * 6.3) * np.float32(fall)
    field += np.float32(uniform(random, 0.65, 1))
    paled: Field = np.clip(field, np.float32(0.2), np.float32(1))
    return paled
