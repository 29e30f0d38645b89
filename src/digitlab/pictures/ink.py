"""Separate ink from paper: gray levels to a map of ink, from 0 (bare paper) to 1 (full ink)."""

from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.pictures.frame import without_frame
from digitlab.pictures.gray import Gray
from digitlab.pictures.levels import Levels, counted, levels_below
from digitlab.pictures.paper import (
    UNSHADED_SIDE,
    Paper,
    coarsely,
    ink_is_light,
    paper_of,
    uneven_paper_of,
)
from digitlab.pictures.raster import (
    blurred,
    bounds,
    dilated,
    find_blobs,
    otsu,
    reduced,
    stroke_width,
)

Ink = NDArray[np.float32]  # height x width, 0..1
Drawing = NDArray[np.uint8]  # height x width; 0 = paper, 255 = full ink

LEAST_CONTRAST = 0.06  # of ink against paper, as a share of the paper's gray
NOISY = 0.04  # standard deviation of the noise, of the ink's depth: more than this is blurred away
_FINE_SIDE = 128  # pixels: the paper is estimated at this size if the ink may be a thin line
_FINE_WINDOW = 0.08  # of the longer side, then
_LEAST_SIGNAL = 6.0  # ink over the standard deviation of the noise
_STROKES_HALF_INKED = 1.8  # see half_inked: what has less are strokes,
_MOST_HALF_INKED = 2.5  # what has more are none
_SHADOW_HALF_INKED = 1.2  # what has more, and fills a side of the picture, is its shadow
_WHOLE_SIDE = 0.9  # of a side's pixels
_LEAST_BESIDE = 0.15  # of the picture's longer side: the longer side of a digit beside a shadow
_CROSSED = 1.4  # ink must be this much darker than the printed line that it crosses
_BEYOND = 0.1  # of the picture's side: how far printed lines go on beyond a digit, at least
_HAIRLINE = 1 / 16  # of the digit's longer side: the widest thin line


def ink_of(gray: Gray) -> Ink:
    """Return how much ink is on each pixel of a picture of one digit, for any paper, light and pen.

    The ink may be dark or light. The map has the picture's shape, and is all zero if it is blank.
    """
    coarse = coarsely(gray)
    if _is_blank(coarse):
        return np.zeros(gray.shape, np.float32)
    light_ink = _is_light_on_dark(coarse, gray)
    paper = paper_of(gray, coarse, light_ink=light_ink)
    drawing = _drawing_on(paper, ~gray if light_ink else gray, light_ink=light_ink)
    return drawing.astype(np.float32) / np.float32(255)


