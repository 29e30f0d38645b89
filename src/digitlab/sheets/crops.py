"""Crops of composed pages."""

import numpy as np
from numpy.typing import NDArray

from digitlab.sheets.targets import Crop


class CropMaker:
    """Composes crops of digits, uint8 (N, 28, 28), and their labels, (N,)."""

    def __init__(self, images: NDArray[np.uint8], labels: NDArray[np.integer]) -> None:
        self.images, self.labels = images, labels

    def crop(self, seed: int, epoch: int, index: int) -> Crop:
        """Return a crop, a function of the three numbers."""
        random = np.random.default_rng([seed, epoch, index])
        page = np.zeros((192, 192), np.uint8)
        labels, boxes = [], []
        for place in range(16):
            if random.random() < 0.5:
                continue
            chosen = int(random.integers(len(self.images)))
            image = self.images[chosen]
            left = place % 4 * 48 + int(random.integers(18))
            top = place // 4 * 48 + int(random.integers(18))
            page[top : top + 28, left : left + 28] = image
            ys, xs = np.nonzero(image > 100)
            labels.append(int(self.labels[chosen]))
            boxes.append((left + xs.min(), top + ys.min(), left + xs.max() + 1, top + ys.max() + 1))
        edges = np.array(boxes, np.float32).reshape(-1, 4)
        return Crop(
            gray=255 - page,
            labels=np.array(labels, np.int64),
            boxes=edges,
            sizes=np.maximum(edges[:, 2] - edges[:, 0], edges[:, 3] - edges[:, 1]),
            ignored=np.zeros(len(labels), np.bool_),
        )
