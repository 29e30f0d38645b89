"""Figures of images: a sample of the data, predictions, and the worst mistakes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitlab.errors import printable
from digitlab.figures.canvas import (
    BLACK,
    GRAY,
    ORANGE,
    RED,
    Color,
    drawn_language,
    shortened,
    width_of,
)
from digitlab.figures.sheet import Sheet
from digitlab.language import Language, Words
from digitlab.models.metrics import Mistake
from digitlab.models.probability import percent
from digitlab.records.report import Shown

# In pixels of the figure:
_LINE = 19
_TEXT = 13
_GAP = 26
_FRAME = 5

_LABEL = Words("Ground Truth: {name}", "真实标签：{name}")
_PREDICTION = Words("Prediction: {name} ({share})", "预测：{name}（{share}）")
_TRUTH = Words("truth: {name}", "真实标签：{name}")
_ANSWER = Words("{name} ({share})", "预测 {name}（{share}）")
_TRUTH_WITH_SHARE = Words("truth {name} ({share})", "真实 {name}（{share}）")
_NUMBER = Words("no. {number}", "编号 {number}")
_WORST = Words("The {shown} worst of {count:,} mistakes", "{count:,} 个错误中最严重的 {shown} 个")
_ALL = Words("All mistakes: {count}", "全部错误：{count} 个")
_MEANING = Words(
    "Answer and truth, each with its probability, and the image's number in the test set. "
    "Least probability of the truth first.",
    "图上方是预测和真实类别，括号里是各自的概率，还有图像在测试集里的编号。"
    "真实类别的概率最低的排在最前。",
)
_DISPUTED = Words(
    "Orange frame: the label is disputed. Human raters did not agree with it ({count:,} "
    "of the mistakes).",
    "橙色边框：标签有争议，人工复核的结果与它不一致（这些错误里有 {count:,} 个）。",
)


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One image with its title."""

    image: NDArray[np.uint8]
    """Shape (height, width), 0 = black to 255 = white."""
    lines: Sequence[str]
    """The title, which is above the image."""
    color: Color = BLACK
    """Of the title."""
    frame: Color | None = None
    """Of a thick frame around the image."""


def draw_images(
    tiles: Sequence[Tile],
    path: Path,
    *,
    columns: int = 3,
    scale: int = 8,
    heading: Sequence[str] = (),
    language: Language = "en",
) -> Path:
    """Draw images in gray, `columns` per row, each below its title; return the path.

    All have the same size. Each of their pixels becomes a square of `scale` x `scale`. Lines that
    are too long are cut.
    """
    rows = max(1, -(-len(tiles) // columns))
    height, width = (scale * it for it in (tiles[0].image.shape if tiles else (28, 28)))
    title = _LINE * max((len(tile.lines) for tile in tiles), default=1)
    above = _LINE * len(heading) + (_GAP if heading else _GAP // 2)
    sheet = Sheet(columns * (width + _GAP), above + rows * (title + height + _GAP), language)
    for number, line in enumerate(heading):
        _write_heading(sheet, line, number)
    for place, tile in enumerate(tiles):
        row, column = divmod(place, columns)
        left = column * (width + _GAP) + _GAP // 2
        top = above + row * (title + height + _GAP) + title
        for number, line in enumerate(reversed(tile.lines)):
            x, y = left + width / 2, top - 6 - number * _LINE
            line = shortened(line, width + _GAP - 6, _TEXT)
            sheet.text(x, y, line, size=_TEXT, color=tile.color, anchor="mb")
        sheet.paste(tile.image, left, top, scale)
        if tile.frame is not None:
            sheet.frame(left, top, width, height, tile.frame, _FRAME)
    return sheet.save(path)


def _write_heading(sheet: Sheet, line: str, number: int) -> None:
    color = BLACK if number == 0 else GRAY
    size = _TEXT + 2 if number == 0 else _TEXT
    sheet.text(
        sheet.width / 2, _GAP + number * _LINE, shortened(line, sheet.width - _GAP, size),
        size=size, color=color,
    )  # fmt: skip


def draw_samples(
    images: NDArray[np.uint8],
    labels: NDArray[np.integer],
    classes: Sequence[str],
    path: Path,
    *,
    language: Language = "en",
) -> Path:
    """Draw the first six images of a dataset with their labels; return the path."""
    language = drawn_language(language)
    tiles = [
        Tile(image=image, lines=[_LABEL.text(language, name=classes[label])])
        for image, label in zip(images[:6], labels[:6], strict=True)
    ]
    return draw_images(tiles, path, language=language)


def draw_predictions(
    images: NDArray[np.uint8],
    labels: NDArray[np.integer],
    predictions: Sequence[Shown],
    classes: Sequence[str],
    path: Path,
    *,
    language: Language = "en",
) -> Path:
    """Draw predictions with their probability and the true class; return the path.

    `images`, shape (N, 28, 28), and `labels`, shape (N,), are the complete set that the indices of
    `predictions` refer to. The title of a wrong prediction is red.
    """
    language = drawn_language(language)
    prediction, label = _PREDICTION.text(language), _TRUTH.text(language)
    tiles = []
    for it in predictions:
        truth = int(labels[it.index])
        answer = _named(prediction, classes[it.answer], it.probability, 244)
        tiles.append(
            Tile(
                image=images[it.index],
                lines=[answer, label.format(name=classes[truth])],
                color=BLACK if it.answer == truth else RED,
            )
        )
    return draw_images(tiles, path, language=language)


def draw_mistakes(
    images: NDArray[np.uint8],
    mistakes: Sequence[Mistake],
    classes: Sequence[str],
    path: Path,
    *,
    disputed: Sequence[int] = (),
    most: int = 24,
    language: Language = "en",
) -> Path:
    """Draw the images of the first `most` mistakes with answer and true class; return the path.

    `mistakes` are sorted: the one with the least probability on the true class comes first.
    `images` is the complete set that their indices refer to, shape (N, 28, 28). `disputed` are the
    indices of images for which human raters did not agree with the label; they get a frame.
    """
    language = drawn_language(language)
    answer, truth = _ANSWER.text(language), _TRUTH_WITH_SHARE.text(language)
    shown = mistakes[:most]
    marked = set(disputed)
    tiles = [
        Tile(
            image=images[it.index],
            lines=[
                _named(answer, classes[it.answer], it.probability, 182),
                _named(truth, classes[it.truth], it.truth_probability, 182),
                _NUMBER.text(language, number=it.index),
            ],
            frame=ORANGE if it.index in marked else None,
        )
        for it in shown
    ]
    found = sum(it.index in marked for it in mistakes)
    title = _WORST if len(shown) < len(mistakes) else _ALL
    heading = [
        title.text(language, shown=len(shown), count=len(mistakes)),
        _MEANING.text(language),
    ]
    if found:
        heading.append(_DISPUTED.text(language, count=found))
    return draw_images(tiles, path, columns=6, scale=6, heading=heading, language=language)


def _named(pattern: str, name: str, probability: float, width: float) -> str:
    """Return the pattern with name and probability, the name cut so that all fits into `width`."""
    share = percent(probability)
    rest = width_of(pattern.format(name="", share=share), _TEXT)
    name = shortened(printable(name), max(30, width - rest), _TEXT)
    return pattern.format(name=name, share=share)
