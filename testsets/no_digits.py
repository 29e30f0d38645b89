"""What is no digit: whole pages without one, and single pictures.

A person takes nothing on them for a digit, except that words have letters such as O, I, S and Z.

    for sheet in pages_without_digits(count_per_kind=10, seed=1):
        sheet.picture, sheet.difficulty   # the text is ""
    for case in pictures_without_digit(count_per_kind=10, seed=1):
        case.picture, case.condition      # the label is None
"""

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

from digitlab.errors import DigitlabError
from testsets.layout import (
    HAND_FONTS,
    PRINTED_FONTS,
    Page,
    laid_out,
    paper_around,
    paper_color,
    pen_color,
    writer_of,
)
from testsets.letters import LETTERS, SIGNS, UNLIKE_DIGITS, WORDS
from testsets.paper import BLACK_INK, Paper, pictured
from testsets.pens import Ink, jpeg, noise, on_paper, pen, to_array
from testsets.sheet import Sheet
from testsets.singles import Case, Picture
from testsets.strokes import SHAPES, scribble, written
from testsets.writing import MnistDigits, Placed, Printer, stroked

PHOTOGRAPHS = {
    "china": "sklearn/datasets/images/china.jpg",
    "flower": "sklearn/datasets/images/flower.jpg",
    "quokka": "imgaug/quokka.jpg",
    "cheetah": "gradio/media_assets/images/cheetah.jpg",
    "cheetah cub": "gradio/test_data/cheetah2.jpg",
    "tower": "gradio/media_assets/images/tower.jpg",
}
"""Photographs in packages that digitlab does not use. They are for measuring: no training may use
them."""

_NO_DIGITS = MnistDigits(np.zeros((0, 28, 28), np.uint8), np.zeros(0, int))
_SYMBOLS = "+=%#€$&@*♥★♦♣♠⚑☂♫→⇔↑↓√±¶≈≠≤≥«»<>©®✉☀☁☃☺✂✚✈☎∑~^"
_FOREIGN = "ΩΨΔΠΛΞЖШЩЮЯДФЙ"
_PRINTABLE = ("DejaVuSans", "DejaVuSans-Bold")  # these have all of them


def photograph(name: str) -> Image.Image:
    """Return one of `PHOTOGRAPHS`; raises `DigitlabError` if its package is not installed."""
    package, _, inside = PHOTOGRAPHS[name].partition("/")
    found = importlib.util.find_spec(package)
    folders = [] if found is None else found.submodule_search_locations or []
    for path in (Path(folder) / inside for folder in folders):
        if path.exists():
            return Image.open(path).convert("RGB")
    raise DigitlabError(
        f"the photographs are parts of packages, and {package} is not installed: install them with "
        "`pip install --no-deps scikit-learn imgaug gradio`"
    )


# --- whole pages ------------------------------------------------------------------------------


def letters(random: Generator) -> Page:
    """Return lines of single letters that are unlike digits."""
    lines = [
        list(random.choice(list(UNLIKE_DIGITS), int(random.integers(3, 8))))
        for _ in range(int(random.integers(1, 5)))
    ]
    return _handwritten(random, lines)


def handwriting(random: Generator) -> Page:
    """Return lines of handwritten words."""
    return _handwritten(random, _some_words(random))


def _some_words(random: Generator) -> list[list[str]]:
    count = int(random.integers(2, 7))
    return [list(random.choice(WORDS, int(random.integers(1, 5)))) for _ in range(count)]


def _handwritten(random: Generator, lines: list[list[str]]) -> Page:
    writer = writer_of(random, _NO_DIGITS)
    by = writer if random.random() < 0.6 else Printer(
        height=writer.height, font=str(random.choice(HAND_FONTS)), slant=0.15, thin=True
    )  # fmt: skip
    return _written(random, lines, by)


def print_(random: Generator) -> Page:
    """Return printed lines."""
    height, font = random.uniform(11, 45), str(random.choice(PRINTED_FONTS))
    return _written(random, _some_words(random), Printer(height=height, font=font))


def _written(random: Generator, lines: list[list[str]], by: Printer) -> Page:
    paper, placed = paper_around(laid_out(lines, by, random), by.height, random)
    color = pen_color(random)
    for word in placed:
        paper.write(word, color)
    return Page(paper, "")


def scribbles(random: Generator) -> Page:
    """Return shapes and scribbles."""
    side = int(random.integers(40, 130))
    paper = Paper(side * random.uniform(3, 7), side * random.uniform(2, 5), paper_color(random))
    color = pen_color(random)
    for x in np.arange(0.3, paper.size[0] / side - 1, 1.5):
        for y in np.arange(0.3, paper.size[1] / side - 1, 1.5):
            ink = _shape(random, side)
            paper.write([Placed("shape", ink, round(x * side), round(y * side))], color)
    return Page(paper, "")


def _shape(random: Generator, side: int) -> Ink:
    shapes = [written(SHAPES[str(random.choice(list(SHAPES)))], random), scribble(random)]
    curves = shapes[int(random.random() < 0.3)]
    return pen(curves, random, pen_width=random.uniform(0.04, 0.12), digit_side=side)


