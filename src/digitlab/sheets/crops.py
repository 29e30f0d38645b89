"""Compose the crops that the page network learns from: parts of pages that nobody ever wrote.

Each crop is a function of the seed, the epoch and its number alone, so a training that is stopped
and continued sees the same crops again, however many processes make them.
"""

from dataclasses import replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from digitlab.backgrounds.background import Background, background
from digitlab.backgrounds.cameras import seen
from digitlab.backgrounds.desks import on_a_desk
from digitlab.backgrounds.photographs import photograph
from digitlab.glyphs.printing import Box
from digitlab.sheets.classes import DIGITS
from digitlab.sheets.inks import fading
from digitlab.sheets.scenes import any_scene, write_lines
from digitlab.sheets.targets import Crop
from digitlab.sheets.writing import Canvas

SIDE = 192  # pixels of a crop
# A digit with less of one of these is ignored: the network may answer it or not.
_LEAST_VISIBLE = 0.8  # share of its area that is not cut off
_LEAST_LEGIBLE = 0.4  # correlation of its ink with the picture
_LEAST_CONTRAST = 8  # gray levels from paper to ink


class CropMaker:
    """Composes crops of MNIST's digits.

    Parameters
    ----------
    images, labels
        The digits to write, in MNIST's format: uint8 (N, 28, 28), and whole numbers (N,).
    side
        Pixels per side of a crop; a multiple of 16.
    """

    def __init__(
        self, images: NDArray[np.uint8], labels: NDArray[np.integer], *, side: int = SIDE
    ) -> None:
        self.images, self.side = images, side
        self.by_label = [np.flatnonzero(labels == digit) for digit in range(len(DIGITS))]

    def crop(self, seed: int, epoch: int, index: int) -> Crop:
        """Return a crop; about 10 ms. The same three numbers give the same crop."""
        random = np.random.default_rng([seed, epoch, index])
        shape = self.side, self.side
        canvas = Canvas(np.zeros(shape, np.float32), self.images, self.by_label)
        kind = random.random()
        if kind < 0.04:  # no page at all
            return _crop(canvas, seen(photograph(shape, random), random))
        height = _digit_height(random)
        is_plain = random.random() < 0.33  # strokes on paper, and nothing else
        behind = None
        if random.random() < 0.06 and not is_plain:
            write_lines(canvas, Background(canvas.ink, canvas.ink), height, random)
            behind = canvas.ink
            canvas = Canvas(np.zeros(shape, np.float32), self.images, self.by_label)
        page = background(shape, random, height, behind=behind)
        if is_plain:
            page = replace(page, lines=np.zeros(shape, np.float32), rows=[], boxes=[])
        write = any_scene(page, random)
        write(canvas, page, height, random)
        fades = random.random() < 0.15 and not is_plain
        gray = page.written(canvas.ink * fading(shape, random) if fades else canvas.ink)
        on_page = None
        if random.random() < 0.2 and not is_plain:
            gray, on_page = on_a_desk(gray, random)
        return _crop(canvas, seen(gray, random), on_page)


def _digit_height(random: Generator) -> float:
    """Return how high the digits are: 12 to 54 pixels, sometimes outside what is answered."""
    kind = random.random()
    if kind < 0.05:
        return random.uniform(70, 170)
    if kind < 0.08:
        return random.uniform(5, 9)
    return float(np.exp(random.uniform(np.log(10.5), np.log(58))))


def _crop(
    canvas: Canvas, gray: NDArray[np.uint8], on_page: NDArray[np.bool_] | None = None
) -> Crop:
    """Return the crop, with what is cut off ignored and what is not on the page left out."""
    boxes = np.array(canvas.boxes, np.float32).reshape(-1, 4)
    visible = np.array(canvas.visible, np.float32)
    kept = np.ones(len(boxes), np.bool_)
    if on_page is not None:
        shares = np.array([_share_in(on_page, box) for box in canvas.boxes], np.float32)
        visible = np.minimum(visible, shares) if len(boxes) else visible
        kept = visible > 0.05
    if len(boxes):
        legible = np.array([_legibility(canvas.ink, gray, box) for box in canvas.boxes])
        visible = np.where(legible < _LEAST_LEGIBLE, np.minimum(visible, 0.5), visible)
    return Crop(
        gray=gray,
        labels=np.array(canvas.labels, np.int64)[kept],
        boxes=boxes[kept],
        sizes=np.array(canvas.sizes, np.float32)[kept],
        ignored=(visible < _LEAST_VISIBLE)[kept],
    )


def _legibility(ink: NDArray[np.float32], gray: NDArray[np.uint8], box: Box) -> float:
    """Return how well the picture still shows the ink in a box: their correlation, 0 to 1."""
    left, top, right, bottom = (
        max(0, int(side) + margin) for side, margin in zip(box, (-2, -2, 2, 2), strict=True)
    )
    drawn, seen_there = ink[top:bottom, left:right].ravel(), gray[top:bottom, left:right].ravel()
    if drawn.size < 4:
        return 0.0
    drawn = drawn - drawn.mean()
    levels = seen_there - seen_there.mean(dtype=np.float32)
    spread = float(np.sqrt((drawn @ drawn) * (levels @ levels)))
    contrast = abs(float(drawn @ levels)) / max(1e-6, float(drawn @ drawn))
    if contrast < _LEAST_CONTRAST:
        return 0.0
    return abs(float(drawn @ levels)) / max(spread, 1e-6)


def _share_in(mask: NDArray[np.bool_], box: Box) -> float:
    """Return the share of the visible part of a box that is in a mask."""
    left, top, right, bottom = (max(0, int(side)) for side in box)
    inside = mask[top:bottom, left:right]
    return float(inside.mean()) if inside.size else 0.0
