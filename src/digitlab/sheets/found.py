"""Which of a crop's digits the page network finds: how its answers are scored.

The reader of pages decides more carefully (`digitlab.pages`); this is how well the network answers
on its own.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitlab.sheets.classes import DIGITS
from digitlab.sheets.targets import CELL, LARGEST, SMALLEST, UNSEEN_ABOVE, UNSEEN_BELOW, Crop

PEAK = 0.3  # probability of a middle from which on it counts as found
SURE = 0.5  # probability of a middle from which on a digit that is not there counts as invented

MISSING = -1
"""The answer for a digit that was not found."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What the network made of one crop."""

    truths: NDArray[np.int64]
    """(N,): the digits that it should find."""
    answers: NDArray[np.int64]
    """(N,): what it read for each, or `MISSING`."""
    invented: int
    """How many digits it is sure of where there are none."""


@dataclass(frozen=True, kw_only=True)
class Peaks:
    """The digits that the network answered with, the most probable middle first."""

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    """(P,), pixels: the middles of their boxes."""
    digits: NDArray[np.int64]
    """(P,)."""
    boxes: NDArray[np.float32]
    """(P, 4): left, top, right, bottom, in pixels."""
    probabilities: NDArray[np.float32]
    """(P,): of the middle times that of the digit."""


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
    rows, columns = np.nonzero((middles >= PEAK) & (middles >= np.max(neighbors, axis=0)))
    order = np.argsort(-middles[rows, columns], kind="stable")
    rows, columns = rows[order], columns[order]
    x, y = (columns + 0.5) * CELL, (rows + 0.5) * CELL
    left, top, right, bottom = boxes[:, rows, columns]
    edges = np.stack([x - left, y - top, x + right, y + bottom], axis=1)
    scores = classes[: len(DIGITS), rows, columns]  # (10, P)
    return Peaks(
        x=(edges[:, 0] + edges[:, 2]) / 2,
        y=(edges[:, 1] + edges[:, 3]) / 2,
        digits=scores.argmax(axis=0),
        boxes=edges,
        probabilities=middles[rows, columns] * np.exp(scores.max(axis=0, initial=-np.inf)),
    )


def found_in(crop: Crop, peaks: Peaks) -> Found:
    """Compare the digits that the network answered with to those that are on a crop.

    Each digit takes the most probable middle in the inner half of its box that no other digit has
    taken. Where nothing is asked (see `targets_of`), nothing is invented either.
    """
    is_digit = crop.labels < len(DIGITS)
    height, width = crop.gray.shape
    left, top, right, bottom = crop.boxes.T
    x, y = (left + right) / 2, (top + bottom) / 2
    is_visible = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    is_seen = (crop.sizes >= UNSEEN_BELOW) & (crop.sizes <= UNSEEN_ABOVE)
    is_asked = ~crop.ignored & is_visible & (crop.sizes >= SMALLEST) & (crop.sizes <= LARGEST)
    across = np.maximum(right - left, 2 * CELL) / 4
    along = np.maximum(bottom - top, 2 * CELL) / 4
    # (N, P): whether a peak is in the inner half of a box
    is_near = (abs(peaks.x - x[:, None]) <= across[:, None]) & (
        abs(peaks.y - y[:, None]) <= along[:, None]
    )
    is_free = np.ones(len(peaks.x), bool)
    answers = np.full(len(crop.labels), MISSING)
    for place in np.flatnonzero(is_digit & is_asked):
        near = np.flatnonzero(is_near[place] & is_free)
        if len(near):
            answers[place] = peaks.digits[near[0]]
            is_free[near[0]] = False
    is_excused = (is_near & (is_seen & ~is_asked)[:, None]).any(axis=0)
    invented = is_free & ~is_excused & (peaks.probabilities >= SURE)
    chosen = is_digit & is_asked
    return Found(
        truths=crop.labels[chosen], answers=answers[chosen], invented=int(invented.sum())
    )
