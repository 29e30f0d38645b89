"""Where touching digits might be cut: along paths from top to bottom that cross little ink."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitlab.pages.pieces import SEEN_HEIGHT, Marks, Piece
from digitlab.pictures.raster import bounds

ASIDE = 0.12  # the cost of a step to the side, in pixels of ink
MOST_CROSSED = 2.5  # stroke widths that a cut may cross
APART = 0.16  # of the line's height: the least distance between cuts, and to the ends
CUTS_PER_HEIGHT = 3.0  # at most, for a piece as wide as the line is high
LEAST_PART = 0.25  # of a stroke as long as the line is high: a smaller part is only a chip

Costs = NDArray[np.float32]


class Cut(NamedTuple):
    """A path through a piece: its column in each row, and the pixels of ink that it crosses."""

    columns: NDArray[np.int64]
    crossed: float


def find_cuts(marks: Marks, piece: Piece, line_height: float) -> list[Cut]:
    """Return where a piece may be cut, from left to right.

    Seams (Avidan and Shamir 2007): of all paths from top to bottom that move by at most one column
    per row, the cheapest through each column of the middle row; of these, the cheapest few.
    """
    every = max(1, piece.height // SEEN_HEIGHT)  # large pieces are sampled
    place = np.s_[piece.top : piece.bottom : every, piece.left : piece.right : every]
    ink = np.where(marks.labels[place] == piece.label, marks.ink[place], 0)
    pen, line_height = marks.pen / every, line_height / every
    height, width = ink.shape
    middle = height // 2
    down, from_above = cheapest(ink[: middle + 1])
    up, from_below = cheapest(ink[middle:][::-1])
    through = down[-1] + up[-1] - ink[middle]
    limit = MOST_CROSSED * pen
    apart = max(2, round(APART * line_height))
    free = np.zeros(width, bool)
    free[apart : width - apart] = True
    most = 1 + round(CUTS_PER_HEIGHT * width / line_height)
    chosen: list[int] = []
    for column in np.argsort(through, kind="stable").tolist():
        if len(chosen) >= most or through[column] > limit:
            break
        if free[column]:
            chosen.append(column)
            free[max(0, column - apart) : column + apart + 1] = False
    least = LEAST_PART * pen * line_height
    ink_before = np.cumsum(np.pad(ink > 0.5, ((0, 0), (1, 0))), axis=1)  # height x width + 1
    cuts = []
    furthest = np.zeros(height, np.int64)
    done = 0  # pixels of ink to the left of the last cut
    for column in sorted(chosen):
        above = followed(from_above, column)[::-1]
        columns = np.concatenate([above, followed(from_below, column)[1:]])
        columns = np.maximum(furthest, columns)  # cuts may meet but do not cross
        inked = int(ink_before[np.arange(height), columns].sum())
        if min(inked - done, ink_before[:, -1].sum() - inked) >= least:
            fine = np.repeat(columns * every, every)[: piece.height]
            cuts.append(Cut(fine, float(through[column]) * every))
            furthest, done = columns, inked
    return cuts


def cheapest(ink: NDArray[np.float32]) -> tuple[Costs, NDArray[np.int64]]:
    """Return the cost of the cheapest path from the first row to each pixel, and its last step."""
    costs = ink.astype(np.float32)
    steps = np.zeros(ink.shape, np.int64)
    for row in range(1, len(ink)):
        before = np.pad(costs[row - 1], 1, constant_values=np.inf)
        ways = np.stack([before[1:-1], before[:-2] + ASIDE, before[2:] + ASIDE])
        best = ways.argmin(0)
        steps[row] = np.array([0, -1, 1])[best]
        costs[row] += np.take_along_axis(ways, best[None], 0)[0]
    return costs, steps


def followed(steps: NDArray[np.int64], column: int) -> NDArray[np.int64]:
    """Return the columns of the path that ends in a column of the last row, last row first."""
    columns = [column]
    for row in range(len(steps) - 1, 0, -1):
        column += int(steps[row, column])
        columns.append(column)
    return np.array(columns, np.int64)


def cut_up(marks: Marks, piece: Piece, cuts: list[Cut]) -> list[Piece]:
    """Write new labels to the parts of a piece between its cuts; return them, left to right."""
    place = np.s_[piece.top : piece.bottom, piece.left : piece.right]
    labels = marks.labels[place]
    own = labels == piece.label
    part = np.zeros(own.shape, np.int64)
    for cut in cuts:
        part += np.arange(piece.width) >= cut.columns[:, None]
    parts = []
    for number in range(len(cuts) + 1):
        inside = own & (part == number)
        top, bottom, left, right = bounds(inside)
        marks.last_label += 1
        labels[inside] = marks.last_label
        parts.append(
            Piece(
                marks.last_label, piece.left + left, piece.top + top, piece.left + right,
                piece.top + bottom, int(np.count_nonzero(inside)),
            )
        )  # fmt: skip
    return parts
