"""Write digits, signs and words onto a page, and remember where each of them is."""

from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

from digitlab.pictures.digit import Digit
from digitlab.pictures.ink import Ink
from digitlab.sheets.classes import CLASSES, DIGITS
from digitlab.sheets.digit_forms import form
from digitlab.sheets.digits import cropped, drawn, redrawn, resized
from digitlab.sheets.fonts import printed_with_boxes
from digitlab.sheets.signs import sign

_REDRAWN = 3  # every third of MNIST's digits is also drawn with other pens


@dataclass(frozen=True, kw_only=True)
class Hand:
    """How somebody writes a line; lengths are in digit heights unless they say pixels."""

    height: float
    """Of the digits, in pixels."""
    pen: float
    """Width of the strokes, in pixels."""
    level: float
    """How dark the ink is, 0 to 1."""
    slant: float
    turn: float
    """Of the digits, in radians clockwise."""
    fall: float
    """Of the line, in radians clockwise."""
    gap: float
    """Between neighboring digits."""
    unevenness: float
    """Standard deviation of sizes, gaps and places."""
    touching: float
    """Share of digits that touch the one before."""
    broken: float
    """Share of digits with a gap in their strokes."""
    own_forms: float
    """Share of digits drawn from strokes in forms that MNIST's writers seldom used."""
    redraws: bool
    """Whether MNIST's digits are drawn again with the pen, or keep their own strokes."""


def hand(height: float, level: float, tilt: float, random: Generator) -> Hand:
    """Return somebody's way of writing; `tilt` is that of the page, in radians."""
    even = random.random() < 0.5
    return Hand(
        height=height,
        pen=float(height * np.exp(random.uniform(np.log(0.035), np.log(0.2)))),
        level=level,
        slant=random.normal(0.05, 0.15),
        turn=tilt + random.normal(0, 0.04),
        fall=tilt + random.normal(0, 0.02),
        gap=max(-0.02, random.normal(0.16, 0.1)) if even else random.uniform(0.05, 0.5),
        unevenness=random.uniform(0.01, 0.05 if even else 0.14),
        touching=random.choice([0, 0, 0, 0.15, 0.5]),
        broken=random.choice([0, 0, 0, 0.1, 0.4]),
        own_forms=random.choice([0.03, 0.15, 0.6]),
        redraws=bool(random.random() < 0.5),
    )


@dataclass
class Canvas:
    """A crop that is being written on."""

    ink: Ink
    """How dark it is, 0 to 1, H x W."""
    images: NDArray[np.uint8]
    """The digits to write, in MNIST's format."""
    by_label: list[NDArray[np.int64]]
    """Positions in `images` of each digit."""
    labels: list[int] = field(default_factory=list)
    boxes: list[tuple[float, float, float, float]] = field(default_factory=list)
    sizes: list[float] = field(default_factory=list)
    visible: list[float] = field(default_factory=list)
    """Share of the box that is inside the crop."""

    def put(
        self, glyph: Ink, x: float, y: float, level: float, name: str = "", size: float = 0
    ) -> None:
        """Put ink around the middle (x, y); remember it if it is a digit or a sign."""
        height, width = glyph.shape
        left, top = round(x - width / 2), round(y - height / 2)
        rows, columns = self.ink.shape
        a, b = max(0, -top), min(height, rows - top)
        c, d = max(0, -left), min(width, columns - left)
        if a >= b or c >= d:
            return
        place = self.ink[top + a : top + b, left + c : left + d]
        np.maximum(place, glyph[a:b, c:d] * np.float32(level), out=place)
        if name:
            self.labels.append(CLASSES.index(name))
            self.boxes.append((left, top, left + width, top + height))
            self.sizes.append(max(height, width) if name in DIGITS else size)
            self.visible.append((b - a) * (d - c) / (height * width))

    def digit(self, label: int, it: Hand, random: Generator) -> Ink:
        """Return a digit as this hand writes it."""
        height = it.height * max(0.6, 1 + random.normal(0, it.unevenness))
        slant = it.slant + random.normal(0, it.unevenness)
        turn = it.turn + random.normal(0, 0.6 * it.unevenness)
        pen = max(0.45, it.pen * random.uniform(0.9, 1.1))
        if random.random() < it.own_forms:
            ink = drawn(form(label, random), height, pen, slant=slant, turn=turn)
        else:
            chosen = self.by_label[label]
            if it.redraws:  # a part of them, whose strokes are then known already
                chosen = chosen[::_REDRAWN]
            image: Digit = self.images[chosen[int(random.integers(len(chosen)))]]
            if it.redraws:
                ink = redrawn(image, height, pen, random, slant=slant, turn=turn)
            else:
                ink = resized(image, height, random, slant=slant, turn=turn)
        return broken(ink, random) if random.random() < it.broken else ink


