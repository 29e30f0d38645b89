"""Forms, tables and squared paper that are filled in: the pages of `testsets/hard_pages`.

Each function draws one page and returns its paper and its text.
"""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from testsets.layout import (
    PRINTED_FONTS,
    Page,
    letters_of,
    number,
    paper_color,
    pen_color,
    text_of,
    writer_of,
)
from testsets.letters import WORDS
from testsets.paper import BLACK_INK, BLUE_INK, Color, Paper
from testsets.writing import MnistDigits, Placed, Printer, Writer

_RASTER_COLORS: tuple[Color, ...] = ((60, 60, 60), (120, 120, 120), (205, 130, 90), (90, 130, 190))


def _rule_color(random: Generator) -> Color:
    return _RASTER_COLORS[int(random.integers(len(_RASTER_COLORS)))]


def _in_middle(
    it: Placed, middle: tuple[float, float], spare: tuple[float, float], random: Generator
) -> Placed:
    """Return ink moved to a place, up to `spare` pixels off it."""
    x, y = (random.uniform(-room, room) for room in spare)
    now = (it.left + it.right) / 2, (it.top + it.bottom) / 2
    return it.moved(middle[0] + x - now[0], middle[1] + y - now[1])


# --- a box for each digit ---------------------------------------------------------------------


def boxes(random: Generator, digits: MnistDigits) -> Page:
    """Return rows of printed boxes, one for each digit; some rows are two fields."""
    return _fields(random, digits, gap=float(random.uniform(0.15, 0.5)), is_open=False)


def combs(random: Generator, digits: MnistDigits) -> Page:
    """Return rows of joined boxes, or lines with short ticks between the digits."""
    return _fields(random, digits, gap=0.0, is_open=random.random() < 0.4)


def _fields(random: Generator, digits: MnistDigits, *, gap: float, is_open: bool) -> Page:
    writer = writer_of(random, digits, sizes=0.1)
    h = writer.height
    wide, high = h * random.uniform(1.25, 1.6), h * random.uniform(1.4, 1.8)
    step, line = wide + gap * h, max(1.0, h * random.uniform(0.02, 0.06))
    lines = [
        [number(random, 2, 4) for _ in range(2)]
        if random.random() < 0.3
        else [number(random, 3, 8)]
        for _ in range(int(random.integers(1, 4)))
    ]
    left, top, pitch = h * random.uniform(0.4, 1.5), h * random.uniform(0.8, 1.5), high + 1.1 * h
    longest = max(sum(map(len, row)) * step + (len(row) - 1) * 2 * wide for row in lines)
    paper = Paper(left + longest + 0.8 * h, top + len(lines) * pitch, paper_color(random, 225))
    color, rule = pen_color(random), _rule_color(random)
    printer = Printer(height=max(9, 0.4 * h), font=str(random.choice(PRINTED_FONTS)))
    has_labels = random.random() < 0.5 and printer.height >= 10
    for row, fields in enumerate(lines):
        x, y = left, top + row * pitch
        if has_labels:
            paper.write(printer.word(str(random.choice(WORDS)), x, y - 0.2 * h), BLACK_INK, 0.8)
        for field in fields:
            for place in range(len(field)):
                _cell(paper, (x + place * step, y, wide, high), line, rule, is_open)
            for place, digit in enumerate(field):
                middle = x + place * step + wide / 2, y + high / 2
                ink = writer.word(digit, 0, 0)[0]
                paper.write([_in_middle(ink, middle, (0.06 * h, 0.08 * h), random)], color)
            x += len(field) * step + 2 * wide
    return Page(paper, text_of(lines))


def _cell(
    paper: Paper, box: tuple[float, float, float, float], line: float, color: Color, is_open: bool
) -> None:
    left, top, wide, high = box
    if not is_open:
        paper.box(left, top, wide, high, line, color)
        return
    paper.line((left, top + high), (left + wide, top + high), line, color)
    for x in (left, left + wide):
        paper.line((x, top + 0.72 * high), (x, top + high), line, color)


