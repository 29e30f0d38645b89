"""What is around a sheet: a desk, cloth, keys, coins, another sheet, or the rest of a book."""

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from digitlab.backgrounds.fields import (
    Field,
    along,
    below,
    looked_up,
    noise,
    phase,
    picked,
    smooth,
    uniform,
    unit,
    waves,
)
from digitlab.backgrounds.papers import mottled, plain, wood
from digitlab.backgrounds.photographs import photograph

_Shape = tuple[int, int]
_Mask = NDArray[np.bool_]


def on_a_desk(page: Field, random: Generator) -> tuple[Field, _Mask]:
    """Return a crop in which the page ends, and where the page still is; about 1 ms.

    The page, brightness 0..1 and float32 H x W, stays where it is; beyond one edge, a corner, or
    both edges of a strip the crop shows a desk, or a book's edge. `mask` is True on the page: bool,
    H x W. Writing whose box is not in it has to be left out.
    """
    if random.random() < 0.25:
        return _in_a_book(page, random)
    inside = _inside(page.shape, random)
    desk = picked(_DESKS, random)(page.shape, random)
    if random.random() < 0.75:  # the sheet's shadow on the desk
        wide, dark = uniform(random, 1.5, 14), uniform(random, 0.1, 0.7)
        shade = 1 - dark * (np.arange(-256, 1) / 4 / wide + 1).clip(0) ** 2
        desk = desk * looked_up(shade, inside + np.float32(64), 4)
    if random.random() < 0.3:  # the sheet curls up at its edge, or its cut edge is bright
        wide, light = uniform(random, 1, 12), uniform(random, -0.2, 0.12)
        page = page * looked_up(1 + light * (1 - np.arange(257) / 4 / wide).clip(0), inside, 4)
    share = unit(inside + np.float32(0.5))  # of the page in the pixels that the edge crosses
    return unit(desk + (page - desk) * share), inside > 0


def _inside(shape: _Shape, random: Generator) -> Field:
    """Return how far each pixel is from the page's nearest edge, in pixels; negative beyond."""
    size = max(shape)
    angle = below(random, 4) * np.pi / 2
    tilt = 0.44 if random.random() < 0.4 else 0.06  # 25 degrees, or nearly straight
    angle += uniform(random, -tilt, tilt)
    kind = random.random()
    edges = [(angle, uniform(random, -0.05, 0.47))]
    if kind > 0.45:  # a corner; another edge at a right angle, or opposite for a strip
        turn = np.pi / 2 if kind < 0.8 else np.pi
        low = 0.15 if kind < 0.8 else 0.25
        edges = [(angle, uniform(random, low, 0.47)), (angle + turn, uniform(random, low, 0.47))]
    field: Field | None = None
    for direction, reach in edges:
        edge = np.float32(reach * size) - along(shape, direction)
        if random.random() < 0.35:  # a bent edge
            bend = uniform(random, -0.12, 0.12) / size
            edge += along(shape, direction + np.pi / 2) ** 2 * np.float32(bend)
        if random.random() < 0.06:  # torn off
            edge += smooth(shape, random, uniform(random, 2, 8)) * np.float32(
                uniform(random, 0.5, 2)
            )
        field = edge if field is None else np.minimum(field, edge)
    assert field is not None
    return field


def _in_a_book(page: Field, random: Generator) -> tuple[Field, _Mask]:
    """Return a page next to a book's gutter or its outer edge, with what is next to it."""
    side = below(random, 4) * np.pi / 2 + random.normal(0, 0.03)
    reach = np.float32(uniform(random, 0.2, 0.48) * max(page.shape))
    inside = reach - along(page.shape, side)
    beyond = np.full(page.shape, uniform(random, 0, 0.12), np.float32)
    kind = random.random()
    if kind < 0.4:  # the stack of the pages below, seen from the side: thin lines along the edge
        wide = uniform(random, 4, 40)
        sheets = noise((1, 512), random)[0] * uniform(random, 0.02, 0.12) + uniform(
            random, 0.4, 0.85
        )
        stack = looked_up(sheets, inside + np.float32(128), 4)
        outside = unit(-inside - np.float32(wide) + np.float32(0.5))
        beyond = stack + (beyond - stack) * outside
    elif kind < 0.7:  # the opposite page begins in the gutter's shade
        beyond = plain(page.shape, random)
        deep, wide = uniform(random, 0.3, 0.9), uniform(random, 4, 40)
        shade = 1 - deep * np.exp(-np.abs(np.arange(-512, 513)) / 4 / wide)
        fall = looked_up(shade, inside + np.float32(128), 4)
        page, beyond = page * fall, beyond * fall
    else:
        beyond += np.abs(noise(page.shape, random)) * np.float32(uniform(random, 0, 0.04))
    share = unit(inside / np.float32(uniform(random, 1, 2.5)) + np.float32(0.5))
    return unit(beyond + (page - beyond) * share), inside > 0


