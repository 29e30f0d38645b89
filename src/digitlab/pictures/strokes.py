"""Redraw a digit at one size, with strokes that are about as wide as MNIST's."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitlab.pictures.ink import Drawing
from digitlab.pictures.raster import bounds, stroke_width, widened

BOX = 20  # pixels of the box that the ink fills on its longer side
INKED = 128  # of 255: pixels with less ink are paper
_DRAWING = 80  # pixels of the longer side while strokes are adjusted: four per pixel of the box
_THINNEST, _THICKEST = 1.8, 4.0  # stroke widths, in pixels of the box, that are left unchanged
# (10% of MNIST's training images are thinner than 1.8, 4% thicker than 4.0)
_CONTRAST = 1.5  # factor by which the redrawn ink's contrast is raised, around middle gray
_LEVELS = np.arange(256.0)


def redrawn(drawing: Drawing, inked: NDArray[np.bool_]) -> Drawing:
    """Redraw the ink with _DRAWING pixels on its longer side and a margin of two old pixels.

    A small picture is enlarged with bicubic interpolation, so that its squares do not show. The
    contrast is raised a little, which clears haze off the paper. Grays are kept, since in a picture
    of 8 x 8 they show where the stroke runs between the pixels: with black and white only, a third
    more of those are read wrong.
    """
    top, bottom, left, right = bounds(inked)
    scale = _DRAWING / max(bottom - top, right - left)
    around = slice(max(0, top - 2), bottom + 2), slice(max(0, left - 2), right + 2)
    padded = _padded(drawing[around], 2)
    height, width = padded.shape
    size = max(1, round(width * scale)), max(1, round(height * scale))
    kind = Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.BOX
    large = np.asarray(Image.fromarray(padded).resize(size, kind))
    # Averaging fades lines below 1.5 new pixels.
    faded = stroke_width(inked[around]) * scale / 1.5
    gain = _CONTRAST / min(1.0, faded, large.max() / 255)
    table = np.minimum(np.maximum(_LEVELS * gain - 127 * (_CONTRAST - 1), 0), 255)
    return np.asarray(table.astype(np.uint8).take(large))


def _padded(drawing: Drawing, margin: int) -> Drawing:
    """Put bare paper around a drawing, in a tenth of the time of `np.pad`."""
    height, width = drawing.shape
    padded = np.zeros((height + 2 * margin, width + 2 * margin), np.uint8)
    padded[margin : margin + height, margin : margin + width] = drawing
    return padded


def with_usual_strokes(drawing: Drawing) -> Drawing:
    """Widen strokes thinner than most of MNIST's, and narrow thicker ones, up to that limit."""
    unit = _DRAWING // BOX
    drawing = _padded(drawing, int(_THICKEST * unit))  # room to grow
    for step in range(int(_THICKEST * unit)):
        inked = drawing >= INKED
        width = stroke_width(inked) / unit
        if _THINNEST <= width <= _THICKEST:
            break
        if width < _THINNEST:
            drawing = widened(drawing, diagonal=step % 2 == 1)
            continue
        narrower = ~widened(~drawing, diagonal=step % 2 == 1)
        if 2 * np.count_nonzero(narrower >= INKED) < np.count_nonzero(inked):
            break  # almost nothing would be left
        drawing = narrower
    return drawing
