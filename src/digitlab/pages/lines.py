"""Which pieces of ink are in one line of writing."""

from dataclasses import dataclass

import numpy as np

from digitlab.pages.pieces import Marks, Piece

LEAST_HEIGHT = 7.0  # pixels: a smaller piece is not a digit by itself
LEAST_PENS = 3.0  # stroke widths: the same
LEAST_OF_USUAL = 0.2  # of the page's usual height: the same
LEAST_OVERLAP = 0.4  # of the smaller height: how far neighbors in a line overlap
FURTHEST_NEIGHBOR = 1.2  # of the height: beyond it, only whole lines are joined
MANY_SPECKS = 4  # pieces per possible digit
OF_SPECKS = 4.0  # usual sizes of a speck: among many specks, a smaller piece is not a digit
WRITING = 0.2  # of the page's ink, at least
THIN, LONG = 0.06, 3.0  # area over the longer side squared; usual heights
STACKED_NEAR = 0.15  # of the usual height: the greatest gap between stacked parts of a digit
HIGHEST, HIGHEST_OF_FEW = 1.4, 2.3  # usual heights: the greatest height of stacked parts;
FEW = 4  # with so few pieces on the page, the usual height may be that of a part
SAME_COLUMN = 0.3  # of the smaller width: the overlap of pieces above one another
OFF_LINE = 0.5  # of the height: how far a part of a line may be from where its slope leads
FRAGMENT_NEAR = 0.3  # of the height: the greatest distance of a fragment from its digit
FRAGMENT_AREA = 0.3  # of the stroke width squared: less is dust


@dataclass
class Line:
    """Pieces side by side, from left to right."""

    pieces: list[Piece]
    height: float
    """The height of its usual digit, in pixels."""
    row: float
    """Its middle at column 0."""
    slope: float
    """Pixels down per pixel to the right."""
    reference: float = 0.0
    """The height that dust is compared with: the line's or the page's, whichever is larger."""

    def row_at(self, x: float) -> float:
        """Return the line's middle at a column."""
        return self.row + self.slope * x

    @property
    def middle_x(self) -> float:
        """Its middle column."""
        return (min(p.left for p in self.pieces) + max(p.right for p in self.pieces)) / 2

    @property
    def middle(self) -> float:
        """Its row at its middle column."""
        return self.row_at(self.middle_x)


def find_text_lines(marks: Marks) -> list[Line]:
    """Group a page's pieces into lines of writing, from top to bottom, without the dust."""
    main, small = by_size(marks)
    if not main:
        return []
    lines = [line_of(group, 0.0) for group in chained(main)]
    page_slope = slope_of_page(lines)
    lines = joined([line_of(line.pieces, page_slope) for line in lines], page_slope)
    add_fragments(lines, small)
    usual = usual_height(main)
    for line in lines:
        line.pieces.sort(key=lambda piece: (piece.x, piece.top))
        line.reference = max(line.height, usual)
    return sorted(lines, key=lambda line: line.middle - page_slope * line.middle_x)


def by_size(marks: Marks) -> tuple[list[Piece], list[Piece]]:
    """Split the pieces into those that may be digits and those that may have broken off one."""
    tall = [piece for piece in marks.pieces if longer(piece) >= LEAST_HEIGHT]
    if not tall:
        return [], []
    tall = without_edges(tall)
    usual = usual_height(tall)
    least = max(LEAST_HEIGHT, LEAST_PENS * marks.pen, LEAST_OF_USUAL * usual)
    main = [piece for piece in tall if longer(piece) >= least]
    if marks.count > MANY_SPECKS * len(main):  # then some specks touch and look larger
        least = max(least, OF_SPECKS * marks.usual_side)
        main = [piece for piece in main if longer(piece) >= least]
    chosen = {piece.label for piece in main}
    dust = FRAGMENT_AREA * marks.pen**2
    small = [
        p for p in marks.pieces if dust <= p.area and p.label not in chosen and longer(p) < usual
    ]
    return main, small


def without_edges(pieces: list[Piece]) -> list[Piece]:
    """Drop pieces that are long and thin next to the writing: paper edges, creases, frames."""
    stout = [piece for piece in pieces if piece.area >= THIN * longer(piece) ** 2]
    if sum(p.area for p in stout) < WRITING * sum(p.area for p in pieces):
        return pieces  # a fine pen writes thin digits
    longest = LONG * usual_height(stout)
    return [p for p in pieces if p.area >= THIN * longer(p) ** 2 or longer(p) < longest]


def longer(piece: Piece) -> int:
    """Return a piece's longer side."""
    return max(piece.height, piece.width)


def usual_height(pieces: list[Piece], heights: list[int] | None = None) -> float:
    """Return the median height of the pieces, weighted by area."""
    tall = np.array([piece.height for piece in pieces] if heights is None else heights)
    order = np.argsort(tall, kind="stable")
    weights = np.cumsum([pieces[i].area for i in order])
    return float(tall[order[int(np.searchsorted(weights, weights[-1] / 2))]])


def column_heights(pieces: list[Piece]) -> list[int]:
    """Return the height of each piece of a line together with what is above and below it.

    For a digit that is broken across, this is the height of the digit and not of its halves.
    """
    heights = []
    for piece in pieces:
        column = [
            other
            for other in pieces
            if min(piece.right, other.right) - max(piece.left, other.left)
            > SAME_COLUMN * min(piece.width, other.width)
        ]
        heights.append(max(p.bottom for p in column) - min(p.top for p in column))
    return heights


