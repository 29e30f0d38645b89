"""From digits in lines to the page's text: where one number ends and the next begins."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitlab.pages.answers import Box, Page, ReadDigit
from digitlab.pictures.digit import Digit

NARROWEST_SPACE, WIDEST_GAP, USUAL_SPACE = 0.4, 1.2, 0.65  # of the height, between digits


class Found(NamedTuple):
    """A digit that was found; its box is in pixels of the reduced picture."""

    box: Box
    digit: int
    probability: float
    shares: NDArray[np.float32]
    """The network's probability of each digit."""
    line_height: float
    image: Digit


def page_of(rows: list[list[Found]], scale: int, size: tuple[int, int], threshold: float) -> Page:
    """Return the page's text and the digits of its lines, in pixels of the full picture.

    `size` is the full picture's, and `scale` its pixels per pixel of the reduced one. Digits with a
    probability below `threshold` are unsure.
    """
    gaps = [
        [(b.box[0] - a.box[0] - a.box[2]) / a.line_height for a, b in pairwise(row)] for row in rows
    ]
    space = least_space(np.array([gap for row in gaps for gap in row]))
    lines: list[list[list[ReadDigit]]] = []
    for row, between in zip(rows, gaps, strict=True):
        words: list[list[ReadDigit]] = [[]]
        for found, gap in zip(row, [0.0, *between], strict=True):
            if gap >= space:
                words.append([])
            digit = ReadDigit(
                box=enlarged(found.box, scale, size),
                digit=found.digit,
                probability=found.probability,
                unsure=found.probability < threshold,
                probabilities=ten_probabilities(found),
                image=found.image,
            )
            words[-1].append(digit)
        lines.append(words)
    return Page.from_words(lines, size=size)


def ten_probabilities(found: Found) -> tuple[float, ...]:
    """Return the probability of each digit: the others share what is left as the network says."""
    shares = found.shares.astype(np.float64)
    shares[found.digit] = 0
    shares *= (1 - found.probability) / max(shares.sum(), 1e-12)
    shares[found.digit] = found.probability
    return tuple(shares.tolist())


def enlarged(box: Box, scale: int, size: tuple[int, int]) -> Box:
    """Return a box of the reduced picture in pixels of the full one, clipped to it.

    >>> enlarged((2, 3, 10, 10), 3, (35, 100))
    (6, 9, 29, 30)
    """
    left, top, width, height = (scale * side for side in box)
    return left, top, min(width, size[0] - left), min(height, size[1] - top)


def least_space(gaps: NDArray[np.float64]) -> float:
    """Return the gap at which a new number begins: the middle of the widest range without gaps.

    The gaps are between neighbors in a line, of the whole page, as shares of the line's height.
    """
    inside = gaps[(gaps > NARROWEST_SPACE) & (gaps < WIDEST_GAP)]
    edges = np.sort(np.concatenate([inside, [NARROWEST_SPACE, WIDEST_GAP]]))
    empty = np.diff(edges)
    middles = (edges[1:] + edges[:-1]) / 2
    return float(middles[(empty - 0.3 * np.abs(middles - USUAL_SPACE)).argmax()])
