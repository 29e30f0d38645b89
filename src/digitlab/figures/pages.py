"""The figure of the pages: a few crops, with what a page network found on them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from digitlab.figures.canvas import BLUE, GRAY, RED, drawn_language
from digitlab.figures.sheet import Sheet
from digitlab.language import Language, Words
from digitlab.records.page_samples import Sample

_SCALE = 2
_COLUMNS = 3
_GAP = 16
_TEXT = 15

_TITLE = Words(
    "{right:,} of {total:,} digits found and named correctly",
    "{total:,} 个数字中找到并读对 {right:,} 个",
)
_MEANING = Words(
    "Blue: found, with the answer. Red: wrong or invented. Gray, with the true digit: not found.",
    "蓝色：找到的数字和它的答案。红色：读错的或凭空多出的。灰色：没有找到的，标出真实的数字。",
)


def draw_pages(samples: Sequence[Sample], path: Path, *, language: Language = "en") -> Path:
    """Draw crops, all of the same size and at least one, with boxes and answers; return the path.

    What is not found gets a gray box. It counts as found if an answer with the right digit is
    there.
    """
    language = drawn_language(language)
    height, width = (_SCALE * side for side in samples[0].gray.shape)
    rows = -(-len(samples) // _COLUMNS)
    top = 64
    sheet = Sheet(_COLUMNS * (width + _GAP) + _GAP, top + rows * (height + _GAP), language=language)
    right = sum(int(it.is_right.sum()) for it in samples)
    total = sum(len(it.truths) for it in samples)
    sheet.text(sheet.width / 2, 22, _TITLE.text(language, right=right, total=total), size=_TEXT)
    sheet.text(sheet.width / 2, 44, _MEANING.text(language), size=_TEXT - 2, color=GRAY)
    for place, sample in enumerate(samples):
        row, column = divmod(place, _COLUMNS)
        _draw_sample(sheet, sample, _GAP + column * (width + _GAP), top + row * (height + _GAP))
    return sheet.save(path)


def _draw_sample(sheet: Sheet, sample: Sample, left: int, top: int) -> None:
    sheet.paste(sample.gray, left, top, _SCALE)
    height, width = (_SCALE * side for side in sample.gray.shape)
    sheet.frame(left, top, width, height, GRAY)
    missed = zip(sample.truths, sample.truth_boxes, sample.is_found, strict=True)
    answered = zip(sample.answers, sample.answer_boxes, sample.is_right, strict=True)
    marks = [(digit, box, GRAY) for digit, box, is_found in missed if not is_found]
    marks += [(digit, box, BLUE if is_right else RED) for digit, box, is_right in answered]
    for digit, box, color in marks:
        edges = np.clip(box * _SCALE, 1, [width - 1, height - 1] * 2).round().astype(int)
        x, y = int(edges[0]) + left, int(edges[1]) + top
        sheet.frame(x, y, max(1, int(edges[2] - edges[0])), max(1, int(edges[3] - edges[1])), color)
        sheet.text(x + 2, max(top + _TEXT, y), str(digit), size=_TEXT, color=color, anchor="lb")
