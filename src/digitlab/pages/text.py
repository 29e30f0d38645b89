"""From a line's digits and signs to its words: where one number ends and the next begins."""

import numpy as np
from numpy.typing import NDArray

_NARROWEST_SPACE, _WIDEST_GAP, _USUAL_SPACE = 0.4, 1.2, 0.65  # of the digits' height
_EVEN = 0.2  # of a step from box to box: steps that differ less are the same
_LONGEST_STEP = 2.2  # digit heights: longer steps are from number to number
_LONGER = 1.45  # steps from box to box: from here on, a new number begins
_FEWEST_STEPS, MOST = 3, 0.6  # so many steps, and this share of them, show that there are boxes


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
    gaps = [(boxes[row[1:], 0] - boxes[row[:-1], 2]) / heights[row[:-1]] for row in rows]
    middles = (boxes[:, 0] + boxes[:, 2]) / 2
    steps = [np.diff(middles[row]) / np.median(heights[row]) for row in rows]
    everything = np.concatenate([np.empty(0), *gaps])
    pitch = box_pitch(everything, np.concatenate([np.empty(0), *steps]))
    limit = _LONGER * pitch if pitch else least_space(everything)
    lines = []
    for row, between in zip(rows, steps if pitch else gaps, strict=True):
        words = [[int(row[0])]]
        for place, distance in zip(row[1:].tolist(), between.tolist(), strict=True):
            if distance >= limit:
                words.append([])
            words[-1].append(place)
        lines.append(words)
    return lines


def box_pitch(gaps: NDArray[np.float64], steps: NDArray[np.float64]) -> float:
    """Return the step from box to box if a page has a box for each digit, or 0.

    It has if most digits are clearly apart, and most steps from middle to middle are the same.
    """
    if len(steps) < _FEWEST_STEPS:
        return 0.0
    usual = float(np.quantile(steps, 0.35))
    alike = (abs(steps - usual) < _EVEN * usual).mean()
    apart = (gaps > _NARROWEST_SPACE).mean()
    return usual if usual < _LONGEST_STEP and alike > MOST and apart > MOST else 0.0


def least_space(gaps: NDArray[np.float64]) -> float:
    """Return the gap at which a new number begins: the middle of the widest range without gaps.

    The gaps are between neighbors in a line, of the whole page, as shares of the digits' height.
    """
    inside = gaps[(gaps > _NARROWEST_SPACE) & (gaps < _WIDEST_GAP)]
    widest = gaps[gaps <= _NARROWEST_SPACE].max(initial=0.0)  # between two digits of a number
    edges = np.sort(np.concatenate([inside, [widest, _WIDEST_GAP]]))
    empty = np.diff(edges)
    middles = np.maximum((edges[1:] + edges[:-1]) / 2, _NARROWEST_SPACE)
    return float(middles[(empty - 0.3 * np.abs(middles - _USUAL_SPACE)).argmax()])
