"""Which of a crop's digits the page network finds: how its answers are scored.

The reader of pages decides more carefully (`digitlab.pages`); this is how well the network answers
on its own.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from digitlab.sheets.classes import DIGITS
from digitlab.sheets.targets import CELL, LARGEST, SMALLEST, UNSEEN_ABOVE, UNSEEN_BELOW, Crop

_PEAK = 0.3  # probability of a middle from which on it counts as found
_SURE = 0.5  # probability of a middle from which on a digit that is not there counts as invented

MISSING = -1
"""The answer for a digit that was not found."""


@dataclass(frozen=True, kw_only=True)
class Peaks:
    """The digits that the network answered with, the most probable middle first."""

    digits: NDArray[np.int64]
    """(P,)."""
    boxes: NDArray[np.float32]
    """(P, 4): left, top, right, bottom, in pixels."""
    probabilities: NDArray[np.float32]
    """(P,): of the middle times that of the digit."""

    def chosen(self, which: NDArray[np.bool_]) -> "Peaks":
        """Return those that the mask (P,) selects."""
        return Peaks(**{it.name: getattr(self, it.name)[which] for it in fields(self)})


@dataclass(frozen=True, kw_only=True)
class Found:
    """What the network made of one crop."""

    truths: NDArray[np.int64]
    """(N,): the digits that it should find."""
    boxes: NDArray[np.float32]
    """(N, 4): where they are, as in `Crop`."""
    answers: NDArray[np.int64]
    """(N,): what it read for each, or `MISSING`."""
    peaks: Peaks
    """The digits that it answered with, without those where nothing is asked."""
    is_right: NDArray[np.bool_]
    """(P,): which of them are digits that it should find, named correctly."""
    invented: int
    """How many digits it is sure of where there are none."""


def peaks_of(
    centers: NDArray[np.float32], classes: NDArray[np.float32], boxes: NDArray[np.float32]
) -> Peaks:
    """Return the digits in a crop's maps, which are one of those that an exported model puts out.

    They are (2, h, w), (23, h, w) and (4, h, w). A digit's middle is a cell that is more probable
    than its eight neighbors.
    """
    middles = centers[0]
    padded = np.pad(middles, 1)
    height, width = middles.shape
    neighbors = [
        padded[row : row + height, column : column + width]
        for row in range(3)
        for column in range(3)
        if (row, column) != (1, 1)
    ]
    rows, columns = np.nonzero((middles >= _PEAK) & (middles >= np.max(neighbors, axis=0)))
    order = np.argsort(-middles[rows, columns], kind="stable")
    rows, columns = rows[order], columns[order]
    x, y = (columns + 0.5) * CELL, (rows + 0.5) * CELL
    left, top, right, bottom = boxes[:, rows, columns]
    edges = np.stack([x - left, y - top, x + right, y + bottom], axis=1, dtype=np.float32)
    scores = classes[: len(DIGITS), rows, columns]  # (10, P)
    return Peaks(
        digits=scores.argmax(axis=0),
        boxes=edges,
        probabilities=middles[rows, columns] * np.exp(scores.max(axis=0, initial=-np.inf)),
    )


def _middles_of(boxes: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return x and y, (N,) each, of the middles of boxes, (N, 4)."""
    left, top, right, bottom = boxes.T.astype(np.float64)
    return (left + right) / 2, (top + bottom) / 2


def found_in(crop: Crop, peaks: Peaks) -> Found:
    """Compare the digits that the network answered with to those that are on a crop.

    Each digit takes the most probable middle in the inner half of its box that no other digit has
    taken. Where nothing is asked (see `targets_of`), nothing is invented either.
    """
    left, top, right, bottom = crop.boxes.T
    x, y = _middles_of(crop.boxes)
    peak_x, peak_y = _middles_of(peaks.boxes)
    # (N, P): whether a peak is in the inner half of a box
    is_near = (abs(peak_x - x[:, None]) <= np.maximum(right - left, 2 * CELL)[:, None] / 4) & (
        abs(peak_y - y[:, None]) <= np.maximum(bottom - top, 2 * CELL)[:, None] / 4
    )
    is_asked, is_excused = _asked(crop, x, y)
    places = np.flatnonzero(is_asked & (crop.labels < len(DIGITS)))
    truths, answers = crop.labels[places], np.full(len(places), MISSING)
    is_taken, is_right = np.zeros(len(peaks.digits), bool), np.zeros(len(peaks.digits), bool)
    for number, place in enumerate(places):
        near = np.flatnonzero(is_near[place] & ~is_taken)
        if len(near):
            answers[number] = peaks.digits[near[0]]
            is_taken[near[0]] = True
            is_right[near[0]] = answers[number] == truths[number]
    is_sure = (peaks.probabilities >= _SURE) & ~is_near[is_excused].any(axis=0)
    shown = is_taken | is_sure
    return Found(
        truths=truths,
        boxes=crop.boxes[places],
        answers=answers,
        peaks=peaks.chosen(shown),
        is_right=is_right[shown],
        invented=int(np.count_nonzero(is_sure & ~is_taken)),
    )


def _asked(
    crop: Crop, x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which digits and signs the network should find, and which it may find: (N,) each.

    The middles of their boxes are at `x` and `y`.
    """
    height, width = crop.gray.shape
    is_seen = (crop.sizes >= UNSEEN_BELOW) & (crop.sizes <= UNSEEN_ABOVE)
    is_asked = (crop.sizes >= SMALLEST) & (crop.sizes <= LARGEST) & ~crop.ignored
    is_asked &= (x >= 0) & (x < width) & (y >= 0) & (y < height)
    return is_asked, is_seen & ~is_asked
