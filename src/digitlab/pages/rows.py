"""Put digits and signs into lines, in reading order, on pages that are tilted a little or a lot."""

import numpy as np
from numpy.typing import NDArray

from digitlab.pages.sightings import Sightings

_NEAREST, _OWN_SHARE = 5, 0.3  # digits whose usual height counts, and the share of the own height
_FARTHEST = 3.0  # digit heights from a digit to its right neighbor, to find the slope of the lines
_STEEPEST = 0.75  # pixels down per pixel to the right
_ALONG = 20.0  # digit heights from a digit to others in its line
MOST_PAIRS = 2_000_000  # of digits that are compared to find the slope
_AROUND, _TRIED, _LEVEL = 0.1, 41, 0.2  # slopes tried; digit heights by which a line's digits vary
_SITS = {".": 0.45, ",": 0.5}  # digit heights: how far its middle is below the line's middle
_SAME_ROW = 0.45  # of a digit's height: middles that are less far apart are in the same line


def heights_of(seen: Sightings) -> NDArray[np.float32]:
    """Return how high the digits are around each digit and sign, N, in pixels.

    A single one says little: a sign is low, and a 4 may be flat. So the usual height of the nearest
    digits counts most.
    """
    own, middles = seen.heights, seen.middles
    heights, of_digits, digits = own.copy(), own[~seen.is_sign], middles[~seen.is_sign]
    count = len(digits)
    if not count:
        return own
    for place in range(len(seen)):
        distances = abs(digits - middles[place]).sum(axis=1)
        nearest = (
            np.argpartition(distances, _NEAREST)[:_NEAREST] if count > _NEAREST else slice(None)
        )
        usual = np.median(of_digits[nearest])
        share = _OWN_SHARE if not seen.is_sign[place] else 0.0
        heights[place] = share * own[place] + (1 - share) * usual
    return heights


def rows_of(seen: Sightings, heights: NDArray[np.float32]) -> list[NDArray[np.int64]]:
    """Return the positions of each line's digits and signs, from top to bottom, left to right.

    The digits make up the lines. A sign then joins the line of the digit next to it: a comma
    between two lines would link them otherwise.
    """
    digits = np.flatnonzero(~seen.is_sign)
    if not len(digits):
        return []
    middles, names = seen.middles, seen.names
    level = middles[:, 1] - slope_of(seen[digits]) * middles[:, 0]  # the same all along a line
    rows = [
        digits[row].tolist()
        for row in _rows_of_digits(middles[digits], level[digits], heights[digits])
    ]
    row_of = {place: row for row in rows for place in row}
    for place in np.flatnonzero(seen.is_sign).tolist():
        lowered = level[place] - _SITS.get(names[place], 0) * heights[place]
        across = np.maximum(
            seen.boxes[digits, 0] - seen.boxes[place, 2],
            seen.boxes[place, 0] - seen.boxes[digits, 2],
        )
        distances = np.maximum(across, 0) + 2 * abs(level[digits] - lowered)
        row_of[int(digits[distances.argmin()])].append(place)
    sorted_rows = [np.array(sorted(row, key=lambda it: middles[it, 0])) for row in rows]
    return sorted(sorted_rows, key=lambda row: float(np.median(level[row])))


def slope_of(digits: Sightings) -> float:
    """Return how the lines fall, in pixels down per pixel to the right.

    Neighbors show it roughly. Of the slopes near that, it is the one at which most digits are
    level with others that are farther along their line. On a page full of digits, an even sample
    of them is compared with all.
    """
    every = len(digits) ** 2 // MOST_PAIRS + 1
    sample = np.arange(0, len(digits), every)
    rough = _slope_of_neighbors(digits, sample)
    middles, heights = digits.middles.astype(np.float64), digits.heights
    right, down = (middles[None, :, it] - middles[sample, None, it] for it in (0, 1))
    height = np.maximum(heights[sample, None], heights)
    one, other = np.nonzero(
        (right > 0)
        & (right < _ALONG * height)
        & (abs(down - rough * right) < _AROUND * right + height)
    )
    if not len(one):
        return rough
    right, down, height = (it[one, other] for it in (right, down, height))
    slopes = rough + np.linspace(-_AROUND, _AROUND, _TRIED)
    off = (down[None] - slopes[:, None] * right[None]) / (_LEVEL * height)
    return float(slopes[np.exp(-(off**2)).sum(axis=1).argmax()])