# --- tables -----------------------------------------------------------------------------------


@dataclass
class _Table:
    """A table of lines: the left edge of each column and the top edge of each row."""

    columns: list[float]
    rows: list[float]

    def print_on(self, paper: Paper, line: float, color: Color) -> None:
        """Print the lines, which cross at the ends as on a form."""
        for x in self.columns:
            paper.line((x, self.rows[0]), (x, self.rows[-1]), line, color)
        for y in self.rows:
            paper.line((self.columns[0], y), (self.columns[-1], y), line, color)

    def middle(self, row: int, column: int) -> tuple[float, float]:
        """Return the middle of a cell."""
        x, y = self.columns[column : column + 2], self.rows[row : row + 2]
        return sum(x) / 2, sum(y) / 2


def score_sheet(random: Generator, digits: MnistDigits) -> Page:
    """Return printed names with a framed cell for each number; some cells are empty."""
    writer = writer_of(random, digits)
    h = writer.height
    rows, columns = int(random.integers(3, 7)), int(random.integers(2, 5))
    wide, high = h * random.uniform(3.6, 4.6), h * random.uniform(1.5, 1.9)
    label = Printer(height=h * random.uniform(0.5, 0.75), font=str(random.choice(PRINTED_FONTS)))
    lefts = [0.5 * h, *(0.5 * h + 6 * h + wide * i for i in range(columns + 1))]
    table = _Table(lefts, [0.5 * h + high * i for i in range(rows + 1)])
    paper = Paper(lefts[-1] + 0.5 * h, table.rows[-1] + 0.5 * h, paper_color(random, 225))
    table.print_on(paper, max(1.0, h * random.uniform(0.02, 0.05)), (50, 50, 50))
    color, lines = pen_color(random), []
    for row in range(rows):
        name = str(random.choice(WORDS))
        paper.write(label.word(name, lefts[0] + 0.4 * h, table.rows[row] + 0.65 * high), BLACK_INK)
        lines.append([name])
        for column in range(1, columns + 1):
            if random.random() < 0.2:
                continue
            lines[-1].append(number(random, 1, 2))
            _fill(paper, writer, lines[-1][-1], table.middle(row, column), color, random)
    if text_of(lines) == "":  # every cell was left empty
        lines[0].append("20")
        _fill(paper, writer, "20", table.middle(0, 1), color, random)
    return Page(paper, text_of(lines))


def _fill(
    paper: Paper, writer: Writer, word: str, middle: tuple[float, float], color: Color,
    random: Generator,
) -> None:  # fmt: skip
    """Write a word in a cell."""
    placed = writer.word(word, 0, 0)
    x = middle[0] - placed[-1].right / 2 + random.uniform(-0.2, 0.2) * writer.height
    y = middle[1] + writer.height * random.uniform(0.4, 0.6)
    paper.write([it.moved(x, y) for it in placed], color)


def cell(random: Generator, digits: MnistDigits) -> Page:
    """Return one cell cut from a form: its lines, or slivers of them, are at the border."""
    writer = writer_of(random, digits, height=random.uniform(36, 120))
    h, word = writer.height, number(random, 1, 3)
    placed = writer.word(word, 0, 0)
    width, line = placed[-1].right, max(1.5, h * random.uniform(0.03, 0.06))
    wide, high = width + h * random.uniform(0.9, 1.8), h * random.uniform(1.5, 2.0)
    spare = 0.3 * h
    paper = Paper(wide + 2 * spare, high + 2 * spare, paper_color(random, 205))
    table = _Table([spare, spare + wide], [spare, spare + high])
    for x in table.columns:
        paper.line((x, -1), (x, 9999), line)
    for y in table.rows:
        paper.line((-1, y), (9999, y), line)
    _fill(paper, writer, word, table.middle(0, 0), pen_color(random), random)
    # What is kept beyond each line: some paper of the neighbor, a part of the line, or nothing.
    beyond = [
        random.choice([random.uniform(0.1, 0.9) * spare, random.uniform(-0.5, 0.5) * line, -line])
        for _ in range(4)
    ]
    left, top, right, bottom = (round(spare - it) for it in beyond)
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)]) * paper.size - [left, top]
    width, height = paper.size[0] - left - right, paper.size[1] - top - bottom
    return Page(paper.moved(corners, np.zeros((height, width, 3), np.uint8)), word)


