"""The confusion matrix: what was taken for what."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from digitlab.figures.canvas import new_figure, save_figure


def draw_confusion(confusion: Sequence[Sequence[int]], classes: Sequence[str], path: Path) -> Path:
    """Draw the counts, one row a truth and one column an answer; return the path.

    Mistakes are colored by how often they were made; the right answers on the diagonal, which
    would drown them, stay gray.
    """
    counts = np.array(confusion)
    on_diagonal = np.eye(len(classes), dtype=bool)
    mistakes = np.ma.masked_array(counts, mask=on_diagonal)
    most = max(1, int(mistakes.max()))
    right, total = int(counts[on_diagonal].sum()), int(counts.sum())

    figure = new_figure(7, 7)
    below = 0.09 if _slant(classes) == 0 else 0.16
    axes = figure.add_axes((below, below, 0.94 - below, 0.94 - below))
    axes.imshow(np.where(on_diagonal, 1.0, 0.0), cmap="Greys", vmin=0, vmax=6)
    axes.imshow(mistakes, cmap="Reds", vmin=0, vmax=most)
    for truth, row in enumerate(counts):
        for answer, count in enumerate(row):
            is_dark = truth != answer and count > 0.6 * most
            if count:
                axes.text(
                    answer,
                    truth,
                    f"{count:,}",
                    ha="center",
                    va="center",
                    color="white" if is_dark else "black",
                    fontsize="small",
                )
    axes.set_xticks(range(len(classes)), classes, rotation=_slant(classes))
    axes.set_yticks(range(len(classes)), classes)
    axes.set_xlabel("answer")
    axes.set_ylabel("truth")
    axes.set_title(
        f"{right:,} of {total:,} right ({right / total:.2%}), {total - right:,} mistakes"
    )
    return save_figure(figure, path)


def _slant(classes: Sequence[str]) -> int:
    """Return by how many degrees the names must be turned to fit beside each other."""
    return 0 if max(map(len, classes)) <= 2 else 45
