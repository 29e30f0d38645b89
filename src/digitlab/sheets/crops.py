"""Compose the crops that the page network learns from: a square of a page nobody ever wrote.

Each crop is a function of the seed, the epoch and its number alone, so a training that is stopped
and continued sees the same crops again, however many processes make them.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from digitlab.sheets.cameras import fading, ink_levels, seen
from digitlab.sheets.classes import DIGITS
from digitlab.sheets.desks import on_a_desk
from digitlab.sheets.grounds import Ground, ground
from digitlab.sheets.letters import word
from digitlab.sheets.marks import mark, single_letter
from digitlab.sheets.photographs import photograph
from digitlab.sheets.targets import Crop
from digitlab.sheets.texts import number, signed_text
from digitlab.sheets.writing import Canvas, Hand, hand, print_text, turned, write

SIDE = 192  # pixels of a crop
_MOST_GLYPHS = 26  # in one crop: more would take too long to draw
_LEAST_VISIBLE = 0.8  # of a digit's area: nothing is asked of a digit that is cut off more
_LEAST_LEGIBLE = 0.4  # correlation of ink and picture: of a digit that nobody could read, nothing
_LEAST_CONTRAST = 8  # gray levels from paper to ink: the same

_Box = tuple[float, float, float, float]
_Scene = Callable[[Canvas, Ground, float, Generator], None]


class CropMaker:
    """Composes crops of MNIST's digits.

    Parameters
    ----------
    images, labels
        The digits to write: uint8 (N, 28, 28), and (N,).
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
            write_lines(canvas, Ground(canvas.ink, canvas.ink), height, random)
            behind = canvas.ink
            canvas = Canvas(np.zeros(shape, np.float32), self.images, self.by_label)
        paper = ground(shape, random, height, behind=behind)
        if is_plain:
            paper = replace(paper, lines=np.zeros(shape, np.float32), rows=[], boxes=[])
        _scene(paper, random)(canvas, paper, height, random)
        fades = random.random() < 0.15 and not is_plain
        gray = paper.written(canvas.ink * fading(shape, random) if fades else canvas.ink)
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


def _scene(paper: Ground, random: Generator) -> _Scene:
    """Choose what is written on a page."""
    if paper.boxes and random.random() < 0.8:
        return fill_boxes
    kinds: list[tuple[_Scene, float]] = [
        (write_lines, 0.5), (write_one, 0.07), (print_lines, 0.13), (write_words, 0.12),
        (mark_up, 0.12), (leave_blank, 0.06),
    ]  # fmt: skip
    shares = np.cumsum([share for _, share in kinds])
    return kinds[int(np.searchsorted(shares, random.random() * shares[-1]))][0]


def write_lines(canvas: Canvas, paper: Ground, height: float, random: Generator) -> None:
    """Write several lines of numbers, dates, amounts and words, all by one hand or two."""
    tilt = _tilt(paper, random)
    it = _hand(paper, height, tilt, random)
    has_signs = random.random() < 0.5
    has_words = random.random() < 0.3
    rows = sorted(paper.rows)
    if len(rows) < 2 or rows[1] - rows[0] < 1.05 * height:
        rows = []  # too narrow to write on each
    y = _first_line(height, random)
    step = random.uniform(1.2, 2.4) * height
    while y < SIDE + height and len(canvas.labels) < _MOST_GLYPHS:
        at = rows.pop(0) - 0.5 * height if rows else y
        _write_line(canvas, at, it, random, signs=has_signs, words=has_words)
        y = max(y, at) + step * random.uniform(0.9, 1.2)
        if random.random() < 0.12:
            it = _hand(paper, height * random.uniform(0.8, 1.25), tilt, random)


def _first_line(height: float, random: Generator) -> float:
    """Return the middle of the first line: small writing, which fills no crop, is anywhere."""
    return height * random.uniform(-0.6, max(0.4, SIDE / height - 5))


def _write_line(
    canvas: Canvas, y: float, it: Hand, random: Generator, *, signs: bool, words: bool
) -> None:
    """Write from somewhere at the left to the right border, or until a few words are written."""
    x = random.uniform(-2.5, 0.5 * SIDE / it.height) * it.height
    for _ in range(int(random.integers(1, 6))):
        if x > SIDE or len(canvas.labels) > _MOST_GLYPHS:
            return
        down = (x - SIDE / 2) * np.tan(it.fall)
        if words and random.random() < 0.45:
            x += _put_word(canvas, x, y + down, it, random)
        else:
            text = signed_text(random) if signs and random.random() < 0.6 else number(random)
            x += write(canvas, text, x, y + down, it, random) * np.cos(it.fall)
        x += random.uniform(0.45, 2.5) * it.height


def _put_word(canvas: Canvas, x: float, y: float, it: Hand, random: Generator) -> float:
    """Write a word, which is no digit; return its width in pixels."""
    glyph = turned(word(random, it.height * random.uniform(0.6, 1.1), it.pen), it.turn)
    canvas.put(glyph, x + glyph.shape[1] / 2, y, it.level)
    return float(glyph.shape[1])


def write_one(canvas: Canvas, paper: Ground, height: float, random: Generator) -> None:
    """Write a single number somewhere."""
    it = _hand(paper, height, _tilt(paper, random), random)
    x, y = random.uniform(-0.1, 0.7) * SIDE, random.uniform(0.1, 0.9) * SIDE
    write(
        canvas,
        number(random, 4) if random.random() < 0.7 else signed_text(random),
        x,
        y,
        it,
        random,
    )


