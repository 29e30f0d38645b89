"""Find the separate pieces of ink in a picture: connected regions, without SciPy."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

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
    grey = Image.fromarray(np.rint(ink * 255).astype(np.uint8))
    coarse = np.asarray(grey.reduce(factor) if factor > 1 else grey)
    labels, areas = find_blobs(coarse > (96 if factor == 1 else 32))
    if len(areas) < 2 or areas.min() >= LEAST_SHARE * areas.max():
        return ink
    specks = np.concatenate([[False], areas < LEAST_SHARE * areas.max()])[labels]
    height, width = ink.shape
    whole = specks.repeat(factor, axis=0).repeat(factor, axis=1)[:height, :width]
    return np.where(whole, np.float32(0), ink)
