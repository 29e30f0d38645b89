"""Separate ink from paper: gray levels to a map of ink, from 0 (bare paper) to 1 (full ink)."""

import numpy as np
from numpy.typing import NDArray

from digitlab.pictures.gray import Gray
from digitlab.pictures.raster import (
    blurred,
    closed,
    dilated,
    enlarged,
    mean,
    median,
    otsu,
    reduced,
)

Ink = NDArray[np.float32]  # height x width, 0..1

LEAST_CONTRAST = 0.06  # of ink against paper, as a share of the paper's gray
LIGHT_FLOOR = 32.0  # gray levels: keeps the contrast of ink on black paper finite
NOISY = 0.04  # standard deviation of the noise, of the ink's depth: more than this is blurred away
_COARSE_SIDE = 48  # pixels: light and paper change slowly, so they are estimated at this size
_UNSHADED_SIDE = 40  # pixels: a smaller picture is a crop, and its paper has one gray
_PAPER_WINDOW = 0.5  # of the longer side: wider than any stroke, narrower than a shadow
_BARE_WINDOW = 9  # coarse pixels
_LEAST_SIGNAL = 6.0  # ink over the standard deviation of the noise
_MOST_HALF_INKED = 2.5  # see half_inked


def ink_of(gray: Gray) -> Ink:
    """Return how much ink is on each pixel of a picture of one digit, for any paper, light and pen.

    The ink may be dark or light. The map has the picture's shape, and is all zero if it is blank.
    """
    blank = np.zeros(gray.shape, np.float32)
    coarse = coarsely(gray)
    if coarse.max() - coarse.min() < 2:
        return blank
    light_ink = ink_is_light(coarse)
    paper = _paper_of(gray, coarse, light_ink)  # height x width, or one number
    level = gray.astype(np.float32)
    depth = level - paper if light_ink else paper - level
    depth /= paper + (LIGHT_FLOOR if light_ink else 1.0)
    noise, strongest = noise_of(depth), _peak(depth)
    if noise > NOISY * strongest > 0:
        depth, noise = denoised(depth, noise, strongest, widest=2.0)
        strongest = _peak(depth)
    if strongest < max(LEAST_CONTRAST, _LEAST_SIGNAL * noise):
        return blank
    if min(depth.shape) >= 48:
        depth = _without_ruled_rows(_without_ruled_rows(depth, strongest).T, strongest).T
    faint = depth > max(0.25 * strongest, 3 * noise)
    if not faint.any():
        return blank
    inked = depth > otsu(depth[faint])  # without shadows, printed lines and soft edges
    bare = median(depth[~faint]) if not faint.all() else np.float32(0)
    ink: Ink = depth - bare  # then in place: new memory takes longer than the arithmetic
    ink /= depth[inked].mean() - bare
    np.clip(ink, 0, 1, out=ink)
    if max(gray.shape) > _UNSHADED_SIDE and half_inked(ink) > _MOST_HALF_INKED:
        return blank  # light and shadow, not strokes
    return ink


def half_inked(ink: Ink) -> float:
    """Return the number of pixels between paper and ink per fully inked pixel.

    Strokes have edges: even one that is out of focus has 1.7 (a bell in cross-section); a shadow
    has more.
    """
    full, some = int(np.count_nonzero(ink >= 0.8)), int(np.count_nonzero(ink > 0.2))
    return (some - full) / max(1, full)


