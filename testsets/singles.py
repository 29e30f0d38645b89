"""Generated pictures of single digits, under conditions with names.

The strokes are in ``strokes.py``; pen, paper, light and camera are in ``pens.py``. No MNIST image,
font or handwriting data is used, and everything is drawn from a seed. Training must not read this
module: it measures what training and ``digitlab.pictures`` achieve.

    for case in handmade(count_per_condition=100, seed=1):
        case.picture     # bytes of a file, or a uint8 array: what a user would pass
        case.label       # 0 to 9, or None if the picture shows no digit
        case.condition   # "clean", "forms 8x8, dark ink", "no digit: letters", ...
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from testsets.pens import (
    Ink,
    blur,
    file,
    jpeg,
    noise,
    on_paper,
    pen,
    phone_jpeg,
    random_margins,
    shade,
    to_array,
    to_image,
)
from testsets.strokes import DIGITS, LETTERS, SHAPES, Curve, scribble, written

Picture = bytes | NDArray[np.uint8]
MEDIUM = (0.07, 0.15)  # ball pen to marker, as a share of the digit's longer side


@dataclass(frozen=True)
class Case:
    """One picture, its digit (None: no digit), and the name of its condition."""

    picture: Picture
    label: int | None
    condition: str


@dataclass(frozen=True)
class Drawing:
    """A condition: strokes drawn with a pen on bare paper, then finished as a picture."""

    side: tuple[int, int]
    """The least and the greatest size of the digit in pixels, the latter excluded."""
    margins: tuple[float, float]
    """The least and the greatest margin on each side, as a share of the digit's size."""
    finish: Callable[[Ink, Generator, int], Picture]
    """Makes the picture of the ink; it also gets the digit's size."""
    width: tuple[float, float] = MEDIUM
    """The thinnest and the thickest pen, as a share of the digit's size."""

    def __call__(self, curves: list[Curve], random: Generator) -> Picture:
        """Return a picture of the strokes."""
        side, width = int(random.integers(*self.side)), random.uniform(*self.width)
        margins = random_margins(random, side, *self.margins)
        ink = pen(curves, random, pen_width=width, digit_side=side, margins=margins)
        return self.finish(ink, random, side)


# --- how a drawing is finished ---------------------------------------------------------------


def plain(ink: Ink, _random: Generator, _side: int) -> Picture:
    """Return dark ink on white paper."""
    return to_array(on_paper(ink))


def shaded(ink: Ink, random: Generator, _side: int) -> Picture:
    """Return paper with a shadow across it, sometimes dark paper with light ink."""
    gray = on_paper(ink, 60, 230) if random.random() < 0.3 else on_paper(ink, 235, 50)
    return to_array(noise(shade(gray, random, random.uniform(0.4, 0.75)), random, 3))


def colored(ink: Ink, random: Generator, _side: int) -> Picture:
    """Return two random colors that differ clearly in at least one channel."""
    while True:
        paper, color = random.uniform(0, 255, (2, 3))
        if np.abs(paper - color).max() > 110:
            break
    rgb = paper + (color - paper) * ink[..., None]
    return file(Image.fromarray(np.rint(rgb).astype(np.uint8)), "PNG")


