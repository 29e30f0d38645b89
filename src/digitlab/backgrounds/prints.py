"""What is printed on forms, exercise books and tables: lines, squares, dots, and boxes for digits.

Everything is drawn four times as large and then reduced, so lines can be as thin as a quarter of a
pixel and begin between two pixels.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw

from digitlab.backgrounds.fields import Field, below, smooth, to_field, uniform, unit

_SCALE = 4  # of the canvas to the crop


class Box(NamedTuple):
    """A printed box: its inside, in pixels, upright; a tilted one has the same middle and size."""

    x: float
    y: float
    width: float
    height: float


@dataclass
class Print:
    """A sheet that is being printed: draws lines in the sheet's own, perhaps tilted, directions.

    Positions are (along, down) in pixels from the crop's middle, in the sheet's directions.
    """

    shape: tuple[int, int]
    slope: float
    bend: float  # how far the middle of a line as long as the crop is off the straight, in pixels
    rows: list[float] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)

    def __post_init__(self) -> None:
        height, width = self.shape
        self.canvas = Image.new("L", (width * _SCALE, height * _SCALE))
        self.draw = ImageDraw.Draw(self.canvas)
        # Lines reach a little beyond the crop's border at this tilt.
        self.reach = 0.5 * max(height, width) * (1 + abs(self.slope)) + abs(self.bend) + 3
        length = (1 + self.slope**2) ** 0.5
        self._cos, self._sin = 1 / length, self.slope / length

    def place(self, along: float, down: float) -> tuple[float, float]:
        """Return where a position of the sheet is in the crop: x, y in pixels."""
        height, width = self.shape
        down += self.bend * (along / self.reach) ** 2
        x = along * self._cos - down * self._sin + width / 2
        return x, along * self._sin + down * self._cos + height / 2

    def line(
        self, start: tuple[float, float], end: tuple[float, float], style: "Style", wider: float = 1
    ) -> None:
        """Draw a line from one position to another; it bends as the sheet does."""
        count = 9 if self.bend else 2
        steps = [i / (count - 1) for i in range(count)]
        if style.dash:
            length = np.hypot(end[0] - start[0], end[1] - start[1])
            dashes = max(int(length / style.dash), 1)
            steps = [i / dashes for i in range(dashes + 1)]
        points = []
        for step in steps:
            x, y = self.place(
                start[0] + (end[0] - start[0]) * step, start[1] + (end[1] - start[1]) * step
            )
            points.append((x * _SCALE, y * _SCALE))
        thick = max(round(style.width * wider * _SCALE), 1)
        if not style.dash:
            self.draw.line(points, fill=255, width=thick)
            return
        for (x0, y0), (x1, y1) in pairwise(points):
            part = style.dashed
            self.draw.line((x0, y0, x0 + (x1 - x0) * part, y0 + (y1 - y0) * part), 255, thick)

    def row(self, down: float, style: "Style", wider: float = 1) -> None:
        """Draw a line over the whole width."""
        self.line((-self.reach, down), (self.reach, down), style, wider)
        if style.doubled:
            down += style.doubled
            self.line((-self.reach, down), (self.reach, down), style, wider)

    def column(self, along: float, style: "Style", wider: float = 1) -> None:
        """Draw a line over the whole height."""
        self.line((along, -self.reach), (along, self.reach), style, wider)
        if style.doubled:
            along += style.doubled
            self.line((along, -self.reach), (along, self.reach), style, wider)

    def dot(self, along: float, down: float, radius: float) -> None:
        """Draw a dot."""
        x, y = self.place(along, down)
        x, y, radius = x * _SCALE, y * _SCALE, radius * _SCALE
        self.draw.ellipse((x - radius, y - radius, x + radius, y + radius), 255)

    def base(self, down: float) -> None:
        """Note a base line to write on: its y at the crop's left border."""
        x, y = self.place(0, down)
        self.rows.append(y - self.slope * x)

    def box(self, along: float, down: float, width: float, height: float) -> None:
        """Note a box to write in, if its middle is in the crop."""
        x, y = self.place(along + width / 2, down + height / 2)
        if 0 <= x < self.shape[1] and 0 <= y < self.shape[0]:
            self.boxes.append(Box(x - width / 2, y - height / 2, width, height))

    def lines(self, style: "Style", random: Generator) -> Field:
        """Return what was drawn as ink, 0..1, float32 H x W."""
        ink = to_field(self.canvas.reduce(_SCALE)) * np.float32(style.darkness)
        if style.broken:
            worn = smooth(self.shape, random, uniform(random, 2, 8)) * np.float32(0.6)
            ink = ink * unit(worn + np.float32(1.1 - style.broken))
        return ink


