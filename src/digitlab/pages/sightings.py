"""Sightings: the digits and signs that the page network sees on a page, with their boxes."""

from dataclasses import dataclass, fields
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from digitlab.pictures.gray import Gray

DIGITS = "0123456789"
CLASSES = DIGITS + "/-.,:()+=$€%#"
"""What the page network can answer, in the order of its scores."""
LEAST_DIGIT = 0.4  # probability of a middle: less probable digits are not read


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
    scales: NDArray[np.float32]
    """N: pixels of the page per pixel of the size in which it was seen."""
    support: NDArray[np.float32]
    """N: the probabilities of the middle in all sizes of the page in which it was seen, added."""

    def __len__(self) -> int:
        return len(self.boxes)

    def __getitem__(self, chosen: NDArray[np.generic] | slice) -> "Sightings":
        return Sightings(*(getattr(self, it.name)[chosen] for it in fields(self)))

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
    def names(self) -> list[str]:
        """The most probable digit of each digit, the most probable sign of each sign."""
        digits, signs = np.split(self.classes, [len(DIGITS)], axis=1)
        best = np.where(self.is_sign, signs.argmax(1) + len(DIGITS), digits.argmax(1))
        return [CLASSES[it] for it in best]

    @property
    def probable_digits(self) -> "Sightings":
        """Those that are digits, and probable enough to be read."""
        return self[~self.is_sign & (self.centers >= LEAST_DIGIT)]

    @property
    def middles(self) -> NDArray[np.float32]:
        """N x 2: x and y."""
        return np.asarray((self.boxes[:, :2] + self.boxes[:, 2:]) / 2, np.float32)


def together(seen: list[Sightings]) -> Sightings:
    """Return several groups of sightings as one."""
    names = [it.name for it in fields(Sightings)]
    return Sightings(*(np.concatenate([getattr(it, name) for it in seen]) for name in names))


def overlaps(
    box: NDArray[np.float32], boxes: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return how much of a box and each of N others is common to both.

    First as a share of both together, then as a share of the smaller one; each N.
    """
    left, top, right, bottom = boxes.T
    width = np.minimum(box[2], right) - np.maximum(box[0], left)
    height = np.minimum(box[3], bottom) - np.maximum(box[1], top)
    common = np.maximum(width, 0) * np.maximum(height, 0)
    own = np.maximum(box[2] - box[0], 1) * np.maximum(box[3] - box[1], 1)
    areas = np.maximum(right - left, 1) * np.maximum(bottom - top, 1)
    return common / (own + areas - common), common / np.minimum(own, areas)
