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

    Runs of ink in a row are joined with the runs that they touch in the row above; joined runs
    point to one another (union-find), and each points at last to its piece's first run.

    >>> find_blobs(np.array([[1, 0, 1], [0, 1, 0], [0, 0, 0], [1, 1, 0]], bool)).labels
    array([[1, 0, 1],
           [0, 1, 0],
           [0, 0, 0],
           [2, 2, 0]])
    """
    height, width = inked.shape
    steps = np.diff(
        np.pad(inked, ((0, 0), (1, 1))).astype(np.int8), axis=1
    )  # +1 begins a run, -1 ends it
    rows, starts = np.nonzero(steps == 1)
    ends = np.nonzero(steps == -1)[1]  # one past the run; in the same order as the starts
    parent = list(range(len(rows)))

    def first(run: int) -> int:
        """Return the first run of the piece that a run belongs to, as far as it is known."""
        while parent[run] != run:
            parent[run] = parent[parent[run]]
            run = parent[run]
        return run

    begin_of_row = np.searchsorted(rows, np.arange(height + 1)).tolist()
    start, end = starts.tolist(), ends.tolist()
    for row in range(1, height):
        above, last_above = begin_of_row[row - 1], begin_of_row[row]
        here, last_here = begin_of_row[row], begin_of_row[row + 1]
        while above < last_above and here < last_here:
            if start[above] <= end[here] and start[here] <= end[above]:  # touch, if by a corner
                a, b = first(above), first(here)
                parent[max(a, b)] = min(a, b)
            if end[above] < end[here]:
                above += 1
            else:
                here += 1
    roots = np.array([first(run) for run in range(len(parent))], np.int64)
    _, piece = np.unique(roots, return_inverse=True)
    lengths = ends - starts
    labels = np.zeros((height, width), np.int64)
    labels[inked] = np.repeat(piece + 1, lengths)  # runs and pixels are in the same order
    areas = np.bincount(piece, weights=lengths).astype(np.int64)
    return Blobs(labels, areas)


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
