"""The confusion matrix: which classes were mistaken for which."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib import colormaps

from digitlab.figures.canvas import BLACK, GRAY, Color, drawn_language, shortened, width_of
from digitlab.figures.sheet import Sheet
from digitlab.language import Language, Words

_WHITE = (255, 255, 255)
_GRID = (236, 236, 236)
_LONGEST = 170  # pixels of a class's name
_CELLS = ((12, 56), (20, 44), (50, 30), (100, 16))
"""Up to so many classes, a cell has so many pixels."""
_SMALLEST_CELL = 10

_TITLE = Words(
    "{correct:,} of {total:,} correct ({share:.2%}), {mistakes:,} mistakes",
    "{total:,} 张中读对 {correct:,} 张（{share:.2%}），读错 {mistakes:,} 张",
)
_ROWS = Words("true class", "真实类别")
_COLUMNS = Words("answer", "预测类别")


def draw_confusion(
    confusion: Sequence[Sequence[int]],
    classes: Sequence[str],
    path: Path,
    *,
    language: Language = "en",
) -> Path:
    """Draw the counts, one row per true class and one column per answer; return the path.

    The more frequent a mistake, the stronger its color. The correct answers on the diagonal stay
    gray, because their large counts would make all mistakes look equal. With more than 50 classes,
    there is no room for the counts themselves.
    """
    language = drawn_language(language)
    counts = np.array(confusion)
    correct, total = int(np.trace(counts)), int(counts.sum())
    cell = next((size for most, size in _CELLS if len(classes) <= most), _SMALLEST_CELL)
    text = min(14, max(9, cell * 4 // 9))
    names = [shortened(name, _LONGEST, text) for name in classes]
    longest = max(width_of(name, text) for name in names)
    upright = longest > cell - 4  # the names below would overlap
    left, top = round(longest) + 48, 56
    side = cell * len(classes)
    title = _TITLE.text(
        language, correct=correct, total=total, share=correct / total, mistakes=total - correct
    )
    width = max(left + side + 30, round(width_of(title, 15)) + 30)
    left += max(0, (width - left - side - 30) // 2)
    below = top + side + (round(longest) + 14 if upright else text + 12)
    sheet = Sheet(width, below + 28, language)
    sheet.text(width / 2, 26, title, size=15)
    colors = _colors(counts)
    sheet.paste(colors, left, top, cell)
    if cell > _SMALLEST_CELL:
        for place in range(cell, side, cell):
            sheet.rectangle(left + place, top, 1, side, _GRID)
            sheet.rectangle(left, top + place, side, 1, _GRID)
    sheet.frame(left, top, side, side, GRAY)
    _write_counts(sheet, counts, colors, left, top, cell)
    for place, name in enumerate(names):
        middle = (place + 0.5) * cell
        sheet.text(left - 8, top + middle, name, size=text, anchor="rm")
        if upright:
            sheet.upright_text(left + middle, top + side + 8, name, size=text, anchor="t")
        else:
            sheet.text(left + middle, top + side + 8, name, size=text, anchor="mt")
    sheet.upright_text(left - longest - 28, top + side / 2, _ROWS.text(language), anchor="m")
    sheet.text(left + side / 2, below + 10, _COLUMNS.text(language))
    return sheet.save(path)


def _colors(counts: np.ndarray) -> np.ndarray:
    """Return the color of each cell, uint8 (classes, classes, 3)."""
    on_diagonal = np.eye(len(counts), dtype=bool)
    mistakes = np.where(on_diagonal, 0, counts)
    reds = colormaps["Reds"](mistakes / max(1, mistakes.max()), bytes=True)[..., :3]
    reds[mistakes == 0] = _WHITE
    reds[on_diagonal] = (228, 228, 228)
    return np.asarray(reds, dtype=np.uint8)


def _write_counts(
    sheet: Sheet, counts: np.ndarray, colors: np.ndarray, left: int, top: int, cell: int
) -> None:
    """Write the count into each cell that is not 0, if the longest one fits."""
    longest = f"{counts.max():,}"
    size = next((it for it in (13, 12, 11, 10, 9) if width_of(longest, it) <= cell - 4), None)
    if size is None:
        return
    for truth, answer in np.argwhere(counts).tolist():
        is_dark = int(colors[truth, answer].sum()) < 330
        color: Color = _WHITE if is_dark else BLACK
        x, y = left + (answer + 0.5) * cell, top + (truth + 0.5) * cell
        sheet.text(x, y, f"{counts[truth, answer]:,}", size=size, color=color)