def empty_form(random: Generator) -> Page:
    """Return a form that nobody filled in: printed words, boxes, a table."""
    h = random.uniform(18, 50)
    printer = Printer(height=0.6 * h, font=str(random.choice(PRINTED_FONTS)))
    rows, columns = (int(it) for it in random.integers((3, 4), (7, 11)))
    wide, high = h * random.uniform(1.2, 3), h * random.uniform(1.4, 1.9)
    paper = Paper(7 * h + columns * wide, (rows + 1) * high, paper_color(random, 215))
    line, gap = max(1.0, 0.04 * h), random.choice([0.0, 0.15]) * wide
    for row in range(rows):
        y = (row + 0.5) * high
        paper.write(printer.word(str(random.choice(WORDS)), 0.5 * h, y + 0.65 * high), BLACK_INK)
        for column in range(columns):
            paper.box(6.5 * h + column * wide, y, wide - gap, high * (0.8 if gap else 1), line)
    return Page(paper, "")


def photographed(random: Generator, picture: Image.Image) -> Page:
    """Return a photograph in its own size or smaller."""
    picture = picture.copy()
    picture.thumbnail((int(random.integers(300, 1000)),) * 2)
    paper = Paper(*picture.size)
    paper.pixels[:] = np.asarray(picture)
    return Page(paper, "")


PAGES: dict[str, Callable[[Generator], Page]] = {
    "letters": letters,
    "handwritten words": handwriting,
    "printed words": print_,
    "shapes, scribbles": scribbles,
    "empty form": empty_form,
}


def pages_without_digits(
    *, count_per_kind: int, seed: int, kinds: Sequence[str] = (*PAGES, "photograph")
) -> Iterator[Sheet]:
    """Yield pages of each kind; the same seed gives the same pages."""
    photographs = [photograph(name) for name in PHOTOGRAPHS] if "photograph" in kinds else []
    for number, kind in enumerate([*PAGES, "photograph"]):
        for index in range(count_per_kind if kind in kinds else 0):
            random = np.random.default_rng([seed, 500 + number, index])
            if kind in PAGES:
                page, photo = PAGES[kind](random), 0.5
            else:
                page, photo = photographed(random, photographs[index % len(photographs)]), 0.0
            yield Sheet(pictured(page.paper, random, photo=photo), "", kind, page.paper.marks())


# --- single pictures --------------------------------------------------------------------------


def _finished(ink: Ink, random: Generator) -> Picture:
    """Return ink with a margin, dark on light or light on dark, as an array or a file."""
    spare = [(int(it[0]), int(it[1])) for it in random.uniform(0.1, 0.6, (2, 2)) * max(ink.shape)]
    gray = on_paper(np.pad(ink, spare), random.uniform(190, 255), random.uniform(10, 80))
    gray = noise(255 - gray if random.random() < 0.25 else gray, random, random.uniform(0, 6))
    return to_array(gray) if random.random() < 0.5 else jpeg(gray, int(random.integers(60, 95)))


def _height(random: Generator) -> float:
    """Return a height in pixels: from the smallest drawings to a large one."""
    return float(np.exp(random.uniform(np.log(14), np.log(200))))


def _pen_character(random: Generator, glyph_of: str) -> Picture:
    glyphs = [LETTERS[glyph_of]] if glyph_of in LETTERS else SIGNS[glyph_of]
    height = _height(random)
    glyph = glyphs[int(random.integers(len(glyphs)))]
    ink, _ = stroked(glyph, height, random.uniform(0.06, 0.15), random.uniform(-0.1, 0.3), random)
    return _finished(ink, random)


def _printed_character(random: Generator, character: str, fonts: tuple[str, ...]) -> Picture:
    printer = Printer(
        height=_height(random), font=str(random.choice(fonts)), slant=random.uniform(0, 0.3)
    )
    return _finished(printer.word(character, 0, 0)[0].ink, random)


def _photograph_crop(random: Generator) -> NDArray[np.uint8]:
    picture = photograph(str(random.choice(list(PHOTOGRAPHS))))
    side = int(random.integers(28, min(300, *picture.size)))
    left, top = (int(random.integers(0, size - side + 1)) for size in picture.size)
    return np.asarray(picture.crop((left, top, left + side, top + side)))


def _any_of(characters: str) -> Callable[[Generator], str]:
    return lambda random: str(random.choice(list(characters)))


_letter, _foreign, _symbol = map(_any_of, (UNLIKE_DIGITS, _FOREIGN, _SYMBOLS))
_pen_sign = _any_of("+=%#€$")

PICTURES: dict[str, Callable[[Generator], Picture]] = {
    "letters, by pen": lambda r: _pen_character(r, _letter(r)),
    "letters, slanted fonts": lambda r: _printed_character(r, _letter(r), HAND_FONTS),
    "letters, printed": lambda r: _printed_character(r, _letter(r), PRINTED_FONTS),
    "letters, Greek and Cyrillic": lambda r: _printed_character(r, _foreign(r), _PRINTABLE),
    "symbols, by pen": lambda r: _pen_character(r, _pen_sign(r)),
    "symbols, printed": lambda r: _printed_character(r, _symbol(r), _PRINTABLE),
    "shapes, by pen": lambda r: _finished(_shape(r, round(_height(r))), r),
    "photograph crops": _photograph_crop,
}


def pictures_without_digit(*, count_per_kind: int, seed: int) -> Iterator[Case]:
    """Yield pictures of each kind; the same seed gives the same pictures."""
    for number, (kind, draw) in enumerate(PICTURES.items()):
        for index in range(count_per_kind):
            random = np.random.default_rng([seed, 700 + number, index])
            yield Case(draw(random), None, kind)
