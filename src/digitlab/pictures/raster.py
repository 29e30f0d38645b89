"""Image processing on plain arrays: what SciPy's `ndimage` would do, without SciPy."""

from typing import Literal, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Scalar = TypeVar("Scalar", bound=np.generic)


class Blobs(NamedTuple):
    """Connected regions: ``labels`` int64 height x width (0 = paper, 1..N), ``areas`` int64 N."""

    labels: NDArray[np.int64]
    areas: NDArray[np.int64]


def find_blobs(inked: NDArray[np.bool_]) -> Blobs:
    """Label connected regions of ink; pixels that share a side or a corner are connected.

    Union-find over runs (Shiloach and Vishkin 1982): every run of ink in a row points to a run that
    it is connected with, and the pointers are followed until every run points to the first run of
    its region.

    >>> find_blobs(np.array([[1, 0, 1], [0, 1, 0], [0, 0, 0], [1, 1, 0]], bool)).labels
    array([[1, 0, 1],
           [0, 1, 0],
           [0, 0, 0],
           [2, 2, 0]])
    """
    height, width = inked.shape
    padded = np.zeros((height, width + 2), np.int8)
    padded[:, 1:-1] = inked
    steps = padded[:, 1:] - padded[:, :-1]  # +1 where a run starts, -1 one pixel after its end
    rows, starts = np.divmod(np.flatnonzero(steps == 1), width + 1)
    ends = np.flatnonzero(steps == -1) % (width + 1)  # in the same order as the starts
    first = _joined_runs(rows, starts, ends, width)
    region = np.cumsum(first == np.arange(len(first)))[first] - 1  # numbered in reading order
    lengths = ends - starts
    labels = np.zeros(inked.shape, np.int64)
    labels[inked] = np.repeat(region + 1, lengths)  # runs and pixels are in the same order
    areas = np.bincount(region, weights=lengths).astype(np.int64)
    return Blobs(labels, areas)


def blob_boxes(blobs: Blobs) -> NDArray[np.int64]:
    """Return the box of each region, N x 4: top, bottom, left, right; the ends are one past.

    >>> blob_boxes(find_blobs(np.array([[0, 0, 0, 0], [0, 1, 1, 0]], bool))).tolist()
    [[1, 2, 1, 3]]
    """
    places = np.nonzero(blobs.labels)
    owners = blobs.labels[places] - 1
    boxes = np.zeros((len(blobs.areas), 4), np.int64)
    boxes[:, ::2] = max(blobs.labels.shape)
    for axis, place in enumerate(places):
        np.minimum.at(boxes[:, 2 * axis], owners, place)
        np.maximum.at(boxes[:, 2 * axis + 1], owners, place + 1)
    return boxes


def _joined_runs(
    rows: NDArray[np.int64], starts: NDArray[np.int64], ends: NDArray[np.int64], width: int
) -> NDArray[np.int64]:
    """Return for each run of ink, in reading order, the index of the first run of its region."""
    row_above = (rows - 1) * (width + 2)  # positions in reading order
    first = np.searchsorted(rows * (width + 2) + ends, row_above + starts)
    last = np.searchsorted(rows * (width + 2) + starts, row_above + ends, side="right")
    touched = np.maximum(last - first, 0)  # how many runs of the row above touch this one
    below = np.repeat(np.arange(len(rows)), touched)
    above = np.arange(len(below)) - np.repeat(np.cumsum(touched) - touched - first, touched)
    parent = np.arange(len(rows))
    while (apart := parent[above] != parent[below]).any():
        one, other = parent[above[apart]], parent[below[apart]]
        np.minimum.at(parent, np.maximum(one, other), np.minimum(one, other))
        while ((further := parent[parent]) != parent).any():
            parent = further
    return parent


def otsu(values: NDArray[np.float32]) -> float:
    """Return the threshold that splits positive values into two compact classes.

    Otsu's method (1979): of 64 thresholds, the one with the largest variance between the classes.
    At least one value is above it, unless no value is positive; then it is 0.
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
    difference = sum_below / np.maximum(below, 1) - sum_above / np.maximum(above, 1)
    best = int(np.argmax(below * above * difference**2))
    return top * (best + 1) / 64


def median(values: NDArray[np.float32]) -> np.float32:
    """Return `np.median`, which is slow if many values are equal, as those of a screen's paper are.

    So the middle of a sample is tried first: it is the median if fewer than half of the values are
    smaller and fewer than half are larger.
    """
    sample = np.sort(values.ravel()[:: max(1, values.size // 500)])
    guess = sample[len(sample) // 2]
    apart = max(np.count_nonzero(values < guess), np.count_nonzero(values > guess))
    return guess if 2 * apart < values.size else np.median(values)


def to_bytes(ink: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return a map of ink, 0..1, in 256 levels."""
    levels = ink * 255
    return np.rint(levels, out=levels).astype(np.uint8)


