"""Figures of images: a sample of the data, predictions, and the worst mistakes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitlab.figures.canvas import DOTS_PER_INCH, new_figure, save_figure
from digitlab.models.metrics import Mistake

# All in pixels of the figure.
DOTS_PER_PIXEL = 9  # a pixel of an image is a square of so many
TITLE_LINE = 26
GAP = 24
HEADING = 60


def draw_images(
    images: NDArray[np.uint8],
    titles: Sequence[str],
    path: Path,
    *,
    columns: int = 3,
    heading: str | None = None,
) -> Path:
    """Draw images in gray, row by row, each under its title and without ticks; return the path.

    `images` has shape (N, 28, 28), 0 = black to 255 = white; there are N `titles`.
    """
    rows = max(1, -(-len(images) // columns))
    side = images.shape[1] * DOTS_PER_PIXEL
    title_height = TITLE_LINE * max((title.count("\n") + 1 for title in titles), default=1)
    above = HEADING if heading else GAP // 2
    height = above + rows * (title_height + side + GAP)
    width = columns * (side + GAP)

    figure = new_figure(width / DOTS_PER_INCH, height / DOTS_PER_INCH)
    if heading:
        figure.text(0.5, 1 - above / 2 / height, heading, ha="center", va="center")
    canvas = np.full((height, width, 3), 255, dtype=np.uint8)  # red, green, blue
    for place, (image, title) in enumerate(zip(images, titles, strict=True)):
        row, column = divmod(place, columns)
        top = above + row * (title_height + side + GAP) + title_height
        left = column * (side + GAP) + GAP // 2
        large = image.repeat(DOTS_PER_PIXEL, axis=0).repeat(DOTS_PER_PIXEL, axis=1)
        canvas[top : top + side, left : left + side] = large[:, :, None]
        x, y = (left + side / 2) / width, 1 - (top - 6) / height
        figure.text(x, y, title, ha="center", va="bottom", fontsize=9)
    figure.figimage(canvas)
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