@dataclass
class Style:
    """How lines are printed: lengths in pixels, darkness and wear 0..1."""

    width: float
    darkness: float
    dash: float = 0  # from one dash to the next; 0: solid
    dashed: float = 0.6  # the part of that with ink
    doubled: float = 0  # the distance of a second line; 0: none
    broken: float = 0


def a_style(random: Generator, pitch: float) -> Style:
    """Return a style that suits digits of this height: mostly thin and gray, sometimes bold."""
    bold = random.random() < 0.25
    width = pitch * (uniform(random, 0.05, 0.13) if bold else uniform(random, 0.015, 0.06))
    style = Style(max(width, 0.4), uniform(random, 0.5, 1) if bold else uniform(random, 0.12, 0.95))
    if random.random() < 0.1:
        style.dash = max(pitch * uniform(random, 0.08, 0.4), 2.5)
        style.dashed = uniform(random, 0.3, 0.75)
    elif random.random() < 0.08:
        style.doubled = style.width + max(pitch * uniform(random, 0.05, 0.12), 1.5)
    if random.random() < 0.2:
        style.broken = uniform(random, 0.1, 0.9)
    return style


def _steps(press: Print, random: Generator, step: float) -> list[float]:
    """Return positions at even distances over the whole crop."""
    first = -press.reach + random.random() * step
    return [first + step * i for i in range(int((press.reach - first) / step) + 1)]


def ruled(press: Print, random: Generator, pitch: float, style: Style) -> None:
    """Draw lines to write on, perhaps with a margin."""
    distance = pitch * uniform(random, 1.1, 2.3)
    for down in _steps(press, random, distance):
        press.row(down, style)
        press.base(down)
        if style.doubled and random.random() < 0.5:
            press.base(down)
    if random.random() < 0.25:
        press.column(uniform(random, -0.5, 0.5) * press.shape[1], style, uniform(random, 1, 2))


def writing_lanes(press: Print, random: Generator, pitch: float, style: Style) -> None:
    """Draw a beginner's exercise book: pairs of lines with a gap between them."""
    distance, inside = pitch * uniform(random, 1.7, 2.6), pitch * uniform(random, 0.9, 1.2)
    style.doubled = 0
    for down in _steps(press, random, distance):
        press.row(down, style)
        press.row(down - inside, style)
        press.base(down)


def squared(press: Print, random: Generator, pitch: float, style: Style) -> None:
    """Draw squares of 0.4 to 1.6 of a digit's height."""
    size = max(pitch * uniform(random, 0.4, 1.6), 6)
    style.doubled, style.darkness = 0, style.darkness * 0.8
    across, down = _steps(press, random, size), _steps(press, random, size)
    for place in across:
        press.column(place, style)
    for place in down:
        press.row(place, style)
        press.base(place)


def graph_paper(press: Print, random: Generator, pitch: float, style: Style) -> None:
    """Draw fine squares with a stronger line after every fifth or tenth."""
    size, every = max(pitch * uniform(random, 0.13, 0.3), 4), (5, 10)[below(random, 2)]
    style.doubled = style.dash = 0
    style.width, style.darkness = min(style.width, 0.8), style.darkness * 0.6
    for draw in (press.row, press.column):
        for i, place in enumerate(_steps(press, random, size)):
            draw(place, style, 1 if i % every else 2.5)


def dotted(press: Print, random: Generator, pitch: float, style: Style) -> None:
    """Draw a grid of dots."""
    size = max(pitch * uniform(random, 0.4, 1.3), 6)
    radius = max(min(style.width * 0.8, size / 6), 0.5)
    across = _steps(press, random, size)
    for y in _steps(press, random, size):
        for x in across:
            press.dot(x, y, radius)
        press.base(y)