def reduced(gray: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Return gray levels averaged over squares of ``factor`` x ``factor`` pixels, rounded."""
    return np.asarray(Image.fromarray(gray).reduce(factor)) if factor > 1 else gray


def enlarged(gray: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return gray levels interpolated to another height and width."""
    image = Image.fromarray(gray).resize((shape[1], shape[0]), Image.Resampling.BILINEAR)
    return np.asarray(image, np.float32)


def dilated(values: NDArray[Scalar], height: int, width: int) -> NDArray[Scalar]:
    """Return the largest value in the ``height`` x ``width`` window (both odd) around each value.

    >>> dilated(np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]], bool), 1, 3)[1]
    array([ True,  True,  True])
    """
    for size in (height, width):
        values = (_dilated_down(values, size) if size > 1 else values).T
    return np.ascontiguousarray(values)


def _dilated_down(values: NDArray[Scalar], size: int) -> NDArray[Scalar]:
    """Return the largest of the ``size`` values around each in its column."""
    edge = size // 2
    rows = np.concatenate([values[:1].repeat(edge, 0), values, values[-1:].repeat(edge, 0)])
    reach = 1  # values that the maximum covers so far: doubled in each step
    while 2 * reach <= size:
        rows = np.maximum(rows[:-reach], rows[reach:])
        reach *= 2
    if reach < size:
        rows = np.maximum(rows[: len(rows) - (size - reach)], rows[size - reach :])
    return rows


def closed(gray: NDArray[np.float32], window: int) -> NDArray[np.float32]:
    """Return a gray closing, the minimum of the maxima in a square window of odd size.

    It keeps light and shadow, and fills everything dark that is narrower than the window.
    """
    return -dilated(-dilated(gray, window, window), window, window)


def widened(drawing: NDArray[Scalar], *, diagonal: bool) -> NDArray[Scalar]:
    """Let ink grow by one pixel on each side; with and without diagonals in turn it grows round."""
    if diagonal:
        return dilated(drawing, 3, 3)
    return np.asarray(np.maximum(dilated(drawing, 3, 1), dilated(drawing, 1, 3)), drawing.dtype)


def mean(values: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    """Return the mean of the ``size`` x ``size`` window around each value (edges repeated)."""
    for _ in ("down", "across"):
        rows = _with_more_rows(values, size // 2)
        values = np.lib.stride_tricks.sliding_window_view(rows, size, axis=0).mean(-1).T
    return values


def _with_more_rows(values: NDArray[Scalar], count: int) -> NDArray[Scalar]:
    """Repeat the first and the last row ``count`` times, ten times as fast as `np.pad`."""
    # The order in memory stays, because NumPy's sums depend on it in their last bits.
    order: Literal["F", "C"] = "F" if values.flags.fnc else "C"
    rows = np.empty((len(values) + 2 * count, values.shape[1]), values.dtype, order)
    end = count + len(values)
    rows[:count], rows[count:end], rows[end:] = values[0], values, values[-1]
    return rows


def blurred(depth: NDArray[np.float32], radius: float) -> NDArray[np.float32]:
    """Average noise away with a Gaussian (in 8 bits, since Pillow blurs nothing else)."""
    low, high = float(depth.min()), float(depth.max())
    image = Image.fromarray(((depth - low) * (255 / (high - low))).astype(np.uint8))
    soft = np.asarray(image.filter(ImageFilter.GaussianBlur(radius)), np.float32)
    return soft * np.float32((high - low) / 255) + np.float32(low)


def bounds(inked: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Return top, bottom, left and right of the ink; bottom and right are one past the last."""
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def stroke_width(inked: NDArray[np.bool_]) -> float:
    """Return the mean width of the strokes in pixels: twice the area over the outline's length.

    The outline's length is pi/4 times the number of pixel edges between ink and paper, which is
    right on average over all directions (Crofton's formula).
    """
    edges = np.count_nonzero(inked[1:] != inked[:-1]) + np.count_nonzero(
        inked[:, 1:] != inked[:, :-1]
    )
    return 2 * np.count_nonzero(inked) / max(1.0, edges * np.pi / 4)
