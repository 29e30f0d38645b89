"""Figures of images: a sample of the data, predictions, and the worst mistakes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitlab.figures.canvas import DOTS_PER_INCH, new_figure, save_figure
from digitlab.models.metrics import Mistake

# In pixels of the figure:
_SCALE = 9  # the side of one pixel of an image
_TITLE_LINE = 26
_GAP = 24
_HEADING = 60


def draw_images(
    images: NDArray[np.uint8],
    titles: Sequence[str],
    path: Path,
    *,
    columns: int = 3,
    heading: str | None = None,
) -> Path:
    """Draw images in gray, `columns` per row, each below its title; return the path.

    `images` has shape (N, 28, 28), 0 = black to 255 = white. There are N `titles`, which can have
    several lines.
    """
    rows = max(1, -(-len(images) // columns))
    side = images.shape[1] * _SCALE
    title_height = _TITLE_LINE * max((title.count("\n") + 1 for title in titles), default=1)
    above = _HEADING if heading else _GAP // 2
    height = above + rows * (title_height + side + _GAP)
    width = columns * (side + _GAP)

    figure = new_figure(width / DOTS_PER_INCH, height / DOTS_PER_INCH)
    if heading:
        figure.text(0.5, 1 - above / 2 / height, heading, ha="center", va="center")
    for place, (image, title) in enumerate(zip(images, titles, strict=True)):
        row, column = divmod(place, columns)
        top = above + row * (title_height + side + _GAP) + title_height
        left = column * (side + _GAP) + _GAP // 2
        place_of_image = (left / width, 1 - (top + side) / height, side / width, side / height)
        axes = figure.add_axes(place_of_image)
        axes.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="none")
        axes.set_axis_off()
        x, y = (left + side / 2) / width, 1 - (top - 6) / height
        figure.text(x, y, title, ha="center", va="bottom", fontsize=9)
    return save_figure(figure, path)


def draw_samples(
    images: NDArray[np.uint8], labels: NDArray[np.integer], classes: Sequence[str], path: Path
) -> Path:
    """Draw the first six images of a dataset with their labels; return the path."""
    titles = [f"Ground Truth: {classes[label]}" for label in labels[:6]]
    return draw_images(images[:6], titles, path)


def draw_mistakes(
    images: NDArray[np.uint8],
    mistakes: Sequence[Mistake],
    classes: Sequence[str],
    path: Path,
    *,
    most: int = 24,
) -> Path:
    """Draw the images of the first `most` mistakes with answer and true class; return the path.

    `mistakes` are sorted, worst first. `images` is the complete set that their indices refer to,
    shape (N, 28, 28).
    """
    shown = mistakes[:most]
    titles = [
        f"{classes[m.answer]} ({m.probability:.0%})\nis {classes[m.truth]}, no. {m.index}"
        for m in shown
    ]
    worst = images[np.array([m.index for m in shown], dtype=np.intp)]
    heading = (
        f"The {len(shown)} worst of {len(mistakes)} mistakes: answer (probability), true class"
    )
    return draw_images(worst, titles, path, columns=6, heading=heading)
