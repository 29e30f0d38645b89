"""Words and numbers as ink, with the place of each character: by pen or by a printer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from testsets.hands import FLAGGED
from testsets.letters import LETTERS, SIGNS
from testsets.pages import pen_drawn
from testsets.pens import Ink, pen
from testsets.strokes import DIGITS, Glyph, smooth, straight, written
from testsets.thinned import thin_drawn

Style = Literal["MNIST", "thin", "strokes", "European"]

# fmt: off
# ruff: noqa: E501
EUROPEAN: dict[int, list[Glyph]] = {
    **DIGITS,
    1: [[("-", [(0, .42), (.42, 0), (.4, 1)])], [("-", [(.05, .55), (.5, 0), (.52, 1)])], [("~", [(0, .4), (.25, .22), (.44, 0)]), ("-", [(.44, 0), (.36, 1)])]],
    4: [DIGITS[4][2], DIGITS[4][3], FLAGGED[4], [("-", [(.2, 0), (.0, .6), (.8, .58)]), ("-", [(.6, .22), (.52, 1)])]],
    7: [DIGITS[7][1], [("~", [(.02, .16), (.06, .03), (.4, .1), (.9, .02)]), ("-", [(.9, .02), (.36, 1)]), ("-", [(.24, .54), (.86, .5)])]],
    9: [FLAGGED[9], [("~", [(.8, .16), (.45, 0), (.1, .2), (.3, .48), (.76, .36), (.82, .1), (.84, .6), (.6, .98), (.2, .96), (.06, .84)])]],
}
# fmt: on


@dataclass(frozen=True)
class Placed:
    """A character or a word, its ink, and the pixel of its top left corner."""

    text: str
    ink: Ink
    left: int
    top: int

    @property
    def right(self) -> int:
        """The column behind the ink."""
        return self.left + self.ink.shape[1]

    @property
    def bottom(self) -> int:
        """The row below the ink."""
        return self.top + self.ink.shape[0]

    def moved(self, x: float, y: float) -> "Placed":
        """Return the same `x` pixels to the right and `y` down."""
        return Placed(self.text, self.ink, round(self.left + x), round(self.top + y))


class Writes(Protocol):
    """Whoever writes words: a person or a printer."""

    height: float

    def word(self, text: str, x: float, y: float) -> list[Placed]:
        """Return a word that starts in column `x` on the line in row `y`.

        A word with a digit is its characters, and any other is one `Placed`.
        """


@dataclass(frozen=True, kw_only=True)
class Writer:
    """One person with one pen, who writes digits in one way."""

    random: Generator
    digits: "MnistDigits"
    height: float
    """Of a digit, in pixels."""
    style: Style = "MNIST"
    pen_width: float = 0.1
    """As a share of the height; of signs and letters, and of digits that are not MNIST's."""
    slant: float = 0.0
    """Pixels to the right per pixel of height."""
    sizes: float = 0.06
    """Digits are larger or smaller by up to this share."""
    gaps: tuple[float, float] = (0.1, 0.3)
    """Between digits, as a share of the height."""
    fall: float = 0.0
    """How far a line falls per pixel of width."""
    turn: float = 0.0
    """By how many degrees each character is turned clockwise."""

    def word(self, text: str, x: float, y: float) -> list[Placed]:
        """Return a word: see `Writes`."""
        is_number, start, placed = any(map(str.isdigit, text)), x, []
        low, high = self.gaps if is_number else (0.05, 0.14)
        for char in text:
            ink, top = self._turned(*self._character(char))
            rise = y + self.fall * (x - start) + self.random.normal(0, 0.025) * self.height
            placed.append(Placed(char, ink, round(x), round(rise + top)))
            x += ink.shape[1] + self.random.uniform(low, high) * self.height
        return placed if is_number else [joined(placed)]

    def _character(self, char: str) -> tuple[Ink, float]:
        """Return a character's ink, and the row of its top; row 0 is the line it is written on."""
        height = self.height * self.random.uniform(1 - self.sizes, 1 + self.sizes)
        if not char.isdigit():
            glyphs = SIGNS[char] if char in SIGNS else [LETTERS[char]]
            glyph = glyphs[int(self.random.integers(len(glyphs)))]
            return stroked(glyph, height, self.pen_width, self.slant, self.random)
        if self.style in ("MNIST", "thin"):
            image = self.digits.of(char, self.random)
            thin = self.style == "thin"
            width = self.pen_width * self.height
            ink = thin_drawn(image, height, width) if thin else pen_drawn(image, height, self.slant)
        else:
            glyphs = (EUROPEAN if self.style == "European" else DIGITS)[int(char)]
            curves = written(glyphs[int(self.random.integers(len(glyphs)))], self.random)
            ink = pen(curves, self.random, pen_width=self.pen_width, digit_side=round(height))
        return ink, -float(ink.shape[0])

    def _turned(self, ink: Ink, top: float) -> tuple[Ink, float]:
        if not self.turn:
            return ink, top
        image = Image.fromarray(ink.astype(np.float32))
        turned = np.asarray(image.rotate(-self.turn, Image.Resampling.BILINEAR, expand=True))
        rows, columns = (np.flatnonzero((turned > 0.3).any(axis)) for axis in (1, 0))
        cropped = turned[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        return cropped, top + (ink.shape[0] - cropped.shape[0]) / 2


class MnistDigits:
    """MNIST's digits by their label: uint8 (N, 28, 28), and the digit on each, shape (N,)."""

    def __init__(self, images: NDArray[np.uint8], labels: NDArray[np.integer]) -> None:
        self._images = images
        self._places = {str(digit): np.flatnonzero(labels == digit) for digit in range(10)}

    def of(self, digit: str, random: Generator) -> NDArray[np.uint8]:
        """Return one of the images of a digit."""
        return self._images[random.choice(self._places[digit])]


def stroked(
    glyph: Glyph, height: float, pen_width: float, slant: float, random: Generator
) -> tuple[Ink, float]:
    """Return a glyph of `testsets/letters.py` as ink, and the row of its top above the line."""
    curves = []
    for kind, points in glyph:
        control = np.array(points, float) + random.normal(0, 0.015, (len(points), 2))
        curve = smooth(control, 16) if kind == "~" else straight(control, 30)
        curves.append(curve + (1 - curve[:, 1:]) * [slant, 0])
    everything = np.vstack(curves)
    low, size = everything.min(0), max(0.02, float(np.ptp(everything, 0).max()))
    side = (size + pen_width) * height
    ink = pen(
        [(curve - low) / size for curve in curves], random,
        pen_width=pen_width / (size + pen_width), digit_side=max(2, round(side)),
    )  # fmt: skip
    return ink, (low[1] - 1 - pen_width / 2) * height


def joined(parts: Sequence[Placed]) -> Placed:
    """Return several as one."""
    left, top = min(it.left for it in parts), min(it.top for it in parts)
    right, bottom = max(it.right for it in parts), max(it.bottom for it in parts)
    ink = np.zeros((bottom - top, right - left))
    for it in parts:
        place = ink[it.top - top : it.bottom - top, it.left - left : it.right - left]
        np.maximum(place, it.ink, out=place)
    return Placed("".join(it.text for it in parts), ink, left, top)


@dataclass(frozen=True, kw_only=True)
class Printer:
    """A printed font."""

    height: float
    """Of a digit, in pixels."""
    font: str = "DejaVuSans"
    """A font that matplotlib ships."""
    slant: float = 0.0
    thin: bool = False
    """Whether the strokes are made thinner, as a pen's are."""
    spacing: float = field(default=0.0)
    """Added between characters, as a share of the height."""

    def word(self, text: str, x: float, y: float) -> list[Placed]:
        """Return a word: see `Writes`."""
        placed = list(self._characters(text, x, y))
        return placed if any(map(str.isdigit, text)) else [joined(placed)]

    def _characters(self, text: str, x: float, y: float) -> Iterator[Placed]:
        fine = 4 if self.height < 60 else 2  # drawn this many times larger, then averaged
        font = font_of_height(self.font, round(self.height * fine))
        for char in text:
            left, top, right, bottom = font.getbbox(char, anchor="ls")
            spare = 4 + abs(self.slant) * (bottom - top)
            canvas = Image.new("L", (round(right - left + 2 * spare), round(bottom - top + 8)))
            ImageDraw.Draw(canvas).text(
                (spare - left, 4 - top), char, fill=255, font=font, anchor="ls"
            )
            if self.thin:
                canvas = canvas.filter(ImageFilter.MinFilter(2 * (fine // 2) + 1))
            shear = (1, self.slant, -self.slant * (4 - top), 0, 1, 0)
            canvas = canvas.transform(
                canvas.size, Image.Transform.AFFINE, shear, Image.Resampling.BILINEAR
            )
            size = max(1, round(canvas.width / fine)), max(1, round(canvas.height / fine))
            ink = np.asarray(canvas.resize(size, Image.Resampling.BOX), np.float32) / 255
            rows, columns = (np.flatnonzero((ink > 0.2).any(axis)) for axis in (1, 0))
            if len(rows):
                cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
                at = x + (left - spare) / fine + columns[0], y + (top - 4) / fine + rows[0]
                yield Placed(char, cut, round(at[0]), round(at[1]))
            x += font.getlength(char) / fine + self.spacing * self.height


@cache
def font_of_height(name: str, height: int) -> ImageFont.FreeTypeFont:
    """Return one of matplotlib's fonts, in the size in which a digit has this height."""
    from matplotlib import get_data_path

    path = Path(get_data_path()) / "fonts" / "ttf" / f"{name}.ttf"
    _, top, _, bottom = ImageFont.truetype(path, 200).getbbox("8", anchor="ls")
    return ImageFont.truetype(path, max(4, round(200 * height / (bottom - top))))
