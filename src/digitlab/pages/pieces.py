"""A page's ink as separate pieces, and the image of any group of them."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from digitlab.pictures.digit import Digit, to_mnist
from digitlab.pictures.ink import Ink
from digitlab.pictures.raster import find_blobs, stroke_width, widened

LEAST_PIECE = 3  # pixels of area: smaller pieces are always dust
MOST_INKED = 0.6  # of the page: more is not writing
MOST_PIECES = 1500  # that are used, the largest first: limits the time that noise takes
MARGIN = 2  # pixels around a piece that its soft edge may take
OUTLINE_POINTS = 120  # enough to measure the distance of two pieces
SEEN_HEIGHT = 160  # pixels: of a larger digit, only every second (third, ...) pixel is used


@dataclass(frozen=True, slots=True)
class Piece:
    """Connected ink, or a part that was cut off it: label, position and area."""

    label: int
    left: int
    top: int
    right: int
    """One past the last column, as `bottom` is one past the last row."""
    bottom: int
    area: int

    @property
    def width(self) -> int:
        """Columns from the first to the last."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Rows from the first to the last."""
        return self.bottom - self.top

    @property
    def x(self) -> float:
        """The middle column."""
        return (self.left + self.right) / 2

    @property
    def y(self) -> float:
        """The middle row."""
        return (self.top + self.bottom) / 2


@dataclass
class Marks:
    """A page's ink, and which piece each pixel belongs to."""

    ink: Ink
    labels: NDArray[np.int64]
    """Height x width, 0 where there is no piece. Cuts write new labels."""
    pieces: list[Piece]
    pen: float
    """The strokes' mean width in pixels."""
    last_label: int
    count: int = 0
    """How many pieces the page has, including those that are not used."""
    usual_side: float = 0.0
    """The median of the longer sides of all pieces, in pixels."""
    outlines: dict[int, NDArray[np.int64]] = field(default_factory=dict)
    """Cache: points on the outline of a piece, N x 2, by label."""
    distances: dict[tuple[int, int], float] = field(default_factory=dict)
    """Cache: pixels between two pieces, by their labels."""


def find_pieces(ink: Ink) -> Marks:
    """Split a page's ink into connected pieces, the largest first and at most MOST_PIECES."""
    inked = ink > 0.5
    if not inked.any() or inked.mean() > MOST_INKED:
        return Marks(ink, np.zeros(ink.shape, np.int64), [], 1.0, 0)
    labels, areas = find_blobs(inked)
    chosen = np.argsort(-areas, kind="stable")[:MOST_PIECES]
    chosen = chosen[areas[chosen] >= LEAST_PIECE]
    rows, columns = np.nonzero(inked)
    owners = labels[rows, columns] - 1
    low = np.full((2, len(areas)), np.iinfo(np.int64).max)
    high = np.zeros((2, len(areas)), np.int64)
    for axis, places in enumerate((columns, rows)):
        np.minimum.at(low[axis], owners, places)
        np.maximum.at(high[axis], owners, places + 1)
    numbers = np.stack([*low, *high, areas])[:, chosen].T.tolist()
    pieces = [Piece(int(owner) + 1, *number) for owner, number in zip(chosen, numbers, strict=True)]
    sides = (high - low).max(axis=0)  # of all pieces
    return Marks(
        ink, labels, pieces, stroke_width(inked), len(areas), len(areas), float(np.median(sides))
    )


def image_of(marks: Marks, pieces: list[Piece]) -> Digit:
    """Return the image, as `to_mnist` makes it, of one or more pieces without the ink between."""
    top = max(0, min(piece.top for piece in pieces) - MARGIN)
    left = max(0, min(piece.left for piece in pieces) - MARGIN)
    bottom = max(piece.bottom for piece in pieces) + MARGIN
    right = max(piece.right for piece in pieces) + MARGIN
    every = max(1, max(bottom - top, right - left) // SEEN_HEIGHT)
    place = np.s_[top:bottom:every, left:right:every]
    labels = marks.labels[place]
    own = labels == pieces[0].label
    for piece in pieces[1:]:
        own |= labels == piece.label
    soft = own
    for _ in range(MARGIN):
        soft = widened(soft, diagonal=False)
    soft = own | (soft & (labels == 0))
    return to_mnist(np.where(soft, marks.ink[place], np.float32(0)))


def distance(marks: Marks, one: Piece, other: Piece, furthest: float) -> float:
    """Return the distance of two pieces in pixels, at the nearest points of their outlines.

    Infinity if their boxes are further apart than `furthest`.
    """
    pair = one.label, other.label
    if pair not in marks.distances:
        aside = max(one.left, other.left) - min(one.right, other.right)
        away = max(one.top, other.top) - min(one.bottom, other.bottom)
        if max(aside, away) > furthest:
            return float("inf")
        a, b = (outline(marks, piece) for piece in (one, other))
        marks.distances[pair] = float(np.sqrt(((a[:, None] - b) ** 2).sum(-1).min()))
    return marks.distances[pair]


def outline(marks: Marks, piece: Piece) -> NDArray[np.int64]:
    """Return about OUTLINE_POINTS points on a piece's outline, N x 2 (row, column)."""
    if piece.label not in marks.outlines:
        own = marks.labels[piece.top : piece.bottom, piece.left : piece.right] == piece.label
        inner = np.pad(own, 1)
        inner = inner[:-2, 1:-1] & inner[2:, 1:-1] & inner[1:-1, :-2] & inner[1:-1, 2:]
        points = np.argwhere(own & ~inner)
        points = points[:: max(1, len(points) // OUTLINE_POINTS)]
        marks.outlines[piece.label] = points + np.array([piece.top, piece.left])
    return marks.outlines[piece.label]
