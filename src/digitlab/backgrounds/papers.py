"""Papers and boards before anything is printed on them: brightness, 0 (black) to 1 (white)."""

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFilter

from digitlab.backgrounds.fields import (
    Field,
    along,
    below,
    looked_up,
    noise,
    phase,
    piece,
    smooth,
    to_field,
    uniform,
    unit,
)

_Shape = tuple[int, int]

_LEVELS = ((0.86, 1.0), (0.86, 1.0), (0.55, 0.86), (0.42, 0.7), (0.68, 0.9))
"""Brightness of white (twice as often), gray, brown and yellowed paper."""


def plain(shape: _Shape, random: Generator) -> Field:
    """Return smooth paper: white, gray, brown or yellowed; sometimes of one value."""
    level = uniform(random, *_LEVELS[below(random, len(_LEVELS))])
    if random.random() < 0.15:
        return np.full(shape, 1.0 if random.random() < 0.5 else level, np.float32)
    paper = noise(shape, random) * np.float32(uniform(random, 0, 0.015)) + np.float32(level)
    if random.random() < 0.6:
        paper += smooth(shape, random, uniform(random, 15, 80)) * np.float32(
            uniform(random, 0, 0.025)
        )
    return unit(paper)


@cache
def _fiber_table() -> Field:
    """Return a fixed large sheet with hairs, -0.5 (dark) to 0.5 (light)."""
    random, side = np.random.default_rng(21), 512
    canvas = Image.new("L", (side, side), 128)
    draw = ImageDraw.Draw(canvas)
    for x, y, turn, bend, shade, size in random.random((400, 6)).tolist():
        reach, angle = 3 + 14 * size, turn * 6.3
        x, y = x * side, y * side
        middle = (x + reach * np.cos(angle), y + reach * np.sin(angle))
        angle += bend * 2 - 1
        end = (middle[0] + reach * np.cos(angle), middle[1] + reach * np.sin(angle))
        draw.line([(x, y), middle, end], fill=int(40 + 150 * shade))
    table = to_field(canvas.filter(ImageFilter.BoxBlur(0.5))) - np.float32(0.5)
    table.flags.writeable = False
    return table


def _fibers(shape: _Shape, random: Generator) -> Field:
    """Return recycled paper, with short dark and light hairs."""
    table = _fiber_table()
    if max(shape) > len(table):
        table = np.tile(table, [side // len(table) + 2 for side in shape])
    hairs = piece(table, shape, random) * np.float32(uniform(random, 0.08, 0.4))
    return unit(mottled(shape, random) + hairs)


def mottled(shape: _Shape, random: Generator) -> Field:
    """Return cardboard or rough paper: spots of several sizes, sometimes with a corrugation."""
    low, high = ((0.42, 0.75), (0.75, 0.97))[below(random, 2)]
    strength = uniform(random, 0.005, 0.035)
    paper = np.float32(uniform(random, low, high)) + noise(shape, random) * np.float32(
        strength * uniform(random, 0.1, 0.8)
    )
    paper += smooth(shape, random, uniform(random, 2, 4)) * np.float32(strength)
    paper += smooth(shape, random, uniform(random, 10, 40)) * np.float32(strength * 0.6)
    if random.random() < 0.2:  # the waves inside of cardboard show as pale stripes
        period, angle = uniform(random, 6, 20), random.random() * 3.2
        ripple = np.cos(np.arange(256) * (2 * np.pi / 256))
        ripples = looked_up(ripple, phase(along(shape, angle), period), 256)
        paper += ripples * np.float32(uniform(random, 0.005, 0.02))
    return unit(paper)


def _sticky_note(shape: _Shape, random: Generator) -> Field:
    """Return a colored note in gray: an even color that grows darker or lighter where it curls."""
    level, curl = uniform(random, 0.45, 0.92), uniform(random, -0.12, 0.12)
    slope = along(shape, random.random() * 6.3) * np.float32(2 / max(shape))
    paper = np.float32(level) + np.float32(curl) * slope * np.abs(slope)
    return unit(paper + noise(shape, random) * np.float32(uniform(random, 0, 0.012)))


def blackboard(shape: _Shape, random: Generator) -> Field:
    """Return a dark board with pale smears where writing was wiped off."""
    board = smooth(shape, random, uniform(random, 30, 90), uniform(random, 6, 60))
    board *= np.float32(uniform(random, 0.005, 0.05))
    if random.random() < 0.6:
        board += smooth(shape, random, 2, uniform(random, 20, 80)) * np.float32(
            uniform(random, 0, 0.03)
        )
    board += noise(shape, random) * np.float32(uniform(random, 0, 0.02))
    return unit(board + np.float32(uniform(random, 0.04, 0.35)))


def _whiteboard(shape: _Shape, random: Generator) -> Field:
    """Return a white board with the glare of a lamp and remains of wiped writing."""
    level, glare = uniform(random, 0.68, 0.92), uniform(random, 0, 0.25)
    height, width = shape
    x, y, size = random.random() * width, random.random() * height, uniform(random, 20, 90)
    across = np.exp(-(((np.arange(width) - x) / size) ** 2))
    down = np.exp(-(((np.arange(height) - y) / (size * uniform(random, 0.5, 2))) ** 2))
    board = np.outer(down * glare, across).astype(np.float32) + np.float32(level)
    wiped = smooth(shape, random, uniform(random, 3, 10), uniform(random, 15, 60))
    return unit(board - np.maximum(wiped, 0) * np.float32(uniform(random, 0, 0.03)))


def wood(shape: _Shape, random: Generator, *, dark: bool = False) -> Field:
    """Return the grain of a wooden desk: stripes that run one way and bend a little."""
    level = uniform(random, 0.06, 0.3) if dark else uniform(random, 0.4, 0.8)
    upright = random.random() < 0.5
    turned = shape[::-1] if upright else shape
    bends = smooth(turned, random, 40, 120) * np.float32(uniform(random, 2, 14))
    places = along(turned, np.pi / 2 + random.normal(0, 0.05)) + bends
    grain = np.convolve(noise((1, 512), random)[0], np.ones(5) / 3, "same")
    fine = smooth(turned, random, 1, uniform(random, 12, 40))
    strength = uniform(random, 0.08, 0.4) * level
    scale = uniform(random, 0.8, 2.5)
    field = looked_up(grain, places + np.float32(256 / scale), scale) * np.float32(
        0.4
    ) + fine * np.float32(0.25)
    field = field * np.float32(strength) + np.float32(level)
    return unit(field.T if upright else field)


PAPERS: tuple[tuple[Callable[[_Shape, Generator], Field], float], ...] = (
    (plain, 0.5),
    (mottled, 0.17),
    (_fibers, 0.1),
    (_sticky_note, 0.06),
    (blackboard, 0.07),
    (_whiteboard, 0.05),
    (wood, 0.05),
)
"""The kinds of paper and boards, and the share of each."""
