"""Figures of images: a sample of the data, predictions, and the worst mistakes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitlab.errors import printable
from digitlab.figures.canvas import BLACK, GRAY, ORANGE, RED, Color, shortened, width_of
from digitlab.figures.sheet import Sheet
from digitlab.models.metrics import Mistake
from digitlab.models.probability import percent
from digitlab.records.report import Shown

# In pixels of the figure:
_LINE = 19
_TEXT = 13
_GAP = 26
_FRAME = 5


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
) -> Path:
    """Draw images in gray, `columns` per row, each below its title; return the path.

    All have the same size. Each of their pixels becomes a square of `scale` x `scale`. Lines that
    are too long are cut.
    """
    rows = max(1, -(-len(tiles) // columns))
    height, width = (scale * it for it in (tiles[0].image.shape if tiles else (28, 28)))
    title = _LINE * max((len(tile.lines) for tile in tiles), default=1)
    above = _LINE * len(heading) + (_GAP if heading else _GAP // 2)
    sheet = Sheet(columns * (width + _GAP), above + rows * (title + height + _GAP))
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
    images: NDArray[np.uint8], labels: NDArray[np.integer], classes: Sequence[str], path: Path
) -> Path:
    """Draw the first six images of a dataset with their labels; return the path."""
    tiles = [
        Tile(image=image, lines=[f"Ground Truth: {classes[label]}"])
        for image, label in zip(images[:6], labels[:6], strict=True)
    ]
    return draw_images(tiles, path)


def draw_predictions(
    images: NDArray[np.uint8],
    labels: NDArray[np.integer],
    predictions: Sequence[Shown],
    classes: Sequence[str],
    path: Path,
) -> Path:
    """Draw predictions with their probability and the true class; return the path.

    `images`, shape (N, 28, 28), and `labels`, shape (N,), are the complete set that the indices of
    `predictions` refer to. The title of a wrong prediction is red.
    """
    tiles = []
    for it in predictions:
        truth = int(labels[it.index])
        answer = _named("Prediction: {} " + f"({percent(it.probability)})", classes[it.answer], 244)
        tiles.append(
            Tile(
                image=images[it.index],
                lines=[answer, f"truth: {classes[truth]}"],
                color=BLACK if it.answer == truth else RED,
            )
        )
    return draw_images(tiles, path)


def draw_mistakes(
    images: NDArray[np.uint8],
    mistakes: Sequence[Mistake],
    classes: Sequence[str],
    path: Path,
    *,
    disputed: Sequence[int] = (),
    most: int = 24,
) -> Path:
    """Draw the images of the first `most` mistakes with answer and true class; return the path.

    `mistakes` are sorted: the one with the least probability on the true class comes first.
    `images` is the complete set that their indices refer to, shape (N, 28, 28). `disputed` are the
    indices of images for which human raters did not agree with the label; they get a frame.
    """
    shown = mistakes[:most]
    marked = set(disputed)
    tiles = [
        Tile(
            image=images[it.index],
            lines=[
                _named("{} " + f"({percent(it.probability)})", classes[it.answer], 182),
                _named("truth {} " + f"({percent(it.truth_probability)})", classes[it.truth], 182),
                f"no. {it.index}",
            ],
            frame=ORANGE if it.index in marked else None,
        )
        for it in shown
    ]
    found = sum(it.index in marked for it in mistakes)
    heading = [
        f"The {len(shown)} worst of {len(mistakes):,} mistakes"
        if len(shown) < len(mistakes)
        else f"All mistakes: {len(mistakes)}",
        "Answer and truth, each with its probability, and the image's number in the test set. "
        "Least probability of the truth first.",
    ]
    if found:
        heading.append(
            f"Orange frame: the label is disputed. Human raters did not agree with it ({found:,} "
            "of the mistakes)."
        )
    return draw_images(tiles, path, columns=6, scale=6, heading=heading)


def _named(pattern: str, name: str, width: float) -> str:
    """Return the pattern with the name in it, the name cut so that all fits into the width."""
    rest = width_of(pattern.format(""), _TEXT)
    return pattern.format(shortened(printable(name), max(30, width - rest), _TEXT))
