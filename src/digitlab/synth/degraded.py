"""Training images as other people's scanners and paint programs would have stored them.

Each image is reduced to a few pixels, blurred, made black and white or reduced to a few grays, and
then restored by `digitlab.pictures.digit.prepare`, as every user's picture is before the network
reads it. So the network learns what such pictures look like after that step.

Some ones also get a flag and a foot, and some sevens a bar. Much of the world writes them like
that, but the writers of MNIST rarely did: a network that has never seen a one with a flag reads it
as a seven.
"""

from bisect import bisect
from itertools import accumulate

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from digitlab.pictures.digit import SIDE, Digit, has_ink, prepare, to_mnist
from digitlab.pictures.ink import Ink
from digitlab.pictures.raster import bounds, stroke_width
from digitlab.synth.pen_digits import pen_digit, printed_digit

DRAWN, PRINTED = 0.2, 0.05  # the shares of copies that show a drawn or a printed digit
FLAGGED, BARRED = 0.4, 0.2  # the shares of ones that get a flag and of sevens that get a bar

_FINE = 48  # pixels of the digit's longer side before it is reduced: a good scan
_SIDES = (8, 16, 10, 12, 14, 18, 20, 24, 28)  # pixels of the longer side after that
_SHARES = (0.25, 0.25, 0.1, 0.1, 0.08, 0.06, 0.06, 0.05, 0.05)  # forms have 8, postal codes 16
_CUMULATIVE = list(accumulate(_SHARES))  # Generator.choice would take 30 times as long
_GRAYS = 16  # steps from paper to ink in the digits from forms
_SCALE = 4  # a flag or a bar is drawn on the image enlarged by this factor

_Mask = NDArray[np.bool_]  # 28 x 28, True = ink
_Line = tuple[tuple[float, float], tuple[float, float]]  # two ends (x, y), in enlarged pixels


def degraded_copies(
    images: NDArray[np.uint8], labels: NDArray[np.integer], *, seed: int
) -> NDArray[np.uint8]:
    """Return one degraded copy of each image, uint8 (N, 28, 28); about 0.8 ms each.

    Takes images and labels in MNIST's format. With the same seed they give the same copies.
    """
    random = np.random.default_rng([seed, 1])
    copies = [_copy(image, int(label), random) for image, label in zip(images, labels, strict=True)]
    return np.stack(copies)


def foreign_forms(
    images: NDArray[np.uint8], labels: NDArray[np.integer], *, seed: int
) -> NDArray[np.uint8]:
    """Return each digit as it is often written elsewhere, uint8 (N, 28, 28); about 0.5 ms each.

    Half of the ones get a flag and half of the sevens a bar; all other digits are drawn with a pen,
    such as open fours and curled nines. Takes the same as `degraded_copies`.
    """
    random = np.random.default_rng([seed, 4])

    def form(image: Digit, label: int) -> Digit:
        if label in _ADDED and random.random() < 0.5:
            return _with_added_strokes(image, label, random)
        return to_mnist(pen_digit(label, random))

    return np.stack([form(*it) for it in zip(images, labels.tolist(), strict=True)])


def _copy(image: Digit, label: int, random: Generator) -> Digit:
    kind = random.random()
    if kind >= DRAWN + PRINTED:
        return degraded_copy(with_regional_form(image, label, random), random)
    ink = pen_digit(label, random) if kind < DRAWN else printed_digit(label, random)
    digit = to_mnist(ink)
    return degraded_copy(digit, random) if random.random() < 0.5 else digit


def with_regional_form(image: Digit, label: int, random: Generator) -> Digit:
    """Return a one with a flag or a seven with a bar, with some probability; else the image."""
    if random.random() >= {1: FLAGGED, 7: BARRED}.get(label, 0):
        return image
    return _with_added_strokes(image, label, random)


def _with_added_strokes(image: Digit, label: int, random: Generator) -> Digit:
    """Return a one with a flag, and perhaps a foot, or a seven with a bar."""
    inked = image > 127
    top, bottom, _, _ = bounds(inked)
    height, pen = (bottom - top) * _SCALE, max(1, round(stroke_width(inked) * _SCALE))
    side = SIDE * _SCALE
    enlarged = Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(enlarged)
    for line in _ADDED[label](inked, top * _SCALE, height, pen, random):
        draw.line(line, fill=255, width=pen)
    return np.asarray(enlarged.resize((SIDE, SIDE), Image.Resampling.BOX))


