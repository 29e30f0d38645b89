"""Take printed lines off paper: ruled or squared, level or a few degrees off, a little bent."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

STEEPEST = 0.09  # pixels down a pixel across: 5 degrees
STRIP = 12  # pixels: so short a piece of a sloping line is level
THICKEST_LINE = 0.006  # of the picture's longer side
LEAST_SHARE = 0.5  # of a printed line's length must show; a row of digits covers less
REACH = 3  # pixels that a line may stray from straight
CROSSED = 1.5  # ink must be this much darker than the printed line that it crosses

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
    shares = ridge_shares(depth, faintest, thickest)  # height x strips
    lines = find_lines(shares)
    if not len(lines.rows):
        return depth
    cleared = depth.copy()
    for row in lines.rows:
        clear_line(cleared, depth, trace(shares, lines.slope, int(row)), thickest)
    return cleared


def ridge_shares(depth: Depth, faintest: float, thickest: int) -> NDArray[np.float32]:
    """Return which share of each strip of a row, STRIP pixels long, is a thin ridge.

    A ridge is deeper than what lies `thickest` + 1 pixels above it and below it.
    """
    height, width = depth.shape
    far = thickest + 1
    ridge = np.zeros((height, width - width % STRIP), bool)
    inner = depth[far:-far, : ridge.shape[1]]
    above, below = depth[: -2 * far, : ridge.shape[1]], depth[2 * far :, : ridge.shape[1]]
    ridge[far:-far] = inner - np.maximum(above, below) > faintest
    return ridge.reshape(height, -1, STRIP).mean(2, dtype=np.float32)


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
    if len(rows) > height / 8:
        rows = []  # a texture, not lines
    return Lines(best / width, np.array(rows, np.int64) - offset_of(best))


def offset_of(fall: float) -> int:
    """Return how many rows `sheared` adds above, so that no row is lost."""
    return max(0, -int(np.floor(-abs(fall)))) if fall > 0 else 0


def sheared(shares: NDArray[np.float32], fall: float) -> NDArray[np.float32]:
    """Return the mean of the strips of each line that falls `fall` rows from left to right."""
    height, strips = shares.shape
    most = int(np.ceil(abs(fall)))
    total = np.zeros(height + most, np.float32)
    count = np.zeros(height + most, np.float32)
    shifts = np.rint((np.arange(strips) + 0.5) / strips * fall).astype(int)
    first = most if fall > 0 else 0
    for strip, shift in enumerate(shifts.tolist()):
        start = first - shift
        total[start : start + height] += shares[:, strip]
        count[start : start + height] += 1
    return np.where(count > strips / 3, total / np.maximum(count, 1), 0)


def trace(shares: NDArray[np.float32], slope: float, row: int) -> NDArray[np.int64]:
    """Follow a line that is not quite straight: its row in each strip."""
    height, strips = shares.shape
    straight = row + np.rint((np.arange(strips) + 0.5) * STRIP * slope).astype(np.int64)
    steps = np.arange(-REACH, REACH + 1)
    places = np.clip(straight[:, None] + steps, 0, height - 1)  # strips x steps
    found = shares[places, np.arange(strips)[:, None]]
    nearby = np.lib.stride_tricks.sliding_window_view(
        np.pad(found, ((4, 4), (0, 0)), mode="edge"), 9, axis=0
    ).sum(-1)
    nearby = nearby - 0.01 * np.abs(steps)  # where nothing shows: straight on
    result: NDArray[np.int64] = straight + steps[nearby.argmax(1)]
    return result


def clear_line(cleared: Depth, depth: Depth, rows: NDArray[np.int64], thickest: int) -> None:
    """Clear one line in place, but for what is darker in it, and what crosses it.

    The line's own depth is the median along it. A stroke as pale as the line shows by the ink
    right above and right below, and is mended from there.
    """
    height, width = depth.shape
    columns = np.arange(width)
    row_of = rows[np.minimum(columns // STRIP, len(rows) - 1)]  # width
    half = thickest + 1
    inside = (row_of >= half + 1) & (row_of < height - half - 1)
    columns, row_of = columns[inside], row_of[inside]
    if not len(columns):
        return
    offsets = np.arange(-half, half + 1)
    places = row_of + offsets[:, None]  # offsets x columns
    band = depth[places, columns]
    line = np.median(band, axis=1)  # offsets
    own = np.flatnonzero(line > 0.2 * line.max())
    first, last = own[0], own[-1]
    limit = CROSSED * np.maximum(line[first : last + 1], 0.3 * line.max())[:, None]
    band = band[first : last + 1]
    above = depth[row_of + offsets[first] - 1, columns]
    below = depth[row_of + offsets[last] + 1, columns]
    crossing = np.minimum(above, below)
    crossing = np.where(crossing > 0.8 * line.max(), crossing, 0)
    cleared[places[first : last + 1], columns] = np.where(band > limit, band, crossing)
