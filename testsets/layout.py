"""How a page is laid out: its lines, the paper around them, who writes them, and in what ink."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator

from testsets.paper import BLACK_INK, BLUE_INK, RED_INK, Color, Paper
from testsets.writing import MnistDigits, Placed, Printer, Writer, Writes

Lines = list[list[str]]  # the words of each line

HAND_FONTS = ("DejaVuSans-Oblique", "STIXGeneralItalic", "cmmi10", "cmti10")
PRINTED_FONTS = ("DejaVuSans", "DejaVuSansMono", "DejaVuSerif", "STIXGeneral", "cmss10", "cmr10")


@dataclass(frozen=True)
class Page:
    """A page before it is photographed."""

    paper: Paper
    text: str


def text_of(lines: Lines) -> str:
    r"""Return what is to be read of some lines: the words that hold a digit.

    >>> text_of([["Total", "12"], ["Name"], ["12:45", "3"]])
    '12\n12:45 3'
    """
    numbers = [[word for word in line if any(map(str.isdigit, word))] for line in lines]
    return "\n".join(" ".join(line) for line in numbers if line)


def number(random: Generator, low: int, high: int) -> str:
    """Return a number of `low` to `high` digits, which does not begin with 0."""
    length = int(random.integers(low, high + 1))
    first = str(random.integers(1, 10))
    return first + "".join(map(str, random.integers(0, 10, length - 1)))


def writer_of(random: Generator, digits: MnistDigits, **options: Any) -> Writer:
    """Return a person: most write MNIST's digits, and some write other ones."""
    style = "MNIST" if random.random() < 0.75 else str(random.choice(["strokes", "European"]))
    height = float(np.exp(random.uniform(np.log(22), np.log(80))))
    chosen = {
        "height": height, "style": style, "pen_width": random.uniform(0.07, 0.12),
        "slant": random.uniform(-0.05, 0.2),
    }  # fmt: skip
    return Writer(random=random, digits=digits, **(chosen | options))


def letters_of(random: Generator, writer: Writer) -> Writes:
    """Return who writes the words beside a writer's numbers: the same person, or a slanted font."""
    if random.random() < 0.6:
        return writer
    font = str(random.choice(HAND_FONTS))
    slant = random.uniform(0, 0.25)
    return Printer(height=writer.height, font=font, slant=slant, thin=random.random() < 0.5)


def laid_out(
    lines: Lines, writer: Writes, random: Generator, *,
    words_by: Writes | None = None, pitch: tuple[float, float] = (1.8, 2.6),
) -> list[list[Placed]]:  # fmt: skip
    """Return the ink of each word, in the order of the text."""
    height, y = writer.height, 0.0
    step = random.uniform(*pitch) * height
    placed = []
    for line in lines:
        x = random.uniform(0, 1.2) * height
        y += step
        for word in line:
            is_number = any(map(str.isdigit, word))
            by = writer if is_number or words_by is None else words_by
            placed.append(by.word(word, x, y))
            x = max(it.right for it in placed[-1]) + random.uniform(1.0, 2.0) * height
    return placed


def paper_around(
    words: list[list[Placed]], height: float, random: Generator, color: Color | None = None,
    aspect: float | None = None,
) -> tuple[Paper, list[list[Placed]]]:  # fmt: skip
    """Return bare paper on which some words have room, and the words at their places on it.

    The paper is enlarged to `aspect`, its width by its height.
    """
    every = [it for word in words for it in word]
    before, above, behind, below = random.uniform(0.4, 1.6, 4) * height + 4
    left, top = min(it.left for it in every) - before, min(it.top for it in every) - above
    width = max(it.right for it in every) + behind - left
    rows = max(it.bottom for it in every) + below - top
    if aspect is not None:
        wider, higher = max(width, aspect * rows), max(rows, width / aspect)
        left, top = left - (wider - width) / 2, top - (higher - rows) / 2
        width, rows = wider, higher
    paper = Paper(width, rows, paper_color(random) if color is None else color)
    return paper, [[it.moved(-left, -top) for it in word] for word in words]


def paper_color(random: Generator, low: float = 200) -> Color:
    """Return the color of white, gray or yellowish paper."""
    light, warm = random.uniform(low, 253), random.uniform(0, 0.12)
    return light, light * (1 - 0.4 * warm), light * (1 - warm)


def pen_color(random: Generator) -> Color:
    """Return black, blue or red ink."""
    return [BLACK_INK, BLACK_INK, BLUE_INK, RED_INK][int(random.integers(4))]
