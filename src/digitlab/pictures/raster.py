"""Find the separate pieces of ink in a picture: connected regions, without SciPy."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

SEEN_SIDE = 128  # pixels: pieces are told apart this small; it also joins what nearly touches
LEAST_SHARE = 0.02  # of the largest piece's area: what is smaller is a speck


class Blobs(NamedTuple):
    """Connected pieces of ink: ``labels`` int64 height x width (0 = paper, 1..N), ``areas`` N."""

    labels: NDArray[np.int64]
    areas: NDArray[np.int64]


def find_blobs(inked: NDArray[np.bool_]) -> Blobs:
    """Label the pieces of ink that touch, sides or corners (8-connected).

    Runs of ink in a row are joined with the runs that they touch in the row above: each points to
    the first run that it is known to be joined with, and all are led on together until every run
    points at its piece's first (union-find, in the manner of Shiloach and Vishkin 1982).

    >>> find_blobs(np.array([[1, 0, 1], [0, 1, 0], [0, 0, 0], [1, 1, 0]], bool)).labels
    array([[1, 0, 1],
           [0, 1, 0],
           [0, 0, 0],
           [2, 2, 0]])
    """
    steps = np.diff(
        np.pad(inked, ((0, 0), (1, 1))).astype(np.int8), axis=1
    )  # +1 begins a run, -1 ends it
    rows, starts = np.nonzero(steps == 1)
    ends = np.nonzero(steps == -1)[1]  # one past the run; in the same order as the starts
    joined = joined_runs(rows, starts, ends, inked.shape[1])
    _, piece = np.unique(joined, return_inverse=True)
    lengths = ends - starts
    labels = np.zeros(inked.shape, np.int64)
    labels[inked] = np.repeat(piece + 1, lengths)  # runs and pixels are in the same order
    areas = np.bincount(piece, weights=lengths).astype(np.int64)
    return Blobs(labels, areas)


def joined_runs(
    rows: NDArray[np.int64], starts: NDArray[np.int64], ends: NDArray[np.int64], width: int
) -> NDArray[np.int64]:
    """Return for each run of ink, in reading order, the first run of its piece."""
    row_above = (rows - 1) * (width + 2)  # a run's place in reading order
    first = np.searchsorted(rows * (width + 2) + ends, row_above + starts)
    last = np.searchsorted(rows * (width + 2) + starts, row_above + ends, side="right")
    touched = np.maximum(last - first, 0)  # how many runs of the row above touch, if by a corner
    below = np.repeat(np.arange(len(rows)), touched)
    above = np.arange(len(below)) - np.repeat(np.cumsum(touched) - touched - first, touched)
    parent = np.arange(len(rows))
    while (apart := parent[above] != parent[below]).any():
        one, other = parent[above[apart]], parent[below[apart]]
        np.minimum.at(parent, np.maximum(one, other), np.minimum(one, other))
        while ((further := parent[parent]) != parent).any():
            parent = further
    return parent


def main_blobs(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """Clear specks: keep the pieces of at least LEAST_SHARE of the largest one's area.

    Parameters
    ----------
    ink
        float32, height x width, 0..1.

    Returns
    -------
    NDArray[np.float32]
        The same, with the small pieces set to 0; the soft edges of those kept stay.
    """
    factor = -(-max(ink.shape) // SEEN_SIDE)
    gray = Image.fromarray(np.rint(ink * 255).astype(np.uint8))
    coarse = np.asarray(gray.reduce(factor) if factor > 1 else gray)
    labels, areas = find_blobs(coarse > (96 if factor == 1 else 32))
    if len(areas) < 2 or areas.min() >= LEAST_SHARE * areas.max():
        return ink
    specks = np.concatenate([[False], areas < LEAST_SHARE * areas.max()])[labels]
    height, width = ink.shape
    whole = specks.repeat(factor, axis=0).repeat(factor, axis=1)[:height, :width]
    return np.where(whole, np.float32(0), ink)


def otsu(values: NDArray[np.float32]) -> float:
    """Return the threshold that parts positive values into the two most compact classes.

    Otsu's method (1979): of 64 thresholds, the one with the greatest variance between the classes.
    Some value lies above it, unless there are none or none is positive.
    """
    top = float(values.max(initial=0))
    if top <= 0:
        return 0.0
    counts = np.bincount((values * (63.999 / top)).astype(np.int64), minlength=64)  # 64
    middles = np.arange(64) + 0.5
    below = np.cumsum(counts)[:-1]  # 63
    sum_below = np.cumsum(counts * middles)[:-1]
    above = values.size - below
    sum_above = (counts * middles).sum() - sum_below
    apart = sum_below / np.maximum(below, 1) - sum_above / np.maximum(above, 1)
    best = int(np.argmax(below * above * apart**2))
    return top * (best + 1) / 64


def windows(values: NDArray[np.float32], size: int, axis: int) -> NDArray[np.float32]:
    """Return, in a last axis, the ``size`` values around each along ``axis`` (edges repeated)."""
    pad = [(size // 2, size // 2) if a == axis else (0, 0) for a in (0, 1)]
    return np.lib.stride_tricks.sliding_window_view(
        np.pad(values, pad, mode="edge"), size, axis=axis
    )


def dilated(values: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Return the largest value of the size x size window around each, by doubling the window."""
    for _ in range(2):
        half = size // 2
        row = np.pad(values, ((half, half), (0, 0)), mode="edge")
        reach = 1
        while 2 * reach <= size:
            row = np.maximum(row[:-reach], row[reach:])
            reach *= 2
        if reach < size:
            row = np.maximum(row[: len(row) - (size - reach)], row[size - reach :])
        values = row.T
    return values


def mean(values: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Return the mean of the size x size window around each."""
    rows: NDArray[np.float32] = windows(values, size, 0).mean(-1)
    both: NDArray[np.float32] = windows(rows, size, 1).mean(-1)
    return both


def blurred(depth: NDArray[np.float32], radius: float) -> NDArray[np.float32]:
    """Blur, to average noise away (Pillow blurs 8-bit images only)."""
    low, high = float(depth.min()), float(depth.max())
    image = Image.fromarray(((depth - low) * (255 / (high - low))).astype(np.uint8))
    soft = np.asarray(image.filter(ImageFilter.GaussianBlur(radius)), np.float32)
    return soft * np.float32((high - low) / 255) + np.float32(low)


def bounds(inked: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Return top, bottom, left and right of what is True; bottom and right are one past it."""
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def stroke_width(inked: NDArray[np.bool_]) -> float:
    """Return the strokes' mean width in pixels: twice the area over the outline's length.

    The outline's length is pi/4 times the pixel edges between ink and paper: right on average
    over all directions (Crofton).
    """
    edges = np.count_nonzero(inked[1:] != inked[:-1]) + np.count_nonzero(
        inked[:, 1:] != inked[:, :-1]
    )
    return 2 * np.count_nonzero(inked) / max(1.0, edges * np.pi / 4)


def widened(drawing: NDArray[np.uint8], *, diagonal: bool) -> NDArray[np.uint8]:
    """Let the ink grow by a pixel; by turns with and without diagonals it grows round."""
    down = drawing.copy()
    np.maximum(down[1:], drawing[:-1], out=down[1:])
    np.maximum(down[:-1], drawing[1:], out=down[:-1])
    source = down if diagonal else drawing
    wide = down.copy()
    np.maximum(wide[:, 1:], source[:, :-1], out=wide[:, 1:])
    np.maximum(wide[:, :-1], source[:, 1:], out=wide[:, :-1])
    return wide
