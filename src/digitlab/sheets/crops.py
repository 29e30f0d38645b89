"""Crops of composed pages."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Crop:
    """A part of a page, and what is on it."""

    gray: NDArray[np.uint8]
    """Shape (side, side), 0 = black to 255 = white."""
    labels: NDArray[np.int64]
    """Shape (N,), each a class."""
    boxes: NDArray[np.float32]
    """Shape (N, 4): left, top, right and bottom edge in pixels."""
    ignore: NDArray[np.bool_]
    """Shape (N,): whether an answer there is neither right nor wrong."""


class CropMaker:
    """Composes crops of digits, uint8 (N, 28, 28), and their labels, (N,)."""

    def __init__(self, images: NDArray[np.uint8], labels: NDArray[np.integer]) -> None:
        self.images, self.labels = images, labels

    def crop(self, seed: int, epoch: int, index: int) -> Crop:
        """Return a crop, a function of the three numbers."""
        random = np.random.default_rng([seed, epoch, index])
        page = np.zeros((192, 192), np.uint8)
        labels, boxes = [], []
        for row in range(4):
            for column in range(4):
                if random.random() < 0.5:
                    continue
                chosen = int(random.integers(len(self.images)))
                image = self.images[chosen]
                left, top = column * 48 + random.integers(18), row * 48 + random.integers(18)
                page[top : top + 28, left : left + 28] = image
                ys, xs = np.nonzero(image > 100)
                labels.append(int(self.labels[chosen]))
                boxes.append((left + xs.min(), top + ys.min(), left + xs.max() + 1, top + ys.max() + 1))
        return Crop(
            gray=255 - page,
            labels=np.array(labels, np.int64),
            boxes=np.array(boxes, np.float32).reshape(-1, 4),
            ignore=np.zeros(len(labels), np.bool_),
        )
