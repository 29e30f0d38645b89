"""Find the ink that was not read: letters, stamps, digits that nobody could read."""

import numpy as np
from numpy.typing import NDArray

from digitlab.pages.sightings import Sightings
from digitlab.pictures.ink import Ink
from digitlab.pictures.raster import Blobs, blob_boxes, dilated, find_blobs, reduced, to_bytes

SEEN_SIDE = 800  # pixels of the longer side at which ink is looked for
INKED = 96  # of 255
LOWEST, HIGHEST = 0.45, 3.0  # digit heights: lower ink is dust or a sign, higher ink a drawing
USUAL_HEIGHT = 1 / 30  # of the page's longer side, if no digit was read
APART = 0.35  # digit heights: letters that are less far apart are one word


def left_over(ink: Ink, read: Sightings) -> NDArray[np.float32]:
    """Return the boxes of digit-sized ink that is not in the box of anything that was read.

    They are left, top, right, bottom in pixels of the ink, N x 4, from top to bottom.
    """
    heights = read.heights[~read.is_sign]
    usual = float(np.median(heights)) if len(heights) else USUAL_HEIGHT * max(ink.shape)
    factor = max(1, round(max(ink.shape) / SEEN_SIDE))
    inked = reduced(to_bytes(ink), factor) > INKED
    for box in read.boxes / factor:
        grown = 0.1 * max(box[2] - box[0], box[3] - box[1]) + 1
        x0, y0, x1, y1 = (
            np.rint(box + grown * np.array([-1, -1, 1, 1])).astype(int).clip(0).tolist()
        )
        inked[y0:y1, x0:x1] = False
    if not inked.any():
        return np.zeros((0, 4), np.float32)
    reach = max(1, round(APART * usual / factor)) | 1
    labels, areas = find_blobs(dilated(inked, 1, reach))
    found = blob_boxes(Blobs(np.where(inked, labels, 0), areas))  # K x 4: top, bottom, left, right
    top, bottom, left, right = (found[:, it] * factor for it in range(4))
    kept = (bottom - top >= LOWEST * usual) & (bottom - top <= HIGHEST * usual)
    order = np.argsort(top[kept], kind="stable")
    boxes = np.stack([left, top, right, bottom], axis=1)[kept][order]
    return np.asarray(boxes, np.float32)