def write(canvas: Canvas, text: str, x: float, y: float, it: Hand, random: Generator) -> float:
    """Write a text of digits, signs and spaces from (x, y), the left end of the line's middle.

    Returns how long it is, in pixels along the line.
    """
    along, before = 0.0, None
    cos, sin = np.cos(it.fall), np.sin(it.fall)
    for character in text:
        if character == " ":
            along += it.height * random.uniform(0.45, 1.0)
            before = None
            continue
        off = random.normal(0, it.unevenness) * it.height
        if character in DIGITS:
            glyph = canvas.digit(int(character), it, random)
        else:
            glyph, top = sign(character, it.height, max(0.45, it.pen), random)
            off += (top - 0.5) * it.height + glyph.shape[0] / 2
            glyph = turned(glyph, it.turn)
        gap = max(-0.08, it.gap + random.normal(0, it.unevenness)) * it.height
        if before is not None and random.random() < it.touching:
            gap = touching_gap(before, glyph) - random.uniform(0, 0.08) * it.height
        along += gap * (before is not None)
        middle = along + glyph.shape[1] / 2
        canvas.put(
            glyph, x + middle * cos - off * sin, y + middle * sin + off * cos,
            it.level * random.uniform(0.9, 1), character, it.height,
        )  # fmt: skip
        along += glyph.shape[1]
        before = glyph
    return along


def print_text(
    canvas: Canvas, text: str, x: float, y: float, height: float, level: float, tilt: float,
    random: Generator,
) -> None:  # fmt: skip
    """Print a text of any characters to the right of (x, y); letters get no name."""
    ink, boxes = printed_with_boxes(text, height, random)
    along = np.array([np.cos(tilt), np.sin(tilt)])
    down = np.array([-along[1], along[0]])
    start = np.array([x, y]) - down * ink.shape[0] / 2
    for character, box in zip(text.replace(" ", ""), boxes, strict=True):
        left, top, right, bottom = np.rint(box).astype(int).tolist()
        glyph = turned(ink[top : max(bottom, top + 1), left : max(right, left + 1)], tilt)
        middle = start + along * (left + right) / 2 + down * (top + bottom) / 2
        name = character if character in CLASSES else ""
        canvas.put(glyph, float(middle[0]), float(middle[1]), level, name, height)


def turned(ink: Ink, angle: float) -> Ink:
    """Return ink turned clockwise by an angle in radians."""
    if abs(angle) < 0.03:
        return ink
    image = Image.fromarray(np.rint(np.pad(ink, 1) * 255).astype(np.uint8))
    image = image.rotate(-np.degrees(angle), Image.Resampling.BICUBIC, expand=True)
    return cropped(np.asarray(image, np.float32) / np.float32(255))


def broken(ink: Ink, random: Generator) -> Ink:
    """Return a digit in two pieces, as if the pen had skipped along a narrow band."""
    height, width = ink.shape
    angle = random.uniform(0, np.pi)
    rows = (np.arange(height) - random.uniform(0.3, 0.7) * height)[:, None] * np.cos(angle)
    columns = (np.arange(width) - random.uniform(0.3, 0.7) * width) * np.sin(angle)
    band = max(1.0, random.uniform(0.03, 0.09) * height)
    kept = np.clip(np.abs(rows + columns) - band / 2 + 0.5, 0, 1).astype(np.float32)
    return np.asarray(ink * kept)


def touching_gap(before: Ink, after: Ink) -> float:
    """Return the gap between two glyphs' boxes at which they touch, 0 or below.

    Both have their middles at the same height.
    """
    rows = min(len(before), len(after))
    one, other = (
        it[(len(it) - rows) // 2 : (len(it) - rows) // 2 + rows] > 0.5 for it in (before, after)
    )
    common = one.any(1) & other.any(1)
    if not common.any():
        return 0.0
    free = one[common, ::-1].argmax(1) + other[common].argmax(1)
    return -float(min(free.min(), 0.5 * min(before.shape[1], after.shape[1])))
