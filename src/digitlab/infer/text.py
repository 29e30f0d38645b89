"""Digits in lines to a page's text: where one number ends and the next begins."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitlab.infer.answers import Box, Page, ReadDigit

NARROWEST_SPACE, WIDEST_GAP, USUAL_SPACE = 0.4, 1.2, 0.65  # of the height, between digits


class Found(NamedTuple):
    """A digit in the picture as it was looked at, which may be a reduced one."""

    box: Box
    digit: int
    probability: float
    line_height: float


def page_of(rows: list[list[Found]], scale: int, threshold: float) -> Page:
    """Return the page's digits, in pixels of the full picture, and its text."""
    gaps = [
        [(b.box[0] - a.box[0] - a.box[2]) / a.line_height for a, b in pairwise(row)] for row in rows
    ]
    space = least_space(np.array([gap for row in gaps for gap in row]))
    lines = []
    for row, between in zip(rows, gaps, strict=True):
        text = ""
        for found, gap in zip(row, [0.0, *between], strict=True):
            digit = str(found.digit) if found.probability >= threshold else "?"
            text += " " * (gap >= space) + digit
        lines.append(text)
    digits = [
        ReadDigit(
            box=tuple(scale * side for side in found.box),  # type: ignore[arg-type] # four of them
            digit=found.digit,
            probability=found.probability,
            unsure=found.probability < threshold,
        )
        for row in rows
        for found in row
    ]
    return Page(text="\n".join(lines), digits=tuple(digits))


def least_space(gaps: NDArray[np.float64]) -> float:
    """Return the gap at which a new number begins: the middle of the widest range without gaps.

    Parameters
    ----------
    gaps
        N, between neighbours in a line, all of the page, as shares of the line's height.
    """
    inside = gaps[(gaps > NARROWEST_SPACE) & (gaps < WIDEST_GAP)]
    edges = np.sort(np.concatenate([inside, [NARROWEST_SPACE, WIDEST_GAP]]))
    empty = np.diff(edges)
    middles = (edges[1:] + edges[:-1]) / 2
    return float(middles[(empty - 0.3 * np.abs(middles - USUAL_SPACE)).argmax()])
