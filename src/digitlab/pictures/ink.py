"""Separate ink from paper: gray levels to a map of ink, from 0 (bare paper) to 1 (full ink)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitlab.pictures.frame import without_frame
from digitlab.pictures.gray import Gray
from digitlab.pictures.levels import Levels, counted, levels_below
from digitlab.pictures.raster import (
    blurred,
    bounds,
    closed,
    dilated,
    find_blobs,
    otsu,
    reduced,
    stroke_width,
    widened,
    window_sums,
)

Ink = NDArray[np.float32]  # height x width, 0..1
Drawing = NDArray[np.uint8]  # height x width; 0 = paper, 255 = full ink

LEAST_CONTRAST = 0.06  # of ink against paper, as a share of the paper's gray
NOISY = 0.04  # standard deviation of the noise, of the ink's depth: more than this is blurred away
_COARSE_SIDE = 48  # pixels: light and paper change slowly, so they are estimated at this size
_LARGE = 256  # pixels of the longer side: a larger picture is first reduced to a half
_UNSHADED_SIDE = 40  # pixels: a smaller picture is a crop, and its paper has one gray
_PAPER_WINDOW = 0.5  # of the longer side: wider than any stroke, narrower than a shadow
_FINE_SIDE = 128  # pixels: the same if the ink may be a thin line
_FINE_WINDOW = 0.08
_BARE_WINDOW = 9  # coarse pixels
_MOST_DRAWN = 0.8  # of a paint program's picture; the rest has the paper's gray exactly
_EDGE = 3  # coarse pixels: the soft edge of a stroke
_PALE = 0.02  # of the ink's depth: the paper may differ so much from one gray
_FRAME = 3  # coarse pixels at the border that do not count for the size of the ink
_LEAST_SIGNAL = 6.0  # ink over the standard deviation of the noise
_MOST_HALF_INKED = 1.8  # see half_inked
_HAIRLINE = 1 / 16  # of the digit's longer side: the widest thin line


def ink_of(gray: Gray) -> Ink:
    """Return how much ink is on each pixel of a picture of one digit, for any paper, light and pen.

    The ink may be dark or light. The map has the picture's shape, and is all zero if it is blank.
    """
    coarse = coarsely(gray)
    if _is_blank(coarse):
        return np.zeros(gray.shape, np.float32)
    light_ink = _is_light_on_dark(coarse, gray)
    paper = _paper_of(~coarse if light_ink else coarse, max(gray.shape))
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
    paper = _paper_of(~coarse if light_ink else coarse, max(gray.shape))
    part = gray if paper.part is None else gray[paper.part]
    part = reduced(part, max(1, paper.ink_side // ink_side))
    drawing = _drawing_on(paper, ~part if light_ink else part, light_ink=light_ink)
    return without_frame(drawing) if paper.part is None else drawing


def _is_blank(coarse: Gray) -> bool:
    return int(coarse.max()) - int(coarse.min()) < 2


def _is_light_on_dark(coarse: Gray, gray: Gray) -> bool:
    return ink_is_light(coarse, may_have_frame=max(gray.shape) > _UNSHADED_SIDE)


def _drawing_on(paper: "_Paper", gray: Gray, *, light_ink: bool) -> Drawing:
    levels = levels_below(paper.gray, gray, light_ink=light_ink)
    drawing = _ink_in(levels)
    if isinstance(paper.gray, float) or levels.is_clean or not _is_shade(drawing):
        return drawing
    # Light and shadow, not strokes. Where the paper is followed more closely, a thin line may show.
    fine = reduced(gray, -(-max(gray.shape) // _FINE_SIDE))
    smooth, _ = _uneven_paper_of(fine, _FINE_WINDOW)
    drawing = _ink_in(levels_below(smooth, gray, light_ink=light_ink))
    return drawing if _is_line(drawing) else np.zeros_like(drawing)


def _ink_in(levels: Levels) -> Drawing:
    """Stretch the depths so that bare paper becomes 0 and ink 255; all zero if there is no ink."""
    blank = np.zeros(levels.pixels.shape, np.uint8)
    noise, strongest = levels.noise(), levels.peak()
    if noise > NOISY * strongest > 0:
        radius = _blur_for(noise, strongest, widest=2.0)
        levels, noise = levels.blurred(radius), _noise_after(radius, noise)
        strongest = levels.peak()
    if strongest < max(LEAST_CONTRAST, _LEAST_SIGNAL * noise):
        return blank
    if min(blank.shape) >= 48:
        levels = _without_ruled_lines(levels, strongest)
    faint = levels.first_above(max(0.25 * strongest, 3 * noise))
    if not levels.counts[faint:].any():
        return blank
    # Full ink is without shadows, printed lines and soft edges.
    threshold = otsu(levels.depths[faint:], levels.counts[faint:])
    full, bare = levels.mean_from(levels.first_above(threshold)), levels.median_below(faint)
    ink = np.minimum(np.maximum((levels.depths - bare) / (full - bare), 0), 1)  # of each level
    return levels.mapped(np.rint(ink * 255).astype(np.uint8))


def _is_shade(drawing: Drawing) -> bool:
    full, some = np.count_nonzero(drawing >= 204), np.count_nonzero(drawing > 51)
    return some - full > _MOST_HALF_INKED * max(1, full)


def _is_line(drawing: Drawing) -> bool:
    """Check whether most of the ink is one thin line: all its pixels may be half paper."""
    labels, areas = find_blobs(drawing > 64)
    if not len(areas):
        return False
    line = labels == areas.argmax() + 1
    top, bottom, left, right = bounds(line)
    thin = _HAIRLINE * max(bottom - top, right - left)
    return bool(2 * areas.max() > areas.sum() and stroke_width(line) < thin)


def half_inked(ink: Ink) -> float:
    """Return the number of pixels between paper and ink per fully inked pixel.

    Strokes have edges: even one that is out of focus has 1.7 (a bell in cross-section); a shadow
    has more.
    """
    full, some = int(np.count_nonzero(ink >= 0.8)), int(np.count_nonzero(ink > 0.2))
    return (some - full) / max(1, full)


def coarsely(gray: Gray) -> Gray:
    """Average over squares until the longer side has at most _COARSE_SIDE pixels."""
    image = Image.fromarray(gray)
    if max(image.size) >= _LARGE:
        image = image.reduce(2)  # first, which is quicker
    return np.asarray(image.reduce(-(-max(image.size) // _COARSE_SIDE)))


def ink_is_light(coarse: Gray, *, may_have_frame: bool = False) -> bool:
    """Decide whether the lighter or the darker gray is ink: the border shows which one is paper.

    But at the border, a form's box may have a frame. So if nearly all that is a little further
    inside, and most of the picture, is light or dark, that is the paper.
    """
    middle = (int(coarse.min()) + int(coarse.max())) / 2
    near = max(coarse.shape) // 10
    if may_have_frame and min(coarse.shape) > 4 * near:
        light = coarse[near:-near, near:-near] > middle
        within = light[1:-1, 1:-1]
        around = np.count_nonzero(light) - np.count_nonzero(within)
        share = around / (light.size - within.size)
        if abs(share - 0.5) > 0.4 and abs(light.mean() - 0.5) > 0.2:
            return share < 0.5
    return _border_is_dark(coarse, middle)


def _border_is_dark(part: Gray, middle: float) -> bool:
    """Compare the border with a gray between ink and paper.

    In a crop without a margin, ink may touch all four sides and cover half of the picture, but a
    digit is round or slim and seldom reaches a corner, so the corners count more. Their weight, 2,
    was fitted on crops of 8 x 8 to 20 x 20 of MNIST's training images; it is correct for 99.8 % of
    them.
    """
    inside = part[1:-1, 1:-1]
    border = (int(part.sum()) - int(inside.sum())) / (part.size - inside.size)
    corners = sum(int(part[row, column]) for row in (0, -1) for column in (0, -1)) / 4
    return border + 2 * corners < 3 * middle


class _Paper(NamedTuple):
    gray: NDArray[np.float32] | float
    """Of the bare paper: one number, or a map that is coarser than the picture."""
    ink_side: int
    """Of the ink's box, the longer side in pixels of the picture, about."""
    part: tuple[slice, slice] | None = None
    """The rows and columns outside which there is bare paper of one gray; None: perhaps none."""


