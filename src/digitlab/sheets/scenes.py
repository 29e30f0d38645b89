"""What is written on a page: lines of numbers and words, single numbers, filled boxes, marks.

A scene writes on a canvas, with digits `height` pixels high. It looks at the background only to
learn where printed lines and boxes are.
"""

import string
from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from digitlab.backgrounds.background import Background
from digitlab.glyphs.letters import word
from digitlab.glyphs.marks import mark, single_letter
from digitlab.glyphs.transforms import turned
from digitlab.sheets.inks import ink_levels
from digitlab.sheets.texts import number, signed_text
from digitlab.sheets.writing import Canvas, Writer, any_writer, print_text, write

Scene = Callable[[Canvas, Background, float, Generator], None]

_MOST_GLYPHS = 26  # in one crop: more would take too long to draw


def any_scene(page: Background, random: Generator) -> Scene:
    """Return one of the scenes that suit a page."""
    if page.boxes and random.random() < 0.8:
        return _fill_boxes
    kinds: list[tuple[Scene, float]] = [
        (write_lines, 0.5), (_write_one, 0.07), (_print_lines, 0.13), (_write_words, 0.12),
        (_mark_up, 0.12), (_leave_blank, 0.06),
    ]  # fmt: skip
    shares = np.cumsum([share for _, share in kinds])
    return kinds[int(np.searchsorted(shares, random.random() * shares[-1]))][0]


def write_lines(canvas: Canvas, page: Background, height: float, random: Generator) -> None:
    """Write several lines of numbers, dates, amounts and words, all by one writer or two."""
    tilt = _tilt(page, random)
    writer = any_writer(height, tilt, random)
    has_signs = random.random() < 0.5
    has_words = random.random() < 0.3
    rows = sorted(page.rows)
    if len(rows) < 2 or rows[1] - rows[0] < 1.05 * height:
        rows = []  # too narrow to write on each
    y = _first_line(canvas.side, height, random)
    step = random.uniform(1.2, 2.4) * height
    while y < canvas.side + height and len(canvas.labels) < _MOST_GLYPHS:
        at = rows.pop(0) - 0.5 * height if rows else y
        _write_line(canvas, at, writer, random, signs=has_signs, words=has_words)
        y = max(y, at) + step * random.uniform(0.9, 1.2)
        if random.random() < 0.12:
            writer = any_writer(height * random.uniform(0.8, 1.25), tilt, random)


def _first_line(side: int, height: float, random: Generator) -> float:
    """Return the middle of the first line: small writing, which fills no crop, is anywhere."""
    return height * random.uniform(-0.6, max(0.4, side / height - 5))


def _write_line(
    canvas: Canvas, y: float, writer: Writer, random: Generator, *, signs: bool, words: bool
) -> None:
    """Write from somewhere at the left to the right border, or until a few words are written."""
    x = random.uniform(-2.5, 0.5 * canvas.side / writer.height) * writer.height
    for _ in range(int(random.integers(1, 6))):
        if x > canvas.side or len(canvas.labels) > _MOST_GLYPHS:
            return
        down = (x - canvas.side / 2) * np.tan(writer.fall)
        if words and random.random() < 0.45:
            x += _put_word(canvas, x, y + down, writer, random)
        else:
            text = signed_text(random) if signs and random.random() < 0.6 else number(random)
            x += write(canvas, text, x, y + down, writer, random) * np.cos(writer.fall)
        x += random.uniform(0.45, 2.5) * writer.height


def _put_word(canvas: Canvas, x: float, y: float, writer: Writer, random: Generator) -> float:
    """Write a word, which has no digit; return its width in pixels."""
    glyph = word(writer.height * random.uniform(0.6, 1.1), writer.pen, random)
    glyph = turned(glyph, writer.turn)
    canvas.put(glyph, x + glyph.shape[1] / 2, y, writer.level)
    return float(glyph.shape[1])


def _write_one(canvas: Canvas, page: Background, height: float, random: Generator) -> None:
    """Write a single number somewhere."""
    tilt = _tilt(page, random)
    writer = any_writer(height, tilt, random)
    x, y = random.uniform(-0.1, 0.7) * canvas.side, random.uniform(0.1, 0.9) * canvas.side
    text = number(random, 4) if random.random() < 0.7 else signed_text(random)
    write(canvas, text, x, y, writer, random)


