"""Figures of images: a sample of the data, predictions, and the worst mistakes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitlab.core.metrics import Mistake
from digitlab.figures.canvas import new_figure, save_figure

INCHES_PER_IMAGE = 1.75


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
    height = rows * INCHES_PER_IMAGE * 1.15 + (0.4 if heading else 0)
    figure = new_figure(columns * INCHES_PER_IMAGE, height)
    if heading:
        figure.suptitle(heading)
    for place, (image, title) in enumerate(zip(images, titles, strict=True), start=1):
        axes = figure.add_subplot(rows, columns, place)
        axes.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="none")
        axes.set_title(title, fontsize="medium")
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
        f"{classes[m.answer]} ({m.probability:.0%}), is {classes[m.truth]}\nno. {m.index}"
        for m in shown
    ]
    worst = images[np.array([m.index for m in shown], dtype=np.intp)]
    heading = f"The {len(shown)} worst of {len(mistakes)} mistakes: answer (certainty), truth"
    return draw_images(worst, titles, path, columns=6, heading=heading)
