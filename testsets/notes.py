"""Numbers, signs and words written freely on a sheet of paper: the pages of `testsets/hard_pages`.

Each function draws one page and returns its paper and its text.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import Generator

from testsets.layout import (
    PRINTED_FONTS,
    Lines,
    Page,
    laid_out,
    letters_of,
    number,
    paper_around,
    paper_color,
    pen_color,
    text_of,
    writer_of,
)
from testsets.letters import WORDS
from testsets.paper import BLACK_INK, BLUE_INK, PENCIL, RED_INK, Color
from testsets.writing import MnistDigits, Placed, Printer


def note(
    random: Generator, digits: MnistDigits, lines: Lines, *,
    with_letters: bool = False, aspect: float | None = None, **hand: Any,
) -> Page:  # fmt: skip
    """Return lines written on bare paper with one pen."""
    writer = writer_of(random, digits, **hand)
    letters = letters_of(random, writer) if with_letters else None
    words = laid_out(lines, writer, random, words_by=letters)
    paper, words = paper_around(words, writer.height, random, aspect=aspect)
    color = pen_color(random)
    for word in words:
        paper.write(word, color)
    return Page(paper, text_of(lines))


# --- signs ------------------------------------------------------------------------------------


def _date(random: Generator) -> str:
    day, month = int(random.integers(1, 29)), int(random.integers(1, 13))
    year = int(random.integers(1950, 2031))
    kinds = (f"{day:02}/{month:02}/{year}", f"{day:02}.{month:02}.{year % 100:02}",
             f"{year}-{month:02}-{day:02}", f"{day}/{month}/{year % 100:02}")  # fmt: skip
    return str(random.choice(kinds))


def _time_or_phone(random: Generator) -> str:
    a, b = number(random, 2, 3), number(random, 3, 4)
    time = f"{random.integers(0, 24)}:{random.integers(0, 60):02}"
    kinds = (time, f"+{number(random, 2, 2)}(0){a}-{b}",
             f"0{a}/{b}{a}", f"{number(random, 3, 3)}-{b}")  # fmt: skip
    return str(random.choice(kinds, p=(0.4, 0.3, 0.15, 0.15)))


def _amount(random: Generator) -> str:
    whole, cents = number(random, 1, 3), f"{random.integers(0, 100):02}"
    kinds = (f"{whole}.{cents}", f"{whole},{cents}", f"${whole}.{cents}", f"{whole},{cents}€",
             f"-{whole}", f"{random.integers(1, 100)}%", f"#{whole}",
             f"-{whole},{cents[0]}")  # fmt: skip
    return str(random.choice(kinds))


def _sum(random: Generator) -> str:
    a, b = (int(it) for it in random.integers(1, 60, 2))
    kinds = (f"{a}+{b}={a + b}", f"{a + b}-{a}={b}", f"({a}+{b})", f"{a}+{b}+{a}={2 * a + b}")
    return str(random.choice(kinds))


def with_signs(make: Callable[[Generator], str]) -> Callable[[Generator, MnistDigits], Page]:
    """Return what draws a page of dates, of amounts, and so on, among plain numbers."""

    def draw(random: Generator, digits: MnistDigits) -> Page:
        lines = [[make(random)] for _ in range(int(random.integers(1, 5)))]
        for line in lines:
            if random.random() < 0.3:
                line.append(make(random) if random.random() < 0.5 else number(random, 1, 3))
        return note(random, digits, lines)

    return draw


dates, times_and_phones = with_signs(_date), with_signs(_time_or_phone)
amounts, sums = with_signs(_amount), with_signs(_sum)


# --- words ------------------------------------------------------------------------------------


def words(random: Generator, digits: MnistDigits) -> Page:
    """Return numbers beside handwritten words."""
    lines = []
    for _ in range(int(random.integers(2, 5))):
        count = number(random, 1, 4)
        lines.append(
            [
                [str(random.choice(WORDS)), count],
                [count, str(random.choice(WORDS))],
                [str(random.choice(WORDS)), count, str(random.choice(WORDS))],
                [str(random.choice(list("AEFHKMNRTVWX"))), count],
                [count, str(random.choice(["kg", "km", "m", "cm", "min"]))],
            ][int(random.integers(5))]
        )
    return note(random, digits, lines, with_letters=True)


def printed_words(random: Generator, digits: MnistDigits) -> Page:
    """Return a list with printed row numbers and words, and handwritten numbers."""
    writer = writer_of(random, digits)
    height = writer.height * random.uniform(0.55, 0.9)
    printer = Printer(height=height, font=str(random.choice(PRINTED_FONTS)))
    pitch = writer.height * random.uniform(1.7, 2.4)
    lines, placed = [], []
    for row in range(int(random.integers(2, 6))):
        y = (row + 1) * pitch
        lines.append([str(row + 1), str(random.choice(WORDS)), number(random, 1, 4)])
        placed += [printer.word(lines[-1][0], 0, y), printer.word(lines[-1][1], 2.2 * height, y)]
        placed.append(writer.word(lines[-1][2], 9.5 * height + 0.5 * writer.height, y))
    paper, placed = paper_around(placed, writer.height, random)
    color = pen_color(random)
    for place, word in enumerate(placed):
        paper.write(word, color if place % 3 == 2 else BLACK_INK)
    return Page(paper, text_of(lines))


# --- pens -------------------------------------------------------------------------------------


def plain_lines(random: Generator, low: int = 1, high: int = 4) -> Lines:
    """Return lines of one to three numbers."""
    return [
        [number(random, 1, 6) for _ in range(int(random.integers(1, 4)))]
        for _ in range(int(random.integers(low, high + 1)))
    ]


def pencil(random: Generator, digits: MnistDigits) -> Page:
    """Return thin, gray, grainy strokes on darker paper."""
    lines = plain_lines(random)
    height = float(np.exp(random.uniform(np.log(26), np.log(90))))
    width = max(1.3 / height, random.uniform(0.035, 0.07))
    style = "thin" if random.random() < 0.7 else "European"
    writer = writer_of(random, digits, height=height, style=style, pen_width=width)
    paper, words = paper_around(
        laid_out(lines, writer, random), height, random, paper_color(random, 165)
    )
    light = random.uniform(0.7, 1.15)
    gray = PENCIL[0] * light, PENCIL[1] * light, PENCIL[2] * light
    for word in words:
        for it in word:
            grain = np.clip(random.normal(0.75, 0.25, it.ink.shape), 0.2, 1)
            paper.write([Placed(it.text, it.ink * grain, it.left, it.top)], gray)
    return Page(paper, text_of(lines))


def fading(random: Generator, digits: MnistDigits) -> Page:
    """Return strokes that pale along their way and along the line."""
    lines = plain_lines(random)
    writer = writer_of(random, digits)
    paper, words = paper_around(
        laid_out(lines, writer, random), writer.height, random, paper_color(random, 225)
    )
    color = pen_color(random)
    for word in words:
        for it in word:
            rows, columns = it.ink.shape
            y, x = np.mgrid[0 : 1 : rows * 1j, 0 : 1 : columns * 1j]
            angle = random.uniform(0, 2 * np.pi)
            along = 0.5 + 0.7 * (np.cos(angle) * (x - 0.5) + np.sin(angle) * (y - 0.5))
            least = random.uniform(0.22, 0.7)
            strength = least + (1 - least) * np.clip(along, 0, 1)
            paper.write([Placed(it.text, it.ink * strength, it.left, it.top)], color)
    return Page(paper, text_of(lines))


def two_pens(random: Generator, digits: MnistDigits) -> Page:
    """Return numbers in two colors, one of them sometimes light."""
    lines = plain_lines(random, 2)
    writer = writer_of(random, digits)
    paper, words = paper_around(laid_out(lines, writer, random), writer.height, random)
    green, orange = (30, 120, 60), (205, 110, 30)
    choice = random.permutation(5)[:2]
    colors: list[Color] = [[BLACK_INK, BLUE_INK, RED_INK, green, orange][it] for it in choice]
    for word in words:
        paper.write(word, colors[int(random.random() < 0.5)], random.uniform(0.75, 1))
    return Page(paper, text_of(lines))


def european(random: Generator, digits: MnistDigits) -> Page:
    """Return flagged 1s, crossed 7s, open 4s and curled 9s."""
    lines = plain_lines(random)
    for line in lines:
        line[0] = "".join(random.permutation(list("1479"))) if random.random() < 0.5 else line[0]
    return note(random, digits, lines, style="European", slant=0.1)


def printed(random: Generator, digits: MnistDigits) -> Page:
    """Return printed numbers."""
    lines = plain_lines(random, 2)
    height = float(np.exp(random.uniform(np.log(16), np.log(60))))
    printer = Printer(height=height, font=str(random.choice(PRINTED_FONTS)))
    paper, words = paper_around(laid_out(lines, printer, random), height, random)
    for word in words:
        paper.write(word, BLACK_INK, random.uniform(0.7, 1))
    return Page(paper, text_of(lines))


def downhill(random: Generator, digits: MnistDigits) -> Page:
    """Return one or two numbers written downhill by 10 to 30 degrees, the digits turned or not."""
    degrees = random.uniform(10, 30)
    lines = [[number(random, 4, 7)] for _ in range(int(random.integers(1, 3)))]
    turn = degrees * random.uniform(0.7, 1.0) if random.random() < 0.6 else 0.0
    height = float(np.exp(random.uniform(np.log(24), np.log(60))))
    fall = float(np.tan(np.radians(degrees)))
    hand = {"height": height, "fall": fall, "turn": turn, "slant": 0.0, "style": "MNIST"}
    writer = writer_of(random, digits, gaps=(0.15, 0.35), **hand)
    # A second line starts below the first where the first starts, so it never meets it.
    words = laid_out(lines, writer, random, pitch=(2.2, 2.8))
    paper, words = paper_around(words, height, random)
    color = pen_color(random)
    for word in words:
        paper.write(word, color)
    return Page(paper, text_of(lines))


def upright_lines(random: Generator, digits: MnistDigits, aspect: float | None = None) -> Page:
    """Return lines that can only be read one way up: with digits that are none upside down."""
    lines = plain_lines(random, 2, 4)
    for line in lines:
        line.append("".join(random.choice(list("23457"), int(random.integers(2, 5)))))
    return note(random, digits, lines, aspect=aspect)
