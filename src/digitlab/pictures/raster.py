"""Image processing on plain arrays: what SciPy's `ndimage` would do, without SciPy."""

from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Scalar = TypeVar("Scalar", bound=np.generic)
_MIDDLES = np.arange(64) + 0.5  # of the classes of a histogram


class Blobs(NamedTuple):
    """Connected regions: ``labels`` int32 height x width (0 = paper, 1..N), ``areas`` int64 N."""

    labels: NDArray[np.int32]
    areas: NDArray[np.int64]


def find_blobs(inked: NDArray[np.bool_]) -> Blobs:
    """Label connected regions of ink; pixels that share a side or a corner are connected.

    What is connected are runs of ink in a row, of which there are much fewer than pixels.

    >>> find_blobs(np.array([[1, 0, 1], [0, 1, 0], [0, 0, 0], [1, 1, 0]], bool)).labels
    array([[1, 0, 1],
           [0, 1, 0],
           [0, 0, 0],
           [2, 2, 0]], dtype=int32)
    """
    runs = _runs_of(inked)
    first = _first_of_region(runs)
    region = np.cumsum(first == np.arange(len(first)), dtype=np.int32)[first]  # in reading order
    lengths = runs.ends - runs.starts
    labels = np.zeros(inked.shape, np.int32)
    labels[inked] = np.repeat(region, lengths)  # runs and pixels are in the same order
    return Blobs(labels, np.bincount(region, lengths, 1)[1:].astype(np.int64))


def is_one_blob(inked: NDArray[np.bool_]) -> bool:
    """Check quickly whether the ink is one region; False may also mean that it was not seen.

    Every region has a run of ink that touches none in the row above it, and one that touches none
    in the row below.
    """
    return any(np.count_nonzero(_runs_of(it).touched == 0) == 1 for it in (inked, inked[::-1]))


class _Runs(NamedTuple):
    """Runs of ink in rows, N, in reading order. 32 bits: in noise there are a great many."""

    starts: NDArray[np.int32]  # as places in an image with one empty column on each side
    ends: NDArray[np.int32]  # one past
    above: NDArray[np.int32]  # the first run of the row above that it touches
    touched: NDArray[np.int32]  # how many of those it touches


def _runs_of(inked: NDArray[np.bool_]) -> _Runs:
    height, width = inked.shape
    padded = np.zeros((height, width + 2), bool)  # so that no run goes on in the next row
    padded[:, 1:-1] = inked
    flat = padded.ravel()
    changes = np.flatnonzero(flat[1:] != flat[:-1]).astype(np.int32)
    del padded, flat
    starts, ends = changes[::2].copy(), changes[1::2].copy()
    above = np.searchsorted(ends, starts - (width + 2)).astype(np.int32)
    behind = np.searchsorted(starts, ends - (width + 2), side="right").astype(np.int32)
    return _Runs(starts, ends, above, np.maximum(behind - above, 0))


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


def _first_of_region(found: _Runs) -> NDArray[np.int32]:
    """Return for each run of ink the index of the first run of its region.

    Boruvka's algorithm (1926): every region points to its neighbor with the lowest number, which
    joins it with at least one other. So their number is halved, and the regions of a maze are found
    as fast as those of writing.
    """
    above, touched = found.above, found.touched
    runs = np.arange(len(above), dtype=np.int32)
    one = np.repeat(runs, touched)
    offset = np.cumsum(touched, dtype=np.int32) - touched - above
    other = np.arange(len(one), dtype=np.int32) - np.repeat(offset, touched)
    root = _followed(np.where(touched > 0, above, runs))
    one, other = _still_apart(root, one, other)
    while len(one):
        lowest = runs.copy()
        lowest[one] = lowest[other] = len(runs)
        np.minimum.at(lowest, one, other)
        np.minimum.at(lowest, other, one)
        is_mutual = lowest[lowest] == runs
        joined = _followed(np.where(is_mutual, np.minimum(lowest, runs), lowest))
        root = joined[root]
        one, other = _still_apart(joined, one, other)
    first = np.empty_like(runs)
    first[root[::-1]] = runs[::-1]  # of several values, the last is kept
    return first[root]


