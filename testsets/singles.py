"""An honest picture set: digits drawn with a pen of our own, under conditions told by name.

No image of MNIST, no font and no collection of handwriting goes in: the strokes are in
``strokes.py``, pen, paper, light and camera in ``pens.py``, and all of it comes from a seed.
No training may read this module: it is for judging what training and ``core/image.py`` have made.

    for case in handmade(count_per_condition=100, seed=1):
        case.picture     # bytes of a file, or a uint8 array: what a user would hand over
        case.label       # 0..9, or None where there is no digit to find
        case.condition   # "clean", "forms 8x8", "no digit: letters", ...
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from testsets.pens import (
    Random,
    around,
    blur,
    file,
    jpeg,
    medium,
    noise,
    on_paper,
    pen,
    shade,
    to_array,
    to_image,
)
from testsets.strokes import DIGITS, LETTERS, SHAPES, Path, scribble, written

Picture = bytes | NDArray[np.uint8]


@dataclass(frozen=True)
class Case:
    """One picture, the digit on it (None: no digit), and the name of its condition."""

    picture: Picture
    label: int | None
    condition: str


# --- the conditions --------------------------------------------------------------------------


def clean(paths: list[Path], random: Random) -> Picture:
    """Return a picture: dark ink on white, pen of medium width, some margin."""
    side = int(random.integers(80, 300))
    return to_array(
        on_paper(
            pen(
                paths,
                random,
                pen_width=medium(random),
                digit_side=side,
                margins=around(random, side, 0.1, 0.5),
            )
        )
    )


def hairline(paths: list[Path], random: Random) -> Picture:
    """Return a picture: a pen of one pixel or two on a large picture."""
    side = int(random.integers(150, 500))
    return to_array(
        on_paper(
            pen(
                paths,
                random,
                pen_width=random.uniform(0.006, 0.015),
                digit_side=side,
                margins=around(random, side, 0.1, 0.5),
            )
        )
    )


def felt(paths: list[Path], random: Random) -> Picture:
    """Return a picture: a felt pen, so thick that holes nearly close."""
    side = int(random.integers(80, 300))
    return to_array(
        on_paper(
            pen(
                paths,
                random,
                pen_width=random.uniform(0.19, 0.25),
                digit_side=side,
                margins=around(random, side, 0.05, 0.3),
            )
        )
    )


def mouse(paths: list[Path], random: Random, *, light: bool, tight: bool = False) -> Picture:
    """Return a paint program's 28 x 28 canvas: a pen of one to three pixels, not centerd."""
    side = int(random.integers(13, 26))
    ink = pen(
        paths,
        random,
        pen_width=min(0.3, random.uniform(1.0, 3.0) / side),
        digit_side=side,
        hard=bool(random.random() < 0.5),
    )
    canvas = np.zeros((28, 28))
    height, width = (min(28, s) for s in ink.shape)
    top, left = random.integers(0, 29 - height), random.integers(0, 29 - width)
    canvas[top : top + height, left : left + width] = ink[:height, :width]
    return to_array(255 * canvas if light else 255 - 255 * canvas)


def postal(paths: list[Path], random: Random, *, light: bool) -> Picture:
    """16 x 16, cut to the digit's longer side, soft gray edges, gray paper."""
    ink = pen(paths, random, pen_width=random.uniform(0.07, 0.2), digit_side=64)
    square = np.zeros((max(ink.shape), max(ink.shape)))
    left = (square.shape[1] - ink.shape[1]) // 2
    square[: ink.shape[0], left : left + ink.shape[1]] = ink
    stretched = random.random() < 0.3 and ink.shape[1] > 20  # some scanners fill the square
    source = to_image(255 * (ink if stretched else square)).filter(
        ImageFilter.GaussianBlur(random.uniform(0, 2))
    )
    small = np.asarray(source.resize((16, 16), Image.Resampling.BOX), float) / 255
    paper, full = random.uniform(0, 40), random.uniform(200, 255)
    gray = noise(paper + (full - paper) * small, random, random.uniform(0, 6))
    return to_array(gray if light else 255 - gray)


def forms(paths: list[Path], random: Random, *, light: bool) -> Picture:
    """8 x 8: a 32 x 32 bitmap's set pixels counted in 4 x 4 blocks, 0..16, no margin."""
    ink = pen(paths, random, pen_width=random.uniform(0.07, 0.2), digit_side=32, hard=True)[
        :32, :32
    ]
    bitmap = np.zeros((32, 32))
    left = (32 - ink.shape[1]) // 2
    bitmap[: ink.shape[0], left : left + ink.shape[1]] = ink
    counts = bitmap.reshape(8, 4, 8, 4).sum((1, 3))
    if random.random() < 0.5:  # really no margin: empty columns and rows cut off
        counts = counts[np.ix_(counts.any(1), counts.any(0))]
    gray = counts * 255 / 16
    return to_array(gray if light else 255 - gray)


