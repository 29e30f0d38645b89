"""The loss curve: how a network learns."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from digitlab.figures.canvas import drawn_language
from digitlab.figures.plots import log_loss_axis, new_figure, nice_step, save_figure, span_examples
from digitlab.language import Language, Words

LOSS = Words("loss", "损失")
NEGATIVE_LOG_LIKELIHOOD = Words("negative log likelihood loss", "负对数似然损失")

_TRAINING = Words("Train Loss", "训练损失")
_TRAINING_WITH = Words("Train Loss with {reasons}", "训练损失（使用{reasons}）")
_TEST = Words("Test Loss", "测试损失")
_SMOOTHING = Words("label smoothing {share:g}", "标签平滑 {share:g}")
_AND = Words(" and ", " 和")
_OUTLIERS = Words("pictures of no digit", "不含数字的图片")
_MEAN = Words(", mean of {count} points", "，每 {count} 个点取平均")
_LOWEST = Words("its lowest possible value, {loss:.3f}", "它可能的最小值 {loss:.3f}")
_RESUMED = Words("stopped and resumed", "中断后继续")
_EPOCHS = Words("epochs", "轮数（epoch）")

_FEW_DOTS = 45
_MANY = 1_500
"""A line of more points than this is so dense that its running mean is drawn over it."""


def draw_loss(
    train_examples: Sequence[int],
    train_losses: Sequence[float],
    test_examples: Sequence[int],
    test_losses: Sequence[float],
    path: Path,
    *,
    title: str | None = None,
    test_name: str | None = None,
    epoch_size: int | None = None,
    resumed_at: Sequence[int] = (),
    smoothing: float = 0.0,
    outliers: float = 0.0,
    classes: int = 10,
    is_likelihood: bool = True,
    language: Language = "en",
) -> Path:
    """Draw the training loss as a blue line and the test loss as red dots; return the path.

    `..._examples` are the numbers of training images that the network had seen when each loss was
    measured. `test_name` is the legend's name for the dots, which can also be of held-out images.
    With `epoch_size`, the number of training images per epoch, an axis at the top counts epochs.
    `resumed_at` is where the run was stopped and resumed, in training images seen.

    The loss axis is logarithmic. On a linear one, the first few losses are so large that all later
    ones look like 0.

    The line is higher than the dots because dropout and changes to the images make the training
    batches harder; both are off when the network is tested. The line is jagged because each of its
    points is the loss of a single batch.

    With label smoothing, the share `smoothing` of each label, the training loss cannot reach 0,
    but the test loss can, because it is measured without. The same holds for pictures of no digit,
    `outliers` of them per image. A dashed line shows the minimum. Without `is_likelihood`, the loss
    is another one than the negative log-likelihood.
    """
    language = drawn_language(language)
    figure = new_figure(8, 5)
    axes = figure.add_axes((0.11, 0.11, 0.84, 0.74 if title else 0.78))
    smoothed = smallest_smoothed_loss(smoothing, classes)
    lowest = (smoothed + outliers * math.log(classes)) / (1 + outliers)
    reasons = [_SMOOTHING.text(language, share=smoothing)] if smoothing else []
    reasons += [_OUTLIERS.text(language)] if outliers else []
    why = _AND.text(language).join(reasons)
    _draw_training(axes, train_examples, train_losses, why, lowest, language)
    if test_losses:
        size = 36 if len(test_losses) <= _FEW_DOTS else 10  # in square points
        name = test_name or _TEST.text(language)
        axes.scatter(test_examples, test_losses, s=size, color="red", zorder=3, label=name)
    for number, examples in enumerate(resumed_at):
        label = _RESUMED.text(language) if number == 0 else None
        axes.axvline(examples, color="0.35", linewidth=1, linestyle="dotted", label=label)
    log_loss_axis(axes, [*train_losses, *test_losses, *([lowest] if lowest else [])])
    axes.set_ylabel(
        (LOSS if lowest or not is_likelihood else NEGATIVE_LOG_LIKELIHOOD).text(language)
    )
    last = span_examples(axes, [*train_examples, *test_examples], language)
    if epoch_size:
        _add_epochs(axes, epoch_size, last, language)
    if title:
        figure.text(0.11, 0.955, title, va="center", weight="bold", parse_math=False)
    axes.legend(loc="upper right")
    return save_figure(figure, path, language)


def _draw_training(
    axes: Axes,
    examples: Sequence[int],
    losses: Sequence[float],
    reasons: str,
    lowest: float,
    language: Language,
) -> None:
    """Draw the training loss, and the `lowest` that it can reach for these `reasons`."""
    name = (_TRAINING_WITH if reasons else _TRAINING).text(language, reasons=reasons)
    style: dict[str, Any] = {"color": "blue", "linewidth": 0.8}
    if len(losses) > _MANY:
        axes.plot(examples, losses, color="#b3b3ff", linewidth=0.4)
        batches = len(losses) // 300
        losses = running_mean(losses, batches)
        name += _MEAN.text(language, count=batches)
    axes.plot(examples, losses, label=name, **style)
    if reasons:
        name = _LOWEST.text(language, loss=lowest)
        axes.axhline(lowest, label=name, linestyle="dashed", **style)


def _add_epochs(axes: Axes, epoch_size: int, last: int, language: Language) -> None:
    """Count epochs at the top: tick 3 is the end of the third epoch."""
    epochs = last / epoch_size + 0.01
    step = nice_step(max(1, round(epochs)), 12) if epochs >= 1 else 0.1
    ticks = [number * step for number in range(int(epochs / step) + 1)]
    top = axes.twiny()
    start, end = axes.get_xlim()
    top.set_xlim(start / epoch_size, end / epoch_size)
    top.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    top.set_xlabel(_EPOCHS.text(language))


def running_mean(values: Sequence[float], width: int) -> list[float]:
    """Return the mean of each value with its neighbors, `width` in all.

    At the start there are fewer, so that the first steep fall stays visible. At the end there are
    not, because a single good batch would look like sudden progress.

    >>> running_mean([1, 2, 6], 3)
    [1.5, 3.0, 3.0]
    """
    sums = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    places = np.arange(len(values))
    end = np.minimum(places + width // 2 + 1, len(values))
    first = np.maximum(np.minimum(places - (width - 1) // 2, len(values) - width), 0)
    means: list[float] = ((sums[end] - sums[first]) / (end - first)).tolist()
    return means


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
