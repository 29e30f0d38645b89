"""Pages of plain rectangles, and a page network that reads them without any weights.

A rectangle's gray level is what it stands for, and its upper half is a little darker than its lower
half, so that the network knows which way up it is.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from digitlab.models.page_network import Maps, filled
from digitlab.pages.sightings import CLASSES, Sightings
from digitlab.pictures.raster import blob_boxes, find_blobs

Corners = tuple[float, float, float, float]  # left, top, right, bottom
Thing = tuple[str, Corners]

SURE, UNSURE, WRONG_WAY_UP = 0.95, 0.6, 0.5
_FIRST, _STEP = 2, 8  # gray levels: of the first class, and from class to class
_HALVES, _UNSURE_HALVES = 4, 2  # gray levels from the upper half to the lower one
_PAPER = 205  # gray levels from which on there is none: halfway up from the lightest class


def scores(name: str, probability: float) -> NDArray[np.float32]:
    """Return the log-probabilities of the classes, of which one is the most probable."""
    others = (1 - probability) / (len(CLASSES) - 1)
    each = np.full(len(CLASSES), np.log(others), np.float32)
    each[CLASSES.index(name)] = np.log(probability)
    return each


def sightings(*seen: tuple[str, Corners, float]) -> Sightings:
    """Return digits and signs in their boxes, each with the probability of its middle."""
    return Sightings(
        boxes=np.array([box for _, box, _ in seen], np.float32).reshape(-1, 4),
        centers=np.array([center for _, _, center in seen], np.float32),
        classes=np.stack([scores(name, 0.9) for name, _, _ in seen]),
        is_sign=np.array([not name.isdigit() for name, _, _ in seen], np.bool_),
        scales=np.ones(len(seen), np.float32),
        support=np.array([center for _, _, center in seen], np.float32),
    )


def sheet(width: int, height: int, *things: Thing, unsure: str = "") -> NDArray[np.uint8]:
    """Return a white page with a rectangle for each thing; those in `unsure` are read unsurely."""
    page = np.full((height, width), 255, np.uint8)
    for name, corners in things:
        left, top, right, bottom = map(round, corners)
        level = _FIRST + _STEP * CLASSES.index(name)
        page[top:bottom, left:right] = level
        halves = _UNSURE_HALVES if name in unsure else _HALVES
        page[(top + bottom) // 2 : bottom, left:right] += np.uint8(halves)
    return page


def row(text: str, x: float, y: float, height: float = 30) -> list[Thing]:
    """Return the characters of a line, 0.6 of their height wide and 0.35 of it apart."""
    things = []
    for character in text:
        if character != " ":
            things.append((character, (x, y, x + 0.6 * height, y + height)))
        x += 0.95 * height
    return things


@dataclass
class RectangleFinder:
    """A page network that finds rectangles 12 to 54 pixels high."""

    shown: list[tuple[int, ...]] = field(default_factory=list)
    """The shapes of the pages that it has looked at."""

    def maps(self, page: NDArray[np.uint8]) -> Maps:
        """Return the answers for a page of any size."""
        self.shown.append(page.shape)
        page = filled(page)
        cells = tuple(side // 4 for side in page.shape)
        centers = np.zeros((2, *cells), np.float32)
        classes = np.full((len(CLASSES), *cells), -np.log(len(CLASSES)), np.float32)
        boxes = np.ones((4, *cells), np.float32)
        for top, bottom, left, right in blob_boxes(find_blobs(page < _PAPER)).tolist():
            longer, shorter = sorted((bottom - top, right - left), reverse=True)
            if not 12 <= longer <= min(54, 2.5 * shorter):  # a longer one is a whole word, reduced
                continue
            x, y = (left + right) / 2, (top + bottom) / 2
            quarter = (bottom - top) // 4
            upper, lower = (int(page[it, int(x)]) for it in (top + quarter, bottom - 1 - quarter))
            step = lower - upper
            sure = SURE if step > _UNSURE_HALVES else UNSURE if step > 0 else WRONG_WAY_UP
            name = CLASSES[min(upper // _STEP, len(CLASSES) - 1)]
            column, line = int(x // 4), int(y // 4)
            middle_x, middle_y = 4 * column + 2, 4 * line + 2
            centers[int(not name.isdigit()), line, column] = sure
            classes[:, line, column] = scores(name, sure)
            boxes[:, line, column] = (
                middle_x - left, middle_y - top, right - middle_x, bottom - middle_y,
            )  # fmt: skip
        return Maps(centers=centers, classes=classes, boxes=boxes)
