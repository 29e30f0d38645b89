"""Where on a page are digits and signs, and which: runs a page network with onnxruntime."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitlab.errors import DigitlabError
from digitlab.models.page_card import BOXES, CENTERS, CLASSES, PAGE, PAGE_MODEL, PageCard
from digitlab.models.session import Session, Shape

CELL = 4
"""Pixels per side of a cell, for which the network gives one answer."""
_MULTIPLE = 16
"""The network's coarsest cells; a page's sides are filled up to multiples of it."""

_SUM_TOLERANCE = 0.01  # far above the rounding of the float32 exponentials


@dataclass(frozen=True, kw_only=True)
class Maps:
    """The network's answer for each cell of 4 x 4 pixels of a page: h x w cells."""

    centers: NDArray[np.float32]
    """(2, h, w): the probabilities that the middle of a digit, and that of a sign, is here."""
    classes: NDArray[np.float32]
    """(classes, h, w): the logarithm of the probability of each digit and sign, if one is here."""
    boxes: NDArray[np.float32]
    """(4, h, w): how far its left, top, right and bottom edge is from the middle of the cell, in
    pixels; the middle is at ((column + 0.5) * 4, (row + 0.5) * 4)."""


class PageFinder:
    """A page network, ready to be used.

    Takes what `digitlab.models.page_card.read_page_model` returns; `threads` is how many CPU
    threads the network uses, at least 1, and None means one per core. Raises DigitlabError if this
    is not a network from pages to maps.
    """

    def __init__(self, weights: bytes, card: PageCard, threads: int | None = None) -> None:
        self.card = card
        self._depths = {CENTERS: 2, CLASSES: len(card.classes), BOXES: 4}
        # Between its runs there is other work, for which waiting threads would leave less power.
        self._session = Session(weights, PAGE_MODEL.weights, threads, spins=False)
        outputs: dict[str, Shape] = {
            name: ["N", depth, "H/4", "W/4"] for name, depth in self._depths.items()
        }
        self._session.check(PAGE_MODEL.card, {PAGE: ["N", "H", "W"]}, outputs)

    def maps(self, page: NDArray[np.uint8]) -> Maps:
        """Return what the network finds on a gray page, uint8 (H, W), 0 = black to 255 = white.

        Sides that are no multiples of 16 are filled up with the pixels of the right and the bottom
        edge: h is 4 * ceil(H / 16) and w is 4 * ceil(W / 16). Raises DigitlabError
        if the page is empty, the network fails, or its answers are impossible.
        """
        if page.ndim != 2 or not page.size:
            raise DigitlabError(f"a page must have pixels in two dimensions, not {page.shape}")
        return self._maps(filled(page)[None])[0]

    def _maps(self, pages: NDArray[np.uint8]) -> list[Maps]:
        """Return the maps of pages of one size, uint8 (N, H, W), H and W multiples of 16."""
        count, height, width = pages.shape
        shapes = {
            name: (count, depth, height // CELL, width // CELL)
            for name, depth in self._depths.items()
        }
        centers, classes, boxes = self._session.run(shapes, {PAGE: pages})
        if not ((centers >= 0) & (centers <= 1)).all():
            raise DigitlabError(
                f"{PAGE_MODEL.weights} gave {CENTERS} that are no probabilities; export the model "
                "again"
            )
        with np.errstate(over="ignore"):  # infinity is refused like any other wrong sum
            sums = np.exp(classes).sum(axis=1)
        if (abs(sums - 1) > _SUM_TOLERANCE).any():
            raise DigitlabError(
                f"{PAGE_MODEL.weights} gave {CLASSES} whose probabilities do not sum to 1; export "
                "the model again"
            )
        return [
            Maps(centers=one, classes=two, boxes=three)
            for one, two, three in zip(centers, classes, boxes, strict=True)
        ]


def filled(page: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a page with its last row and column repeated until its sides are multiples of 16."""
    rows, columns = (-side % _MULTIPLE for side in page.shape)
    return np.pad(page, ((0, rows), (0, columns)), mode="edge")
