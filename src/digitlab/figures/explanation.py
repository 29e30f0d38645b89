"""One picture on its way through a network: kernels, what each operation puts out, the answer.

The words in the figure are given by the caller, in whatever language. Sizes are twice those of the
other figures, so that the figure is sharp on screens with many dots.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from numpy.typing import NDArray
from PIL import Image

from digitlab.errors import printable
from digitlab.figures.canvas import BLACK, BLUE, GRAY, ORANGE, Color, shortened, width_of
from digitlab.figures.sheet import Sheet

Floats = NDArray[np.floating]

# In pixels of the figure:
_WIDTH = 2000
_LEFT = 440
_ROOM = _WIDTH - _LEFT - 60
_GAP = 12
_BETWEEN = 44
_TILE, _SMALLEST_TILE = 130, 72
_ONE_ROW, _MOST_ROWS = 12, 2  # channels in a single row, at most; rows
_VECTOR = 130
_LINE = 30
_PICTURE = 280
_BAR = 40

_FRAME = (205, 205, 205)
_OTHERS = (150, 150, 150)
_POSITIVE, _NEGATIVE = (52, 118, 180), (178, 48, 56)
_MOST_BARS = 12
_MOST_KERNELS = 64


@dataclass(frozen=True, kw_only=True, eq=False)
class Layer:
    """What one operation puts out."""

    name: str
    details: tuple[str, ...]
    """Lines below the name: the shape, how it arises."""
    values: Floats | None
    """(channels, height, width) or (values,); None to write only the name and the details."""
    marked: int | None = None
    """The channel, or value, that gets a frame."""
    labels: tuple[str, ...] = ()
    """What is written below the bars, for each value, if it fits."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Explanation:
    """What is drawn, with its words."""

    title: str
    legend: str
    picture: NDArray[np.uint8]
    """The gray levels of the picture as it was given."""
    digit: NDArray[np.uint8]
    """28 x 28, what the network takes."""
    picture_words: tuple[str, str]
    """What is written below the two."""
    kernels: Floats | None
    """(kernels, height, width) of the first convolution."""
    kernel_words: tuple[str, ...]
    layers: list[Layer]
    shown_words: str
    """With `{shown}` and `{count}`: how many channels are drawn, if not all."""
    classes: tuple[str, ...]
    probabilities: Floats | None
    """(classes,); None if the network gives none."""
    answer_words: tuple[str, ...]


def draw_explanation(explanation: Explanation, path: Path) -> Path:
    """Draw it; return the path. Raises `DigitlabError` if the file cannot be written."""
    kernels = explanation.kernels
    blocks = [_Block(layer, explanation.shown_words) for layer in explanation.layers]
    if kernels is not None:
        name, *details = explanation.kernel_words
        layer = Layer(name=name, details=tuple(details), values=kernels[:_MOST_KERNELS])
        blocks.insert(0, _Block(layer, explanation.shown_words))
    top = 150
    bars = _ranked(explanation.probabilities)
    height = top + _PICTURE + 50 + sum(block.height + _BETWEEN for block in blocks)
    height += _BETWEEN + max(len(bars) * _BAR, 3 * _LINE) + _BETWEEN
    sheet = Sheet(_WIDTH, height)
    sheet.text(_WIDTH / 2, 56, shortened(explanation.title, _WIDTH - 80, 38), size=38)
    legend = shortened(explanation.legend, _WIDTH - 80, 24)
    sheet.text(_WIDTH / 2, 106, legend, size=24, color=GRAY)
    _draw_picture(sheet, explanation, top)
    top += _PICTURE + 50 + _BETWEEN
    for block in blocks:
        block.draw(sheet, top)
        top += block.height + _BETWEEN
    if explanation.probabilities is not None:
        _draw_answer(sheet, explanation, explanation.probabilities, bars, top)
    return sheet.save(path)


def _draw_picture(sheet: Sheet, explanation: Explanation, top: int) -> None:
    """Draw the picture as it was given, an arrow, and the 28x28 pixels made of it."""
    image = Image.fromarray(explanation.picture)
    scale = min(_PICTURE / image.height, 620 / image.width)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    enlarges = scale > 1
    kind = Image.Resampling.NEAREST if enlarges else Image.Resampling.LANCZOS
    shown = np.asarray(image.resize(size, kind))
    side = len(explanation.digit)
    factor = _PICTURE // side
    left = (_WIDTH - size[0] - 160 - side * factor) // 2
    above = top + (_PICTURE - size[1]) // 2
    sheet.paste(shown, left, above)
    sheet.frame(left, above, *size, _FRAME)
    arrow = left + size[0] + 80
    sheet.text(arrow, top + _PICTURE / 2, "→", size=60, color=GRAY)
    right = left + size[0] + 160
    sheet.paste(explanation.digit, right, top, factor)
    sheet.frame(right, top, side * factor, side * factor, _FRAME)
    centers = left + size[0] / 2, right + side * factor / 2
    for center, text in zip(centers, explanation.picture_words, strict=True):
        sheet.text(center, top + _PICTURE + 30, text, size=24, color=GRAY)


