"""A second look at each digit: its ink, alone, for the network that reads single digits."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitlab.models.calibration import LogProbabilities
from digitlab.models.page_card import PageConfidence
from digitlab.pages.sightings import DIGITS, Sightings, overlaps
from digitlab.pictures.digit import SIDE, to_mnist
from digitlab.pictures.ink import Ink
from digitlab.pictures.raster import bounds

Classify = Callable[[NDArray[np.uint8]], tuple[LogProbabilities, NDArray[np.float32] | None]]
"""From N x 28 x 28 to log-probabilities, N x 10, and how probably each is a digit at all, N."""

BLANK = 0.2  # how probable a digit is where no ink was found
_AROUND = 0.08  # of a box's sides: how much farther the ink is taken, because boxes are rough
_INKED = 0.5  # ink: less is paper
_ALIKE = 0.6  # overlap of two boxes as the share of both together
MOST_LOOKS = 2000  # digits: on a page with more, the others are read by the page network alone
_LARGEST_INK = 160  # pixels of the longer side: a larger digit is looked at in steps of pixels


@dataclass(frozen=True)
class Second:
    """What the network for single digits thinks of N digits."""

    images: NDArray[np.uint8]
    """What it saw, N x 28 x 28."""
    scores: NDArray[np.float32]
    """Log-probabilities of the ten digits, N x 10."""
    is_digit: NDArray[np.float32]
    """How probable it is that each is a digit at all, N; 0.5 where the network does not say."""
    boxes: NDArray[np.float32]
    """The digits' boxes, as tight as their ink, N x 4."""

    def __getitem__(self, chosen: NDArray[np.generic]) -> "Second":
        return Second(*(getattr(self, it.name)[chosen] for it in fields(self)))


NOTHING = Second(
    np.zeros((0, SIDE, SIDE), np.uint8), np.zeros((0, 10), np.float32), np.zeros(0, np.float32),
    np.zeros((0, 4), np.float32),
)  # fmt: skip


class Part(NamedTuple):
    """A piece of a page's ink."""

    ink: Ink
    left: int
    top: int
    every: int
    """Pixels of the page per pixel."""


def second_look(ink: Ink, digits: Sightings, classify: Classify) -> Second:
    """Show the ink of each digit to the network for single digits; of N, the most probable first.

    A page full of digits would take a minute, so it is shown the first MOST_LOOKS. What it is not
    shown has an empty image and even scores, which makes most of them unsure.
    """
    if not len(digits):
        return NOTHING
    parts = [own_ink(ink, digits.boxes, place) for place in range(min(len(digits), MOST_LOOKS))]
    seen = np.stack([to_mnist(part.ink) for part in parts])
    answers, seen_is_digit = classify(seen)
    blank = seen.max(axis=(1, 2)) == 0

    images = np.zeros((len(digits), SIDE, SIDE), np.uint8)
    scores = np.full((len(digits), 10), -np.log(10), np.float32)
    is_digit = np.full(len(digits), 0.5, np.float32)
    boxes = digits.boxes.copy()
    images[: len(seen)] = seen
    scores[: len(seen)][~blank] = answers[~blank]
    if seen_is_digit is not None:
        is_digit[: len(seen)] = seen_is_digit
    is_digit[: len(seen)][blank] = BLANK
    for place, part in enumerate(parts):
        boxes[place] = tight(part, boxes[place])
    return Second(images, scores, is_digit, boxes)


def certain(digits: Sightings, second: Second, confidence: PageConfidence) -> NDArray[np.float64]:
    """Return the probability of each of the ten digits for N sightings, N x 10.

    A row's sum is the probability that there is a digit at all; see `PageConfidence`.
    """
    scores = (
        confidence.page_weight * digits.classes[:, : len(DIGITS)].astype(np.float64)
        + confidence.single_weight * second.scores
    )
    shares = np.exp(scores - scores.max(axis=1, keepdims=True, initial=-np.inf))
    shares /= shares.sum(axis=1, keepdims=True)
    weights = [
        confidence.by_center, confidence.by_second_look, confidence.by_support, confidence.by_size,
    ]  # fmt: skip
    odds = confidence.offset + evidence_of(digits, second) @ np.array(weights)
    return np.asarray(shares / (1 + np.exp(-odds))[:, None])


def evidence_of(digits: Sightings, second: Second) -> NDArray[np.float64]:
    """Return what speaks for N sightings being digits at all, N x 4, as `PageConfidence` weighs it.

    It is the page network's log-odds for the middle, those of the network for single digits, the
    middle's probabilities in all sizes of the page, added up, and the absolute logarithm of how
    many times as high as usual a sighting is.
    """
    if not len(digits):
        return np.zeros((0, 4))
    unusual = abs(np.log(digits.heights / np.median(digits.heights)))
    columns = [log_odds(digits.centers), log_odds(second.is_digit), digits.support, unusual]
    return np.stack(columns, axis=1).astype(np.float64)


def log_odds(probability: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return log(p / (1 - p)), with p limited to 0.001 to 0.999."""
    limited = np.clip(probability.astype(np.float64), 0.001, 0.999)
    return np.asarray(np.log(limited / (1 - limited)))


def own_ink(ink: Ink, boxes: NDArray[np.float32], place: int) -> Part:
    """Return the ink in a box and a little around it, without what belongs to other boxes.

    A pixel in several boxes belongs to the one whose middle is nearest, measured in its sides.
    Boxes are left, top, right, bottom, N x 4, in pixels of the ink.
    """
    left, top, right, bottom = boxes[place]
    across, down = _AROUND * (right - left) + 1, _AROUND * (bottom - top) + 1
    height, width = ink.shape
    x0, x1 = max(0, int(left - across)), min(width, int(np.ceil(right + across)))
    y0, y1 = max(0, int(top - down)), min(height, int(np.ceil(bottom + down)))
    every = max(1, max(x1 - x0, y1 - y0) // _LARGEST_INK)
    if x0 >= x1 or y0 >= y1:
        return Part(np.zeros((1, 1), np.float32), x0, y0, 1)
    own = ink[y0:y1:every, x0:x1:every]
    near = (boxes[:, 0] < x1) & (boxes[:, 2] > x0) & (boxes[:, 1] < y1) & (boxes[:, 3] > y0)
    near[place] = False
    if near.any():
        rows = np.arange(y0, y1, every)[:, None] + np.float32(0.5)
        columns = np.arange(x0, x1, every)[None] + np.float32(0.5)
        mine = _distance(boxes[place], rows, columns)
        for other in np.flatnonzero(near):
            own = np.where(_distance(boxes[other], rows, columns) < mine, np.float32(0), own)
    return Part(own, x0, y0, every)


def tight(part: Part, box: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the box of a digit's ink; the given one if the ink fills much more or less of it."""
    inked = part.ink > _INKED
    if not inked.any():
        return box
    top, bottom, left, right = (it * part.every for it in bounds(inked))
    x, y = part.left, part.top
    found = np.array([left + x, top + y, right + x, bottom + y], np.float32)
    return found if float(overlaps(found, box[None])[0].item()) >= _ALIKE else box


def _distance(
    box: NDArray[np.float32], rows: NDArray[np.floating], columns: NDArray[np.floating]
) -> NDArray[np.floating]:
    """Return how far each pixel is from the middle of a box, in halves of its sides."""
    left, top, right, bottom = box
    across = abs(columns - (left + right) / 2) / max(1, (right - left) / 2)
    down = abs(rows - (top + bottom) / 2) / max(1, (bottom - top) / 2)
    return np.asarray(np.hypot(across, down))
