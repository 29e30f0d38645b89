"""Remove printed lines from a page: ruled or squared, up to 5 degrees off level, slightly bent."""

import numpy as np
from numpy.typing import NDArray

from digitlab.pictures.raster import dilated

_STEEPEST = 0.09  # pixels down per pixel to the right: 5 degrees
_STRIP = 12  # pixels: a piece of a sloping line this short is level
_THICKEST_LINE = 0.006  # of the picture's longer side
_LEAST_VISIBLE = 0.5  # of a printed line's length must show; a row of digits covers less
_LONG_ENOUGH = 200  # pixels: lines shorter than this count only if they are regular:
_FEWEST_REGULAR = 5  # at least this many, at equal distances
_REACH = 3  # pixels that a line may be away from straight
_EDGE = 0.15  # of a line's own depth: its soft edge
_CROSSED = 1.4  # ink must be this much darker than the printed line that it crosses

Depth = NDArray[np.float32]  # height x width; how much darker than the paper


def without_printed_lines(depth: Depth, faintest: float) -> Depth:
    """Clear printed lines that cross the whole page, in both directions, except for crossing ink.

    What is less deep than `faintest` is noise.
    """
    if min(depth.shape) < 48:
        return depth
    level = _without_level_lines(depth, faintest)
    return np.ascontiguousarray(_without_level_lines(np.ascontiguousarray(level.T), faintest).T)


def _without_level_lines(depth: Depth, faintest: float) -> Depth:
    """Clear the lines that run from left to right."""
    thickest = max(2, round(_THICKEST_LINE * max(depth.shape)))
    margin = thickest + 3  # empty rows, so that lines at the border need no special case
    padded = np.pad(depth, ((margin, margin), (0, 0)))
    shares = _ridge_shares(padded, faintest, thickest)  # rows x strips
    slope, rows = _find_printed_lines(shares)
    cleared = padded.copy() if rows else padded
    for row in rows:
        path = _trace(shares, slope, row, depth.shape[1])
        _clear_line(cleared, padded, path, thickest)
    return cleared[margin:-margin]


def _ridge_shares(depth: Depth, faintest: float, thickest: int) -> NDArray[np.float32]:
    """Return which share of each strip of a row, _STRIP pixels long, is a thin ridge.

    A ridge is deeper than the pixels `thickest` + 1 above it and below it.
    """
    far = thickest + 1
    inner = depth[:, : depth.shape[1] - depth.shape[1] % _STRIP]
    ridge = np.zeros(inner.shape, bool)
    ridge[far:-far] = inner[far:-far] - np.maximum(inner[: -2 * far], inner[2 * far :]) > faintest
    return np.asarray(ridge.reshape(len(inner), -1, _STRIP).mean(2, dtype=np.float32))


def _find_printed_lines(shares: NDArray[np.float32]) -> tuple[float, list[int]]:
    """Return the slope at which most ridges fall into the same rows, and those rows at column 0.

    Projections of a sheared picture (Postl 1986): at the right slope every line falls into one
    row, so that the sum of squares has its maximum. The slope, in pixels down per pixel to the
    right, is searched coarsely, then finely.
    """
    height, strips = shares.shape
    width = strips * _STRIP
    shares = np.ascontiguousarray(shares.T)  # strips x rows: each strip is added as a whole
    coarse = shares[:, : height - height % 4].reshape(strips, -1, 4).max(2)
    fall = int(_STEEPEST * width)  # pixels over the page's width
    falls = range(-fall - fall % 4, fall + 1, 4)
    best = max(falls, key=lambda f: (_sheared(coarse, f / 4) ** 2).sum())
    best = max(range(best - 4, best + 5), key=lambda f: (_sheared(shares, f) ** 2).sum())
    profile = _sheared(dilated(shares, 1, 3), best)
    rows = []
    while len(profile) and profile.max() > _LEAST_VISIBLE:
        row = int(profile.argmax())
        rows.append(row)
        profile[max(0, row - 6) : row + 7] = 0
    if len(rows) > height / 8 or (width < _LONG_ENOUGH and not _are_regular(rows)):
        rows = []  # a texture, or the strokes of a narrow crop
    return best / width, [row - max(0, best) for row in rows]


def _are_regular(rows: list[int]) -> bool:
    """Check whether most distances between lines are equal, as of printed lines but not strokes."""
    if len(rows) < _FEWEST_REGULAR:
        return False
    gaps = np.diff(np.sort(rows))
    return bool((np.abs(gaps - np.median(gaps)) <= 0.15 * np.median(gaps) + 1).mean() > 0.7)


def _sheared(shares: NDArray[np.float32], fall: float) -> NDArray[np.float32]:
    """Return the mean of the strips along each line that falls `fall` rows from left to right.

    The shares are strips x rows.
    """
    strips, height = shares.shape
    rows = height + int(np.ceil(abs(fall))) + 1
    shifts = np.rint((np.arange(strips) + 0.5) / strips * fall).astype(int)
    first = max(0, int(fall))  # no row begins above the array
    starts = first - shifts + (shifts > first)
    total = np.zeros(rows, np.float32)
    for strip, start in zip(shares, starts.tolist(), strict=True):
        total[start : start + height] += strip
    begun, ended = (np.bincount(it, minlength=rows + 1) for it in (starts, starts + height))
    count = (begun - ended).cumsum()[:rows].astype(np.float32)
    share = total / np.maximum(count, 1)
    # In a corner lines are short, and the bar of a digit could be mistaken for one.
    return np.where(count > strips / 3, share, np.where(count > strips / 8, 0.65 * share, 0))


def _trace(shares: NDArray[np.float32], slope: float, row: int, width: int) -> NDArray[np.int64]:
    """Follow a line that is not quite straight: return its row in each of `width` columns."""
    height, strips = shares.shape
    middles = (np.arange(strips) + 0.5) * _STRIP
    straight = np.rint(row + middles * slope).astype(np.int64)
    steps = np.arange(-_REACH, _REACH + 1)
    places = np.clip(straight[:, None] + steps, 0, height - 1)  # strips x steps
    found = shares[places, np.arange(strips)[:, None]]
    nearby = np.lib.stride_tricks.sliding_window_view(
        np.pad(found, ((4, 4), (0, 0)), mode="edge"), 9, axis=0
    ).sum(-1)
    astray = (nearby @ steps) / np.maximum(nearby.sum(1), 0.5)  # strips
    columns = np.arange(width)
    rows = np.rint(row + columns * slope + np.interp(columns, middles, astray))
    return np.asarray(rows, np.int64)


def _clear_line(cleared: Depth, depth: Depth, rows: NDArray[np.int64], thickest: int) -> None:
    """Clear one line in place, except for ink that is darker than the line or crosses it.

    The line's own depth is the median along it. A stroke as pale as the line is recognized by the
    ink directly above and below, from which it is filled in.
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
        return  # a row of dashes, not a line
    own = np.flatnonzero(line > _EDGE * deepest)
    first, last = own[0] - half - 1, own[-1] - half + 1  # one pixel more for the uneven soft edge
    places = rows + np.arange(first, last + 1)[:, None]
    band = depth[places, columns]
    crossing = np.minimum(depth[places[0] - 1, columns], depth[places[-1] + 1, columns])
    crossing = np.where(crossing > 0.8 * deepest, crossing, 0)
    cleared[places, columns] = np.where(band > _CROSSED * deepest, band, crossing)
