"""The loss curves of several runs in one figure."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from digitlab.figures.canvas import drawn_language, shortened
from digitlab.figures.loss import LOSS, NEGATIVE_LOG_LIKELIHOOD, running_mean
from digitlab.figures.plots import log_loss_axis, new_figure, save_figure, span_examples
from digitlab.language import Language, Words
from digitlab.records.compare import Comparison, RunSummary
from digitlab.records.describe import COMMA, settings_in_words
from digitlab.records.folder import RunResults
from digitlab.records.history import HeldOutPoint, TestPoint, TrainPoint

# Okabe and Ito's colors, which color-blind people can tell apart, without yellow; then gray.
_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999")
_MARKERS = "osD^vPX<"
_POINTS = 60
"""Of a smoothed curve: each is the mean of about this share of all points."""
_LINE_INCHES = 0.185

_EXPLANATION = Words(
    "Line: training loss, smoothed. Markers: loss on the test set or on held-out images.",
    "线：平滑后的训练损失。标记：测试集或验证集上的损失。",
)
_EXPLANATION_WHERE_SMOOTHED = Words(
    "Line: training loss, smoothed (higher with label smoothing or pictures of no digit). "
    "Markers: loss on the test set or on held-out images.",
    "线：平滑后的训练损失（使用标签平滑或不含数字的图片时偏高）。标记：测试集或验证集上的损失。",
)
_RUN = Words("{name}: {facts}", "{name}：{facts}")
_SEED = Words("seed {seed}", "随机种子 {seed}")
_TESTED = Words(
    "{accuracy:.2%} ({low:.2%} to {high:.2%})", "{accuracy:.2%}（{low:.2%} 到 {high:.2%}）"
)
_HELD_OUT = Words(
    "{accuracy:.2%} held out ({low:.2%} to {high:.2%})",
    "验证集 {accuracy:.2%}（{low:.2%} 到 {high:.2%}）",
)
_UNFINISHED = Words("unfinished", "未完成")


def draw_comparison(
    runs: Sequence[RunResults],
    comparison: Comparison,
    path: Path,
    *,
    language: Language = "en",
) -> Path:
    """Draw the loss of several runs, each in a color of its own; return the path.

    Thin lines are training losses, each point the mean of several batches; markers are losses on
    the test set or on held-out images. `comparison` is of the same runs in the same order.
    """
    language = drawn_language(language)
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
                label=_label(summary, language),
                markerfacecolor=color if style == "solid" else "white",
            )
        )
    log_loss_axis(axes, losses)
    recipes = [run.record.recipe for run in runs]
    smoothed = any(it.label_smoothing or it.outliers or it.reads_pages for it in recipes)
    axes.set_ylabel((LOSS if smoothed else NEGATIVE_LOG_LIKELIHOOD).text(language))
    span_examples(axes, [it.examples for run in runs for it in run.history], language)
    explanation = _EXPLANATION_WHERE_SMOOTHED if smoothed else _EXPLANATION
    drawn = figure.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0.08, 0.0), frameon=False,
        fontsize=9, borderaxespad=0.3, labelspacing=0.35,
        title=explanation.text(language), title_fontsize=9, alignment="left",
    )  # fmt: skip
    for text in drawn.get_texts():
        text.set_parse_math(False)
    return save_figure(figure, path, language)


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


def _label(run: RunSummary, language: Language) -> str:
    """Return a run's line in the legend."""
    parts = [run.recipe]
    if run.settings:
        parts.append(settings_in_words(run.settings, language))
    parts.append(_SEED.text(language, seed=run.seed))
    if run.score is not None:
        low, high = run.score.interval
        score = _TESTED if run.score.images == "test" else _HELD_OUT
        parts.append(score.text(language, accuracy=run.score.accuracy, low=low, high=high))
    if not run.finished:
        parts.append(_UNFINISHED.text(language))
    facts = COMMA.text(language).join(parts)
    return shortened(_RUN.text(language, name=run.name, facts=facts), 1130, 19)
