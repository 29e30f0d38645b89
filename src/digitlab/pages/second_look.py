"""A second look at each digit: the ink in its box, alone, for the network that reads single ones."""

import numpy as np
from numpy.typing import NDArray

from digitlab.pictures.digit import SIDE, Digit, to_mnist
from digitlab.pictures.ink import Ink

AROUND = 0.08  # of a box's sides: how much farther the ink is taken, because boxes are rough
LARGEST_INK = 160  # pixels of the longer side: a larger digit is looked at in steps of pixels


def inks_of(ink: Ink, boxes: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return each box's ink as an image like MNIST's, uint8 N x 28 x 28.

    A pixel in several boxes belongs to the one whose middle is nearest, measured in its sides.
    Boxes are left, top, right, bottom, N x 4, in pixels of the ink; an image without ink is all 0.
    """
    images: list[Digit] = [_image(ink, boxes, place) for place in range(len(boxes))]
    return np.stack(images) if images else np.zeros((0, SIDE, SIDE), np.uint8)


def _image(ink: Ink, boxes: NDArray[np.float32], place: int) -> Digit:
    left, top, right, bottom = boxes[place]
    across, down = AROUND * (right - left) + 1, AROUND * (bottom - top) + 1
    height, width = ink.shape
    x0, x1 = max(0, int(left - across)), min(width, int(np.ceil(right + across)))
    y0, y1 = max(0, int(top - down)), min(height, int(np.ceil(bottom + down)))
    if x0 >= x1 or y0 >= y1:
        return np.zeros((SIDE, SIDE), np.uint8)
    every = max(1, max(x1 - x0, y1 - y0) // LARGEST_INK)
    own = ink[y0:y1:every, x0:x1:every]
    near = (boxes[:, 0] < x1) & (boxes[:, 2] > x0) & (boxes[:, 1] < y1) & (boxes[:, 3] > y0)
    near[place] = False
    if near.any():
        rows = np.arange(y0, y1, every)[:, None] + np.float32(0.5)
        columns = np.arange(x0, x1, every)[None] + np.float32(0.5)
        mine = _distance(boxes[place], rows, columns)
        for other in np.flatnonzero(near):
            own = np.where(_distance(boxes[other], rows, columns) < mine, np.float32(0), own)
    return to_mnist(own)


def _distance(
    box: NDArray[np.float32], rows: NDArray[np.floating], columns: NDArray[np.floating]
) -> NDArray[np.floating]:
    """Return how far each pixel is from the middle of a box, in halves of its sides."""
    left, top, right, bottom = box
    across = abs(columns - (left + right) / 2) / max(1, (right - left) / 2)
    down = abs(rows - (top + bottom) / 2) / max(1, (bottom - top) / 2)
    return np.maximum(across, down)
