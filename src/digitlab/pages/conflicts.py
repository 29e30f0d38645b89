"""Decide between a digit and a sign that were seen in the same place, such as a 1 and a slash.

A slanted 1 and a slash can look alike. What the word would mean decides then: `12/03/26` is a date,
and no number begins or ends with a slash.
"""

import re
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from digitlab.pages.answers import ReadSign
from digitlab.pages.place import Place
from digitlab.pages.sightings import CLASSES, LEAST_DIGIT, Sightings, overlaps, together

_LEAST_SIGN = 0.6  # probability of a middle
_LEAST_SLASH = 0.05  # probability of a slash where a 1 is more probable
_ASIDE, _ABOVE = 1.0, 0.35  # digit sizes: a sign that is farther from every digit is none
_LARGEST_SIGN = 2.2  # digit sizes
_COMMON = 0.35  # of the smaller box: from here on, a digit and a sign are in the same place
_MOST = 6  # places of one word that are weighed together
_DAY, _MONTH = r"(0?[1-9]|[12]\d|3[01])", r"(0?[1-9]|1[0-2])"
_YEAR = r"(1[5-9]|20|21)?\d{2}"
_DATE = re.compile(rf"{_DAY}/{_MONTH}/{_YEAR}|{_MONTH}/{_DAY}/{_YEAR}|{_YEAR}/{_MONTH}/{_DAY}")
_FRACTION = re.compile(r"\d+/\d+")
_FOR_DATE, _FOR_FRACTION, _AGAINST = 1.5, -0.5, -3.0  # added to the logarithm of a reading's odds


@dataclass(frozen=True)
class Doubt:
    """A place that shows a 1 or a slash."""

    odds: float
    """The logarithm of how much more probable the 1 is."""
    box: NDArray[np.float32]
    probability: float
    """Of the slash."""

    def sign(self, place: Place) -> ReadSign:
        """Return the slash."""
        return ReadSign(box=place.box(self.box), sign="/", probability=self.probability)


def settle(seen: Sightings) -> tuple[Sightings, dict[int, Doubt]]:
    """Return what is on the page, and by position the 1s among it that could be slashes.

    Where a digit and a sign are in the same place, the more probable one is kept; but of a 1 and a
    slash it is the 1, for `best_reading` to decide. Signs far from every digit are left out.
    """
    digits = seen[~seen.is_sign]
    signs = seen[seen.is_sign]
    is_kept = digits.centers >= LEAST_DIGIT
    is_free = signs.centers >= _LEAST_SIGN
    doubts: dict[int, Doubt] = {}
    digit_names, sign_names = digits.names, signs.names
    for place in range(len(signs)):
        inside = overlaps(signs.boxes[place], digits.boxes)[1]
        rivals = np.flatnonzero(inside >= _COMMON)
        if not len(rivals):
            continue
        best = int(rivals[digits.centers[rivals].argmax()])
        center, other = float(signs.centers[place]), float(digits.centers[best])
        if sign_names[place] == "/" and digit_names[best] == "1":
            if is_free[place] or is_kept[best]:
                is_free[place], is_kept[best] = False, True
                odds = float(np.log(other + 1e-6) - np.log(center + 1e-6))
                doubts[best] = Doubt(odds, signs.boxes[place], center)
        elif not is_free[place] or other >= center:
            is_free[place] = False
        else:
            is_kept[rivals] = False
    slash = np.exp(digits.classes[:, CLASSES.index("/")])
    for place in np.flatnonzero(is_kept & (slash >= _LEAST_SLASH)).tolist():
        if digit_names[place] == "1" and place not in doubts:
            odds = float(np.log1p(-slash[place]) - np.log(slash[place]))
            doubts[place] = Doubt(odds, digits.boxes[place], float(slash[place]))
    kept = np.flatnonzero(is_kept)
    positions = {int(old): new for new, old in enumerate(kept)}
    digits, signs = digits[kept], signs[is_free]
    near = signs[np.array([_is_near(box, digits) for box in signs.boxes], np.bool_)]
    return together([digits, near]), {
        positions[it]: doubt for it, doubt in doubts.items() if it in positions
    }


def _is_near(box: NDArray[np.float32], digits: Sightings) -> bool:
    """Return whether a sign is next to a digit, and no larger than signs are."""
    left, top, right, bottom = box
    across = np.maximum(digits.boxes[:, 0] - right, left - digits.boxes[:, 2])
    down = np.maximum(digits.boxes[:, 1] - bottom, top - digits.boxes[:, 3])
    fits = max(right - left, bottom - top) < _LARGEST_SIGN * digits.sizes
    near = (across < _ASIDE * digits.sizes) & (down < _ABOVE * digits.sizes)
    return bool((near & fits).any())


def best_reading(word: str, doubts: dict[int, float]) -> dict[int, str]:
    """Return the most plausible character, `1` or `/`, at each doubtful position of a word.

    Parameters
    ----------
    word
        The characters of a word, with any at the doubtful positions.
    doubts
        By position: the logarithm of how much more probable a 1 is than a slash.

    >>> best_reading("12103126", {2: -0.2, 5: 0.1})
    {2: '/', 5: '/'}
    >>> best_reading("437924180", {6: -0.2})
    {6: '1'}
    """
    places = sorted(doubts, key=lambda it: abs(doubts[it]))[:_MOST]
    clear = {it: "1" if doubts[it] >= 0 else "/" for it in doubts if it not in places}
    best, highest = dict(clear), -np.inf
    for chosen in product("1/", repeat=len(places)):
        reading = clear | dict(zip(places, chosen, strict=True))
        text = "".join(reading.get(place, it) for place, it in enumerate(word))
        total = _plausibility(text) + sum(
            doubts[it] / 2 if reading[it] == "1" else -doubts[it] / 2 for it in places
        )
        if total > highest:
            best, highest = reading, total
    return dict(sorted(best.items()))


def _plausibility(text: str) -> float:
    """Return the logarithm of how much more usual a word is than one without slashes."""
    slashes = text.count("/")
    if not slashes:
        return 0.0
    if _DATE.fullmatch(text):
        return _FOR_DATE * slashes
    return _FOR_FRACTION if _FRACTION.fullmatch(text) else _AGAINST * slashes
