"""Find out what is paper in a picture of one digit: its gray, its light, and where the ink is."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitlab.pictures.gray import Gray
from digitlab.pictures.raster import (
    bounds,
    closed,
    dilated,
    otsu,
    stroke_width,
    widened,
    window_sums,
)

UNSHADED_SIDE = 40  # pixels: a smaller picture is a crop, and its paper has one gray
_COARSE_SIDE = 48  # pixels: light and paper change slowly, so they are estimated at this size
_LARGE = 256  # pixels of the longer side: a larger picture is first reduced to a half
_PAPER_WINDOW = 0.5  # of the longer side: wider than any stroke, narrower than a shadow
_BARE_WINDOW = 9  # coarse pixels
_MOST_DRAWN = 0.8  # of a paint program's picture; the rest has the paper's gray exactly
_EDGE = 3  # coarse pixels: the soft edge of a stroke
_PALE = 0.02  # of the ink's depth: the paper may differ so much from one gray
_THIN = 1 / 16  # of the longer side: wider strokes are seen in the coarse picture
_FRAME = 3  # coarse pixels at the border that do not count for the size of the ink


def coarsely(gray: Gray) -> Gray:
    """Average over squares until the longer side has at most _COARSE_SIDE pixels."""
    if max(gray.shape) <= _COARSE_SIDE:
        return gray
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
            return bool(share < 0.5)
    return _border_is_dark(coarse, middle)


def _border_is_dark(part: Gray, middle: float) -> bool:
    """Compare the border with a gray between ink and paper.

    In a crop without a margin, ink may touch all four sides and cover half of the picture, but a
    digit is round or slim and seldom reaches a corner, so the corners count more. Their weight, 2,
    was fitted on crops of 8 x 8 to 20 x 20 of MNIST's training images; it is correct for 99.8% of
    them.
    """
    inside = part[1:-1, 1:-1]
    border = (int(part.sum()) - int(inside.sum())) / (part.size - inside.size)
    corners = sum(int(part[row, column]) for row in (0, -1) for column in (0, -1)) / 4
    return border + 2 * corners < 3 * middle


class Paper(NamedTuple):
    """What `paper_of` finds out."""

    gray: NDArray[np.float32] | float
    """Of the bare paper: one number, or a map that is coarser than the picture."""
    ink_side: int
    """Of the ink's box, the longer side in pixels of the picture, about."""
    part: tuple[slice, slice] | None = None
    """The rows and columns outside which there is bare paper of one gray; None: perhaps none."""


def paper_of(gray: Gray, coarse: Gray, *, light_ink: bool) -> Paper:
    """Estimate the gray of the bare paper; if the ink is light, of the inverted picture."""
    side = max(gray.shape)
    coarse = ~coarse if light_ink else coarse
    if side <= UNSHADED_SIDE:
        lightest = np.sort(coarse, axis=None)
        return Paper(float(lightest[int(0.9 * (lightest.size - 1))]), side)
    depth = coarse.max() - coarse
    inked = near = _inked_in(depth)
    for _ in range(_EDGE):
        near = widened(near, diagonal=True)
    scale = side / max(coarse.shape)
    pale = depth[~near].max(initial=0) <= _PALE * depth.max()
    if not pale or np.count_nonzero(depth) > _MOST_DRAWN * depth.size:
        usual = _usual_gray(gray)
        if usual is not None:
            return Paper(float(255 - usual if light_ink else usual), _ink_side(inked, scale))
        paper, inked = uneven_paper_of(coarse, _PAPER_WINDOW)
        return Paper(paper, _ink_side(inked, scale))
    # Else it is a paint program's paper, of one gray.
    top, bottom, left, right = bounds(near)
    is_apart = top > 0 and left > 0 and bottom < len(near) and right < near.shape[1]
    box = slice(int(top * scale), int(bottom * scale)), slice(int(left * scale), int(right * scale))
    return Paper(float(coarse.max()), _ink_side(inked, scale), box if is_apart else None)


def _usual_gray(gray: Gray) -> int | None:
    """Return the one gray of most pixels if all others are thin lines, which are pale if coarse."""
    counts = np.bincount(gray.ravel(), minlength=256)
    usual = int(counts.argmax())
    is_most = 4 * int(counts[usual]) > 3 * gray.size
    is_paper = is_most and stroke_width(gray != usual) < _THIN * max(gray.shape)
    return usual if is_paper else None


def _ink_side(inked: NDArray[np.bool_], scale: float) -> int:
    """Return the longer side of the ink's box, without what is only at the border."""
    inside = inked[_FRAME:-_FRAME, _FRAME:-_FRAME]
    top, bottom, left, right = bounds(inside if inside.any() else inked)
    # One pixel less, since the ink need not fill those at its ends.
    return int((max(bottom - top, right - left) - 1) * scale)


def uneven_paper_of(
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


def _inked_in(depth: NDArray[Any]) -> NDArray[np.bool_]:
    """Split the pixels that are not bare paper into two classes, and return the deeper one."""
    deep = depth[depth > max(0.0, 0.25 * depth.max())]
    return np.asarray(depth > otsu(deep), np.bool_)
