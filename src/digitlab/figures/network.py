"""Inside a network: the kernels of its first convolution, and one image on its way through it."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from numpy.typing import NDArray

from digitlab.errors import printable
from digitlab.figures.canvas import (
    BLACK,
    BLUE,
    GRAY,
    RED,
    Color,
    drawn_language,
    shortened,
    width_of,
)
from digitlab.figures.sheet import Sheet
from digitlab.language import Language, Words
from digitlab.models.probability import percent
from digitlab.records.inside import Floats, Inside, LayerOutput

# In pixels of the figure:
_LEFT = 190
_WIDTH = 1000
_PICTURE = 52
_GAP = 6
_BETWEEN = 20
_BAR = 22
_VECTOR = 60
_VECTOR_ROOM = _WIDTH - _LEFT - 20

_OTHERS = (150, 150, 150)
_MOST_KERNELS = 256
_MOST_LAYERS = 24
_MOST_BARS = 12

_ALL_KERNELS = Words(
    "The {count} kernels of the first convolution, {height} x {width}, from no. 0",
    "第一层卷积的 {count} 个卷积核，{height} x {width}，编号从 0 开始",
)
_SOME_KERNELS = Words(
    "The first {shown} of {count} kernels of the first convolution",
    "第一层卷积的 {count} 个卷积核中的前 {shown} 个",
)
_WAY = Words("One image on its way through the network", "一张图像怎样流过网络")
_SHADES = Words(
    "Pictures: black is a layer's lowest value, white its highest. Bars: black is positive, "
    "gray negative.",
    "小图：黑色是这一层的最小值，白色是最大值。条形：黑色为正，灰色为负。",
)
_SOME_LAYERS = Words(
    " {shown} of {count} layers are shown.", "共 {count} 层，这里显示其中 {shown} 层。"
)
_IMAGE = Words("image", "图像")
_NUMBER = Words("no. {number} of the test set", "测试集里编号 {number}")
_LAYER = Words("layer {name}", "第 {name} 层")
_SOME_VALUES = Words("{shape}, {shown} shown", "{shape}，显示 {shown} 个")
_PROBABILITIES = Words("probabilities", "概率")
_TRUTH = Words("truth: {name}", "真实标签：{name}")


def draw_kernels(kernels: Floats, path: Path, *, language: Language = "en") -> Path:
    """Draw kernels, float32 (kernels, height, width), on one color scale; return the path.

    Blue weights are positive, red ones negative, white ones 0: a kernel responds most strongly
    where the image is bright under its blue weights and dark under its red ones.
    """
    language = drawn_language(language)
    shown = kernels[:_MOST_KERNELS]
    count, height, width = shown.shape
    columns = _columns(count)
    scale = max(1, min(40, min(120, 1000 // columns - 14) // max(height, width)))
    line, gap = 20, 14
    across, down = width * scale + gap, height * scale + gap + line
    words = _SOME_KERNELS if count < len(kernels) else _ALL_KERNELS
    title = words.text(language, count=len(kernels), shown=count, height=height, width=width)
    total = max(columns * across + gap, round(width_of(title, 15)) + 40)
    left = (total - columns * across + gap) // 2
    rows = math.ceil(count / columns)
    sheet = Sheet(total, 56 + rows * down + 64, language)
    sheet.text(total / 2, 28, title, size=15)
    most = float(np.nanmax(np.abs(shown), initial=0)) or 1.0
    colors = _diverging(shown / most)
    for number, kernel in enumerate(colors):
        row, column = divmod(number, columns)
        x, y = left + column * across, 56 + row * down
        sheet.text(x + width * scale / 2, y + line - 4, str(number), size=12, anchor="mb")
        sheet.paste(kernel, x, y + line, scale)
        sheet.frame(x, y + line, width * scale, height * scale, (200, 200, 200))
    _draw_scale(sheet, most, total // 2, 56 + rows * down + 8)
    return sheet.save(path)


def _columns(count: int) -> int:
    """Return how many of so many pictures to put in a row, full rows if possible.

    >>> [_columns(count) for count in (1, 6, 10, 13, 16, 32, 64)]
    [1, 6, 5, 5, 8, 8, 16]
    """
    least = math.ceil(math.sqrt(1.6 * count))
    full = (it for it in range(least, 2 * least + 1) if count % it == 0)
    return min(count, next(full, least))


def _diverging(values: Floats) -> NDArray[np.uint8]:
    """Return colors for values from -1 (red) over 0 (white) to 1 (blue), uint8 (..., 3)."""
    colors = colormaps["RdBu"](0.5 + values / 2, bytes=True)[..., :3]
    return np.asarray(colors, dtype=np.uint8)


def _draw_scale(sheet: Sheet, most: float, middle: int, top: int) -> None:
    """Draw which color is which weight."""
    half = 110
    strip = _diverging(np.linspace(-1, 1, 2 * half, dtype=np.float32)[None].repeat(12, axis=0))
    sheet.paste(strip, middle - half, top)
    sheet.frame(middle - half, top, 2 * half, 12, (200, 200, 200))
    for place, weight in ((-half, -most), (0, 0.0), (half, most)):
        sheet.text(middle + place, top + 17, f"{weight:.3g}", size=12, anchor="mt")


def draw_activations(
    inside: Inside, classes: Sequence[str], path: Path, *, language: Language = "en"
) -> Path:
    """Draw one test image's way through the network, layer by layer; return the path.

    Convolutions are rows of small pictures, one per channel; vectors are bars; at the end are the
    probabilities of the classes.
    """
    language = drawn_language(language)
    layers = _some_of(inside.layers)
    blocks = [_layer_height(layer) for layer in layers]
    probabilities = np.nan_to_num(inside.probabilities)
    ranked = _ranked(probabilities)
    above, image = 76, inside.image.shape[0] * 4
    height = above + image + _BETWEEN + sum(block + _BETWEEN for block in blocks)
    sheet = Sheet(_WIDTH, height + len(ranked) * _BAR + _BETWEEN, language)
    sheet.text(_WIDTH / 2, 26, _WAY.text(language), size=15)
    explained = _SHADES.text(language)
    if len(layers) < len(inside.layers):
        explained += _SOME_LAYERS.text(language, shown=len(layers), count=len(inside.layers))
    sheet.text(_WIDTH / 2, 48, explained, size=12, color=GRAY)
    number = _NUMBER.text(language, number=inside.index)
    _label(sheet, above, image, _IMAGE.text(language), number)
    sheet.paste(inside.image, _LEFT, above, 4)
    top = above + image + _BETWEEN
    for layer, block in zip(layers, blocks, strict=True):
        name = layer.name
        if name.isdecimal():
            name = _LAYER.text(language, name=name)
        _label(sheet, top, block, name, _detail(layer, language))
        draw = _draw_channels if layer.values.ndim == 3 else _draw_vector
        draw(sheet, layer, top)
        top += block + _BETWEEN
    truth = _TRUTH.text(language, name=classes[inside.label])
    _label(sheet, top, len(ranked) * _BAR, _PROBABILITIES.text(language), truth)
    _draw_probabilities(sheet, probabilities, inside.label, classes, ranked, top)
    return sheet.save(path)


def _some_of(layers: list[LayerOutput]) -> list[LayerOutput]:
    """Return all layers, or evenly chosen ones with the first and the last."""
    if len(layers) <= _MOST_LAYERS:
        return layers
    places = np.linspace(0, len(layers) - 1, _MOST_LAYERS).round().astype(int)
    return [layers[place] for place in places]


def _label(sheet: Sheet, top: int, height: int, name: str, detail: str) -> None:
    middle = top + height / 2
    sheet.text(_LEFT - 16, middle - 9, shortened(name, _LEFT - 24, 14), anchor="rm")
    detail = shortened(detail, _LEFT - 24, 12)
    sheet.text(_LEFT - 16, middle + 9, detail, size=12, color=GRAY, anchor="rm")


def _grid(layer: LayerOutput) -> tuple[int, int, int]:
    """Return the scale of a layer's channels, how many are in a row, and the number of rows."""
    channels, height, width = layer.values.shape
    scale = max(1, _PICTURE // max(height, width))
    columns = max(1, (_WIDTH - _LEFT - 10) // (width * scale + _GAP))
    rows = min(2, math.ceil(channels / columns))
    return scale, columns, rows


def _layer_height(layer: LayerOutput) -> int:
    if layer.values.ndim == 1:
        return _VECTOR
    scale, _, rows = _grid(layer)
    height: int = layer.values.shape[1] * scale
    return rows * (height + _GAP) - _GAP


def _detail(layer: LayerOutput, language: Language) -> str:
    """Return a layer's shape, and how much of it is shown if that is not all."""
    shape = " x ".join(map(str, layer.shape))
    shown = _VECTOR_ROOM
    if layer.values.ndim == 3:
        _, columns, rows = _grid(layer)
        shown = columns * rows
    if layer.shape[0] > shown and len(layer.shape) != 2:
        return _SOME_VALUES.text(language, shape=shape, shown=shown)
    return shape


def _draw_channels(sheet: Sheet, layer: LayerOutput, top: int) -> None:
    scale, columns, rows = _grid(layer)
    _, height, width = layer.values.shape
    grays = _grays(layer.values)
    for number, channel in enumerate(grays[: columns * rows]):
        row, column = divmod(number, columns)
        x, y = _LEFT + column * (width * scale + _GAP), top + row * (height * scale + _GAP)
        sheet.paste(channel, x, y, scale)


def _grays(values: Floats) -> NDArray[np.uint8]:
    """Return values as gray levels: the lowest is 0, the highest 255."""
    values = np.nan_to_num(values)
    low, high = float(values.min()), float(values.max())
    return ((values - low) / (high - low or 1.0) * 255).astype(np.uint8)


def _draw_vector(sheet: Sheet, layer: LayerOutput, top: int) -> None:
    """Draw a bar for each value, upwards or downwards from 0."""
    values = np.nan_to_num(layer.values[:_VECTOR_ROOM])
    pitch = max(1, min(16, _VECTOR_ROOM // len(values)))
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    unit = _VECTOR / (high - low or 1.0)
    zero = top + round(high * unit)
    for place, value in enumerate(values.tolist()):
        size = max(1, round(abs(value) * unit))
        start = zero - size if value > 0 else zero
        thick = pitch - 1 if pitch > 2 else pitch
        sheet.rectangle(_LEFT + place * pitch, start, thick, size, BLACK if value > 0 else GRAY)


def _ranked(probabilities: Floats) -> list[int]:
    """Return the classes in their order, or the most probable ones first if there are many."""
    if len(probabilities) <= _MOST_BARS:
        return list(range(len(probabilities)))
    ranked: list[int] = np.argsort(-probabilities, kind="stable")[:_MOST_BARS].tolist()
    return ranked


def _draw_probabilities(
    sheet: Sheet,
    probabilities: Floats,
    label: int,
    classes: Sequence[str],
    ranked: list[int],
    top: int,
) -> None:
    names = [shortened(printable(classes[it]), 200, 13) for it in ranked]
    start = _LEFT + round(max(width_of(name, 13) for name in names)) + 12
    longest = _WIDTH - start - 100
    answer = int(probabilities.argmax())
    for row, (number, name) in enumerate(zip(ranked, names, strict=True)):
        probability = float(probabilities[number])
        color: Color = _OTHERS
        if number == answer:
            color = BLUE if answer == label else RED
        y = top + row * _BAR
        sheet.text(start - 10, y + _BAR / 2, name, size=13, anchor="rm")
        width = max(1, round(probability * longest))
        sheet.rectangle(start, y + 3, width, _BAR - 6, color)
        sheet.text(start + width + 8, y + _BAR / 2, percent(probability), size=12, anchor="lm")
