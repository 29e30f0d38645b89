"""From a picture of your own to the 28x28 pixels that the network reads."""

import numpy as np
from PIL import Image


def prepare(picture):
    """Return 28x28 pixels, uint8, with bright ink on black, as in MNIST."""
    ink = np.clip(np.median(picture) - picture.astype(float), 0, None)  # most of it is paper
    ink *= 255 / ink.max()

    rows = np.flatnonzero((ink > 127).any(axis=1))
    columns = np.flatnonzero((ink > 127).any(axis=0))
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]

    height, width = ink.shape
    scale = 20 / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.asarray(Image.fromarray(ink).resize(size, Image.Resampling.BOX))
    small = small * 255 / small.max()

    height, width = small.shape
    row = (small.sum(axis=1) * np.arange(height)).sum() / small.sum()
    column = (small.sum(axis=0) * np.arange(width)).sum() / small.sum()
    top = min(max(0, round(14 - row)), 28 - height)
    left = min(max(0, round(14 - column)), 28 - width)
    image = np.zeros((28, 28), np.uint8)
    image[top : top + height, left : left + width] = np.rint(small)
    return image