def ruled(ink: Ink, random: Generator, side: int) -> Picture:
    """Return ink on ruled or squared paper."""
    lines = np.zeros(ink.shape)
    step, thick = int(side * random.uniform(0.4, 1.1)), max(1, side // 70)
    for row in range(int(random.integers(0, step)), ink.shape[0], step):
        lines[row : row + thick] = 1
    if random.random() < 0.4:
        for column in range(int(random.integers(0, step)), ink.shape[1], step):
            lines[:, column : column + thick] = 1
    strength = random.uniform(0.2, 0.7)
    return jpeg(noise(on_paper(np.maximum(ink, strength * lines), 245, 40), random, 2), 80)


def photograph(ink: Ink, random: Generator, _side: int) -> Picture:
    """Return a phone's photograph: shaded, out of focus, noisy, tinted, JPEG."""
    gray = shade(on_paper(ink, 215, random.uniform(40, 90)), random, random.uniform(0.2, 0.6))
    gray = noise(blur(gray, random.uniform(0.8, 4)), random, random.uniform(3, 10))
    return phone_jpeg(gray, random, green=0.9, blue=0.75, quality=(40, 90))


def chalk(ink: Ink, random: Generator, _side: int) -> Picture:
    """Return broken light strokes on a dark board."""
    ink = ink * random.uniform(0.6, 1, ink.shape)
    return jpeg(noise(on_paper(ink, random.uniform(20, 60), 225), random, 8), 70)


def transparent(ink: Ink, random: Generator, _side: int) -> Picture:
    """Return ink of one color on a transparent background."""
    color = to_image(np.full(ink.shape, random.choice([0.0, 255.0])))
    return file(Image.merge("LA", (color, to_image(255 * ink))), "PNG")


# --- conditions that draw in a way of their own ----------------------------------------------


def mouse(curves: list[Curve], random: Generator, *, light: bool) -> Picture:
    """Return a paint program's 28 x 28 canvas: a pen of one to three pixels, not centered."""
    side = int(random.integers(13, 26))
    width = min(0.3, random.uniform(1.0, 3.0) / side)
    hard = bool(random.random() < 0.5)
    ink = pen(curves, random, pen_width=width, digit_side=side, hard=hard)
    canvas = np.zeros((28, 28))
    height, width = (min(28, s) for s in ink.shape)
    top, left = random.integers(0, 29 - height), random.integers(0, 29 - width)
    canvas[top : top + height, left : left + width] = ink[:height, :width]
    return light_or_dark(255 * canvas, light)


def postal(curves: list[Curve], random: Generator, *, light: bool) -> Picture:
    """Return 16 x 16 pixels, cropped to the digit's longer side: soft edges, gray paper."""
    ink = pen(curves, random, pen_width=random.uniform(0.07, 0.2), digit_side=64)
    square = in_square(ink, max(ink.shape))
    stretched = random.random() < 0.3 and ink.shape[1] > 20  # some scanners fill the square
    source = to_image(255 * (ink if stretched else square))
    source = source.filter(ImageFilter.GaussianBlur(random.uniform(0, 2)))
    small = np.asarray(source.resize((16, 16), Image.Resampling.BOX), float) / 255
    paper, full = random.uniform(0, 40), random.uniform(200, 255)
    gray = noise(paper + (full - paper) * small, random, random.uniform(0, 6))
    return light_or_dark(gray, light)


def forms(curves: list[Curve], random: Generator, *, light: bool) -> Picture:
    """Return 8 x 8 pixels, 0 to 16: the set pixels in 4 x 4 blocks of a 32 x 32 bitmap."""
    ink = pen(curves, random, pen_width=random.uniform(0.07, 0.2), digit_side=32, hard=True)
    counts = in_square(ink[:32, :32], 32).reshape(8, 4, 8, 4).sum((1, 3))
    if random.random() < 0.5:  # no margin at all: empty columns and rows are cut off
        counts = counts[np.ix_(counts.any(1), counts.any(0))]
    return light_or_dark(counts * 255 / 16, light)


def tight(curves: list[Curve], random: Generator, *, light: bool) -> Picture:
    """Return a crop without margins that sometimes cuts into the ink."""
    side = int(random.integers(24, 160))
    cut = -round(side * 0.02) if random.random() < 0.3 else 0
    width = random.uniform(0.06, 0.2)
    ink = pen(curves, random, pen_width=width, digit_side=side, margins=(cut,) * 4)
    paper, dark = random.uniform(180, 255), random.uniform(0, 90)
    gray = noise(on_paper(ink, paper, dark), random, 3)
    return to_array(255 - gray if light else gray)


def border(curves: list[Curve], random: Generator) -> Picture:
    """Return a digit that touches one or two borders and has wide margins elsewhere."""
    side = int(random.integers(50, 160))
    margins = list(random_margins(random, side, 0.2, 0.6))
    for edge in random.choice(4, int(random.integers(1, 3)), replace=False):
        margins[edge] = -int(random.integers(0, 2))
    width = random.uniform(*MEDIUM)
    ink = pen(curves, random, pen_width=width, digit_side=side, margins=tuple(margins))
    return to_array(on_paper(ink, 240, 40))


def in_square(ink: Ink, side: int) -> Ink:
    """Return ink at the top of a square of bare paper, centered from left to right."""
    square = np.zeros((side, side))
    left = (side - ink.shape[1]) // 2
    square[: ink.shape[0], left : left + ink.shape[1]] = ink
    return square


def light_or_dark(gray: NDArray[np.floating], light: bool) -> Picture:
    """Return light ink on dark paper as it is, or inverted."""
    return to_array(gray if light else 255 - gray)


WITH_DIGIT: dict[str, Callable[[list[Curve], Generator], Picture]] = {
    "clean": Drawing((80, 300), (0.1, 0.5), plain),
    "hairline": Drawing((150, 500), (0.1, 0.5), plain, width=(0.006, 0.015)),
    "felt": Drawing((80, 300), (0.05, 0.3), plain, width=(0.19, 0.25)),  # holes nearly close
    "mouse 28x28, dark ink": partial(mouse, light=False),
    "mouse 28x28, light ink": partial(mouse, light=True),
    "postal 16x16, light ink": partial(postal, light=True),
    "postal 16x16, dark ink": partial(postal, light=False),
    "forms 8x8, light ink": partial(forms, light=True),
    "forms 8x8, dark ink": partial(forms, light=False),
    "tight crop, dark ink": partial(tight, light=False),
    "tight crop, light ink": partial(tight, light=True),
    "touching the border": border,
    "small on a page": Drawing(
        (40, 90),
        (0.5, 4),
        lambda ink, r, _: jpeg(noise(on_paper(ink, r.uniform(200, 250), 40), r, 4), 85),
    ),
    "shaded paper": Drawing((80, 300), (0.2, 1), shaded),
    "colored": Drawing((80, 200), (0.1, 0.6), colored),
    "ruled paper": Drawing((80, 200), (0.2, 0.8), ruled, width=(0.05, 0.12)),
    "photograph": Drawing((250, 900), (0.2, 0.7), photograph, width=(0.03, 0.1)),
    "chalk": Drawing((60, 250), (0.1, 0.8), chalk),
    "noisy": Drawing(
        (40, 120),
        (0.1, 0.5),
        lambda ink, r, _: to_array(noise(on_paper(ink, 210, 60), r, r.uniform(20, 40))),
    ),
    "blurred": Drawing(
        (40, 200),
        (0.2, 0.5),
        lambda ink, r, side: to_array(blur(on_paper(ink, 250, 20), side * r.uniform(0.02, 0.05))),
    ),
    "small hard JPEG": Drawing(
        (20, 48),
        (0.1, 0.4),
        lambda ink, r, _: jpeg(on_paper(ink, 250, 20), int(r.integers(10, 30))),
    ),
    "transparent": Drawing((60, 200), (0.1, 0.5), transparent),
}


# --- no digit --------------------------------------------------------------------------------


def blank(random: Generator) -> Picture:
    """Return bare paper."""
    paper = np.full(random.integers(8, 300, 2), random.uniform(0, 255))
    return to_array(noise(paper, random, random.uniform(0, 3)))


def noise_only(random: Generator) -> Picture:
    """Return strong noise."""
    gray = np.full(random.integers(20, 200, 2), 128.0)
    return to_array(noise(gray, random, random.uniform(20, 80)))


def gradient(random: Generator) -> Picture:
    """Return light and shadow, as a photograph of an empty wall shows."""
    gray = np.full(random.integers(100, 400, 2), random.uniform(120, 250))
    return jpeg(noise(shade(gray, random, random.uniform(0.3, 0.8)), random, 4), 80)


inked = Drawing((60, 200), (0.1, 0.5), plain)  # strokes of no digit, drawn like a digit

WITHOUT_DIGIT: dict[str, Callable[[Generator], Picture]] = {
    "no digit: blank": blank,
    "no digit: noise": noise_only,
    "no digit: gradient": gradient,
    "no digit: letters": lambda r: inked(written(LETTERS[str(r.choice(list(LETTERS)))], r), r),
    "no digit: shapes": lambda r: inked(written(SHAPES[str(r.choice(list(SHAPES)))], r), r),
    "no digit: scribbles": lambda r: inked(scribble(r), r),
}


def handmade(count_per_condition: int, seed: int) -> Iterator[Case]:
    """Yield ``count_per_condition`` cases per condition; the same seed gives the same cases."""
    for number, (condition, draw) in enumerate(WITH_DIGIT.items()):
        random = np.random.default_rng([seed, number])
        for index in range(count_per_condition):
            label = index % 10
            glyph = DIGITS[label][int(random.integers(len(DIGITS[label])))]
            yield Case(draw(written(glyph, random), random), label, condition)
    for number, (condition, make) in enumerate(WITHOUT_DIGIT.items()):
        random = np.random.default_rng([seed, 1000 + number])
        for _ in range(count_per_condition):
            yield Case(make(random), None, condition)
