"""Unusual handwritings: people who write their digits in ways that MNIST's writers seldom do.

A hand has a form of its own for each digit, and writes everything with the same slant, turn and
proportions. From drawing to drawing it varies as little as one person does.

    for drawing, label in drawings(HANDS["steep"], count=50, seed=1):
        drawing     # uint8, height x width: dark ink on white, as drawn on a canvas
        label       # 0 to 9, in turn
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from testsets.pens import on_paper, pen, random_margins, to_array
from testsets.strokes import Curve, Glyph, smooth, straight

# fmt: off
# ruff: noqa: E501
FLAGGED: dict[int, Glyph] = {  # as taught in much of Europe
    0: [("~", [(.5, 0), (.12, .18), (.05, .55), (.25, .92), (.6, 1), (.92, .7), (.9, .3), (.5, 0)]), ("-", [(.95, .0), (.05, 1)])],
    1: [("-", [(.05, .62), (.6, 0), (.6, 1)]), ("-", [(.2, 1), (1, 1)])],
    2: [("~", [(.08, .25), (.4, 0), (.85, .2), (.6, .6), (.15, .95), (.05, .78), (.3, .72), (.6, .95), (1, .88)])],
    3: [("-", [(.08, .02), (.9, .02), (.42, .4)]), ("~", [(.42, .4), (.9, .55), (.85, .9), (.45, 1), (.02, .85), (.1, .7), (.25, .75)])],
    4: [("-", [(.35, 0), (.05, .6), (.95, .55)]), ("-", [(.62, .3), (.55, 1)])],
    5: [("~", [(1, .02), (.4, .05), (.2, .4), (.7, .45), (.85, .75), (.5, 1), (.0, .9)])],
    6: [("~", [(.9, .02), (.3, .35), (.08, .8), (.4, 1), (.75, .8), (.5, .58), (.12, .75)])],
    7: [("~", [(.02, .25), (.05, .03), (.5, .1), (.95, .02)]), ("-", [(.95, .02), (.35, 1)]), ("-", [(.1, .55), (1, .48)])],
    8: [("~", [(.5, .46), (.2, .25), (.5, 0), (.8, .2), (.5, .46), (.1, .78), (.5, 1), (.92, .75), (.5, .46)])],
    9: [("~", [(.85, .15), (.4, .0), (.1, .25), (.45, .48), (.85, .2), (.9, .7), (.6, 1), (.1, .95), (.05, .75), (.3, .7)])],
}
LOOPED: dict[int, Glyph] = {  # written fast, with loops and curls, and without lifting the pen
    0: [("~", [(.7, .05), (.2, .1), (.02, .55), (.3, 1), (.85, .8), (.9, .3), (.55, .05), (.6, .3), (1, .1)])],
    1: [("~", [(.0, .5), (.35, .2), (.6, 0), (.52, .5), (.5, .95), (.75, 1), (1, .85)])],
    2: [("~", [(.0, .35), (.35, 0), (.8, .15), (.7, .55), (.2, .9), (.02, .72), (.35, .62), (.6, .9), (1, 1)])],
    3: [("~", [(.1, .1), (.6, 0), (.8, .25), (.4, .45), (.25, .4), (.5, .38), (.95, .65), (.6, 1), (.05, .9), (.0, .65), (.3, .7)])],
    4: [("~", [(.3, 0), (.05, .5), (.4, .6), (.85, .3), (.95, .05), (.75, .5), (.6, 1)])],
    5: [("~", [(.95, .05), (.55, .0), (.25, .1), (.2, .4), (.6, .4), (.95, .7), (.5, 1), (.05, .85), (.15, .65)])],
    6: [("~", [(.7, 0), (.25, .3), (.05, .75), (.4, 1), (.8, .8), (.55, .55), (.1, .7), (.3, .85), (1, .6)])],
    7: [("~", [(.0, .3), (.1, .0), (.25, .2), (.6, .12), (.98, .0), (.6, .5), (.4, 1)]), ("~", [(.1, .6), (.4, .48), (.9, .55)])],
    8: [("~", [(1, .0), (.5, .05), (.2, .25), (.5, .45), (.85, .7), (.5, 1), (.1, .75), (.5, .5), (.9, .25), (.6, .0)])],
    9: [("~", [(.8, .2), (.4, 0), (.1, .3), (.5, .5), (.85, .15), (.7, .8), (.4, 1), (.1, .8), (.5, .65), (1, .6)])],
}
# fmt: on


@dataclass(frozen=True, kw_only=True)
class Hand:
    """One person's handwriting."""

    glyphs: dict[int, Glyph]
    slant: float
    """Pixels to the right per pixel of height; negative: to the left."""
    aspect: float
    """Width of a digit whose height is 1, before it is slanted."""
    turn: float = 0.0
    """Radians, clockwise."""
    pen_width: float = 0.08
    """Of the digit's longer side."""


HANDS = {
    "steep": Hand(glyphs=FLAGGED, slant=0.9, aspect=0.6),
    "leaning back": Hand(glyphs=FLAGGED, slant=-0.7, aspect=0.7, pen_width=0.11),
    "wide": Hand(glyphs=LOOPED, slant=0.2, aspect=1.7),
    "narrow and turned": Hand(glyphs=LOOPED, slant=0.0, aspect=0.35, turn=0.5, pen_width=0.06),
}


def drawings(hand: Hand, *, count: int, seed: int) -> Iterator[tuple[NDArray[np.uint8], int]]:
    """Yield drawings by one hand, with the digits in turn; the same seed gives the same."""
    for index in range(count):
        random = np.random.default_rng([seed, index])
        side = int(random.integers(120, 220))
        width = hand.pen_width * random.uniform(0.85, 1.15)
        margins = random_margins(random, side, 0.1, 0.5)
        curves = _written(hand, index % 10, random)
        ink = pen(curves, random, pen_width=width, digit_side=side, margins=margins)
        yield to_array(on_paper(ink, 255, 0)), index % 10


def _written(hand: Hand, digit: int, random: Generator) -> list[Curve]:
    """Return a digit's strokes; the longer side of all of them is 1, as `pens.pen` expects."""
    slant, turn = hand.slant + random.normal(0, 0.06), hand.turn + random.normal(0, 0.05)
    aspect = hand.aspect * random.uniform(0.9, 1.1)
    shear = np.array([[aspect, -slant], [0, 1]])
    transform = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ shear
    curves = []
    for kind, points in hand.glyphs[digit]:
        control = np.array(points) + random.normal(0, 0.03, (len(points), 2))
        curve = smooth(control, 24) if kind == "~" else straight(control, 40)
        curves.append(curve @ transform.T)
    everything = np.vstack(curves)
    low, size = everything.min(0), np.ptp(everything, 0).max()
    return [(curve - low) / size for curve in curves]
