"""Draw strokes with a round pen, as a hand does: slanted, turned, wobbling, pressing unevenly."""

import cmath
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from digitlab.glyphs.strokes import Points
from digitlab.pictures.ink import Ink

_FINE = 4  # drawn this many times larger, then reduced: soft edges, and pens thinner than a pixel
_PIECE = 8  # points drawn with one pressure


@dataclass(frozen=True, slots=True)
class Hand:
    """How a hand deviates from ideal strokes. Lengths are in heights of a digit."""

    width: float = 1.0  # x is multiplied by it
    slant: float = 0.0  # to the right, per length upwards
    turn: float = 0.0  # radians, clockwise
    wobble: float = 0.0  # how far points stray, together with their neighbors
    pressure: float = 0.0  # standard deviation of the pen's width, as a share of it
    overshoot: float = 0.0  # standard deviation of how much too long or too short a stroke is


STEADY = Hand()


def any_hand(random: Generator, liveliness: float = 1.0) -> Hand:
    """Return a random hand; with liveliness 0 it is steady."""
    slant, turn = random.standard_normal(2).tolist()
    wobble, pressure, overshoot = random.random(3).tolist()
    return Hand(
        1.0,
        liveliness * (0.08 + 0.18 * slant),
        liveliness * 0.04 * turn,
        liveliness * 0.04 * wobble,
        liveliness * 0.2 * pressure,
        liveliness * 0.05 * overshoot,
    )


def drawn(
    strokes: Sequence[Points], height: float, pen: float, random: Generator, hand: Hand = STEADY
) -> Ink:
    """Draw strokes so that their ink is about `height` pixels high.

    Parameters
    ----------
    strokes
        Each is N x 2: x to the right, y down, in any unit. A stroke of one point is a dot. If all
        points are on one level, `height` is the width.
    height, pen
        Pixels; the pen's width may be less than 1.

    Returns
    -------
    Ink
        Height x width, 0 (paper) to 1; each side touches ink.
    """
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    size = (high - low)[1] or (high - low)[0] or 1.0
    return drawn_at([(stroke - low) / size for stroke in strokes], height, pen, random, hand)[0]


def drawn_at(
    strokes: Sequence[Points], height: float, pen: float, random: Generator, hand: Hand = STEADY
) -> tuple[Ink, float]:
    """Draw strokes next to a digit whose ink is `height` pixels high.

    The middle of the pen goes from y = 0 to y = 1 as the digit is drawn. Returns the ink, as
    `drawn` does, and how far its top edge is below the digit's, in heights; above it is negative.
    """
    points = np.concatenate(strokes)
    ends = np.cumsum([len(stroke) for stroke in strokes])
    if hand is not STEADY:
        points = _distorted(points, ends, hand, random)
    pixels = points * max(height - pen, 0.5 * height) + pen / 2
    ink, top = _inked(pixels, ends, pen, hand.pressure, random)
    return ink, top / height


def _distorted(points: Points, ends: NDArray[np.int_], hand: Hand, random: Generator) -> Points:
    """Return the points as the hand places them; `ends` are the strokes' ends among them."""
    if hand.wobble:
        waves, phase = 3.5 * random.standard_normal((2, 2)), 6.3 * random.random(2)
        points = points + hand.wobble * np.sin(points @ waves + phase)
    z = points.view(complex).ravel()  # x + iy: turning is multiplying
    if hand.width != 1:
        z = hand.width * z.real + 1j * z.imag
    if hand.overshoot:
        starts = np.concatenate([[0], ends[:-1]])
        tips = np.concatenate([starts, ends - 1])
        inner = np.concatenate([np.minimum(starts + 1, ends - 1), np.maximum(ends - 2, starts)])
        step = z[tips] - z[inner]  # 0 at a dot, which stays one
        further = hand.overshoot * random.standard_normal(len(tips)) / (abs(step) + 1e-6)
        z[tips] += step * np.maximum(further, -0.3)
    middle = z.real.mean() + 0.5j
    z = (z - hand.slant * (z.imag - 0.5) - middle) * cmath.exp(1j * hand.turn) + middle
    placed: Points = z.view(float).reshape(-1, 2)
    return placed


def _inked(
    pixels: Points, ends: NDArray[np.int_], pen: float, pressure: float, random: Generator
) -> tuple[Ink, float]:
    """Draw through points in pixels. Returns the ink and the place of its top edge."""
    reach = min(3 * pressure, 0.5)  # the widest that the pen gets, as a share more
    margin = 0.5 * pen * (1 + reach) + 1
    low = np.floor(pixels.min(axis=0) - margin)
    width, height = np.ceil(pixels.max(axis=0) + margin - low).astype(int).tolist()
    canvas = Image.new("L", (width * _FINE, height * _FINE))
    draw = ImageDraw.Draw(canvas)
    places = np.rint((pixels - low) * _FINE - 0.5).astype(int)
    flat = places.ravel().tolist()
    nib = max(1, round(pen * _FINE))
    bends = _bends(pixels).tolist() if nib > 2 else []
    piece = _PIECE if pressure * nib > 0.7 else len(places)
    start = 0
    for end in ends.tolist():
        last = max(end - 1, start + 1)
        for first in range(start, last, piece):
            if pressure:
                share = min(max(pressure * random.standard_normal(), -reach), reach)
                nib = max(1, round(pen * _FINE * (1 + share)))
            stop = min(first + piece, end - 1)
            draw.line(flat[2 * first : 2 * stop + 2], fill=255, width=nib)
            if nib > 2 or first == stop:  # round ends and joints, and dots
                for at in (first, stop, *(bend for bend in bends if first < bend < stop)):
                    left, top = flat[2 * at] - (nib - 1) // 2, flat[2 * at + 1] - (nib - 1) // 2
                    draw.ellipse((left, top, left + nib - 1, top + nib - 1), fill=255)
        start = end
    small = canvas.reduce(_FINE)
    box = small.getbbox() or (0, 0, 1, 1)
    ink = np.asarray(small.crop(box), np.float32) / np.float32(255)
    return ink, float(low[1] + box[1])


def _bends(points: Points) -> NDArray[np.int_]:
    """Return where a thick line needs a round joint: it turns by more than 25 degrees."""
    z = points.view(complex).ravel()
    steps = z[1:] - z[:-1]
    turns = steps[1:] * steps[:-1].conj()
    return np.flatnonzero(abs(turns.imag) > 0.47 * turns.real) + 1
