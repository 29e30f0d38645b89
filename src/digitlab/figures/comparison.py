"""The loss curves of several runs in one figure."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from digitlab.figures.canvas import shortened
from digitlab.figures.loss import running_mean
from digitlab.figures.plots import log_loss_axis, new_figure, save_figure, span_examples
from digitlab.records.compare import Comparison, RunSummary
from digitlab.records.describe import settings_in_words
from digitlab.records.folder import RunResults
from digitlab.records.history import HeldOutPoint, TestPoint, TrainPoint

# Okabe and Ito's colors, which color-blind people can tell apart, without yellow; then gray.
_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999")
_MARKERS = "osD^vPX<"
_POINTS = 60
"""Of a smoothed curve: each is the mean of about this share of all points."""
_LINE_INCHES = 0.185


def draw_comparison(runs: Sequence[RunResults], comparison: Comparison, path: Path) -> Path:
    """Draw the loss of several runs, each in a color of its own; return the path.

    Thin lines are training losses, each point the mean of several batches; markers are losses on
    the test set or on held-out images. `comparison` is of the same runs in the same order.
    """
    legend = (len(runs) + 1) * _LINE_INCHES
    height = 4.6 + legend
    figure = new_figure(8.5, height)
    axes = figure.add_axes(
        (0.11, (0.7 + legend) / height, 0.855, 1 - (0.7 + legend + 0.2) / height)
    )
    losses: list[float] = []
    handles = []
    for number, (run, summary) in enumerate(zip(runs, comparison.runs, strict=True)):
        style: Literal["solid", "dashed"]
        color, marker = _COLORS[number % len(_COLORS)], _MARKERS[number % len(_MARKERS)]
        style = "solid" if number < len(_COLORS) else "dashed"
        losses += _draw_run(axes, run, color, marker, style)
        handles.append(
            Line2D(
                [],
                [],
                color=color,
                marker=marker,
                linestyle=style,
                label=_label(summary),
                markerfacecolor=color if style == "solid" else "white",
            )
        )
    log_loss_axis(axes, losses)
    recipes = [run.record.recipe for run in runs]
    smoothed = any(it.label_smoothing or it.outliers for it in recipes)
    axes.set_ylabel("loss" if smoothed else "negative log likelihood loss")
    span_examples(axes, [it.examples for run in runs for it in run.history])
    drawn = figure.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0.08, 0.0), frameon=False,
        fontsize=9, borderaxespad=0.3, labelspacing=0.35,
        title=_explanation(smoothed), title_fontsize=9, alignment="left",
    )  # fmt: skip
    for text in drawn.get_texts():
        text.set_parse_math(False)
    return save_figure(figure, path)


def _draw_run(axes: Axes, run: RunResults, color: str, marker: str, style: str) -> list[float]:
    """Draw a run's curve and return the losses in it."""
    trained = [it for it in run.history if isinstance(it, TrainPoint)]
    held_out = any(isinstance(it, HeldOutPoint) for it in run.history)
    tested = [it for it in run.history if isinstance(it, HeldOutPoint if held_out else TestPoint)]
    means = running_mean([it.loss for it in trained], max(1, len(trained) // _POINTS))
    examples = [it.examples for it in trained]
    axes.plot(examples, means, color=color, linestyle=style, linewidth=1, alpha=0.75)
    axes.plot(
        [it.examples for it in tested], [it.loss for it in tested],
        color=color, marker=marker, markersize=7, linestyle="none",
        markerfacecolor=color if style == "solid" else "white",
        markeredgecolor="white" if style == "solid" else color,
        zorder=3,
    )  # fmt: skip
    return [*means, *(it.loss for it in tested)]


def _explanation(smoothed: bool) -> str:
    lines = "Line: training loss, smoothed"
    if smoothed:
        lines += " (higher with label smoothing or pictures of no digit)"
    return f"{lines}. Markers: loss on the test set or on held-out images."


def _label(run: RunSummary) -> str:
    """Return a run's line in the legend."""
    parts = [run.recipe, *([settings_in_words(run.settings)] if run.settings else [])]
    parts.append(f"seed {run.seed}")
    if run.score is not None:
        low, high = run.score.interval
        of = "" if run.score.images == "test" else " held out"
        parts.append(f"{run.score.accuracy:.2%}{of} ({low:.2%} to {high:.2%})")
    if not run.finished:
        parts.append("unfinished")
    return shortened(f"{run.name}: {', '.join(parts)}", 1130, 19)