def _slope_of_neighbors(digits: Sightings, sample: NDArray[np.int64]) -> float:
    """Return the weighted median of the slopes from each digit to the nearest one on its right."""
    middles, heights = digits.middles, digits.heights
    slopes, weights = [], []
    for (x, y), height in zip(middles[sample], heights[sample], strict=True):
        right, down = middles[:, 0] - x, middles[:, 1] - y
        near = (
            (right > 0.25 * height) & (right < _FARTHEST * height) & (abs(down) < _STEEPEST * right)
        )
        near &= (heights > 0.6 * height) & (heights < 1.67 * height)
        if near.any():
            distances = np.where(near, np.hypot(right, 2 * down), np.inf)
            nearest = int(distances.argmin())
            slopes.append(down[nearest] / right[nearest])
            weights.append(min(right[nearest], 2 * height))
    if len(slopes) < 2:
        return float(slopes[0]) if slopes and abs(slopes[0]) < 0.3 else 0.0
    order = np.argsort(slopes)
    total = np.cumsum(np.array(weights)[order])
    return float(np.array(slopes)[order][np.searchsorted(total, total[-1] / 2)])


def _rows_of_digits(
    middles: NDArray[np.float32], level: NDArray[np.float32], heights: NDArray[np.float32]
) -> list[list[int]]:
    """Link the digits to chains, and the chains to lines."""
    chains = _chains_of(middles, level, heights)
    chains.sort(key=lambda chain: float(np.median(level[chain])))
    rows: list[list[int]] = []
    reaches: list[tuple[float, float]] = []  # the least and the greatest level of each row
    apart = _SAME_ROW * float(heights.max()) + 1  # rows so far away need no closer look
    for chain in chains:
        low, high = float(level[chain].min()), float(level[chain].max())
        for place, (lowest, highest) in reversed(list(enumerate(reaches))):
            if low - highest > apart or lowest - high > apart:
                continue
            if _are_level(rows[place], chain, middles, level, heights):
                rows[place] += chain
                reaches[place] = min(low, lowest), max(high, highest)
                break
        else:
            rows.append(list(chain))
            reaches.append((low, high))
    return rows


def _chains_of(
    middles: NDArray[np.float32], level: NDArray[np.float32], heights: NDArray[np.float32]
) -> list[list[int]]:
    """Link each digit with the nearest one on its right in the same line; return the chains."""
    owner = list(range(len(middles)))
    is_free = np.ones(len(middles), np.bool_)
    for place in np.argsort(middles[:, 0], kind="stable").tolist():
        right = middles[:, 0] - middles[place, 0]
        off = abs(level - level[place])
        height = np.maximum(heights, heights[place])
        near = is_free & (right > 0) & (right < _FARTHEST * height) & (off < 0.5 * height)
        if near.any():
            nearest = int(np.where(near, right + 2 * off, np.inf).argmin())
            is_free[nearest] = False
            owner[nearest] = owner[place]
    chains: dict[int, list[int]] = {}
    for place in np.argsort(middles[:, 0], kind="stable").tolist():
        chains.setdefault(owner[place], []).append(place)
    return list(chains.values())


def _are_level(
    row: list[int], chain: list[int], middles: NDArray[np.float32], level: NDArray[np.float32],
    heights: NDArray[np.float32],
) -> bool:  # fmt: skip
    """Return whether a chain of digits goes on in the same line as a row, left or right of it."""
    x, own = middles[chain, 0], middles[row, 0]
    if x.min() < own.max() and own.min() < x.max():
        between = (own > x.min()) & (own < x.max())
        if between.any():
            return False
    height = float(np.median(heights[row + chain]))
    nearest = min(row, key=lambda it: float(abs(middles[it, 0] - x).min()))
    ends = [it for it in row if abs(middles[it, 0] - middles[nearest, 0]) < 4 * height]
    start = min(chain, key=lambda it: abs(middles[it, 0] - middles[nearest, 0]))
    starts = [it for it in chain if abs(middles[it, 0] - middles[start, 0]) < 4 * height]
    return bool(abs(np.mean(level[ends]) - np.mean(level[starts])) < _SAME_ROW * height)
