"""Distinguish dashes from equals signs by counting strokes: the page network confuses them."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from digitlab.pages.sightings import CLASSES, Sightings
from digitlab.pictures.ink import Ink

_DASH, _EQUALS = CLASSES.index("-"), CLASSES.index("=")
_AROUND = 0.5  # of the width: how much farther up and down a second stroke is looked for
_INKED = 0.4  # ink: less is paper


def with_counted_strokes(seen: Sightings, ink: Ink) -> Sightings:
    """Return the sightings with each dash and equals sign named by how many strokes it has."""
    classes, boxes = seen.classes.copy(), seen.boxes.copy()
    for place, name in enumerate(seen.names):
        if name not in "-=":
            continue
        box = _grown(boxes[place])
        strokes = _strokes_in(ink, box)
        right, wrong = (_EQUALS, _DASH) if strokes == 2 else (_DASH, _EQUALS)
        if strokes not in (1, 2) or name == CLASSES[right]:
            continue
        classes[place, right] = np.logaddexp(classes[place, right], classes[place, wrong])
        classes[place, wrong] = classes[place].min()
        if strokes == 2:
            boxes[place] = box
    return replace(seen, classes=classes, boxes=boxes)


def _grown(box: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a box with room for a second stroke above or below."""
    left, top, right, bottom = box
    middle, half = (top + bottom) / 2, max((bottom - top) / 2, _AROUND * (right - left))
    return np.array([left, middle - half, right, middle + half], np.float32)


def _strokes_in(ink: Ink, box: NDArray[np.float32]) -> int:
    """Return how many strokes are one above the other in most columns of a box of ink."""
    left, top, right, bottom = np.rint(box).astype(int).clip(0).tolist()
    inked = ink[top:bottom, left:right] > _INKED
    starts = np.count_nonzero(np.diff(inked, axis=0, prepend=False) & inked, axis=0)
    return int(np.median(starts)) if starts.size else 0
