"""Clear printed lines at the border of a picture, such as the frame of a form's box."""

import numpy as np
from numpy.typing import NDArray

from digitlab.pictures.raster import blob_boxes, find_blobs, is_one_blob, stroke_width

_NEAR = 0.12  # of the shorter side: a frame's lines stay this close to the border
_THICKEST = 0.05  # of the shorter side: in a picture that is cut tightly, pens are wider
_LONG = 0.6  # of a side: a line that does not touch the border must be longer
_LEAST_INSIDE = 0.1  # of a line's area: with less ink inside, the line may be the digit
_SMALLEST = 40  # pixels of the longer side: in a smaller picture, a stroke may be as thin
_MOST_LINES = 16  # the largest regions that are checked
_INKED = 96


def without_frame(drawing: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Clear long or cut lines that stay at the border while there is other ink inside.

    Takes and returns bytes of ink, 0 for paper. A line that is joined with the digit stays.
    """
    height, width = drawing.shape
    near = round(_NEAR * min(height, width))
    if max(height, width) <= _SMALLEST or not near or not _has_ink_around(drawing, near // 2 + 1):
        return drawing
    inked = drawing > _INKED
    if is_one_blob(inked):
        return drawing
    blobs = find_blobs(inked)
    inside = np.bincount(blobs.labels[near:-near, near:-near].ravel(), minlength=2)[1:]
    around = np.ones(len(blobs.areas), bool)
    around[np.flatnonzero(inside)] = False
    if around.all() or not around.any():
        return drawing
    most = blobs.areas[~around].max() / _LEAST_INSIDE
    around &= blobs.areas < most
    boxes, cleared = blob_boxes(blobs), drawing.copy()
    largest = np.argsort(np.where(around, -blobs.areas, 0), kind="stable")[:_MOST_LINES]
    for index in largest[around[largest]]:
        top, bottom, left, right = boxes[index].tolist()
        region = blobs.labels[top:bottom, left:right] == index + 1
        is_long = bottom - top >= _LONG * height or right - left >= _LONG * width
        is_cut = top == 0 or left == 0 or bottom == height or right == width
        if (is_long or is_cut) and stroke_width(np.pad(region, 1)) < _THICKEST * min(
            height, width
        ) + 1:
            cleared[top:bottom, left:right][region] = 0
    return cleared


def _has_ink_around(drawing: NDArray[np.uint8], depth: int) -> bool:
    sides = drawing[:depth], drawing[-depth:], drawing[:, :depth], drawing[:, -depth:]
    return any(int(side.max()) > _INKED for side in sides)
