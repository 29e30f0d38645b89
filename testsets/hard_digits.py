"""Single digits that are damaged, thin, or written as in much of Europe.

Damaged and thin ones are MNIST's (`images`, `labels`). A 1 gets a flag and a 7 a bar by a stroke
that is added to MNIST's, or the whole digit is drawn (`testsets/writing.py`).

    for case in hard_digits(images, labels, count_per_kind=10, seed=1):
        case.picture, case.label, case.condition
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from testsets.pages import broken, pen_drawn
from testsets.pens import Ink, blur, jpeg, noise, on_paper, pen, to_array
from testsets.singles import Case, Picture
from testsets.strokes import Curve, straight, written
from testsets.thinned import thin_drawn
from testsets.writing import EUROPEAN, MnistDigits, Placed, joined

_SIDES = (30, 160)  # the least and the greatest height of a digit in pixels


def _height(random: Generator) -> float:
    return float(random.uniform(*_SIDES))


def _plain(digits: MnistDigits, digit: str, random: Generator) -> Ink:
    return pen_drawn(digits.of(digit, random), _height(random), random.uniform(-0.1, 0.2))


def _framed(ink: Ink, random: Generator) -> Ink:
    """Return ink with bare paper around it."""
    spare = random.uniform(0.15, 0.6, (2, 2)) * max(ink.shape)
    return np.pad(ink, [(int(a), int(b)) for a, b in spare])


def _scanned(ink: Ink, random: Generator) -> Picture:
    gray = on_paper(_framed(ink, random), random.uniform(200, 255), random.uniform(10, 80))
    return to_array(noise(gray, random, random.uniform(0, 5)))


def _thin(digits: MnistDigits, digit: str, random: Generator) -> Picture:
    height = _height(random)
    width = max(1.2, height * random.uniform(0.03, 0.06))
    return _scanned(thin_drawn(digits.of(digit, random), height, width), random)


def _broken(digits: MnistDigits, digit: str, random: Generator) -> Picture:
    return _scanned(broken(_plain(digits, digit, random), random), random)


def _faded(digits: MnistDigits, digit: str, random: Generator) -> Picture:
    ink = _plain(digits, digit, random)
    y, x = np.mgrid[0 : 1 : ink.shape[0] * 1j, 0 : 1 : ink.shape[1] * 1j]
    angle = random.uniform(0, 2 * np.pi)
    along = 0.5 + 0.7 * (np.cos(angle) * (x - 0.5) + np.sin(angle) * (y - 0.5))
    least = random.uniform(0.25, 0.6)
    return _scanned(ink * (least + (1 - least) * np.clip(along, 0, 1)), random)


def _blurred(digits: MnistDigits, digit: str, random: Generator) -> Picture:
    ink = _plain(digits, digit, random)
    gray = on_paper(_framed(ink, random), random.uniform(180, 240), random.uniform(20, 90))
    gray = noise(blur(gray, ink.shape[0] * random.uniform(0.02, 0.06)), random, 8)
    return jpeg(gray, int(random.integers(25, 80)))


def _tiny(digits: MnistDigits, digit: str, random: Generator) -> Picture:
    ink = pen_drawn(digits.of(digit, random), random.uniform(7, 13), 0)
    gray = on_paper(np.pad(ink, 2), random.uniform(200, 255), random.uniform(0, 90))
    return to_array(noise(gray, random, random.uniform(0, 8)))


def _cell(digits: MnistDigits, digit: str, random: Generator) -> Picture:
    """Return a digit in a cell of a form, with slivers of its lines at the border."""
    ink = _framed(_plain(digits, digit, random), random)
    thick = max(1, round(0.03 * min(ink.shape)))
    for side in np.flatnonzero(random.random(4) < 0.6):
        turned = np.rot90(ink, int(side))  # a view: the line is drawn into `ink`
        inset = int(random.choice([0, 0, thick, 2 * thick]))
        turned[inset : inset + thick] = 1
    gray = on_paper(ink, random.uniform(205, 250), random.uniform(20, 60))
    return to_array(noise(gray, random, 3))


def _with_stroke(ink: Ink, stroke: list[tuple[float, float]], random: Generator) -> Ink:
    """Return ink with a straight stroke added; its points are in pixels of the ink."""
    points = np.array(stroke, float) + random.normal(0, 0.02 * ink.shape[0], (len(stroke), 2))
    low, size = points.min(0), max(2.0, float(np.ptp(points, 0).max()))
    width = max(1.5, ink.sum() / (1.3 * ink.shape[0]))  # about the width of the pen
    line: list[Curve] = [straight((points - low) / size, 20)]
    drawn = pen(line, random, pen_width=width / (size + width), digit_side=round(size + width))
    corner = np.rint(low - width / 2).astype(int)
    return joined([Placed("", ink, 0, 0), Placed("", drawn, int(corner[0]), int(corner[1]))]).ink


def _flagged_one(digits: MnistDigits, _digit: str, random: Generator) -> Picture:
    ink = _plain(digits, "1", random)
    height, top = ink.shape[0], float(np.flatnonzero(ink[: max(1, len(ink) // 12)].any(0)).mean())
    wide, deep = random.uniform(0.25, 0.45) * height, random.uniform(0.25, 0.5) * height
    return _scanned(_with_stroke(ink, [(top, 0.03 * height), (top - wide, deep)], random), random)


def _barred_seven(digits: MnistDigits, _digit: str, random: Generator) -> Picture:
    ink = _plain(digits, "7", random)
    y = random.uniform(0.48, 0.6) * ink.shape[0]
    x, half = float(np.flatnonzero(ink[int(y)] > 0.3).mean()), 0.22 * ink.shape[0]
    tilt = random.uniform(-0.15, 0.05) * half
    return _scanned(_with_stroke(ink, [(x - half, y - tilt), (x + half, y + tilt)], random), random)


def _european(_digits: MnistDigits, digit: str, random: Generator) -> Picture:
    glyphs = EUROPEAN[int(digit)]
    curves = written(glyphs[int(random.integers(len(glyphs)))], random)
    width = random.uniform(0.05, 0.13)
    return _scanned(pen(curves, random, pen_width=width, digit_side=round(_height(random))), random)


Draw = Callable[[MnistDigits, str, Generator], Picture]

KINDS: dict[str, tuple[Draw, str]] = {
    "thin pen": (_thin, "0123456789"),
    "broken": (_broken, "0123456789"),
    "faded": (_faded, "0123456789"),
    "blurred, noisy": (_blurred, "0123456789"),
    "tiny": (_tiny, "0123456789"),
    "cell of a form": (_cell, "0123456789"),
    "MNIST's 1 with a flag": (_flagged_one, "1"),
    "MNIST's 7 with a bar": (_barred_seven, "7"),
    "European 1, 4, 7, 9": (_european, "1479"),
}
"""How each kind is drawn, and which digits it draws, one after the other."""


def hard_digits(
    images: NDArray[np.uint8], labels: NDArray[np.integer], *, count_per_kind: int, seed: int
) -> Iterator[Case]:
    """Yield pictures of each kind; the same images and seed give the same pictures.

    `images` are MNIST's digits, uint8 (N, 28, 28), and `labels` the digit on each, shape (N,).
    """
    digits = MnistDigits(images, labels)
    for number, (kind, (draw, which)) in enumerate(KINDS.items()):
        for index in range(count_per_kind):
            random = np.random.default_rng([seed, 300 + number, index])
            digit = which[index % len(which)]
            yield Case(draw(digits, digit, random), int(digit), kind)