def _fill_boxes(canvas: Canvas, page: Background, height: float, random: Generator) -> None:
    """Write a digit or a number into printed boxes; some stay empty or get something else."""
    share, has_words = random.uniform(0.4, 1), random.random() < 0.3
    writer = any_writer(height, float(np.arctan(page.slope)), random)
    fill = random.uniform(0.45, 0.85)
    for box in page.boxes:
        if random.random() > share or len(canvas.labels) > _MOST_GLYPHS:
            continue
        own = min(fill * box.height * random.uniform(0.85, 1.1), 1.3 * box.width)
        this = writer.resized(own)
        fits = max(1, int(box.width / (0.75 * own)))
        y = box.y + box.height / 2 + random.normal(0, 0.06) * box.height
        kind = random.random()
        if has_words and kind < 0.3:
            _put_word(canvas, box.x + 0.1 * box.width, y, this, random)
        elif kind < 0.06:
            glyph = mark(own, this.pen, random)
            canvas.put(glyph, box.x + box.width / 2, y, this.level)
        else:
            text = number(random, fits)
            if fits > 3 and random.random() < 0.25:
                text = signed_text(random)[: fits + 1].strip() or text
            room = max(0.0, box.width - len(text) * 0.75 * own)
            x = box.x + room * random.uniform(0.1, 0.6) + 0.08 * own
            write(canvas, text, x, y, this, random)


def _print_lines(canvas: Canvas, page: Background, height: float, random: Generator) -> None:
    """Print lines of numbers and words, as on labels, forms and receipts."""
    tilt, level = _tilt(page, random), ink_levels(random)[0]
    y = _first_line(canvas.side, height, random)
    while y < canvas.side + height and len(canvas.labels) < _MOST_GLYPHS:
        x = random.uniform(-2.5, 0.5 * canvas.side / height) * height
        words = [_printed_word(random) for _ in range(int(random.integers(1, 4)))]
        print_text(canvas, " ".join(words), x, y, height, level, tilt, random)
        y += height * random.uniform(1.3, 2.6)


def _printed_word(random: Generator) -> str:
    """Return a number, a number with signs, or random letters."""
    kind = random.random()
    if kind < 0.4:
        return number(random)
    if kind < 0.65:
        return signed_text(random)
    letters = string.ascii_letters
    chosen = "".join(letters[i] for i in random.integers(0, len(letters), random.integers(2, 9)))
    kind = random.random()
    return chosen.lower() if kind < 0.4 else chosen.upper() if kind < 0.6 else chosen.capitalize()


def _write_words(canvas: Canvas, page: Background, height: float, random: Generator) -> None:
    """Write lines of words without any digit."""
    tilt = _tilt(page, random)
    writer = any_writer(height, tilt, random)
    y, count = -random.uniform(0, 1) * height, 0
    while y < canvas.side + height and count < 8:
        x = random.uniform(-2, 2) * height
        while x < canvas.side and count < 8:
            x += _put_word(canvas, x, y, writer, random) + random.uniform(0.3, 1) * height
            count += 1
        y += height * random.uniform(1.2, 2.2)


def _mark_up(canvas: Canvas, page: Background, height: float, random: Generator) -> None:
    """Draw marks and letters, and perhaps a number among them."""
    tilt = _tilt(page, random)
    writer = any_writer(height, tilt, random)
    if random.random() < 0.5:
        _write_one(canvas, page, height, random)
    taken = list(canvas.boxes)
    for _ in range(int(random.integers(1, 9))):
        size = height * random.uniform(0.4, 1.6)
        draw = mark if random.random() < 0.6 else single_letter
        glyph = turned(draw(size, writer.pen, random), writer.turn)
        x, y = random.uniform(0, canvas.side, 2)
        half_h, half_w = glyph.shape[0] / 2, glyph.shape[1] / 2
        if all(
            x + half_w < left or x - half_w > right or y + half_h < top or y - half_h > bottom
            for left, top, right, bottom in taken
        ):
            canvas.put(glyph, x, y, writer.level)


def _leave_blank(canvas: Canvas, page: Background, height: float, random: Generator) -> None:
    """Write nothing."""


def _tilt(page: Background, random: Generator) -> float:
    """Return the angle of the writing in radians, usually that of the printed lines."""
    kind = random.random()
    if kind < 0.07:
        return random.uniform(-0.5, 0.5)
    return float(np.arctan(page.slope)) + random.normal(0, 0.03 if kind < 0.8 else 0.12)