def _paper_of(coarse: Gray, side: int) -> _Paper:
    """Estimate the gray of the bare paper, for dark ink in a picture with this longer side."""
    if side <= _UNSHADED_SIDE:
        lightest = np.sort(coarse, axis=None)
        return _Paper(float(lightest[int(0.9 * (lightest.size - 1))]), side)
    depth = coarse.max() - coarse
    inked = near = _inked_in(depth)
    for _ in range(_EDGE):
        near = widened(near, diagonal=True)
    scale = side / max(coarse.shape)
    pale = depth[~near].max(initial=0) <= _PALE * depth.max()
    if not pale or np.count_nonzero(depth) > _MOST_DRAWN * depth.size:
        paper, inked = _uneven_paper_of(coarse, _PAPER_WINDOW)
        return _Paper(paper, _ink_side(inked, scale))
    # Else it is a paint program's paper, of one gray.
    top, bottom, left, right = bounds(near)
    is_apart = top > 0 and left > 0 and bottom < len(near) and right < near.shape[1]
    box = slice(int(top * scale), int(bottom * scale)), slice(int(left * scale), int(right * scale))
    return _Paper(float(coarse.max()), _ink_side(inked, scale), box if is_apart else None)


def _ink_side(inked: NDArray[np.bool_], scale: float) -> int:
    """Return the longer side of the ink's box, without what is only at the border."""
    inside = inked[_FRAME:-_FRAME, _FRAME:-_FRAME]
    top, bottom, left, right = bounds(inside if inside.any() else inked)
    # One pixel less, since the ink need not fill those at its ends.
    return int((max(bottom - top, right - left) - 1) * scale)


