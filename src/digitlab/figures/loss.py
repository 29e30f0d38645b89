"""The loss curve: how a network learns."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from digitlab.figures.canvas import new_figure, save_figure


def draw_loss(
    train_examples: Sequence[int],
    train_losses: Sequence[float],
    test_examples: Sequence[int],
    test_losses: Sequence[float],
    path: Path,
    *,
    test_name: str = "Test Loss",
    smoothing: float = 0.0,
    classes: int = 10,
) -> Path:
    """Draw the training loss as a blue line and the test loss as red dots; return the path.

    `..._examples` are the numbers of training images that the network had seen when each loss was
    measured. `test_name` is the legend's name for the dots, which can also be of held-out images.

    The line is higher than the dots because dropout and changes to the images make the training
    batches harder; both are off when the network is tested. The line is jagged because each of its
    points is the loss of a single batch.

    With label smoothing, the share `smoothing` of each label, the training loss cannot reach 0,
    but the test loss can, because it is measured without. A dashed line shows the minimum.
    """
    figure = new_figure(8, 5)
    axes = figure.add_axes((0.09, 0.11, 0.86, 0.86))
    style: dict[str, Any] = {"color": "blue", "linewidth": 0.8}
    train_name = f"Train Loss with label smoothing {smoothing:g}" if smoothing else "Train Loss"
    axes.plot(train_examples, train_losses, label=train_name, **style)
    if smoothing:
        lowest = smallest_smoothed_loss(smoothing, classes)
        name = f"its lowest possible value, {lowest:.3f}"
        axes.axhline(lowest, label=name, linestyle="dashed", **style)
    axes.scatter(test_examples, test_losses, color="red", zorder=2, label=test_name)
    axes.set_xlabel("number of training examples seen")
    axes.set_ylabel("loss" if smoothing else "negative log likelihood loss")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_ylim(bottom=0)
    axes.legend(loc="upper right")
    return save_figure(figure, path)


def smallest_smoothed_loss(smoothing: float, classes: int) -> float:
    """Return the lowest possible cross-entropy with smoothed labels, in nats.

    Label smoothing moves the share `smoothing` of each label evenly to all classes. No answer has
    a lower cross-entropy with such a label than the label itself: its entropy.

    >>> round(smallest_smoothed_loss(0.05, classes=10), 3)
    0.282
    >>> smallest_smoothed_loss(0.0, classes=10)
    0.0
    """
    label = np.full(classes, smoothing / classes)
    label[0] += 1 - smoothing
    present = label[label > 0]
    return float(abs((present * np.log(present)).sum()))
