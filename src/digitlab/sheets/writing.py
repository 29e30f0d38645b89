"""Write and print on a page, and remember where each digit and sign is."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from digitlab.glyphs.digit_forms import written_form
from digitlab.glyphs.mnist_digits import redrawn, resized
from digitlab.glyphs.printing import Box, printed
from digitlab.glyphs.signs import sign
from digitlab.glyphs.transforms import broken, touching_gap, turned
from digitlab.pictures.digit import Digit
from digitlab.pictures.ink import Ink
from digitlab.sheets.classes import CLASSES, DIGITS
from digitlab.sheets.inks import ink_levels

_REDRAWN = 3  # every third of MNIST's digits is also drawn with other pens


@dataclass(frozen=True, kw_only=True)
class Writer:
    """How somebody writes; lengths are in heights of a digit, unless pixels are named."""

    height: float
    """Of the digits, in pixels."""
    pen: float
    """Width of the strokes, in pixels."""
    level: float
    """How dark the ink is, 0 to 1."""
    slant: float
    """Of the digits: to the right, per length upwards."""
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

    def resized(self, height: float) -> "Writer":
        """Return how the same writer writes digits of another height in pixels."""
        return replace(self, height=height, pen=self.pen * height / self.height)


def any_writer(height: float, tilt: float, random: Generator) -> Writer:
    """Return a random writer of digits `height` pixels high, on a page tilted in radians."""
    level = ink_levels(random)[0]
    even = random.random() < 0.5
    return Writer(
        height=height,
        pen=float(height * np.exp(random.uniform(np.log(0.035), np.log(0.2)))),
        level=level,
        slant=random.normal(0.05, 0.15),
        turn=tilt + random.normal(0, 0.04),
        fall=tilt + random.normal(0, 0.02),
        gap=max(-0.02, random.normal(0.16, 0.1)) if even else random.uniform(0.05, 0.5),
        unevenness=random.uniform(0.01, 0.05 if even else 0.14),
        touching=random.choice([0, 0, 0.15, 0.4]),
        broken=random.choice([0, 0, 0, 0.1, 0.4]),
        own_forms=random.choice([0.03, 0.15, 0.6]),
        redraws=bool(random.random() < 0.5),
    )


@dataclass
class Canvas:
    """A square crop that is being written on."""

    ink: Ink
    """How dark it is, 0 to 1, H x W."""
    images: NDArray[np.uint8]
    """The digits to write, in MNIST's format."""
    by_label: list[NDArray[np.int64]]
    """Positions in `images` of each digit."""
    labels: list[int] = field(default_factory=list)
    """Of the digits and signs on it: positions in `CLASSES`."""
    boxes: list[Box] = field(default_factory=list)
    sizes: list[float] = field(default_factory=list)
    """See `digitlab.sheets.targets.Crop`."""
    visible: list[float] = field(default_factory=list)
    """Share of each box that is inside the crop."""

    @property
    def side(self) -> int:
        """Pixels per side."""
        return len(self.ink)

    def put(
        self, glyph: Ink, x: float, y: float, level: float, name: str = "", size: float = 0
    ) -> None:
        """Put ink around the middle (x, y), in pixels; remember it if it is a digit or a sign.

        `level` is how dark it is, 0 to 1, `name` the digit or sign, and `size`, of a sign, how
        high the digits beside it are, in pixels.
        """
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


def write(
    canvas: Canvas, text: str, x: float, y: float, writer: Writer, random: Generator
) -> float:
    """Write a text of digits, signs and spaces from (x, y), the left end of the line's middle.

    x and y are in pixels. Returns how long the text is, in pixels along the line.
    """
    along, before = 0.0, None
    cos, sin = np.cos(writer.fall), np.sin(writer.fall)
    for character in text:
        if character == " ":
            along += writer.height * random.uniform(0.45, 1.0)
            before = None
            continue
        off = random.normal(0, writer.unevenness) * writer.height
        if character in DIGITS:
            glyph = _digit(canvas, int(character), writer, random)
        else:
            glyph, top = sign(character, writer.height, max(0.45, writer.pen), random)
            off += (top - 0.5) * writer.height + glyph.shape[0] / 2
            glyph = turned(glyph, writer.turn)
        gap = max(-0.08, writer.gap + random.normal(0, writer.unevenness)) * writer.height
        if before is not None and random.random() < writer.touching:
            gap = touching_gap(before, glyph) - random.uniform(0, 0.08) * writer.height
        along += gap * (before is not None)
        middle = along + glyph.shape[1] / 2
        canvas.put(
            glyph, x + middle * cos - off * sin, y + middle * sin + off * cos,
            writer.level * random.uniform(0.9, 1), character, writer.height,
        )  # fmt: skip
        along += glyph.shape[1]
        before = glyph
    return along


def _digit(canvas: Canvas, label: int, writer: Writer, random: Generator) -> Ink:
    """Return a digit as this writer writes it."""
    height = writer.height * max(0.6, 1 + random.normal(0, writer.unevenness))
    slant = writer.slant + random.normal(0, writer.unevenness)
    turn = writer.turn + random.normal(0, 0.6 * writer.unevenness)
    pen = max(0.45, writer.pen * random.uniform(0.9, 1.1))
    if random.random() < writer.own_forms:
        ink = written_form(label, height, pen, random, slant=slant, turn=turn)
    else:
        chosen = canvas.by_label[label]
        if writer.redraws:  # a part of them, whose strokes are then known already
            chosen = chosen[::_REDRAWN]
        image: Digit = canvas.images[chosen[int(random.integers(len(chosen)))]]
        if writer.redraws:
            ink = redrawn(image, height, pen, random, slant=slant, turn=turn)
        else:
            ink = resized(image, height, random, slant=slant, turn=turn)
    return broken(ink, random) if random.random() < writer.broken else ink


def print_text(
    canvas: Canvas, text: str, x: float, y: float, height: float, level: float, tilt: float,
    random: Generator,
) -> None:  # fmt: skip
    """Print a text of any characters to the right of (x, y), in pixels; letters get no name.

    Its digits are `height` pixels high, and its ink is `level` dark, 0 to 1. `tilt` is in radians
    clockwise.
    """
    ink, boxes = printed(text, height, random)
    along = np.array([np.cos(tilt), np.sin(tilt)])
    down = np.array([-along[1], along[0]])
    start = np.array([x, y]) - down * ink.shape[0] / 2
    for character, box in zip(text.replace(" ", ""), boxes, strict=True):
        left, top, right, bottom = np.rint(box).astype(int).tolist()
        glyph = turned(ink[top : max(bottom, top + 1), left : max(right, left + 1)], tilt)
        middle = start + along * (left + right) / 2 + down * (top + bottom) / 2
        name = character if character in CLASSES else ""
        canvas.put(glyph, float(middle[0]), float(middle[1]), level, name, height)
