"""The loss curve: how a network learns."""

from collections.abc import Sequence
from pathlib import Path

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
) -> Path:
    """Draw the training loss as a blue line and the test loss as red dots; return the path.

    `test_name` is what the legend calls the dots: they may be of images held out instead.
    `…_examples` tell how many training images the network had seen when the loss was taken.
    The training loss lies above the test loss for two reasons: each of its points is one batch
    in place of 10,000 images, and dropout hinders the network only while it trains.
    """
    figure = new_figure(8, 5)
    axes = figure.add_axes((0.09, 0.11, 0.86, 0.86))
    axes.plot(train_examples, train_losses, color="blue", linewidth=0.8, label="Train Loss")
    axes.scatter(test_examples, test_losses, color="red", zorder=2, label=test_name)
    axes.set_xlabel("number of training examples seen")
    axes.set_ylabel("negative log likelihood loss")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.set_ylim(bottom=0)
    axes.legend(loc="upper right")
    return save_figure(figure, path)
