"""What the page network sees on a page of any size: digits and signs with their boxes.

The network answers what is 12 to 54 pixels high, so it looks at the page in several sizes, each
half of the one before. What it sees twice is one sighting, with both answers averaged.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitlab.pictures.gray import Gray

LARGEST_SIDE = 1600  # pixels of the longer side of the largest size that the network looks at
SMALL_SIDE = 500  # pixels of the longer side: a smaller page is also looked at in double size
LEAST_SIDE = 48  # pixels of the longer side of the smallest size
MARGIN = 16  # pixels of bare paper around the page, so that the network sees where it ends
SMALLEST, LARGEST = 9, 75  # pixels of the longer side of a digit: others are seen in another size
LEAST_CENTER = 0.15  # probability of a middle: lower peaks are nothing
SAME = 0.4  # overlap of two boxes, as the share of both together: they are of the same digit
INSIDE = 0.7  # of a box's area inside another one: only the more probable is kept


class Maps(Protocol):
    """What the page network answers in each cell of 4 x 4 pixels, h x w of them."""

    @property
    def centers(self) -> NDArray[np.float32]:
        """Probability of a digit's, of a sign's middle, 2 x h x w."""

    @property
    def classes(self) -> NDArray[np.float32]:
        """Log-probabilities, 23 x h x w."""

    @property
    def boxes(self) -> NDArray[np.float32]:
        """Distances to left, top, right and bottom in pixels, 4 x h x w."""


class Finder(Protocol):
    """The page network."""

    def maps(self, page: Gray) -> Maps:
        """Return the answers for a gray page of any size."""


@dataclass(frozen=True)
class Sightings:
    """N digits and signs, as arrays with one row for each."""

    boxes: NDArray[np.float32]
    """N x 4: left, top, right, bottom, in pixels of the page."""
    centers: NDArray[np.float32]
    """N: the probability that there is a digit or sign, 0 to 1."""
    classes: NDArray[np.float32]
    """N x 23: log-probabilities of the classes."""
    is_sign: NDArray[np.bool_]
    """N."""

    def __len__(self) -> int:
        return len(self.boxes)

    def __getitem__(self, chosen: NDArray[np.generic] | slice) -> "Sightings":
        return Sightings(
            self.boxes[chosen], self.centers[chosen], self.classes[chosen], self.is_sign[chosen]
        )

    @property
    def sizes(self) -> NDArray[np.float32]:
        """N: the longer side, in pixels."""
        return np.asarray(np.maximum(self.widths, self.heights), np.float32)

    @property
    def widths(self) -> NDArray[np.float32]:
        """N, in pixels."""
        return np.asarray(self.boxes[:, 2] - self.boxes[:, 0], np.float32)

    @property
    def heights(self) -> NDArray[np.float32]:
        """N, in pixels."""
        return np.asarray(self.boxes[:, 3] - self.boxes[:, 1], np.float32)

    @property
    def middles(self) -> NDArray[np.float32]:
        """N x 2: x and y."""
        return np.asarray((self.boxes[:, :2] + self.boxes[:, 2:]) / 2, np.float32)


def look(page: Gray, finder: Finder) -> Sightings:
    """Return what the network sees on a page, the most probable first; each thing once."""
    seen = [
        peaks_of(finder.maps(with_margin(image)), scale) for scale, image in sizes_of(page)
    ]
    together = Sightings(
        *(np.concatenate([getattr(it, name) for it in seen]) for name in
          ("boxes", "centers", "classes", "is_sign"))
    )  # fmt: skip
    height, width = page.shape
    x, y = together.middles.T
    together = together[(x >= 0) & (x < width) & (y >= 0) & (y < height)]
    return each_once(together)


def sizes_of(page: Gray) -> list[tuple[float, Gray]]:
    """Return the page in each size, with the pixels of the page per pixel of it; largest first."""
    image = Image.fromarray(page)
    longer = max(image.size)
    scale = max(1.0, longer / LARGEST_SIDE)
    if longer <= SMALL_SIDE:
        scale = 0.5
    sizes = []
    while longer / scale >= LEAST_SIDE:
        size = max(1, round(image.width / scale)), max(1, round(image.height / scale))
        kind = Image.Resampling.BICUBIC if scale < 1 else Image.Resampling.BOX
        sizes.append((scale, np.asarray(image.resize(size, kind) if scale != 1 else image)))
        scale *= 2
    return sizes


def with_margin(page: Gray) -> Gray:
    """Return the page with a margin in the usual gray of its border."""
    border = np.concatenate([page[0], page[-1], page[:, 0], page[:, -1]])
    return np.pad(page, MARGIN, constant_values=np.uint8(np.median(border)))


def peaks_of(maps: Maps, scale: float) -> Sightings:
    """Return the digits and signs in one size of the page; `scale` is pixels of the page per pixel.

    A middle is a cell that is more probable than the eight around it.
    """
    seen = []
    for kind, middles in enumerate(maps.centers):
        around = np.pad(middles, 1)
        highest = middles
        for row in range(3):
            for column in range(3):
                part = around[row : row + middles.shape[0], column : column + middles.shape[1]]
                highest = np.maximum(highest, part)
        rows, columns = np.nonzero((middles == highest) & (middles >= LEAST_CENTER))
        left, top, right, bottom = maps.boxes[:, rows, columns]
        x, y = 4 * columns + 2 - MARGIN, 4 * rows + 2 - MARGIN
        boxes = np.stack([x - left, y - top, x + right, y + bottom], axis=1).astype(np.float32)
        seen.append(
            Sightings(
                boxes * np.float32(scale), middles[rows, columns],
                maps.classes[:, rows, columns].T, np.full(len(rows), kind == 1),
            )
        )  # fmt: skip
    digits, signs = seen
    sizes = digits.sizes / scale
    digits = digits[(sizes >= SMALLEST) & (sizes <= LARGEST)]
    return Sightings(
        *(np.concatenate([getattr(digits, name), getattr(signs, name)]) for name in
          ("boxes", "centers", "classes", "is_sign"))
    )  # fmt: skip


def each_once(seen: Sightings) -> Sightings:
    """Return the sightings with those of the same thing put together, the most probable first.

    The classes of one thing's sightings are averaged, each as much as its middle is probable. Of
    two things of which one is inside the other, the more probable one is kept.
    """
    order = np.argsort(-seen.centers, kind="stable")
    seen = seen[order]
    left, top, right, bottom = seen.boxes.T
    areas = np.maximum(right - left, 1) * np.maximum(bottom - top, 1)
    free = np.ones(len(seen), np.bool_)
    kept, classes = [], []
    for first in range(len(seen)):
        if not free[first]:
            continue
        across = np.minimum(right[first], right) - np.maximum(left[first], left)
        down = np.minimum(bottom[first], bottom) - np.maximum(top[first], top)
        common = np.maximum(across, 0) * np.maximum(down, 0)
        shares = common / (areas[first] + areas - common)
        is_same = free & (shares >= SAME)
        same = np.flatnonzero(is_same & (seen.is_sign == seen.is_sign[first]))
        weights = seen.centers[same] / seen.centers[same].sum()
        classes.append(weights @ seen.classes[same])
        kept.append(first)
        free &= ~(is_same | (common >= INSIDE * np.minimum(areas[first], areas)))
    chosen = seen[np.array(kept, np.int64)]
    return Sightings(
        chosen.boxes, chosen.centers,
        np.stack(classes).astype(np.float32) if classes else chosen.classes, chosen.is_sign,
    )  # fmt: skip