def _flag(inked: _Mask, top: int, height: int, pen: int, random: Generator) -> list[_Line]:
    """Return a line from the top of a one down to the left, and sometimes one along its foot."""
    first, last = _stem_x(inked, 0.0), _stem_x(inked, 1.0)
    slope = np.degrees(np.arctan2(height, last - first))  # 90 = upright, more = leaning right
    angle = np.radians(min(145, slope + random.uniform(30, 75)))  # at 180 it would look like a 7
    length = random.uniform(0.2, 0.45) * height
    y = top + pen / 2
    lines = [((first, y), (first + length * np.cos(angle), y + length * np.sin(angle)))]
    if slope < 105 and random.random() < 0.35:  # a one that leans more would look like a 2
        before, after = random.uniform(0.1, 0.35, 2) * height
        y = top + height - pen / 2
        lines.append(((last - before, y), (last + after, y)))
    return lines


def _bar(inked: _Mask, top: int, height: int, _pen: int, random: Generator) -> list[_Line]:
    """Return a line across the stem of a seven."""
    place = random.uniform(0.4, 0.6)
    x, y = _stem_x(inked, place), top + place * height
    before, after = random.uniform(0.18, 0.35, 2) * height
    tilt = random.uniform(-0.2, 0.2)
    return [((x - before, y + tilt * before), (x + after, y - tilt * after))]


_ADDED = {1: _flag, 7: _bar}


def _stem_x(inked: _Mask, place: float) -> float:
    """Return the middle of the ink in one row, from the top row (0) to the bottom row (1)."""
    top, bottom, _, _ = bounds(inked)
    columns = np.flatnonzero(inked[top + round(place * (bottom - 1 - top))])
    return float(columns.mean() + 0.5) * _SCALE if len(columns) else SIDE * _SCALE / 2


def degraded_copy(image: Digit, random: Generator) -> Digit:
    """Return one degraded copy, or the image itself if almost nothing would be left of it."""
    reduced = _reduced(_scanned(image, random), random)
    ink, paper = random.uniform(0.7, 1), random.uniform(0, 0.15)
    gray = 255 * (paper + (ink - paper) * reduced)
    if random.random() < 0.5:  # dark on light
        gray = 255 - gray
    restored = prepare(np.rint(gray).astype(np.uint8))
    return restored if has_ink(restored) else image


def _scanned(image: Digit, random: Generator) -> Image.Image:
    """Return the digit cut to its ink and enlarged, with strokes of another width or soft ones."""
    top, bottom, left, right = bounds(image > 127)
    height, width = bottom - top, right - left
    scale = _FINE / max(height, width)
    size = round(width * scale), round(height * scale)
    if random.random() < 0.3:  # some forms stretch each digit to fill its box
        narrowest = round(0.5 * _FINE)
        size = _FINE if size[0] > narrowest else size[0], _FINE if size[1] > narrowest else size[1]
    size, box = (max(4, size[0]), max(4, size[1])), (left, top, right, bottom)
    scan = Image.fromarray(image).resize(size, Image.Resampling.BICUBIC, box)
    if random.random() < 0.5:  # black and white; the threshold decides how wide the strokes are
        ink = np.asarray(scan, np.float32) / np.float32(255)
        scan = Image.fromarray((ink > random.uniform(0.25, 0.75)).astype(np.uint8) * np.uint8(255))
    return scan


def _reduced(scan: Image.Image, random: Generator) -> Ink:
    """Return the digit with a few pixels per side, as on forms, in the post, in paint programs."""
    side = _SIDES[bisect(_CUMULATIVE, random.random())]
    if random.random() < 0.5:
        scan = scan.filter(ImageFilter.GaussianBlur(random.uniform(0, 0.5) * _FINE / side))
    size = [max(2, round(length * side / _FINE)) for length in scan.size]
    small = np.asarray(scan.resize(size, Image.Resampling.BOX), np.float32) / np.float32(255)
    if side >= 16 and random.random() < 0.4:  # a paint program without grays
        small = (small > random.uniform(0.3, 0.6)).astype(np.float32)
    elif random.random() < 0.5:
        small = np.rint(small * _GRAYS) / np.float32(_GRAYS)
    margins = np.zeros((2, 2), np.int64)  # above and below, left and right
    if random.random() < 0.5:  # in the middle of a square
        spare = max(small.shape) - np.array(small.shape)
        margins += np.stack([spare // 2, spare - spare // 2], axis=1)
    if random.random() < 0.4:
        margins += random.integers(0, 3, (2, 2))
    return np.pad(small, margins.tolist())
