"""Draw how cost grows: time above, memory or latency below, each on logarithmic axes."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter

from benchmarks.growth.record import Figures
from digitlab.figures.plots import new_figure, save_figure
from docs.growth import SIZES, medians

_LINEAR = "linear"
_COLORS = ("#1f3b73", "#c2571a", "#3f7f5f", "#8a4f9e")
_Rows = list[Figures]


def draw(rows: dict[str, _Rows], path: Path) -> Path:
    """Draw the rows of each part, and return the figure's path."""
    figure = new_figure(13, 6.4)
    axes = figure.subplots(2, 3, height_ratios=(3, 2), sharex="col")
    for it in axes.flat:
        it.set_xscale("log")
        it.set_yscale("log")
    _training(axes[0, 0], axes[1, 0], rows["training"])
    _reading(axes[0, 1], axes[1, 1], rows["reading"])
    _service(axes[0, 2], axes[1, 2], rows["service"])
    for it in axes.flat:
        _show_all_that_was_measured(it)
        low, high = it.get_ylim()
        if high < 100 * low:  # the powers of ten alone would be one or two numbers
            it.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        for axis, form in ((it.xaxis, "{x:,.0f}"), (it.yaxis, "{x:,.6g}")):
            axis.set_major_formatter(form)
            axis.set_minor_formatter(NullFormatter())
        it.grid(color="0.92")
        it.set_axisbelow(True)
        it.spines[["top", "right"]].set_visible(False)
        if it.get_legend_handles_labels()[0]:
            named = zip(*it.get_legend_handles_labels(), strict=True)
            handles, labels = zip(*sorted(named, key=lambda pair: pair[1] == _LINEAR), strict=True)
            it.legend(handles, labels, frameon=False, fontsize=8)
    figure.tight_layout()
    return save_figure(figure, path)


def _training(time: Axes, memory: Axes, rows: _Rows) -> None:
    for ranks, color in zip(sorted({row["ranks"] for row in rows}), _COLORS, strict=False):
        name = f"{ranks} process" + "es" * (ranks > 1)
        whole = medians(rows, "images", "seconds", ranks=ranks)
        epoch = medians(rows, "images", "training_seconds", ranks=ranks)
        _line(time, epoch, color, f"{name}: one epoch")
        _line(time, whole, color, f"{name}: with start and tests", style="o:", fill="white")
        _line(memory, medians(rows, "images", "peak_mib", ranks=ranks), color, "")
        if ranks == 1:
            _linear(time, epoch)
    time.set_title("Training the tutorial's recipe")
    time.set_ylabel("seconds")
    memory.set_ylabel("peak memory, MiB")
    memory.set_xlabel("training images")


def _reading(time: Axes, memory: Axes, rows: _Rows) -> None:
    for kind, color in zip(("28x28", "280x280"), _COLORS, strict=False):
        for jobs, style in ((1, "o-"), (2, "s--")):
            name = f"{kind}, {jobs} process" + "es" * (jobs > 1)
            case = {"kind": kind, "jobs": jobs}
            seconds = medians(rows, "pictures", "seconds", **case)
            _line(time, seconds, color, name, style)
            _line(memory, medians(rows, "pictures", "peak_mib", **case), color, "", style)
            if (kind, jobs) == ("28x28", 1):
                _linear(time, seconds)
    time.set_title("Reading pictures in tar files")
    time.set_ylabel("seconds")
    memory.set_ylabel("peak memory, MiB")
    memory.set_xlabel("pictures")


def _service(rate: Axes, latency: Axes, rows: _Rows) -> None:
    for (picture, name), color in zip(SIZES.items(), _COLORS, strict=False):
        rates = medians(rows, "connections", "answers_per_second", picture=picture)
        _line(rate, rates, color, name)
        if picture == "mnist":
            _linear(rate, rates, min(rates, default=None))
        for percentile, style in (("p50", "o-"), ("p99", "s--")):
            values = medians(rows, "connections", f"{percentile}_ms", picture=picture)
            _line(latency, values, color, f"{name}, {percentile}", style)
    rate.set_title("Service with 2 workers")
    rate.set_ylabel("answers per second")
    latency.set_ylabel("latency, ms")
    latency.set_xlabel("open connections")


def _line(
    axes: Axes, points: dict[float, float], color: str, name: str, style: str = "o-",
    fill: str | None = None,
) -> None:  # fmt: skip
    if not points:  # was not measured
        return
    options: dict[str, Any] = {"label": name} if name else {}
    axes.plot(
        list(points), list(points.values()), style, color=color, markersize=4,
        markerfacecolor=fill or color, linewidth=1.3, **options,
    )  # fmt: skip


def _linear(axes: Axes, points: dict[float, float], through: float | None = None) -> None:
    """Draw the line along which y grows as x does, through the last point or a given x."""
    if not points:
        return
    first, last = min(points), max(points)
    place = last if through is None else through
    axes.plot(
        [first, last], [points[place] * it / place for it in (first, last)],
        color="0.6", zorder=0, linewidth=1, label=_LINEAR,
    )  # fmt: skip


def _show_all_that_was_measured(axes: Axes) -> None:
    """Show at least a factor of ten, so that what is constant looks constant."""
    lines = [line for line in axes.lines if line.get_label() != _LINEAR]
    values = [float(it) for line in lines for it in np.asarray(line.get_ydata())]
    if not values:
        return
    least, most = min(values) / 1.3, max(values) * 1.3
    more = max(1.0, 10 * least / most) ** 0.5
    axes.set_ylim(least / more, most * more)