def _black(shape: _Shape, random: Generator) -> Field:
    """Return a black desk, or the lid of a scanner left open."""
    grain = noise(shape, random) * np.float32(uniform(random, 0, 0.02))
    return unit(grain + np.float32(random.random() ** 2 * 0.25))


def _dark_wood(shape: _Shape, random: Generator) -> Field:
    return wood(shape, random, dark=True)


def _cloth(shape: _Shape, random: Generator) -> Field:
    """Return a woven tablecloth with stripes, checks or dots."""
    angle, period = random.random() * np.pi, uniform(random, 8, 60)
    pattern = waves(shape, angle, period, random.random() * 6)
    if random.random() < 0.7:
        across = waves(shape, angle + np.pi / 2, period, random.random() * 6)
        pattern = (
            pattern * across if random.random() < 0.5 else (pattern + across) * np.float32(0.5)
        )
    pattern = np.clip(pattern * np.float32(uniform(random, 1, 8)), -1, 1)
    weave = waves(shape, angle, uniform(random, 2.1, 4), 0) * np.float32(uniform(random, 0, 0.05))
    level = np.float32(uniform(random, 0.15, 0.75))
    return unit(pattern * np.float32(uniform(random, 0.03, 0.25)) + weave + level)


def _keys(shape: _Shape, random: Generator) -> Field:
    """Return a keyboard without letters: rows of keys with gaps, each row shifted."""
    size, angle = uniform(random, 14, 50), random.normal(0, 0.15)
    down = along(shape, angle + np.pi / 2)
    shift = np.floor(down * np.float32(1 / size)) * np.float32(size * uniform(random, 0.2, 0.5))
    across = phase(along(shape, angle) + shift, size)
    corner = np.maximum(np.abs(phase(down, size) - 0.5), np.abs(across - 0.5))
    key = unit((np.float32(0.5 - uniform(random, 0.04, 0.12)) - corner) * np.float32(size))
    gap, top = uniform(random, 0, 0.6), uniform(random, 0.05, 0.9)
    return unit(
        np.float32(gap) + key * np.float32(top - gap) + noise(shape, random) * np.float32(0.01)
    )


def _coins(shape: _Shape, random: Generator) -> Field:
    """Return coins, buttons and erasers: round things with a rim and a shadow."""
    desk = mottled(shape, random) * np.float32(uniform(random, 0.3, 1))
    height, width = shape
    for _ in range(2 + below(random, 6)):
        radius, level = uniform(random, 6, 35), uniform(random, 0.2, 0.9)
        x, y = random.random() * width, random.random() * height
        reach = int(radius) + 4
        rows = slice(max(int(y) - reach, 0), int(y) + reach)
        columns = slice(max(int(x) - reach, 0), int(x) + reach)
        part = desk[rows, columns]
        down = (np.arange(*rows.indices(height)) - y).astype(np.float32)[:, None]
        right = (np.arange(*columns.indices(width)) - x).astype(np.float32)
        off = np.hypot(down, right)
        part *= 1 - np.float32(0.4) * unit((radius + 3 - off) / 4)
        face = np.float32(level) + (down + right) * np.float32(0.12 / radius)
        face += (np.abs(off - radius * 0.85) < 1) * np.float32(uniform(random, -0.2, 0.2))
        part += (face - part) * unit(radius - off + 0.5)
    return unit(desk)


def _sheet(shape: _Shape, random: Generator) -> Field:
    """Return another sheet, perhaps with lines."""
    sheet = plain(shape, random) * np.float32(uniform(random, 0.6, 1))
    if random.random() < 0.4:
        period = uniform(random, 10, 40)
        places = phase(along(shape, random.random() * np.pi), period) * np.float32(period)
        sheet = sheet * (1 - unit(1.2 - places) * np.float32(uniform(random, 0.1, 0.7)))
    return sheet


_DESKS: tuple[tuple[Callable[[_Shape, Generator], Field], float], ...] = (
    (_black, 0.24),
    (_dark_wood, 0.16),
    (wood, 0.12),
    (_cloth, 0.12),
    (_sheet, 0.14),
    (_keys, 0.05),
    (_coins, 0.05),
    (photograph, 0.12),
)
