"""Look at a page the right way up, even if the photograph is on its side or upside down."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.pages.level import certainty, total_certainty
from digitlab.pages.looking import look
from digitlab.pages.sightings import Finder, Sightings
from digitlab.pictures.gray import Gray

_SETTLED = 0.66  # mean certainty of a page's digits: it is not tried in other directions
_TRIED_PIXELS = 350_000  # of the largest size in which the directions are compared
_GAIN, _LEAST_GAIN = 1.4, 0.7  # how much better another direction must be: a factor, and an amount


def seen_upright(gray: Gray, finder: Finder) -> tuple[Sightings, int]:
    """Return what is on the page turned upright, and by how many quarters clockwise it was turned.

    The other directions are tried only if the page makes little sense as it is. Then it is looked
    at in smaller sizes only: if it was turned, it must be looked at again.
    """
    seen = look(gray, finder)
    if certainty(seen).mean() >= _SETTLED:
        return seen, 0
    tried = [look(turned(gray, turns), finder, most_pixels=_TRIED_PIXELS) for turns in range(4)]
    values = [total_certainty(it) for it in tried]
    best = int(np.argmax(values))
    if best == 0 or values[best] < _GAIN * values[0] + _LEAST_GAIN:
        return seen, 0
    return tried[best], best


def turned(page: NDArray[Any], turns: int) -> NDArray[Any]:
    """Return a page turned clockwise by so many quarters."""
    return np.ascontiguousarray(np.rot90(page, -turns))
