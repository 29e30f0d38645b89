"""Figures of images: a sample of the data, predictions, and the worst mistakes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitlab.core.metrics import Mistake
from digitlab.figures.canvas import new_figure, save_figure

INCHES_PER_IMAGE = 1.75
TITLE_LINE_INCHES = 0.17
MARGIN_INCHES = 0.15
HEADING_INCHES = 0.4


def draw_images(
    images: NDArray[np.uint8],
    titles: Sequence[str],
    path: Path,
    *,
    columns: int = 3,
    heading: str | None = None,
) -> Path:
    """Draw images in grey, row by row, each under its title and without ticks; return the path.

    `images` has shape (N, 28, 28), 0 = black to 255 = white; there are N `titles`.
    """
    rows = max(1, -(-len(images) // columns))
    above = HEADING_INCHES if heading else 0.0
    lines = max((title.count("\n") + 1 for title in titles), default=1)
    cell = INCHES_PER_IMAGE + lines * TITLE_LINE_INCHES + MARGIN_INCHES  # an image and its title
    width, height = columns * (INCHES_PER_IMAGE + MARGIN_INCHES), rows * cell + above
    figure = new_figure(width, height)
    if heading:
        figure.suptitle(heading, y=1 - 0.4 * above / height, va="center")
    for place, (image, title) in enumerate(zip(images, titles, strict=True)):
        row, column = divmod(place, columns)
        left = column * (INCHES_PER_IMAGE + MARGIN_INCHES) + MARGIN_INCHES / 2
        bottom = height - above - (row + 1) * cell + MARGIN_INCHES / 2
        place_in_figure = (
            *(left / width, bottom / height),
            *(INCHES_PER_IMAGE / width, INCHES_PER_IMAGE / height),
        )
        axes = figure.add_axes(place_in_figure)
        axes.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="none")
        axes.set_title(title, fontsize=9)
        axes.set_xticks([])
        axes.set_yticks([])
    return save_figure(figure, path)


def draw_samples(
    images: NDArray[np.uint8], labels: NDArray[np.uint8], classes: Sequence[str], path: Path
) -> Path:
    """Draw the first six images of a set with the labels that they carry."""
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
    """Draw the images that a network is most wrong about, worst first, with answer and truth.

    `images` is the whole set, shape (N, 28, 28), which the mistakes' indices point into.
    """
    shown = mistakes[:most]
    titles = [
        f"{classes[m.answer]} ({m.probability:.0%})\nis {classes[m.truth]}, no. {m.index}"
        for m in shown
    ]
    worst = images[np.array([m.index for m in shown], dtype=np.intp)]
    heading = f"The {len(shown)} worst of {len(mistakes)} mistakes: answer (certainty), truth"
    return draw_images(worst, titles, path, columns=6, heading=heading)