def squares(random: Generator, digits: MnistDigits) -> Page:
    """Return squared or dotted paper: a digit in each square, or larger than the squares."""
    writer = writer_of(random, digits, sizes=0.1)
    h, lines = writer.height, [[number(random, 1, 7)] for _ in range(int(random.integers(2, 5)))]
    side = h * random.choice([0.5, 0.7, 1.25])
    columns, rows = max(len(word) for [word] in lines), len(lines)
    room = max(side, 1.25 * h)
    high = max(2 * side, 1.6 * h)
    paper = Paper((columns + 2) * room, rows * high + room, paper_color(random, 225))
    color: Color = (110, 140, 190) if random.random() < 0.6 else (150, 150, 150)
    width = max(1.0, h * random.uniform(0.015, 0.04))
    xs, ys = np.arange(0.3, paper.size[0], side), np.arange(0.4, paper.size[1], side)
    if random.random() < 0.65:
        for x in xs:
            paper.line((x, -1), (x, 9999), width, color, 0.8)
        for y in ys:
            paper.line((-1, y), (9999, y), width, color, 0.8)
    else:
        for x in xs:
            for y in ys:
                paper.line((x, y), (x, y), 1.5 * width, color)
    ink = pen_color(random)
    for row, [word] in enumerate(lines):
        for place, digit in enumerate(word):
            middle = (place + 1.5) * room + 0.3, row * high + 0.5 * room + 0.5 * high
            it = writer.word(digit, 0, 0)[0]
            paper.write([_in_middle(it, middle, (0.05 * h, 0.08 * h), random)], ink)
    return Page(paper, text_of(lines))


def register(random: Generator, digits: MnistDigits) -> Page:
    """Return a page of a parish register: row numbers, names and years in cells, a book's edge."""
    writer = writer_of(random, digits, height=random.uniform(24, 44), style="thin", pen_width=0.06)
    h, rows = writer.height, int(random.integers(3, 7))
    names = letters_of(random, writer)
    high = h * random.uniform(1.7, 2.2)
    edge = h * random.uniform(0.5, 2)  # the black beside the book
    lefts = [edge + it * h for it in (0.3, 2.4, 11.0, 16.0)]
    table = _Table(lefts, [0.4 * h + high * i for i in range(rows + 1)])
    paper = Paper(lefts[-1] + 0.4 * h, table.rows[-1] + 0.4 * h, paper_color(random, 185))
    table.print_on(paper, max(1.0, 0.03 * h), (110, 95, 80))
    color: Color = BLUE_INK if random.random() < 0.3 else (60, 45, 35)
    first, lines = int(random.integers(1, 90)), []
    for row in range(rows):
        y = table.rows[row] + 0.72 * high
        line = [str(first + row), str(random.choice(WORDS)), str(random.integers(1700, 1920))]
        by = (writer, names, writer)
        shift = 0.3 if len(line[0]) == 2 else 0.7
        xs = lefts[0] + shift * h * 0.5, lefts[1] + 0.4 * h, lefts[2] + 0.8 * h
        for word, who, x in zip(line, by, xs, strict=True):
            paper.write(who.word(word, x, y), color, random.uniform(0.8, 1))
        lines.append(line)
    fade = np.clip((np.arange(paper.size[0]) - edge) / (0.5 * h) + 0.5, 0, 1)
    paper.pixels *= (0.06 + 0.94 * fade)[None, :, None].astype(np.float32)
    return Page(paper, text_of(lines))