def chained(pieces: list[Piece]) -> list[list[Piece]]:
    """Join each piece with its nearest neighbor to the right on the same level."""
    left, right, top, bottom = (
        np.array([getattr(piece, side) for piece in pieces], np.float64)
        for side in ("left", "right", "top", "bottom")
    )
    usual = usual_height(pieces)
    highest = HIGHEST if len(pieces) > FEW else HIGHEST_OF_FEW
    heights, middles = bottom - top, (left + right) / 2
    group = np.arange(len(pieces))
    for i in range(len(pieces)):
        overlap = np.minimum(bottom[i], bottom) - np.maximum(top[i], top)
        gap = left - right[i]
        beside = (
            (overlap >= LEAST_OVERLAP * np.minimum(heights[i], heights))
            & (gap < FURTHEST_NEIGHBOR * np.maximum(heights[i], heights))
            & (middles >= middles[i])
        )
        both = np.maximum(bottom[i], bottom) - np.minimum(top[i], top)
        aside = np.minimum(right[i], right) - np.maximum(left[i], left)
        above = (
            (aside > SAME_COLUMN * np.minimum(right[i] - left[i], right - left))
            & (-overlap < STACKED_NEAR * usual)
            & (both < highest * usual)
        )
        beside[i] = above[i] = False
        if beside.any():
            above[np.where(beside, middles, np.inf).argmin()] = True
        for number in np.unique(group[above]):
            group[group == number] = group[i]
    return [[pieces[i] for i in np.flatnonzero(group == number)] for number in np.unique(group)]


def line_of(pieces: list[Piece], page_slope: float) -> Line:
    """Fit a line to pieces; the slope of a short line is drawn towards the page's slope.

    Least squares of the middles, with the page's slope as a prior that weighs a few digits.
    """
    height = usual_height(pieces, column_heights(pieces))
    weights = np.array([min(1.0, piece.height / height) for piece in pieces])
    x = np.array([piece.x for piece in pieces])
    y = np.array([piece.y for piece in pieces])
    middle_x, middle_y = np.average(x, weights=weights), np.average(y, weights=weights)
    off = x - middle_x
    prior = 20 * height**2
    slope = float(
        (np.sum(weights * off * (y - middle_y)) + prior * page_slope)
        / (np.sum(weights * off**2) + prior)
    )
    return Line(list(pieces), height, float(middle_y - slope * middle_x), slope)


def slope_of_page(lines: list[Line]) -> float:
    """Return the median slope of the lines, weighted by their length squared over their height."""
    order = sorted(lines, key=lambda line: line.slope)
    weights = np.cumsum([extent(line) ** 2 / line.height for line in order])
    return order[int(np.searchsorted(weights, weights[-1] / 2))].slope


def extent(line: Line) -> float:
    """Return the width of a line in pixels."""
    return max(p.right for p in line.pieces) - min(p.left for p in line.pieces)


def joined(lines: list[Line], page_slope: float) -> list[Line]:
    """Join each part of a line with the nearest part that it leads to, until none is left."""
    while True:
        left = np.array([min(piece.left for piece in line.pieces) for line in lines])
        right = np.array([max(piece.right for piece in line.pieces) for line in lines])
        row, slope, height = (
            np.array([getattr(line, name) for line in lines]) for name in ("row", "slope", "height")
        )
        lower = np.minimum.outer(height, height)
        between = (right[:, None] + left) / 2  # row index: one line; column index: the other
        off = row[:, None] + slope[:, None] * between - row - slope * between
        gap = (left - right[:, None]).astype(np.float64)
        leads = (gap > -0.5 * lower) & (np.abs(off) < OFF_LINE * lower)
        np.fill_diagonal(leads, False)
        group = np.arange(len(lines))
        for one in np.flatnonzero(leads.any(1)).tolist():
            other = int(np.where(leads[one], gap[one], np.inf).argmin())
            if group[other] == other and group[one] == one:  # one step at a time
                group[other] = one
        if (group == np.arange(len(lines))).all():
            return lines
        lines = [
            line_of([piece for i in np.flatnonzero(group == one) for piece in lines[i].pieces],
                    page_slope)
            for one in np.unique(group).tolist()
        ]  # fmt: skip


def add_fragments(lines: list[Line], small: list[Piece]) -> None:
    """Add each small piece to the line with the digit that it may have broken off."""
    owners = [(number, piece) for number, line in enumerate(lines) for piece in line.pieces]
    left, top, right, bottom = (
        np.array([getattr(piece, side) for _, piece in owners])
        for side in ("left", "top", "right", "bottom")
    )
    usual = np.array([lines[number].height for number, _ in owners])
    scale = np.maximum(bottom - top, 0.5 * usual)
    for piece in small:
        aside = np.maximum(left - piece.right, piece.left - right)
        away = np.maximum(top - piece.bottom, piece.top - bottom)
        distance = np.maximum(0, np.maximum(aside, away)) / scale
        nearest = int(distance.argmin())
        if distance[nearest] < FRAGMENT_NEAR:
            lines[owners[nearest][0]].pieces.append(piece)
