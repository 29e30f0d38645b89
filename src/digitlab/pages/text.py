"""From a line's digits and signs to its words: where one number ends and the next begins."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

NARROWEST_SPACE, WIDEST_GAP, USUAL_SPACE = 0.4, 1.2, 0.65  # of the digits' height
EVEN = 0.35  # of the digits' height: steps that differ less are those of boxes, one digit in each
LONGEST_STEP = 2.0  # digit heights from middle to middle in such boxes


def words_of(
    rows: list[NDArray[np.int64]], boxes: NDArray[np.float32], heights: NDArray[np.float32]
) -> list[list[list[int]]]:
    """Return the positions of each line's digits and signs, divided into words.

    Parameters
    ----------
    rows
        The positions of each line's digits and signs, from left to right.
    boxes
        Left, top, right, bottom, N x 4.
    heights
        How high the digits of the line are, N.
    """
    gaps = [
        np.array([(boxes[b, 0] - boxes[a, 2]) / heights[a] for a, b in pairwise(row)])
        for row in rows
    ]
    space = least_space(np.concatenate(gaps) if gaps else np.empty(0))
    lines = []
    for row, between in zip(rows, gaps, strict=True):
        limit = LONGEST_STEP if _are_boxes(row, boxes, heights) else space
        words = [[int(row[0])]]
        for place, gap in zip(row[1:].tolist(), between.tolist(), strict=True):
            if gap >= limit:
                words.append([])
            words[-1].append(place)
        lines.append(words)
    return lines


def _are_boxes(
    row: NDArray[np.int64], boxes: NDArray[np.float32], heights: NDArray[np.float32]
) -> bool:
    """Return whether a line's digits are as far apart as in a row of boxes, with one in each."""
    if len(row) < 3:
        return False
    middles = (boxes[row, 0] + boxes[row, 2]) / 2
    steps = np.diff(middles) / np.median(heights[row])
    return bool(np.ptp(steps) < EVEN and steps.max() < LONGEST_STEP)


def least_space(gaps: NDArray[np.float64]) -> float:
    """Return the gap at which a new number begins: the middle of the widest range without gaps.

    The gaps are between neighbors in a line, of the whole page, as shares of the digits' height.
    """
    inside = gaps[(gaps > NARROWEST_SPACE) & (gaps < WIDEST_GAP)]
    edges = np.sort(np.concatenate([inside, [NARROWEST_SPACE, WIDEST_GAP]]))
    empty = np.diff(edges)
    middles = (edges[1:] + edges[:-1]) / 2
    return float(middles[(empty - 0.3 * np.abs(middles - USUAL_SPACE)).argmax()])
