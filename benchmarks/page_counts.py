"""Compare what was read on a page with what is on it.

If the test set knows where each mark is, a digit that was read belongs to the nearest mark of about
its size. Otherwise the digits are aligned in reading order, by edit distance.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from digitlab.pages.answers import Page, ReadDigit
from testsets.sheet import Box, Mark, Sheet

NEAR = 0.5  # of a mark's longer side: a digit whose middle is farther away is not this mark
ALIKE = 2.0  # nor is one that is larger or smaller by more than this factor


def best_text(page: Page) -> str:
    """Return the page's text with the most probable digit wherever the answer is unsure."""
    digits = (str(digit.digit) for digit in page.digits)
    return "".join(next(digits, "?") if c.isdigit() or c == "?" else c for c in page.text)


def counts_of(sheet: Sheet, page: Page, seconds: float) -> Counter[str]:
    """Compare a page with the truth.

    `seconds` is the CPU time that reading took. Pages count as `exact` if every digit, sign, space
    and line break of the text is right, as `digits_exact` if the digits are in reading order, and
    as `sure` if the text is exact and no digit is unsure. The first two take the most probable
    digit where the answer is unsure.
    """
    counts = Counter(
        pages=1,
        exact=int(best_text(page) == sheet.text),
        digits_exact=int(_digits_in(best_text(page)) == _digits_in(sheet.text)),
        sure=int(page.text == sheet.text),
        digits=len(_digits_in(sheet.text)),
        read=len(page.digits),
        unsure=sum(digit.unsure for digit in page.digits),
        microseconds=round(1e6 * seconds),
    )
    counts += _placed_counts(sheet, page) if sheet.marks else _aligned_counts(sheet, page)
    return counts


def _digits_in(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _aligned_counts(sheet: Sheet, page: Page) -> Counter[str]:
    correct = matches(_digits_in(sheet.text), "".join(str(d.digit) for d in page.digits))
    left_out = len(_digits_in(sheet.text)) - len(page.digits) - len(_part(page, "ignored"))
    return Counter(
        correct=sum(correct),
        sure_wrong=sum(not (ok or d.unsure) for ok, d in zip(correct, page.digits, strict=True)),
        missing=max(0, left_out),
    )


def matches(truth: str, read: str) -> list[bool]:
    """Return for each character of `read` whether it is aligned with an equal one of the truth.

    The alignment is one of those with the least edit distance (Levenshtein).

    >>> matches("1234", "1534"), matches("1234", "134"), matches("12", "102")
    ([True, False, True, True], [True, True, True], [True, False, True])
    """
    costs = np.zeros((len(truth) + 1, len(read) + 1), int)
    costs[:, 0], costs[0] = np.arange(len(truth) + 1), np.arange(len(read) + 1)
    for i, wanted in enumerate(truth, 1):
        for j, found in enumerate(read, 1):
            costs[i, j] = min(
                costs[i - 1, j - 1] + (wanted != found), costs[i - 1, j] + 1, costs[i, j - 1] + 1
            )
    equal = [False] * len(read)
    i, j = len(truth), len(read)
    while i and j:
        if costs[i, j] == costs[i - 1, j - 1] + (truth[i - 1] != read[j - 1]):
            i, j = i - 1, j - 1
            equal[j] = truth[i] == read[j]
        elif costs[i, j] == costs[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
    return equal


def _placed_counts(sheet: Sheet, page: Page) -> Counter[str]:
    digits = [mark for mark in sheet.marks if mark.is_digit]
    signs = [mark for mark in sheet.marks if mark.is_sign]
    found = paired([mark.box for mark in digits], [digit.box for digit in page.digits])
    correct = {i for i, mark in enumerate(digits) if _says(page, found.get(i), mark)}
    theirs = {found[i] for i in correct}
    sure = [digit for j, digit in enumerate(page.digits) if j not in theirs and not digit.unsure]
    others = [mark.box for mark in sheet.marks if not mark.is_digit]
    ignored = [it.box for it in _part(page, "ignored")]
    read_signs = _part(page, "signs")
    places = paired([mark.box for mark in signs], [it.box for it in read_signs])
    right_signs = sum(read_signs[j].sign == signs[i].text for i, j in places.items())
    return Counter(
        correct=len(correct),
        sure_wrong=len(sure),
        on_words=sum(any(_is_inside(d.box, box) for box in others) for d in sure),
        missing=sum(
            i not in found and not any(_is_inside(mark.box, box) for box in ignored)
            for i, mark in enumerate(digits)
        ),
        signs=len(signs),
        signs_correct=right_signs,
        signs_wrong=len(read_signs) - right_signs,
    )


def _says(page: Page, place: int | None, mark: Mark) -> bool:
    digit: ReadDigit | None = None if place is None else page.digits[place]
    return digit is not None and str(digit.digit) == mark.text


def _part(page: Page, name: str) -> Sequence[Any]:
    """Return a part of a page's answer that not every version of digitlab has."""
    part: Sequence[Any] = getattr(page, name, ())
    return part


def paired(truth: Sequence[Box], found: Sequence[Box]) -> dict[int, int]:
    """Return which found box belongs to which true one, the nearest pairs first.

    >>> paired([(0, 0, 10, 20), (20, 0, 4, 20)], [(18, 1, 8, 20), (0, 0, 9, 9), (1, 0, 9, 19)])
    {0: 2, 1: 0}
    """
    pairs = []
    for i, one in enumerate(truth):
        for j, other in enumerate(found):
            size, found_size = max(one[2:]), max(other[2:])
            (x, y), (u, v) = _middle(one), _middle(other)
            distance = float(np.hypot(x - u, y - v)) / max(1.0, size)
            if distance < NEAR and size / ALIKE <= found_size <= size * ALIKE:
                pairs.append((distance, i, j))
    taken: dict[int, int] = {}
    for _, i, j in sorted(pairs):
        if i not in taken and j not in taken.values():
            taken[i] = j
    return taken


def _middle(box: Box) -> tuple[float, float]:
    return box[0] + box[2] / 2, box[1] + box[3] / 2


def _is_inside(box: Box, other: Box) -> bool:
    """Return whether the middle of a box is in another one."""
    x, y = _middle(box)
    return other[0] <= x <= other[0] + other[2] and other[1] <= y <= other[1] + other[3]