def _followed(pointers: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return where each chain of pointers ends."""
    while ((further := pointers[pointers]) != pointers).any():
        pointers = further
    return pointers


def _still_apart(
    region: NDArray[np.int32], one: NDArray[np.int32], other: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the pairs of regions that touch each other."""
    one, other = region[one], region[other]
    apart = one != other
    return one[apart], other[apart]


def otsu(values: NDArray[Any], times: NDArray[np.int64] | None = None) -> float:
    """Return the threshold that splits positive values, `times` often each, into compact classes.

    Otsu's method (1979): of 64 thresholds, the one with the largest variance between the classes.
    At least one value is above it, unless no value is positive; then it is 0.
    """
    top = float(values.max(initial=0))
    if top <= 0:
        return 0.0
    counts = np.bincount((values * (63.999 / top)).astype(np.int64), times, 64)  # 64
    below, sums = counts.cumsum(), (counts * _MIDDLES).cumsum()
    apart = sums * below[-1] - sums[-1] * below  # of the two means, times both counts
    best = int((apart[:-1] ** 2 / np.maximum(below * (below[-1] - below), 1)[:-1]).argmax())
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


def closed(gray: NDArray[np.uint8], window: int) -> NDArray[np.uint8]:
    """Return a gray closing, the minimum of the maxima in a square window of odd size.

    It keeps light and shadow, and fills everything dark that is narrower than the window.
    """
    return ~dilated(~dilated(gray, window, window), window, window)


def widened(drawing: NDArray[Scalar], *, diagonal: bool) -> NDArray[Scalar]:
    """Let ink grow by one pixel on each side; with and without diagonals in turn it grows round."""
    wide = drawing.copy()
    np.maximum(wide[:, 1:], drawing[:, :-1], out=wide[:, 1:])
    np.maximum(wide[:, :-1], drawing[:, 1:], out=wide[:, :-1])
    source = wide.copy() if diagonal else drawing
    np.maximum(wide[1:], source[:-1], out=wide[1:])
    np.maximum(wide[:-1], source[1:], out=wide[:-1])
    return wide


def mean(values: NDArray[np.generic], size: int) -> NDArray[np.float32]:
    """Return the mean of the ``size`` x ``size`` window around each value (edges repeated)."""
    return (window_sums(values, size) / size**2).astype(np.float32)


def window_sums(values: NDArray[np.generic], size: int) -> NDArray[np.float64]:
    """Return the sum of the ``size`` x ``size`` window around each value (edges repeated).

    The sums of whole numbers are exact.
    """
    edge = size // 2
    sums = values.astype(np.float64)
    for _ in ("down", "across"):
        rows = np.empty((len(sums) + 2 * edge + 1, sums.shape[1]))
        rows[0] = 0
        rows[1 : edge + 1], rows[edge + 1 : len(rows) - edge] = sums[0], sums
        rows[len(rows) - edge :] = sums[-1]
        rows.cumsum(axis=0, out=rows)
        sums = (rows[size:] - rows[:-size]).T
    return sums


def blurred(depth: NDArray[np.float32], radius: float) -> NDArray[np.float32]:
    """Average noise away with a Gaussian (in 8 bits, since Pillow blurs nothing else)."""
    low, high = float(depth.min()), float(depth.max())
    image = Image.fromarray(((depth - low) * (255 / (high - low))).astype(np.uint8))
    soft = np.asarray(image.filter(ImageFilter.GaussianBlur(radius)), np.float32)
    return soft * np.float32((high - low) / 255) + np.float32(low)


def bounds(inked: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Return top, bottom, left and right of the ink; bottom and right are one past the last."""
    rows = np.logical_or.reduce(inked, axis=1).tobytes()
    columns = np.logical_or.reduce(inked, axis=0).tobytes()
    return rows.find(1), rows.rfind(1) + 1, columns.find(1), columns.rfind(1) + 1


def stroke_width(inked: NDArray[np.bool_]) -> float:
    """Return the mean width of the strokes in pixels: twice the area over the outline's length.

    The outline's length is pi/4 times the number of pixel edges between ink and paper, which is
    right on average over all directions (Crofton's formula).
    """
    down = np.count_nonzero(inked[1:] != inked[:-1])
    across = np.count_nonzero(inked[:, 1:] != inked[:, :-1])
    return 2 * np.count_nonzero(inked) / max(1.0, (down + across) * np.pi / 4)