def digit_drawing_of(gray: Gray, ink_side: int) -> Drawing:
    """Return the ink of a picture of one digit as bytes; all zero if the picture is blank.

    The picture is reduced by a whole factor while the longer side of its ink stays at or above
    `ink_side` pixels, and paper without ink may be cut off. A printed frame is cleared.
    """
    coarse = coarsely(gray)
    if _is_blank(coarse):
        return np.zeros(gray.shape, np.uint8)
    light_ink = _is_light_on_dark(coarse, gray)
    paper = paper_of(gray, coarse, light_ink=light_ink)
    part = gray if paper.part is None else gray[paper.part]
    part = reduced(part, max(1, paper.ink_side // ink_side))
    drawing = _drawing_on(paper, ~part if light_ink else part, light_ink=light_ink)
    return without_frame(drawing) if paper.part is None else drawing


def _is_blank(coarse: Gray) -> bool:
    return int(coarse.max()) - int(coarse.min()) < 2


def _is_light_on_dark(coarse: Gray, gray: Gray) -> bool:
    return ink_is_light(coarse, may_have_frame=max(gray.shape) > UNSHADED_SIDE)


def _drawing_on(paper: Paper, gray: Gray, *, light_ink: bool) -> Drawing:
    levels = levels_below(paper.gray, gray, light_ink=light_ink)
    drawing = _ink_in(levels, may_have_lines=paper.part is None)
    if isinstance(paper.gray, float) or levels.is_clean:
        return drawing
    half = _half_inked(drawing)
    if half > _SHADOW_HALF_INKED:
        drawing = _without_shadow(drawing)
        half = _half_inked(drawing)
    if half <= _STROKES_HALF_INKED:
        return drawing
    # Perhaps light and shadow. Where the paper is followed more closely, a thin line may show.
    small = reduced(gray, -(-max(gray.shape) // _FINE_SIDE))
    smooth, _ = uneven_paper_of(small, _FINE_WINDOW)
    fine = _ink_in(levels_below(smooth, gray, light_ink=light_ink))
    if _is_line(fine):
        return fine
    return drawing if half <= _MOST_HALF_INKED else np.zeros_like(drawing)


def _ink_in(levels: Levels, *, may_have_lines: bool = True) -> Drawing:
    """Stretch the depths so that bare paper becomes 0 and ink 255; all zero if there is no ink."""
    blank = np.zeros(levels.pixels.shape, np.uint8)
    noise, strongest = levels.noise(), levels.peak()
    if noise > NOISY * strongest > 0:
        radius = _blur_for(noise, strongest, widest=2.0)
        levels, noise = levels.blurred(radius), _noise_after(radius, noise)
        strongest = levels.peak()
    if strongest < max(LEAST_CONTRAST, _LEAST_SIGNAL * noise):
        return blank
    if may_have_lines and min(blank.shape) >= 48:
        levels = _without_ruled_lines(levels, strongest)
    faint = levels.first_above(max(0.25 * strongest, 3 * noise))
    if not levels.counts[faint:].any():
        return blank
    # Full ink is without shadows, printed lines and soft edges.
    threshold = otsu(levels.depths[faint:], levels.counts[faint:])
    full, bare = levels.mean_from(levels.first_above(threshold)), levels.median_below(faint)
    if full <= bare:
        return blank
    ink = np.minimum(np.maximum((levels.depths - bare) / (full - bare), 0), 1)  # of each level
    return levels.mapped(np.rint(ink * 255).astype(np.uint8))


def _is_line(drawing: Drawing) -> bool:
    """Check whether most of the ink is one thin line: all its pixels may be half paper."""
    labels, areas = find_blobs(drawing > 64)
    if not len(areas):
        return False
    line = labels == areas.argmax() + 1
    top, bottom, left, right = bounds(line)
    thin = _HAIRLINE * max(bottom - top, right - left)
    return bool(2 * areas.max() > areas.sum() and stroke_width(line) < thin)


def _without_shadow(drawing: Drawing) -> Drawing:
    """Clear ink that is connected with a whole side of the picture, and what is small beside it."""
    is_filled = [np.mean(side >= 0.8 * 255) > _WHOLE_SIDE for side in _sides(drawing)]
    if not any(is_filled):
        return drawing
    blobs = find_blobs(drawing > 0.2 * 255)
    at_sides = np.concatenate(list(compress(_sides(blobs.labels), is_filled)))
    rest = np.where(np.isin(blobs.labels, at_sides[at_sides > 0]), np.uint8(0), drawing)
    inked = rest >= 0.8 * 255
    if not inked.any():
        return rest
    top, bottom, left, right = bounds(inked)
    is_small = max(bottom - top, right - left) < _LEAST_BESIDE * max(drawing.shape)
    return np.zeros_like(drawing) if is_small else rest


def _sides(pixels: NDArray[Any]) -> list[NDArray[Any]]:
    return [pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]


def half_inked(ink: Ink) -> float:
    """Return the number of pixels between paper and ink per fully inked pixel.

    Strokes have edges: even one that is out of focus has 1.7 (a bell in cross-section); a shadow
    has more.
    """
    return _half_inked(ink, 1.0)


def _half_inked(ink: NDArray[Any], most: float = 255) -> float:
    full, some = np.count_nonzero(ink >= 0.8 * most), np.count_nonzero(ink > 0.2 * most)
    return float((some - full) / max(1, int(full)))


def denoised(
    depth: NDArray[np.float32], noise: float, strongest: float, *, widest: float
) -> tuple[NDArray[np.float32], float]:
    """Blur by at most `widest` pixels; return the depth and the noise that is left."""
    radius = _blur_for(noise, strongest, widest=widest)
    return blurred(depth, radius), _noise_after(radius, noise)


def _blur_for(noise: float, strongest: float, *, widest: float) -> float:
    return min(widest, 10 * noise / strongest)


def _noise_after(radius: float, noise: float) -> float:
    return noise / max(1.0, 3.5 * radius)


def _without_ruled_lines(levels: Levels, strongest: float) -> Levels:
    """Clear thin lines that have ink from side to side, except for darker ink that crosses them.

    In a picture that is cut tightly, strokes of a thin pen run from side to side, too. So lines as
    dark as the ink are only cleared if they go on, at both ends, beyond all other ink.
    """
    pale = levels.pixels < np.searchsorted(levels.depths, 0.1 * strongest)
    rows, columns = (
        pale.sum(axis=axis, dtype=np.int32) < 0.05 * pale.shape[axis] for axis in (1, 0)
    )  # which have ink even where they are palest
    if not (rows.any() or columns.any()):
        return levels
    cleared, row_depth, column_depth = _without_lines(levels, rows, columns)
    as_dark = strongest / _CROSSED
    if max(row_depth, column_depth) > as_dark:
        ink = cleared >= levels.first_above(0.25 * strongest)
        top, bottom, left, right = bounds(ink)
        height, width = ink.shape
        beyond_y, beyond_x = _BEYOND * height, _BEYOND * width
        if not (ink.any() and beyond_x <= left and right <= width - beyond_x):
            rows &= row_depth <= as_dark
        if not (ink.any() and beyond_y <= top and bottom <= height - beyond_y):
            columns &= column_depth <= as_dark
        cleared, _, _ = _without_lines(levels, rows, columns)
    return counted(cleared, levels.depths)


def _without_lines(
    levels: Levels, rows: NDArray[np.bool_], columns: NDArray[np.bool_]
) -> tuple[NDArray[np.uint8], float, float]:
    """Clear lines in these rows and columns; also return the depths of both kinds, 0 if none."""
    across, row_depth = _without_rows(levels.pixels, rows, levels.depths)
    down, column_depth = _without_rows(across.T, columns, levels.depths)
    return down.T, row_depth, column_depth


def _without_rows(
    pixels: NDArray[np.uint8], ruled: NDArray[np.bool_], depths: NDArray[np.float64]
) -> tuple[NDArray[np.uint8], float]:
    if not ruled.any() or ruled.mean() > 0.15 or ruled[0] or ruled[-1]:
        return pixels, 0.0
    changes = np.flatnonzero(np.diff(np.pad(ruled, 1).astype(np.int8)))
    thickest = np.diff(changes)[::2].max()  # rows of the thickest line
    if thickest > max(2, 0.02 * max(pixels.shape)):
        return pixels, 0.0  # the bar of a digit
    near = dilated(ruled[:, None], 3, 1)[:, 0]  # includes each line's soft edges
    depth = depths[pixels[near]]
    line = np.median(depth, axis=1, keepdims=True)  # rows x 1
    bare = np.searchsorted(depths, 0)
    cleared = pixels.copy()
    cleared[near] = np.where(depth > _CROSSED * line, pixels[near], bare)
    return cleared, float(line.max())
