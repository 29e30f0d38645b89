"""Take printed lines off paper: ruled or squared, level or a few degrees off, a little bent."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

STEEPEST = 0.09  # pixels down a pixel across: 5 degrees
STRIP = 12  # pixels: so short a piece of a sloping line is level
THICKEST_LINE = 0.006  # of the picture's longer side
LEAST_SHARE = 0.5  # of a printed line's length must show; a row of digits covers less
LONG_ENOUGH = 200  # pixels: shorter lines must be
FEWEST_REGULAR = 5  # or more, equally far apart
REACH = 3  # pixels that a line may stray from straight
EDGE = 0.15  # of a line's own depth: its soft edge
CROSSED = 1.4  # ink must be this much darker than the printed line that it crosses

Depth = NDArray[np.float32]  # height x width; how much darker than the paper


class Lines(NamedTuple):
    """Printed lines: ``slope`` down a pixel across, and where each meets the left side."""

    slope: float
    rows: NDArray[np.int64]


def without_printed_lines(depth: Depth, faintest: float) -> Depth:
    """Clear printed lines that cross the whole page, in both directions.

    Parameters
    ----------
    depth
        float32, height x width: how much darker than the bare paper each pixel is.
    faintest
        what is less deep than this is noise.

    Returns
    -------
    Depth
        The same with the lines cleared; ink that crosses a line stays.
    """
    if min(depth.shape) < 48:
        return depth
    level = without_lines(depth, faintest)
    return np.ascontiguousarray(without_lines(np.ascontiguousarray(level.T), faintest).T)


def without_lines(depth: Depth, faintest: float) -> Depth:
    """Clear the lines that run from left to right."""
    thickest = max(2, round(THICKEST_LINE * max(depth.shape)))
    margin = thickest + 3  # bare rows, so that lines at the border are as those inside
    padded = np.pad(depth, ((margin, margin), (0, 0)))
    shares = ridge_shares(padded, faintest, thickest)  # rows x strips
    lines = find_lines(shares)
    if not len(lines.rows):
        return depth
    cleared = padded.copy()
    for row in lines.rows.tolist():
        clear_line(cleared, padded, trace(shares, lines.slope, row, depth.shape[1]), thickest)
    return cleared[margin:-margin]


def ridge_shares(depth: Depth, faintest: float, thickest: int) -> NDArray[np.float32]:
    """Return which share of each strip of a row, STRIP pixels long, is a thin ridge.

    A ridge is deeper than what lies `thickest` + 1 pixels above it and below it.
    """
    far = thickest + 1
    inner = depth[:, : depth.shape[1] - depth.shape[1] % STRIP]
    ridge = np.zeros(inner.shape, bool)
    ridge[far:-far] = inner[far:-far] - np.maximum(inner[: -2 * far], inner[2 * far :]) > faintest
    shares: NDArray[np.float32] = ridge.reshape(len(inner), -1, STRIP).mean(2, dtype=np.float32)
    return shares


def find_lines(shares: NDArray[np.float32]) -> Lines:
    """Find the slope at which most ridges fall into the same rows, and those rows.

    The projections of a sheared picture (Postl 1986): the right slope gathers every line into one
    row, and the sum of squares is greatest there. Looked for coarsely, then finely.
    """
    height, strips = shares.shape
    width = strips * STRIP
    coarse = shares[: height - height % 4].reshape(-1, 4, strips).max(1)
    fall = int(STEEPEST * width)  # pixels over the page's width
    falls = range(-fall - fall % 4, fall + 1, 4)
    best = max(falls, key=lambda f: (sheared(coarse, f / 4) ** 2).sum())
    wide = np.maximum(shares, 0)
    wide[1:] = np.maximum(wide[1:], shares[:-1])
    wide[:-1] = np.maximum(wide[:-1], shares[1:])
    best = max(range(best - 4, best + 5), key=lambda f: (sheared(shares, f) ** 2).sum())
    profile = sheared(wide, best)
    rows = []
    left = profile.copy()
    while len(left) and left.max() > LEAST_SHARE:
        row = int(left.argmax())
        rows.append(row)
        left[max(0, row - 6) : row + 7] = 0
    if len(rows) > height / 8 or (width < LONG_ENOUGH and not are_regular(rows)):
        rows = []  # a texture; or in a narrow crop strokes
    return Lines(best / width, np.array(rows, np.int64) - max(0, best))


def are_regular(rows: list[int]) -> bool:
    """Tell whether most lines are equally far apart, as printed ones are and strokes are not."""
    if len(rows) < FEWEST_REGULAR:
        return False
    gaps = np.diff(np.sort(rows))
    return bool((np.abs(gaps - np.median(gaps)) <= 0.15 * np.median(gaps) + 1).mean() > 0.7)


def sheared(shares: NDArray[np.float32], fall: float) -> NDArray[np.float32]:
    """Return the mean of the strips of each line that falls `fall` rows from left to right."""
    height, strips = shares.shape
    most = int(np.ceil(abs(fall))) + 1
    total = np.zeros(height + most, np.float32)
    count = np.zeros(height + most, np.float32)
    shifts = np.rint((np.arange(strips) + 0.5) / strips * fall).astype(int)
    first = max(0, int(fall))  # no row begins above the array
    for strip, shift in enumerate(shifts.tolist()):
        start = first - shift + (shift > first)
        total[start : start + height] += shares[:, strip]
        count[start : start + height] += 1
    share = total / np.maximum(count, 1)
    # in a corner, where a line is short, a digit's bar might pass for one
    return np.where(count > strips / 3, share, np.where(count > strips / 8, 0.65 * share, 0))


def trace(shares: NDArray[np.float32], slope: float, row: int, width: int) -> NDArray[np.int64]:
    """Follow a line that is not quite straight: its row in each of `width` columns."""
    height, strips = shares.shape
    middles = (np.arange(strips) + 0.5) * STRIP
    straight = np.rint(row + middles * slope).astype(np.int64)
    steps = np.arange(-REACH, REACH + 1)
    places = np.clip(straight[:, None] + steps, 0, height - 1)  # strips x steps
    found = shares[places, np.arange(strips)[:, None]]
    nearby = np.lib.stride_tricks.sliding_window_view(
        np.pad(found, ((4, 4), (0, 0)), mode="edge"), 9, axis=0
    ).sum(-1)
    astray = (nearby @ steps) / np.maximum(nearby.sum(1), 0.5)  # strips
    columns = np.arange(width)
    rows: NDArray[np.int64] = np.rint(
        row + columns * slope + np.interp(columns, middles, astray)
    ).astype(np.int64)
    return rows


def clear_line(cleared: Depth, depth: Depth, rows: NDArray[np.int64], thickest: int) -> None:
    """Clear one line in place, but for what is darker in it, and what crosses it.

    The line's own depth is the median along it. A stroke as pale as the line shows by the ink
    right above and right below, and is mended from there.
    """
    half = thickest + 1
    columns = np.flatnonzero((rows > half + 1) & (rows < depth.shape[0] - half - 2))
    if not len(columns):
        return
    rows = rows[columns]
    offsets = np.arange(-half, half + 1)[:, None]
    line = np.median(depth[rows + offsets, columns], axis=1)  # offsets
    deepest = line.max()
    if deepest <= 0:
        return  # a row of dashes, no line
    own = np.flatnonzero(line > EDGE * deepest)
    first, last = own[0] - half - 1, own[-1] - half + 1  # a pixel more: the soft edge wavers
    places = rows + np.arange(first, last + 1)[:, None]
    band = depth[places, columns]
    crossing = np.minimum(depth[places[0] - 1, columns], depth[places[-1] + 1, columns])
    crossing = np.where(crossing > 0.8 * deepest, crossing, 0)
    cleared[places, columns] = np.where(band > CROSSED * deepest, band, crossing)
