"""Separate ink from paper on a whole page: small writing, uneven light, printed lines."""

import numpy as np
from numpy.typing import NDArray

from digitlab.pictures.gray import Gray
from digitlab.pictures.ink import (
    LEAST_CONTRAST,
    NOISY,
    Ink,
    denoised,
    half_inked,
)
from digitlab.pictures.levels import LIGHT_FLOOR, noise_of
from digitlab.pictures.open import Picture
from digitlab.pictures.paper import coarsely, ink_is_light
from digitlab.pictures.raster import closed, dilated, enlarged, mean, otsu, reduced, stroke_width
from digitlab.pictures.rules import without_printed_lines

_SMALL_SIDE = 96  # pixels: in a picture this small, ink is found as in a picture of one digit
_DECISION_SIDE = 256  # pixels: whether the writing is large is decided at about this size
_PAPER_SIDE = 400  # pixels: a page's paper is estimated at this size
_WIDEST_STROKE = 1 / 14  # of the longer side: wider strokes would be taken for paper
_LARGE_WRITING = 1 / 36  # of the longer side: strokes this wide belong to a few large digits
_SKEWED = 0.5  # skewness from which strokes show whether they are lighter or darker than the paper
_CLEARLY_SKEWED = 2.0  # the same beyond doubt, whatever the border looks like
_FEW_STROKES = 3.2  # skewness above which strokes are narrow
_MOST_HALF_INKED = 4.0  # see half_inked: small writing in noise has 2.9, noise alone 4.8 or more
_FAINT_LINE = 0.03  # of the ink's depth: printed lines are deeper
_SHARP = 0.35  # of the whole contrast, within two pixels of a stroke's edge
_LEAST_SIGNAL = 5.0  # ink over the standard deviation of the noise


def page_ink(picture: Picture) -> Ink:
    """Return how much ink is on each pixel of `picture.gray()`; all zero if the page is blank.

    Like `ink_of`, which is made for one digit, but the paper is followed more closely, the writing
    may cover only a thousandth of the page, and printed lines may slope by a few degrees. Where the
    writing is large, `ink_of` does better and is used.
    """
    gray = picture.gray()
    if max(gray.shape) <= _SMALL_SIDE:
        return picture.ink()
    blank = np.zeros(gray.shape, np.float32)
    coarse = coarsely(gray)
    if int(coarse.max()) - int(coarse.min()) < 2:
        return blank
    skew = skewness(gray)
    light = skew > 0 if abs(skew) > _SKEWED else ink_is_light(coarse)
    # Large strokes are common on the page, and skewness and border agree about their ink.
    limit = _FEW_STROKES if light == ink_is_light(coarse) else _CLEARLY_SKEWED
    if abs(skew) < limit and _has_large_writing(picture):
        return picture.ink()
    depth = _depth_below_paper(gray, light=light)
    noise = noise_of(depth)
    strongest = _typical_depth(depth, max(LEAST_CONTRAST, _LEAST_SIGNAL * noise))
    if noise > NOISY * strongest > 0:
        depth, noise = denoised(depth, noise, strongest, widest=1.5)
    depth = without_printed_lines(depth, max(_FAINT_LINE * strongest, 1.5 * noise))
    strongest = _typical_depth(depth, max(LEAST_CONTRAST, _LEAST_SIGNAL * noise))
    if strongest == 0:
        return blank
    ink: Ink = np.clip(depth / strongest, 0, 1)
    if half_inked(ink) > _MOST_HALF_INKED:
        return blank  # noise and light, not strokes
    return ink


def _depth_below_paper(gray: Gray, *, light: bool) -> NDArray[np.float32]:
    """Return how far each pixel is from the bare paper, as a share of the paper's gray."""
    bright = 255 - gray if light else gray
    paper = _paper_below(bright)
    # light ink is compared with its dark paper, as in ink_of
    shade = 255 - paper + np.float32(LIGHT_FLOOR) if light else paper + np.float32(1)
    return np.asarray((paper - bright) / shade, np.float32)


def _has_large_writing(picture: Picture) -> bool:
    """Decide whether strokes are so wide that the search for a page's paper would take them for it.

    Strokes are as dark at their edges as inside, and the paper next to them is bare; shadows fade.
    """
    small = picture.gray(_DECISION_SIDE).astype(np.float32)
    inked = picture.ink(_DECISION_SIDE) > 0.5
    if stroke_width(inked) < _LARGE_WRITING * max(small.shape):
        return False
    inside, outside = inked & dilated(~inked, 5, 5), ~inked & dilated(inked, 5, 5)
    step = small[outside].mean() - small[inside].mean()
    whole = np.median(small[~inked]) - np.median(small[inked])
    return bool(step > _SHARP * whole if whole > 0 else step < _SHARP * whole)


def skewness(gray: Gray) -> float:
    """Return the skewness of each pixel's difference from its surroundings, and 0 for blank paper.

    It is negative for dark strokes and positive for light ones: only strokes, which are narrow and
    rare, differ much from what is around them.
    """
    small = reduced(gray, max(gray.shape) // _PAPER_SIDE).astype(np.float32)
    around = mean(small, max(small.shape) // 10 | 1)
    off = (small - around) / (around + LIGHT_FLOOR)
    spread = float(off.std())
    return float((off**3).mean()) / spread**3 if spread > 0.004 else 0.0


def _paper_below(bright: Gray) -> NDArray[np.float32]:
    """Estimate the gray of the bare paper at every pixel, for dark ink.

    A gray closing over a window wider than strokes keeps light and shadow with their edges, but it
    follows the top of the noise. So the mean distance of the bare paper nearby is subtracted.
    """
    coarse = reduced(bright, -(-max(bright.shape) // _PAPER_SIDE))
    window = int(max(coarse.shape) * _WIDEST_STROKE) | 1
    top = closed(coarse, window)
    below = top - coarse
    bare = below < max(2.0, otsu(below[below > 2]) / 2)
    share = mean(bare, 9)
    lower = mean(below * bare, 9) / np.maximum(share, 0.05)
    return np.clip(enlarged((top - lower).astype(np.float32), bright.shape), 0, 255)


def _typical_depth(depth: NDArray[np.float32], faintest: float) -> float:
    """Return the depth of full ink: the median of the darker class of what is not paper, or 0."""
    marked = depth[depth > faintest]
    if marked.size < 12:
        return 0.0
    return float(np.median(marked[marked >= otsu(marked)]))
