"""Look again at a page whose lines are steep, turned so that they are level."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitlab.pages.looking import look, usual_border
from digitlab.pages.rows import slope_of
from digitlab.pages.sightings import DIGITS, Finder, Sightings
from digitlab.pictures.gray import Gray

STEEP = 0.25  # pixels down per pixel to the right: less steep lines are read as they are
_FEWEST = 3  # digits that show a slope


def seen_level(
    gray: Gray, seen: Sightings, finder: Finder, *, roughly: bool = False
) -> tuple[Sightings, float]:
    """Return what is on the page, and by how many degrees counterclockwise it was turned for that.

    These are 0 degrees, and `seen` itself, if the lines are not steep or are not read better then.
    But what was seen only `roughly`, in small sizes, is looked at again in any case.
    """
    digits = seen.probable_digits
    slope = slope_of(digits) if len(digits) >= _FEWEST else 0.0
    degrees = math.degrees(math.atan(slope)) if abs(slope) >= STEEP else 0.0
    if not degrees and not roughly:
        return seen, 0.0
    again = look(leveled(gray, degrees, usual_border(gray)), finder)
    is_better = not degrees or total_certainty(again) > total_certainty(seen)
    return (again, degrees) if is_better else (seen, 0.0)


def leveled(page: NDArray[Any], degrees: float, paper: float) -> NDArray[Any]:
    """Return a page turned counterclockwise, larger so that all of it is seen, paper around it.

    It is H x W, uint8 or float32, and so is what is returned.
    """
    if not degrees:
        return page
    image = Image.fromarray(page)
    return np.asarray(
        image.rotate(degrees, Image.Resampling.BILINEAR, expand=True, fillcolor=paper), page.dtype
    )


def certainty(seen: Sightings) -> NDArray[np.float64]:
    """Return how certain each digit is, 0 to 1; a single 0 if there is none."""
    digits = seen.probable_digits
    if not len(digits):
        return np.zeros(1)
    return np.asarray(digits.centers * np.exp(digits.classes[:, : len(DIGITS)].max(axis=1)))


def total_certainty(seen: Sightings) -> float:
    """Return how much there is on a page and how certain it is; doubtful digits add little."""
    return float((certainty(seen) ** 2).sum())
