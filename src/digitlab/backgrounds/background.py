"""A whole background: the paper or board that digits are written on, with what is printed there.

>>> here = background((192, 192), np.random.default_rng(0), pitch=30)
>>> here.printed().shape
(192, 192)
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator
from PIL import ImageFilter

from digitlab.backgrounds.fields import (
    Field,
    along,
    below,
    looked_up,
    phase,
    picked,
    to_field,
    to_image,
    uniform,
    unit,
)
from digitlab.backgrounds.forms import boxes, score_sheet, table
from digitlab.backgrounds.papers import PAPERS, blackboard
from digitlab.backgrounds.prints import (
    Box,
    Print,
    Style,
    a_style,
    dotted,
    graph_paper,
    ruled,
    squared,
    writing_lanes,
)

_Printer = Callable[[Print, Generator, float, Style], None]

_PRINTS: tuple[tuple[_Printer, float], ...] = (
    (ruled, 0.17),
    (writing_lanes, 0.03),
    (squared, 0.16),
    (graph_paper, 0.05),
    (dotted, 0.05),
    (table, 0.17),
    (score_sheet, 0.17),
    (boxes, 0.2),
)
_PRINTED = 0.55  # the share of backgrounds that have something printed on them


@dataclass
class Background:
    """What digits are written on.

    `paper` is its brightness, 0 (black) to 1 (white), and `lines` the ink printed on it, 0..1;
    both float32, H x W. `rows` are the base lines to write on, as y at the left border, and
    `slope` how many pixels they fall per pixel to the right. `boxes` are the insides of printed
    boxes and cells whose middle is in the crop; they tilt by `slope` around their middle.
    On a board (`dark`), lines and writing are lighter than the board.
    """

    paper: Field
    lines: Field
    dark: bool = False
    rows: list[float] = field(default_factory=list)
    slope: float = 0.0
    boxes: list[Box] = field(default_factory=list)

    def printed(self) -> Field:
        """Return the brightness with the lines printed, float32 H x W."""
        return self._with(self.paper, self.lines)

    def written(self, ink: Field) -> Field:
        """Return the brightness with lines and writing; `ink` is 0..1 (1 hides the paper)."""
        return self._with(self.printed(), ink)

    def _with(self, below: Field, ink: Field) -> Field:
        return below + (1 - below) * ink if self.dark else below * (1 - ink)


def background(
    shape: tuple[int, int], random: Generator, pitch: float, *, behind: Field | None = None
) -> Background:
    """Return a random background of H x W pixels for digits `pitch` pixels high; about 1 ms.

    `behind` is writing on the back of the sheet (ink 0..1, H x W), which then shines through.
    """
    make = picked(PAPERS, random)
    paper, dark = make(shape, random), make is blackboard
    if behind is not None and not dark:
        paper = paper * (1 - _shining(behind, random))
    if random.random() < 0.12 and not dark:
        paper = _creased(paper, random)
    made = Background(paper, np.zeros(shape, np.float32), dark)
    tilted = random.random() < 0.15
    made.slope = float(random.normal(0, 0.15 if tilted else 0.012))
    if random.random() < 0.1:
        made.slope = 0.0
    if random.random() < _PRINTED:
        _print(made, random, pitch)
    return made


def _print(made: Background, random: Generator, pitch: float) -> None:
    """Print lines, squares or boxes on a background."""
    bend = random.normal(0, 1.5) if random.random() < 0.25 else 0
    press = Print(made.paper.shape, made.slope, bend)
    style = a_style(random, pitch)
    picked(_PRINTS, random)(press, random, pitch, style)
    made.lines = press.lines(style, random)
    made.rows, made.boxes = press.rows, press.boxes
    if made.dark:
        made.lines *= np.float32(0.5)
    elif random.random() < 0.1:
        _shade_bars(made, random, pitch)
    elif random.random() < 0.07:
        _punch(made, random, pitch)


def _shade_bars(made: Background, random: Generator, pitch: float) -> None:
    """Print every other row gray, as on paper for line printers, or gray fields."""
    period = pitch * uniform(random, 1.2, 4)
    direction = np.pi / 2 + made.slope if random.random() < 0.75 else made.slope
    places = along(made.paper.shape, direction) + np.float32(random.random() * period)
    gray, part = np.float32(uniform(random, 0.05, 0.3)), uniform(random, 0.3, 0.7)
    inside = (np.float32(part) - phase(places, period)) * np.float32(period)
    made.paper = made.paper * (1 - gray * unit(inside + np.float32(0.5)))


def _punch(made: Background, random: Generator, pitch: float) -> None:
    """Punch holes along the left or right side, through which something dark or light shows."""
    height, width = made.paper.shape
    radius, distance = pitch * uniform(random, 0.2, 0.5), pitch * uniform(random, 2, 5)
    x = radius * uniform(random, -0.5, 3)
    if random.random() < 0.5:
        x = width - x
    left, right = max(int(x - radius - 1), 0), min(int(x + radius + 2), width)
    if left >= right:
        return
    down = (np.arange(height) / distance + random.random()) % 1 * distance - distance / 2
    off = np.hypot(down[:, None], np.arange(left, right) - x).astype(np.float32)
    hole = unit(radius - off + 0.5)
    beyond = np.float32(uniform(random, 0, 0.3) if random.random() < 0.6 else 0.95)
    cut = made.paper[:, left:right]
    made.paper = made.paper.copy()
    made.paper[:, left:right] = cut + (beyond - cut) * hole
    made.lines[:, left:right] *= 1 - hole


def _shining(behind: Field, random: Generator) -> Field:
    """Return the ink of the other side: mirrored, blurred and pale."""
    image = to_image(behind[:, ::-1]).filter(ImageFilter.BoxBlur(uniform(random, 0.5, 2)))
    return to_field(image) * np.float32(uniform(random, 0.04, 0.22))


def _creased(paper: Field, random: Generator) -> Field:
    """Fold the paper once or a few times: it is lighter on one side of a fold, darker beyond."""
    paper = paper.copy()
    for _ in range(1 + below(random, 3)):
        side = along(paper.shape, random.random() * np.pi)
        side += np.float32(uniform(random, -0.45, 0.45) * max(paper.shape))
        wide, strength = uniform(random, 2, 30), uniform(random, -0.07, 0.07)
        reach = np.arange(-256, 256) / 4
        fall = np.sign(reach) * np.exp(-np.abs(reach) / wide) * strength
        fall -= np.exp(-(reach**2)) * uniform(random, -0.1, 0.2)  # the fold itself
        paper *= looked_up(1 + fall, side + np.float32(64), 4)
    return unit(paper)