def coarsely(gray: Gray) -> NDArray[np.float32]:
    """Average over squares until the longer side has at most _COARSE_SIDE pixels."""
    return reduced(gray, -(-max(gray.shape) // _COARSE_SIDE)).astype(np.float32)


def ink_is_light(coarse: NDArray[np.float32]) -> bool:
    """Decide whether the lighter or the darker gray is ink: the border shows which one is paper.

    In a crop without a margin, ink may touch all four sides and cover half of the picture, but a
    digit is round or slim and seldom reaches a corner, so the corners count more. Their weight, 2,
    was fitted on crops of 8 x 8 to 20 x 20 of MNIST's training images; it is correct for 99.8 % of
    them.
    """
    bright = (coarse - coarse.min()) / (coarse.max() - coarse.min()) - 0.5  # -0.5..0.5
    border = np.concatenate([bright[0], bright[-1], bright[1:-1, 0], bright[1:-1, -1]])
    corners = bright[[0, 0, -1, -1], [0, -1, 0, -1]]
    return bool(border.mean() + 2 * corners.mean() < 0)


def _paper_of(
    gray: Gray, coarse: NDArray[np.float32], light_ink: bool
) -> NDArray[np.float32] | float:
    """Estimate the gray of the bare paper at every pixel, with a gray closing.

    For light ink the grays are negated. The paper that is then found to be bare is averaged over a
    smaller window, which follows the light more closely.
    """
    sign = -1.0 if light_ink else 1.0
    if max(gray.shape) <= _UNSHADED_SIDE:
        lightest = np.sort((sign * coarse).ravel())
        return float(sign * lightest[int(0.9 * (lightest.size - 1))])
    window = int(max(coarse.shape) * _PAPER_WINDOW) | 1
    smooth = sign * mean(closed(sign * coarse, window), window // 2 | 1)
    depth = sign * (smooth - coarse)
    inked = depth > otsu(depth[depth > max(0.0, 0.25 * depth.max())])
    bare = (~dilated(inked, 5, 5)).astype(np.float32)
    share = mean(bare, _BARE_WINDOW)
    smooth = np.where(
        share > 0, mean(coarse * bare, _BARE_WINDOW) / np.maximum(share, 1e-6), smooth
    )
    if smooth.min() == smooth.max():  # such as a paint program's black
        return float(smooth[0, 0])
    return enlarged(smooth.astype(np.float32), gray.shape)


def _peak(depth: NDArray[np.float32]) -> float:
    """Return how deep the ink is: the mean of the deepest 0.2 %, of at least 3 pixels."""
    count = min(depth.size, max(3, depth.size // 500))
    deepest = depth.max()
    if np.count_nonzero(depth == deepest) >= count:  # a paint program's: partition would be slow
        return float(np.full(count, deepest).mean())
    return float(np.partition(depth.ravel(), -count)[-count:].mean())


def noise_of(depth: NDArray[np.float32]) -> float:
    """Estimate the standard deviation of the noise from second differences.

    Strokes and slopes hardly change it: Immerkaer's mask (CVIU 64, 1996) is 0 on a slope, and the
    median ignores the edges of strokes.
    """
    if min(depth.shape) < 20:
        return 0.0
    d = _second_difference(_second_difference(depth.T).T)
    return float(median(np.abs(d, out=d)) * 1.4826 / 6)


def _second_difference(depth: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return each row minus twice the next plus the one after that: 0 on a slope."""
    difference = 2 * depth[1:-1]
    np.subtract(depth[:-2], difference, out=difference)
    difference += depth[2:]
    return difference


def denoised(
    depth: NDArray[np.float32], noise: float, strongest: float, *, widest: float
) -> tuple[NDArray[np.float32], float]:
    """Blur by at most `widest` pixels; return the depth and the noise that is left."""
    radius = min(widest, 10 * noise / strongest)
    return blurred(depth, radius), noise / max(1.0, 3.5 * radius)


def _without_ruled_rows(depth: NDArray[np.float32], strongest: float) -> NDArray[np.float32]:
    """Clear thin rows that have ink from side to side, except for darker ink that crosses them."""
    ruled = _rows_below(depth, 0.1 * strongest)  # even their palest pixels have ink
    if not ruled.any() or ruled.mean() > 0.15 or ruled[0] or ruled[-1]:
        return depth
    changes = np.flatnonzero(np.diff(np.pad(ruled, 1).astype(np.int8)))
    thickest = np.diff(changes)[::2].max()  # rows of the thickest line
    if thickest > max(2, 0.02 * max(depth.shape)):
        return depth  # the bar of a digit
    near = dilated(ruled[:, None], 3, 1)[:, 0]  # includes each line's soft edges
    cleared = depth.copy()
    line = np.median(depth[near], axis=1, keepdims=True)  # rows x 1
    cleared[near] = np.where(depth[near] > 1.4 * line, depth[near], 0)
    return cleared


def _rows_below(depth: NDArray[np.float32], limit: float) -> NDArray[np.bool_]:
    """Return which rows are deeper than `limit` all along: their 5th percentile is."""
    pale = (depth < limit).sum(axis=1, dtype=np.int32)
    deep = pale < 0.05 * depth.shape[1] + 2  # with more pale pixels, the percentile is pale, too
    if deep.any():  # percentiles are slow, so they are computed for few rows
        deep[deep] = np.percentile(depth[deep], 5, axis=1) > limit
    return np.asarray(deep, np.bool_)
