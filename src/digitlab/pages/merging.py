"""Put sightings of the same thing together: most things are seen in several sizes of the page."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from digitlab.pages.sightings import Sightings, overlaps

_SAME_IN_ONE_SIZE = 0.5
_SAME = 0.4  # overlap of two boxes, as the share of both together: they are of the same digit
_PARTS = {":": [".", ","], "=": ["-"]}  # signs that consist of others
_LEAST_THICK = 0.5  # of a sign's longer side
_ROUGH = 1.5  # pixels of the size in which a sign was seen: how far its box may be off
_LEAST_WHOLE = 0.25  # probability of the middle of one that its parts support
_INSIDE = 0.7  # of a box's area inside another one: only the more probable is kept


def each_once(seen: Sightings) -> Sightings:
    """Return the sightings with those of the same thing put together, the most probable first.

    If one thing is inside another, only the more probable of the two is kept. A digit and a
    sign are never the same thing: `digitlab.pages.conflicts` decides between them.
    """
    seen = _without_parts(_merged(seen))
    seen = seen[np.argsort(-seen.centers, kind="stable")]
    boxes = _thickened(seen)
    near = near_boxes(boxes)
    free = np.ones(len(seen), np.bool_)
    for first in range(len(seen)):
        if free[first]:
            rivals = near(first)
            rivals = rivals[(rivals > first) & (seen.is_sign[rivals] == seen.is_sign[first])]
            free[rivals] &= overlaps(boxes[first], boxes[rivals])[1] < _INSIDE
    return seen[free]


def _merged(seen: Sightings) -> Sightings:
    """Return the sightings with those whose boxes are nearly the same put together.

    Classes and boxes are averaged, each as much as its middle is probable and its size was large:
    small ones are rough. The middle's probability is the highest.
    """
    seen = seen[np.argsort(-seen.centers, kind="stable")]
    trust = seen.centers / np.where(seen.is_sign, seen.scales, np.float32(1))
    thick = _thickened(seen)
    near = near_boxes(thick)
    free = np.ones(len(seen), np.bool_)
    kept, classes, boxes, support = [], [], [], []
    for first in range(len(seen)):
        if not free[first]:
            continue
        same = near(first)
        same = same[free[same] & (seen.is_sign[same] == seen.is_sign[first])]
        shares, _ = overlaps(thick[first], thick[same])
        # Two peaks in one size are of two things, unless they cover each other almost wholly.
        least = np.where(seen.scales[same] == seen.scales[first], _SAME_IN_ONE_SIZE, _SAME)
        same = same[shares >= least]
        weights = trust[same] / trust[same].sum()
        classes.append(weights @ seen.classes[same])
        boxes.append(weights @ seen.boxes[same])
        support.append(seen.support[same].sum())
        kept.append(first)
        free[same] = False
    if not kept:
        return seen
    chosen = seen[np.array(kept, np.int64)]
    return replace(
        chosen,
        classes=np.stack(classes).astype(np.float32),
        boxes=np.stack(boxes).astype(np.float32),
        support=np.array(support, np.float32),
    )


def near_boxes(boxes: NDArray[np.float32]) -> Callable[[int], NDArray[np.intp]]:
    """Return a function that finds all boxes that touch box number `place` of N x 4, in order.

    On a page full of digits they are few, and comparing all with all would take most of the time.
    """
    lefts, rights = boxes[:, 0], boxes[:, 2]
    level = level_boxes(boxes)

    def near(place: int) -> NDArray[np.intp]:
        found = level(place)
        return np.sort(found[(lefts[found] <= rights[place]) & (rights[found] >= lefts[place])])

    return near


def level_boxes(boxes: NDArray[np.float32]) -> Callable[[int], NDArray[np.intp]]:
    """Return a function that finds all boxes that share a height with box number `place` of N x 4.

    It may find a few more, and in any order.
    """
    tops, bottoms = boxes[:, 1], boxes[:, 3]
    order = np.argsort(tops)
    highest = (bottoms - tops).max(initial=0)
    starts = np.searchsorted(tops[order], tops - highest)
    ends = np.searchsorted(tops[order], bottoms, side="right")
    return lambda place: order[starts[place] : ends[place]]


def _thickened(seen: Sightings) -> NDArray[np.float32]:
    """Return the boxes, N x 4, those of signs larger: two of one dot or dash hardly overlap."""
    thin = _LEAST_THICK * seen.sizes
    across, down = (
        np.where(seen.is_sign, np.maximum(thin - it, 0) / 2 + _ROUGH * seen.scales, 0)
        for it in (seen.widths, seen.heights)
    )
    return np.asarray(seen.boxes + np.stack([-across, -down, across, down], axis=1), np.float32)


def _without_parts(seen: Sightings) -> Sightings:
    """Return the sightings without the dots of a colon, which make the colon more probable instead.

    The same holds for the two dashes of an equals sign.
    """
    centers, names, boxes = seen.centers.copy(), np.array(seen.names), _thickened(seen)
    free = np.ones(len(seen), np.bool_)
    for whole, parts in _PARTS.items():
        is_part = seen.is_sign & np.isin(names, parts)
        for place in np.flatnonzero((names == whole) & (seen.centers >= _LEAST_WHOLE)):
            around = boxes[place] + 0.2 * seen.sizes[place] * np.array([-1, -1, 1, 1], np.float32)
            inside = is_part & (overlaps(around, boxes)[1] >= _INSIDE)
            part = seen.centers[inside].max(initial=0)
            centers[place] = 1 - (1 - centers[place]) * (1 - part)
            free &= ~inside
    return replace(seen, centers=centers)[free]