def tight(paths: list[Path], random: Random, *, light: bool) -> Picture:
    """Return a crop without any margin, now and then cutting into the ink."""
    side = int(random.integers(24, 160))
    cut = -round(side * 0.02) if random.random() < 0.3 else 0
    ink = pen(
        paths, random, pen_width=random.uniform(0.06, 0.2), digit_side=side, margins=(cut,) * 4
    )
    paper, dark = random.uniform(180, 255), random.uniform(0, 90)
    gray = noise(on_paper(ink, paper, dark), random, 3)
    return to_array(255 - gray if light else gray)


def border(paths: list[Path], random: Random) -> Picture:
    """Let the digit touch one or two borders of a picture that is wider elsewhere."""
    side = int(random.integers(50, 160))
    margins = [int(m) for m in around(random, side, 0.2, 0.6)]
    for edge in random.choice(4, int(random.integers(1, 3)), replace=False):
        margins[edge] = -int(random.integers(0, 2))
    left, top, right, bottom = margins
    ink = pen(
        paths, random, pen_width=medium(random), digit_side=side, margins=(left, top, right, bottom)
    )
    return to_array(on_paper(ink, 240, 40))


def small_in_page(paths: list[Path], random: Random) -> Picture:
    """Return a picture: a small digit somewhere on a large page."""
    side = int(random.integers(40, 90))
    ink = pen(
        paths,
        random,
        pen_width=medium(random),
        digit_side=side,
        margins=around(random, side, 0.5, 4),
    )
    return jpeg(noise(on_paper(ink, random.uniform(200, 250), 40), random, 4), 85)


def shaded(paths: list[Path], random: Random) -> Picture:
    """Return a picture: paper with a shadow across it."""
    side = int(random.integers(80, 300))
    ink = pen(
        paths,
        random,
        pen_width=medium(random),
        digit_side=side,
        margins=around(random, side, 0.2, 1),
    )
    dark = random.random() < 0.3
    gray = on_paper(ink, 60, 230) if dark else on_paper(ink, 235, 50)
    return to_array(noise(shade(gray, random, random.uniform(0.4, 0.75)), random, 3))


def colored(paths: list[Path], random: Random) -> Picture:
    """Return a picture: any two colors that differ plainly in one channel."""
    side = int(random.integers(80, 200))
    ink = pen(
        paths,
        random,
        pen_width=medium(random),
        digit_side=side,
        margins=around(random, side, 0.1, 0.6),
    )
    while True:  # any two colors that differ plainly in at least one channel
        paper, color = random.uniform(0, 255, (2, 3))
        if np.abs(paper - color).max() > 110:
            break
    rgb = paper + (color - paper) * ink[..., None]
    return file(Image.fromarray(np.rint(rgb).astype(np.uint8)), "PNG")