class _Block:
    """A layer's place in the figure: how its channels are arranged, and how high they are."""

    def __init__(self, layer: Layer, shown_words: str) -> None:
        self.layer = layer
        self.details = list(layer.details)
        self.scale = self.columns = self.rows = 0
        shown = 0
        values = layer.values
        if values is not None and values.ndim == 3:
            channels, height, width = values.shape
            rows = 1 if channels <= _ONE_ROW else _MOST_ROWS
            fitting = _ROOM // math.ceil(channels / rows) - _GAP
            tile = min(_TILE, max(_SMALLEST_TILE, fitting))
            self.scale = max(1, tile // max(height, width))
            across = width * self.scale + _GAP
            most = max(1, _ROOM // across)
            self.rows = min(_MOST_ROWS, math.ceil(channels / most))
            self.columns = min(most, math.ceil(channels / self.rows))
            shown = self.rows * (height * self.scale + _GAP) - _GAP
            if self.columns * self.rows < channels:
                count = self.columns * self.rows
                self.details.append(shown_words.format(shown=count, count=channels))
        elif values is not None:
            shown = _VECTOR + _LINE * bool(layer.labels)
        self.height = max(shown, _LINE * (len(self.details) + 1))

    def draw(self, sheet: Sheet, top: int) -> None:
        """Draw the layer with its words at the left."""
        layer, values = self.layer, self.layer.values
        _write_label(sheet, (layer.name, *self.details), top + self.height / 2)
        if values is None:
            sheet.rectangle(_LEFT, top + self.height // 2, _ROOM, 2, _FRAME)
        elif values.ndim == 3:
            self._draw_channels(sheet, values, top)
        else:
            labels = layer.labels
            start = top + (self.height - _VECTOR - _LINE * bool(labels)) // 2
            _draw_vector(sheet, values, layer.marked, labels, start)

    def _draw_channels(self, sheet: Sheet, values: Floats, top: int) -> None:
        _, height, width = values.shape
        across, down = width * self.scale, height * self.scale
        colors = _diverging(values)
        for number, channel in enumerate(colors[: self.columns * self.rows]):
            row, column = divmod(number, self.columns)
            x, y = _LEFT + column * (across + _GAP), top + row * (down + _GAP)
            sheet.paste(channel, x, y, self.scale)
            is_marked = number == self.layer.marked
            frame: tuple[Color, int] = (ORANGE, 4) if is_marked else (_FRAME, 1)
            sheet.frame(x, y, across, down, *frame)


def _write_label(sheet: Sheet, lines: tuple[str, ...], middle: float) -> None:
    """Write a name and the lines below it at the left of what they belong to."""
    for number, line in enumerate(lines):
        size, color = (28, BLACK) if number == 0 else (22, GRAY)
        y = middle + (number - (len(lines) - 1) / 2) * _LINE
        text = shortened(line, _LEFT - 70, size)
        sheet.text(_LEFT - 36, y, text, size=size, color=color, anchor="rm")


def _diverging(values: Floats) -> NDArray[np.uint8]:
    """Return colors, uint8 (..., 3): red below 0, white at 0, blue above."""
    finite = np.nan_to_num(np.asarray(values, np.float64))
    most = float(np.abs(finite).max(initial=0)) or 1.0
    colors = colormaps["RdBu"](0.5 + finite / most / 2, bytes=True)[..., :3]
    return np.asarray(colors, np.uint8)


def _draw_vector(
    sheet: Sheet, values: Floats, marked: int | None, labels: tuple[str, ...], top: int
) -> None:
    """Draw a bar for each value, upwards or downwards from 0, and the labels below them."""
    shown = np.nan_to_num(np.asarray(values, np.float64))[:_ROOM]
    pitch = max(1, min(60, _ROOM // max(1, len(shown))))
    low, high = min(0.0, float(shown.min())), max(0.0, float(shown.max()))
    unit = _VECTOR / (high - low or 1.0)
    zero = top + round(high * unit)
    sheet.rectangle(_LEFT, zero, pitch * len(shown), 1, _FRAME)
    for place, value in enumerate(shown.tolist()):
        size = max(1, round(abs(value) * unit))
        start = zero - size if value > 0 else zero
        color: Color = _POSITIVE if value > 0 else _NEGATIVE
        if place == marked:
            color = ORANGE
        thick = max(1, pitch - max(1, pitch // 5)) if pitch > 2 else pitch
        sheet.rectangle(_LEFT + place * pitch, start, thick, size, color)
    names = [printable(it) for it in labels]
    if all(width_of(name, 22) < pitch for name in names):
        for place, name in enumerate(names):
            x, y = _LEFT + place * pitch + pitch * 2 / 5, top + _VECTOR + _LINE * 0.7
            sheet.text(x, y, name, size=22, color=GRAY)


def _ranked(probabilities: Floats | None) -> list[int]:
    """Return the classes in their order, or the most probable ones first if there are many."""
    if probabilities is None:
        return []
    if len(probabilities) <= _MOST_BARS:
        return list(range(len(probabilities)))
    ranked: list[int] = np.argsort(-probabilities, kind="stable")[:_MOST_BARS].tolist()
    return ranked


def _draw_answer(
    sheet: Sheet, explanation: Explanation, probabilities: Floats, ranked: list[int], top: int
) -> None:
    """Draw the probabilities as bars, the largest in blue."""
    _write_label(sheet, explanation.answer_words, top + len(ranked) * _BAR / 2)
    names = [shortened(printable(explanation.classes[it]), 400, 26) for it in ranked]
    start = _LEFT + round(max(width_of(name, 26) for name in names)) + 24
    best = int(np.argmax(probabilities))
    for row, (place, name) in enumerate(zip(ranked, names, strict=True)):
        share = float(probabilities[place])
        y = top + row * _BAR
        sheet.text(start - 18, y + _BAR / 2, name, size=26, anchor="rm")
        width = max(2, round(share * (_LEFT + _ROOM - start - 160)))
        sheet.rectangle(start, y + 6, width, _BAR - 12, BLUE if place == best else _OTHERS)
        text = f"{math.floor(share * 10_000) / 100:.2f}%"
        sheet.text(start + width + 14, y + _BAR / 2, text, size=22, anchor="lm")