def _uneven_paper_of(
    coarse: Gray, share_of_side: float
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Estimate the gray of the bare paper with a gray closing; also return where there is ink.

    The paper that is then found to be bare is averaged over a smaller window, which follows the
    light more closely.
    """
    window = int(max(coarse.shape) * share_of_side) | 1
    around = window // 2 | 1
    smooth = window_sums(closed(coarse, window), around) / around**2
    inked = _inked_in(smooth - coarse)
    bare = ~dilated(inked, 5, 5)
    share = window_sums(bare, _BARE_WINDOW)
    nearby = window_sums(coarse * bare, _BARE_WINDOW) / np.maximum(share, 1)
    return np.where(share > 0, nearby, smooth).astype(np.float32), inked


def _inked_in(depth: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Split the pixels that are not bare paper into two classes, and return the deeper one."""
    deep = depth[depth > max(0.0, 0.25 * depth.max())]
    return np.asarray(depth > otsu(deep), np.bool_)


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
    """Clear thin lines that have ink from side to side, except for darker ink that crosses them."""
    pale = levels.pixels < np.searchsorted(levels.depths, 0.1 * strongest)
    rows, columns = (
        pale.sum(axis=axis, dtype=np.int32) < 0.05 * pale.shape[axis] for axis in (1, 0)
    )  # which have ink even where they are palest
    pixels = levels.pixels
    if rows.any():
        pixels = _without_rows(pixels, rows, levels.depths)
    if columns.any():
        pixels = _without_rows(pixels.T, columns, levels.depths).T
    return levels if pixels is levels.pixels else counted(pixels, levels.depths)


def _without_rows(
    pixels: NDArray[np.uint8], ruled: NDArray[np.bool_], depths: NDArray[np.float64]
) -> NDArray[np.uint8]:
    if ruled.mean() > 0.15 or ruled[0] or ruled[-1]:
        return pixels
    changes = np.flatnonzero(np.diff(np.pad(ruled, 1).astype(np.int8)))
    thickest = np.diff(changes)[::2].max()  # rows of the thickest line
    if thickest > max(2, 0.02 * max(pixels.shape)):
        return pixels  # the bar of a digit
    near = dilated(ruled[:, None], 3, 1)[:, 0]  # includes each line's soft edges
    depth = depths[pixels[near]]
    line = np.median(depth, axis=1, keepdims=True)  # rows x 1
    bare = np.searchsorted(depths, 0)
    cleared = pixels.copy()
    cleared[near] = np.where(depth > 1.4 * line, pixels[near], bare)
    return cleared