def ruled(paths: list[Path], random: Random) -> Picture:
    """Return a picture: on ruled or squared paper."""
    side = int(random.integers(80, 200))
    ink = pen(
        paths,
        random,
        pen_width=random.uniform(0.05, 0.12),
        digit_side=side,
        margins=around(random, side, 0.2, 0.8),
    )
    lines = np.zeros(ink.shape)
    step, thick = int(side * random.uniform(0.4, 1.1)), max(1, side // 70)
    for row in range(int(random.integers(0, step)), ink.shape[0], step):
        lines[row : row + thick] = 1
    if random.random() < 0.4:
        for column in range(int(random.integers(0, step)), ink.shape[1], step):
            lines[:, column : column + thick] = 1
    strength = random.uniform(0.2, 0.7)
    return jpeg(noise(on_paper(np.maximum(ink, strength * lines), 245, 40), random, 2), 80)


def photograph(paths: list[Path], random: Random) -> Picture:
    """Return a picture: as a phone sees it: turned, shaded, noisy, out of focus, JPEG."""
    side = int(random.integers(250, 900))
    ink = pen(
        paths,
        random,
        pen_width=random.uniform(0.03, 0.1),
        digit_side=side,
        margins=around(random, side, 0.2, 0.7),
    )
    gray = shade(on_paper(ink, 215, random.uniform(40, 90)), random, random.uniform(0.2, 0.6))
    gray = noise(blur(gray, random.uniform(0.8, 4)), random, random.uniform(3, 10))
    tint = np.array([1.0, random.uniform(0.9, 1), random.uniform(0.75, 1)])
    rgb = np.clip(np.rint(gray[..., None] * tint), 0, 255).astype(np.uint8)
    return file(Image.fromarray(rgb), "JPEG", quality=int(random.integers(40, 90)))


def chalk(paths: list[Path], random: Random) -> Picture:
    """Return a picture: broken light strokes on a dark board."""
    side = int(random.integers(60, 250))
    ink = pen(
        paths,
        random,
        pen_width=medium(random),
        digit_side=side,
        margins=around(random, side, 0.1, 0.8),
    )
    ink = ink * random.uniform(0.6, 1, ink.shape)
    return jpeg(noise(on_paper(ink, random.uniform(20, 60), 225), random, 8), 70)


def noisy(paths: list[Path], random: Random) -> Picture:
    """Return a picture: strong noise of a sensor."""
    side = int(random.integers(40, 120))
    ink = pen(
        paths,
        random,
        pen_width=medium(random),
        digit_side=side,
        margins=around(random, side, 0.1, 0.5),
    )
    return to_array(noise(on_paper(ink, 210, 60), random, random.uniform(20, 40)))


def blurred(paths: list[Path], random: Random) -> Picture:
    """Return a picture: out of focus."""
    side = int(random.integers(40, 200))
    ink = pen(
        paths,
        random,
        pen_width=medium(random),
        digit_side=side,
        margins=around(random, side, 0.2, 0.5),
    )
    return to_array(blur(on_paper(ink, 250, 20), side * random.uniform(0.02, 0.05)))


def thumbnail_jpeg(paths: list[Path], random: Random) -> Picture:
    """Return a picture: a small, hard compressed JPEG."""
    side = int(random.integers(20, 48))
    ink = pen(
        paths,
        random,
        pen_width=medium(random),
        digit_side=side,
        margins=around(random, side, 0.1, 0.4),
    )
    return jpeg(on_paper(ink, 250, 20), int(random.integers(10, 30)))


def transparent(paths: list[Path], random: Random) -> Picture:
    """Return a picture: ink of one color on a transparent background."""
    side = int(random.integers(60, 200))
    ink = pen(
        paths,
        random,
        pen_width=medium(random),
        digit_side=side,
        margins=around(random, side, 0.1, 0.5),
    )
    color = to_image(np.full(ink.shape, random.choice([0.0, 255.0])))
    return file(Image.merge("LA", (color, to_image(255 * ink))), "PNG")


WITH_DIGIT: dict[str, Callable[[list[Path], Random], Picture]] = {
    "clean": clean,
    "hairline": hairline,
    "felt": felt,
    "mouse 28x28, dark ink": lambda p, r: mouse(p, r, light=False),
    "mouse 28x28, light ink": lambda p, r: mouse(p, r, light=True),
    "postal 16x16, light ink": lambda p, r: postal(p, r, light=True),
    "postal 16x16, dark ink": lambda p, r: postal(p, r, light=False),
    "forms 8x8, light ink": lambda p, r: forms(p, r, light=True),
    "forms 8x8, dark ink": lambda p, r: forms(p, r, light=False),
    "tight crop, dark ink": lambda p, r: tight(p, r, light=False),
    "tight crop, light ink": lambda p, r: tight(p, r, light=True),
    "touching the border": border,
    "small on a page": small_in_page,
    "shaded paper": shaded,
    "colored": colored,
    "ruled paper": ruled,
    "photograph": photograph,
    "chalk": chalk,
    "noisy": noisy,
    "blurred": blurred,
    "small hard JPEG": thumbnail_jpeg,
    "transparent": transparent,
}


# --- no digit --------------------------------------------------------------------------------


def blank(random: Random) -> Picture:
    """Return a picture: nothing but paper."""
    height, width = random.integers(8, 300, 2)
    return to_array(
        noise(np.full((height, width), random.uniform(0, 255)), random, random.uniform(0, 3))
    )


def plain_noise(random: Random) -> Picture:
    """Return a picture: nothing but noise."""
    height, width = random.integers(20, 200, 2)
    return to_array(noise(np.full((height, width), 128.0), random, random.uniform(20, 80)))


def gradient(random: Random) -> Picture:
    """Nothing but light: what a photograph of an empty wall shows."""
    gray = np.full(tuple(random.integers(100, 400, 2)), random.uniform(120, 250))
    return jpeg(noise(shade(gray, random, random.uniform(0.3, 0.8)), random, 4), 80)


def inked(paths: list[Path], random: Random) -> Picture:
    """Return a picture: strokes that are no digit, drawn like one."""
    side = int(random.integers(60, 200))
    return to_array(
        on_paper(
            pen(
                paths,
                random,
                pen_width=medium(random),
                digit_side=side,
                margins=around(random, side, 0.1, 0.5),
            )
        )
    )


WITHOUT_DIGIT: dict[str, Callable[[Random], Picture]] = {
    "no digit: blank": blank,
    "no digit: noise": plain_noise,
    "no digit: gradient": gradient,
    "no digit: letters": lambda r: inked(written(LETTERS[str(r.choice(list(LETTERS)))], r), r),
    "no digit: shapes": lambda r: inked(written(SHAPES[str(r.choice(list(SHAPES)))], r), r),
    "no digit: scribbles": lambda r: inked(scribble(r), r),
}


def handmade(count_per_condition: int, seed: int) -> Iterator[Case]:
    """Yield ``count_per_condition`` cases of every condition; the same for the same seed."""
    for number, (condition, draw) in enumerate(WITH_DIGIT.items()):
        random = np.random.default_rng([seed, number])
        for index in range(count_per_condition):
            label = index % 10
            glyph = DIGITS[label][int(random.integers(len(DIGITS[label])))]
            yield Case(draw(written(glyph, random), random), label, condition)
    for number, (condition, invent) in enumerate(WITHOUT_DIGIT.items()):
        random = np.random.default_rng([seed, 1000 + number])
        for _ in range(count_per_condition):
            yield Case(invent(random), None, condition)
