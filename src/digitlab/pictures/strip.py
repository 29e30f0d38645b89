"""Notice that a picture shows several digits in a row instead of one."""

from itertools import pairwise

import numpy as np

from digitlab.pictures.ink import Drawing
from digitlab.pictures.raster import blob_boxes, bounds, find_blobs, is_one_blob, reduced

_ONE_DIGIT_SIDE = 32  # pixels: a picture this small shows one digit, as for `digitlab read`
_SEEN_HEIGHT = 48  # pixels of the ink's height, at least, when its pieces are compared
_INKED = 178  # 0.7 of full ink: a printed line that was not removed has less
# All of these were chosen on MNIST's training digits, drawn whole, broken, and side by side.
_TALL = 0.6  # of the highest piece: lower pieces are parts of digits
_LEAST_HEIGHT = 0.25  # of all the ink: lower pieces are dots and dashes, or a page of many lines
_SIDE_BY_SIDE = 0.6  # of the height of two neighbors: the rows that both of them reach
_LARGEST_OVERLAP = 0.3  # of the height: columns that slanted digits may have in common
_WIDE = 1.2  # of the height: two neighbors that together are wider than one digit,
_APART = 0.15  # or have this much bare paper between them


def shows_several(ink: Drawing) -> bool:
    """Return whether the ink looks like several digits side by side, which do not touch.

    Two neighboring pieces must be about as high as each other, and either clearly apart or
    together wider than one digit. So a broken digit or a dotted pen is seldom taken for several,
    but a row in which all digits touch, and two 1s close together, are missed.
    """
    if max(ink.shape) <= _ONE_DIGIT_SIDE:
        return False
    inked = ink > _INKED
    if not inked.any():
        return False
    top, bottom, left, right = bounds(inked)
    factor = max(1, (bottom - top) // _SEEN_HEIGHT)
    drawing = reduced(np.where(inked, np.uint8(255), np.uint8(0))[top:bottom, left:right], factor)
    seen = drawing > 32
    if is_one_blob(seen):  # most digits: it takes a fifth of the time
        return False
    pieces = find_blobs(seen)
    boxes = blob_boxes(pieces)  # N x 4: top, bottom, left, right
    heights = boxes[:, 1] - boxes[:, 0]
    least = max(_TALL * heights.max(initial=0), _LEAST_HEIGHT * drawing.shape[0])
    tall = boxes[heights >= least]
    in_order = tall[np.argsort(tall[:, 2] + tall[:, 3], kind="stable")].tolist()
    return any(_are_two_digits(one, other) for one, other in pairwise(in_order))


def _are_two_digits(one: list[int], other: list[int]) -> bool:
    """Compare two neighbors, left and right: each is top, bottom, left, right."""
    height = max(one[1] - one[0], other[1] - other[0])
    common = min(one[1], other[1]) - max(one[0], other[0])
    gap = other[2] - one[3]
    width = max(one[3], other[3]) - min(one[2], other[2])
    if common < _SIDE_BY_SIDE * height or gap < -_LARGEST_OVERLAP * height:
        return False
    return width >= _WIDE * height or gap >= _APART * height
