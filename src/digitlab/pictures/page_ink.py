"""Tell ink from paper on a whole page: small writing, light that changes fast, printed lines."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitlab.pictures.gray import Gray
from digitlab.pictures.ink import (
    LEAST_CONTRAST,
    LIGHT_FLOOR,
    Ink,
    coarsely,
    half_inked,
    ink_is_light,
    ink_of,
    noise_of,
)
from digitlab.pictures.raster import blurred, dilated, mean, otsu, stroke_width
from digitlab.pictures.rules import without_printed_lines

SMALL_SIDE = 96  # pixels: in so small a picture the paper is looked at as for one digit
PAPER_SIDE = 400  # pixels: a page's paper is looked at this small
WIDEST_STROKE = 1 / 14  # of the longer side, closed over by the paper; else `ink_of` knows better
LARGE_WRITING = 1 / 36  # of the longer side: strokes so wide are a few large digits
SKEWED = 0.5  # skewness by which strokes show whether they are lighter than the paper or darker
CLEARLY_SKEWED = 2.0  # the same beyond doubt, whatever the border looks like
FEW_STROKES = 3.2  # skewness above which strokes are narrow
MOST_HALF_INKED = 4.0  # see `half_inked`: small writing in noise has 2.9, noise alone 4.8 and more
FAINT_LINE = 0.03  # of the ink's depth: a printed line is deeper
SHARP = 0.35  # of the whole contrast, right at the strokes' edges
LEAST_SIGNAL = 5.0  # times the noise


def page_ink(gray: Gray) -> Ink:
    """Return how much ink lies on each pixel of a page.

    As `ink_of`, which is made for one digit, but the paper is followed more closely, writing may
    be a thousandth of the page, and printed lines may be a few degrees off level.

    Parameters
    ----------
    gray
        uint8, height x width, from `open_picture`.

    Returns
    -------
    Ink
        float32 of the same shape, 0..1; all zero where the page is blank.
    """
    if max(gray.shape) <= SMALL_SIDE:
        return ink_of(gray)
    coarse = coarsely(gray)
    if coarse.max() - coarse.min() < 2:
        return np.zeros(gray.shape, np.float32)
    skew = skewness(gray)
    light = skew > 0 if abs(skew) > SKEWED else ink_is_light(coarse)
    # few large strokes are never so rare on the page, nor lighter where they seem darker
    limit = FEW_STROKES if light == ink_is_light(coarse) else CLEARLY_SKEWED
    if abs(skew) < limit and has_large_writing(gray):
        return ink_of(gray)
    bright = 255 - gray if light else gray
    paper = paper_below(bright)
    # light ink is told against its dark paper, as in `ink_of`
    shade = 255 - paper + np.float32(LIGHT_FLOOR) if light else paper + np.float32(1)
    depth = (paper - bright) / shade
    noise = noise_of(depth)
    faintest = max(LEAST_CONTRAST, LEAST_SIGNAL * noise)
    strongest = typical_depth(depth, faintest)
    if noise > 0.04 * strongest > 0:
        radius = min(1.5, 10 * noise / strongest)
        depth = blurred(depth, radius)
        noise /= max(1.0, 3.5 * radius)
        faintest = max(LEAST_CONTRAST, LEAST_SIGNAL * noise)
    depth = without_printed_lines(depth, max(FAINT_LINE * strongest, 1.5 * noise))
    strongest = typical_depth(depth, faintest)
    if strongest == 0:
        return np.zeros(gray.shape, np.float32)
    ink: Ink = np.clip(depth / strongest, 0, 1)
    if half_inked(ink) > MOST_HALF_INKED:
        return np.zeros(gray.shape, np.float32)  # noise and light, no strokes
    return ink


def has_large_writing(gray: Gray) -> bool:
    """Tell whether a picture's strokes are too wide to be told from shadows as a page's are.

    Strokes are as dark at their edge as inside, and the paper beside them is bare; a shadow fades.
    """
    factor = max(1, max(gray.shape) // 256)
    small = np.asarray(Image.fromarray(gray).reduce(factor) if factor > 1 else gray, np.float32)
    inked = ink_of(small.astype(np.uint8)) > 0.5
    if stroke_width(inked) < LARGE_WRITING * max(small.shape):
        return False
    inside, outside = inked & near(~inked), ~inked & near(inked)
    step = small[outside].mean() - small[inside].mean()
    whole = np.median(small[~inked]) - np.median(small[inked])
    return bool(step > SHARP * whole if whole > 0 else step < SHARP * whole)


def near(marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return what lies within two pixels of what is marked."""
    close: NDArray[np.bool_] = dilated(marked.astype(np.float32), 5) > 0
    return close


def skewness(gray: Gray) -> float:
    """Return the third moment of the differences to the surroundings: below 0 for dark strokes.

    Strokes are narrow and rare: they alone differ much from what is around them.
    """
    factor = max(1, max(gray.shape) // PAPER_SIDE)
    small = np.asarray(Image.fromarray(gray).reduce(factor) if factor > 1 else gray, np.float32)
    around = mean(small, max(small.shape) // 10 | 1)
    off = (small - around) / (around + LIGHT_FLOOR)
    spread = float(off.std())
    return float((off**3).mean()) / spread**3 if spread > 0.004 else 0.0


def paper_below(bright: Gray) -> NDArray[np.float32]:
    """Return the bare paper's gray at every pixel, dark ink thought away.

    A gray closing over a window wider than strokes keeps light and shadow, their edges too, but
    rides on top of the noise; what the bare paper nearby is below it is then taken off.
    """
    height, width = bright.shape
    factor = -(-max(height, width) // PAPER_SIDE)
    image = Image.fromarray(bright)
    coarse = np.asarray(image.reduce(factor) if factor > 1 else image, np.float32)
    window = int(max(coarse.shape) * WIDEST_STROKE) | 1
    closed = -dilated(-dilated(coarse, window), window)
    below = closed - coarse
    bare = below < max(2.0, otsu(below[below > 2]) / 2)
    share = mean(bare.astype(np.float32), 9)
    lower = mean(np.where(bare, below, np.float32(0)), 9) / np.maximum(share, 0.05)
    paper = Image.fromarray((closed - lower).astype(np.float32))
    wide = np.asarray(paper.resize((width, height), Image.Resampling.BILINEAR), np.float32)
    return np.clip(wide, 0, 255)


def typical_depth(depth: NDArray[np.float32], faintest: float) -> float:
    """Return the full ink's depth: of what is no paper, the darker class's middle; 0 if none."""
    marked = depth[depth > faintest]
    if marked.size < 12:
        return 0.0
    return float(np.median(marked[marked >= otsu(marked)]))
