"""The loss curve: how a network learns."""

from collections.abc import Sequence
from pathlib import Path

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

    The line is higher than the dots because dropout and changes to the images make training
    batches harder; when the network is tested, both are off. The line is jagged because each of
    its points is the loss of a single batch.

    Parameters
    ----------
    train_examples, test_examples
        How many training images the network had seen when each loss was measured.
    train_losses, test_losses
        In nats.
    path
        Where to save the figure.
    test_name
        The name of the dots in the legend, since they can also come from held-out images.
    smoothing
        The label smoothing of the training loss, 0 to below 1. Above 0 the training loss cannot
        reach 0, but the test loss, which has no smoothing, can: a dashed line shows the minimum.
    classes
        The number of classes, which the minimum depends on.
    """
    figure = new_figure(8, 5)
    axes = figure.add_axes((0.09, 0.11, 0.86, 0.86))
    train_name = "Train Loss"
    if smoothing:
        train_name += f" with label smoothing {smoothing:g}"
    axes.plot(train_examples, train_losses, color="blue", linewidth=0.8, label=train_name)
    if smoothing:
        lowest = smallest_smoothed_loss(smoothing, classes)
        axes.axhline(
            lowest,
            color="blue",
            linewidth=0.8,
            linestyle="dashed",
            label=f"its lowest possible value, {lowest:.3f}",
        )
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
