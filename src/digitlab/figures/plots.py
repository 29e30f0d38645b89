"""What the figures with axes share: how matplotlib creates and saves them."""

import io
import warnings
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from matplotlib import font_manager, rcParams
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from digitlab.figures.canvas import PNG_OPTIONS, chinese_face, format_of, is_wide, write_figure
from digitlab.language import Language, Words

_DOTS_PER_INCH = 125

_EXAMPLES = Words("number of training examples seen", "已训练的样本数")


def new_figure(width: float, height: float, dots_per_inch: int = _DOTS_PER_INCH) -> Figure:
    """Return an empty figure of this size in inches; no window is opened."""
    figure = Figure(figsize=(width, height), dpi=dots_per_inch)
    FigureCanvasAgg(figure)
    return figure


def save_figure(figure: Figure, path: Path, language: Language = "en") -> Path:
    """Write the figure in the format of the path's suffix, completely or not at all.

    In Chinese, every text with Chinese characters is in the font that `Sheet` has for them.

    Returns the path. Missing folders are created. Raises `DigitlabError` if the suffix is not one
    of the formats, or the path cannot be written.
    """
    kind = format_of(path)
    if language == "zh" and (family := _chinese_family()):
        for text in figure.findobj(Text):
            if isinstance(text, Text) and is_wide(text.get_text()):
                text.set_fontfamily([family, *rcParams["font.family"]])
                text.set_fontweight("normal")  # the only weight of most Chinese fonts
    content = io.BytesIO()
    options: dict[str, Any] = {"pil_kwargs": PNG_OPTIONS} if kind == "png" else {}
    with warnings.catch_warnings():
        # A letter that the font lacks is drawn as a box; a run's name may have any letters.
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        figure.savefig(content, format=kind, **options)
    return write_figure(path, content.getvalue())


@cache
def _chinese_family() -> str | None:
    """Return the name of the Chinese font, by which matplotlib now finds it."""
    face = chinese_face()
    if face is None:
        return None
    path, number = face
    fonts = font_manager.fontManager
    known = len(fonts.ttflist)
    fonts.addfont(path)
    faces = fonts.ttflist[known:]  # older versions of matplotlib know a file's first face only
    return faces[min(number, len(faces) - 1)].name


def span_examples(axes: Axes, examples: Iterable[int], language: Language = "en") -> int:
    """Give the axes an axis of training images seen, from 0; return the last of `examples`."""
    last = max(examples, default=0)
    margin = 0.02 * max(1, last)
    axes.set_xlim(-margin, last + margin)
    axes.set_xlabel(_EXAMPLES.text(language))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    return last


def log_loss_axis(axes: Axes, losses: Iterable[float]) -> None:
    """Give the axes a logarithmic loss axis with plain numbers: 0.05, not 5 x 10^-2."""
    axes.set_yscale("log", nonpositive="clip")
    positive = [loss for loss in losses if loss > 0]
    if positive:
        least, most = min(positive), max(positive)
        axes.set_ylim(least / 1.15, max(most, least * 1.5) * 1.15)
        axes.yaxis.set_major_locator(LogLocator(subs=_ticks_per_decade(most / least)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.6g}"))
    axes.grid(axis="y", color="0.92")
    axes.set_axisbelow(True)


def _ticks_per_decade(span: float) -> tuple[float, ...]:
    if span > 3_000:
        return (1.0,)
    return (1.0, 2.0, 5.0) if span > 8 else (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0)


def nice_step(count: int, most: int = 10) -> int:
    """Return the least of 1, 2, 5, 10, 20, … that divides `count` into at most `most` steps.

    >>> [nice_step(count) for count in (1, 8, 40, 200)]
    [1, 1, 5, 20]
    """
    power = 1
    while True:
        for factor in (1, 2, 5):
            if count <= most * factor * power:
                return factor * power
        power *= 10