def fill_boxes(canvas: Canvas, paper: Ground, height: float, random: Generator) -> None:
    """Write a digit or a number into printed boxes; some stay empty or get something else."""
    tilt = float(np.arctan(paper.slope))
    share, words = random.uniform(0.4, 1), random.random() < 0.3
    it = _hand(paper, height, tilt, random)
    fill = random.uniform(0.45, 0.85)
    for box in paper.boxes:
        if random.random() > share or len(canvas.labels) > _MOST_GLYPHS:
            continue
        own = min(fill * box.height * random.uniform(0.85, 1.1), 1.3 * box.width)
        this = _resized(it, own)
        fits = max(1, int(box.width / (0.75 * own)))
        y = box.y + box.height / 2 + random.normal(0, 0.06) * box.height
        kind = random.random()
        if words and kind < 0.3:
            _put_word(canvas, box.x + 0.1 * box.width, y, this, random)
        elif kind < 0.06:
            glyph = mark(own, this.pen, random)
            canvas.put(glyph, box.x + box.width / 2, y, this.level)
        else:
            text = number(random, fits)
            if fits > 3 and random.random() < 0.25:
                text = signed_text(random)[: fits + 1].strip() or text
            room = max(0.0, box.width - len(text) * 0.75 * own)
            write(
                canvas, text, box.x + room * random.uniform(0.1, 0.6) + 0.08 * own, y, this, random
            )


def print_lines(canvas: Canvas, paper: Ground, height: float, random: Generator) -> None:
    """Print lines of numbers and words, as on labels, forms and receipts; some of it by hand."""
    tilt, level = _tilt(paper, random), ink_levels(random)[0]
    y = _first_line(height, random)
    while y < SIDE + height and len(canvas.labels) < _MOST_GLYPHS:
        x = random.uniform(-2.5, 0.5 * SIDE / height) * height
        words = [_printed_word(random) for _ in range(int(random.integers(1, 4)))]
        print_text(canvas, " ".join(words), x, y, height, level, tilt, random)
        y += height * random.uniform(1.3, 2.6)


def _printed_word(random: Generator) -> str:
    kind = random.random()
    if kind < 0.4:
        return number(random)
    if kind < 0.65:
        return signed_text(random)
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    chosen = "".join(letters[i] for i in random.integers(0, len(letters), random.integers(2, 9)))
    kind = random.random()
    return chosen.lower() if kind < 0.4 else chosen.upper() if kind < 0.6 else chosen.capitalize()


def write_words(canvas: Canvas, paper: Ground, height: float, random: Generator) -> None:
    """Write lines of words without any digit."""
    it = _hand(paper, height, _tilt(paper, random), random)
    y, glyphs = -random.uniform(0, 1) * height, 0
    while y < SIDE + height and glyphs < 8:
        x = random.uniform(-2, 2) * height
        while x < SIDE and glyphs < 8:
            x += _put_word(canvas, x, y, it, random) + random.uniform(0.3, 1) * height
            glyphs += 1
        y += height * random.uniform(1.2, 2.2)


def mark_up(canvas: Canvas, paper: Ground, height: float, random: Generator) -> None:
    """Draw marks and letters, and perhaps a number among them."""
    it = _hand(paper, height, _tilt(paper, random), random)
    if random.random() < 0.5:
        write_one(canvas, paper, height, random)
    taken = list(canvas.boxes)
    for _ in range(int(random.integers(1, 9))):
        size = height * random.uniform(0.4, 1.6)
        draw = mark if random.random() < 0.6 else single_letter
        glyph = turned(draw(size, it.pen, random), it.turn)
        x, y = random.uniform(0, SIDE, 2)
        half_h, half_w = glyph.shape[0] / 2, glyph.shape[1] / 2
        if all(
            x + half_w < a or x - half_w > c or y + half_h < b or y - half_h > d
            for a, b, c, d in taken
        ):
            canvas.put(glyph, x, y, it.level)


def leave_blank(canvas: Canvas, paper: Ground, height: float, random: Generator) -> None:
    """Write nothing."""


def _hand(paper: Ground, height: float, tilt: float, random: Generator) -> Hand:
    return hand(height, ink_levels(random)[0], tilt, random)


def _resized(it: Hand, height: float) -> Hand:
    return replace(it, height=height, pen=it.pen * height / it.height)


def _tilt(paper: Ground, random: Generator) -> float:
    """Return the angle of the writing in radians, usually that of the printed lines."""
    kind = random.random()
    if kind < 0.07:
        return random.uniform(-0.5, 0.5)
    return float(np.arctan(paper.slope)) + random.normal(0, 0.03 if kind < 0.8 else 0.12)


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


def _legibility(ink: NDArray[np.float32], gray: NDArray[np.uint8], box: _Box) -> float:
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


def _share_in(mask: NDArray[np.bool_], box: _Box) -> float:
    """Return the share of the visible part of a box that is in a mask."""
    left, top, right, bottom = (max(0, int(side)) for side in box)
    inside = mask[top:bottom, left:right]
    return float(inside.mean()) if inside.size else 0.0
