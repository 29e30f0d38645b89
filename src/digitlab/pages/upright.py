"""Look at a page the right way up, even if the photograph is on its side or upside down."""

import numpy as np

from digitlab.pages.level import certainty, total_certainty
from digitlab.pages.looking import look
from digitlab.pages.sightings import Finder, Sightings
from digitlab.pictures.gray import Gray
from digitlab.pictures.raster import reduced

SETTLED = 0.66  # mean certainty of a page's digits: it is not tried in other directions
TRIED_SIDE = 800  # pixels of the longer side, at least, at which the directions are compared
GAIN, LEAST_GAIN = 1.4, 0.7  # how much better another direction must be: a factor, and an amount


def seen_upright(gray: Gray, finder: Finder) -> tuple[Sightings, int]:
    """Return what is on the page turned upright, and by how many quarters clockwise it was turned.

    The other directions are tried only if the page makes little sense as it is.
    """
    seen = look(gray, finder)
    if certainty(seen).mean() >= SETTLED:
        return seen, 0
    every = max(1, max(gray.shape) // TRIED_SIDE)
    small = reduced(gray, every)
    tried = [look(np.ascontiguousarray(np.rot90(small, -turns)), finder) for turns in range(4)]
    values = [total_certainty(it) for it in tried]
    best = int(np.argmax(values))
    if best == 0 or values[best] < GAIN * values[0] + LEAST_GAIN:
        return seen, 0
    return look(np.ascontiguousarray(np.rot90(gray, -best)), finder), best
