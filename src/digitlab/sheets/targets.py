"""From the digits and signs of a crop to what the page network should answer in each of its cells.

The network answers in cells of 4 x 4 pixels. A cell near the middle of a digit should report that,
name the digit, and give the distances to the four sides of its box (X. Zhou, D. Wang, P.
Krähenbühl, "Objects as points", 2019; Z. Tian et al., "FCOS", ICCV 2019).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitlab.sheets.classes import DIGITS

CELL = 4  # pixels per side
SMALLEST, LARGEST = 12, 54  # pixels: digits of this size are answered
UNSEEN_BELOW, UNSEEN_ABOVE = 8, 68  # pixels: digits smaller or larger than this are background;
# between the two the network may answer or not, because a pyramid of factor 2 shows it the same
# digit in another size, too

CENTERS = slice(0, 2)
"""Channels of `targets_of`: how near the middle of a digit, of a sign is, 0 to 1."""
IGNORED, CLASS, WEIGHT = 2, 3, 4
"""Channels: 1 where nothing is asked; the class; how much class and box count, 0 to 1."""
SIDES = slice(5, 9)
"""Channels: distance to the left, top, right and bottom side of the box, in cells."""
_CHANNELS = 9

_SPREAD = 0.17  # of the box: standard deviation of the bell around its middle
_LEAST_SPREAD = 0.45  # cells
_NEAR = 0.25  # of the bell's height: from here on a cell names the class and the box


@dataclass(frozen=True)
class Crop:
    """A square of a page, and the N digits and signs on it."""

    gray: NDArray[np.uint8]
    """H x W; 0 = black, 255 = white."""
    labels: NDArray[np.int64]
    """(N,), positions in `digitlab.sheets.classes.CLASSES`."""
    boxes: NDArray[np.float32]
    """(N, 4): left, top, right, bottom, in pixels; may reach beyond the crop."""
    sizes: NDArray[np.float32]
    """(N,), pixels: a digit's longer side, or how high the digits beside a sign are."""
    ignored: NDArray[np.bool_]
    """(N,): True where nothing is asked, such as of a digit that is cut off by the border."""


def targets_of(crop: Crop) -> NDArray[np.float32]:
    """Return what the network should answer, float32 (9, H / 4, W / 4)."""
    height, width = crop.gray.shape[0] // CELL, crop.gray.shape[1] // CELL
    targets = np.zeros((_CHANNELS, height, width), np.float32)
    rows = np.arange(height, dtype=np.float32) + 0.5  # the middles of the cells
    columns = np.arange(width, dtype=np.float32) + 0.5
    for label, box, size, is_ignored in zip(
        crop.labels, crop.boxes / CELL, crop.sizes, crop.ignored, strict=True
    ):
        if not UNSEEN_BELOW <= size <= UNSEEN_ABOVE:
            continue
        left, top, right, bottom = box
        x, y = (left + right) / 2, (top + bottom) / 2
        if (
            is_ignored
            or not SMALLEST <= size <= LARGEST
            or not (0 <= x < width and 0 <= y < height)
        ):
            inside = np.s_[
                max(0, int(top)) : max(0, int(np.ceil(bottom))),
                max(0, int(left)) : max(0, int(np.ceil(right))),
            ]
            targets[IGNORED][inside] = 1
            continue
        spreads = np.maximum(_SPREAD * np.array([bottom - top, right - left]), _LEAST_SPREAD)
        bell = np.exp(-0.5 * ((rows - y) / spreads[0]) ** 2)[:, None] * np.exp(
            -0.5 * ((columns - x) / spreads[1]) ** 2
        )
        bell[int(y), int(x)] = 1
        kind = int(label >= len(DIGITS))
        np.maximum(targets[kind], bell, out=targets[kind])
        nearest = (bell > _NEAR) & (bell > targets[WEIGHT])
        targets[WEIGHT][nearest] = bell[nearest]
        targets[CLASS][nearest] = label
        sides = np.broadcast_arrays(
            columns - left, (rows - top)[:, None], right - columns, (bottom - rows)[:, None]
        )
        for channel, distance in zip(targets[SIDES], sides, strict=True):
            channel[nearest] = distance[nearest]
    targets[IGNORED][targets[CENTERS].max(axis=0) == 1] = 0  # a middle is asked for in any case
    return targets
