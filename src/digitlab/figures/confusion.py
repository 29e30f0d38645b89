"""The confusion matrix: which classes were mistaken for which."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from digitlab.figures.canvas import new_figure, save_figure


def draw_confusion(confusion: Sequence[Sequence[int]], classes: Sequence[str], path: Path) -> Path:
    """Draw the counts, one row per true class and one column per answer; return the path.

    The more frequent a mistake, the stronger its color. The correct answers on the diagonal stay
    gray, because their large counts would make all mistakes look equal.
    """
    counts = np.array(confusion)
    on_diagonal = np.eye(len(classes), dtype=bool)
    mistakes = np.ma.masked_array(counts, mask=on_diagonal)
    most = max(1, int(mistakes.max()))
    correct, total = int(counts[on_diagonal].sum()), int(counts.sum())

    figure = new_figure(7, 7)
    rotation = 0 if max(map(len, classes)) <= 2 else 45  # degrees; long names would overlap
    margin = 0.16 if rotation else 0.09
    axes = figure.add_axes((margin, margin, 0.94 - margin, 0.94 - margin))
    axes.imshow(np.where(on_diagonal, 1.0, 0.0), cmap="Greys", vmin=0, vmax=6)
    axes.imshow(mistakes, cmap="Reds", vmin=0, vmax=most)
    for truth, answer in np.argwhere(counts):
        count = counts[truth, answer]
        color = "white" if truth != answer and count > 0.6 * most else "black"
        axes.text(answer, truth, f"{count:,}", ha="center", va="center", color=color, size="small")
    axes.set_xticks(range(len(classes)), classes, rotation=rotation)
    axes.set_yticks(range(len(classes)), classes)
    axes.set(xlabel="answer", ylabel="true class")
    axes.set_title(
        f"{correct:,} of {total:,} correct ({correct / total:.2%}), {total - correct:,} mistakes"
    )
    return save_figure(figure, path)
