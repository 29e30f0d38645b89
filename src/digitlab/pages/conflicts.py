"""Decide between a digit and a sign that were seen in the same place, such as a 1 and a slash.

A slanted 1 and a slash can look alike. What the word would mean decides then: `12/03/26` is a date,
and no number begins or ends with a slash.
"""

import re
from itertools import product

import numpy as np
from numpy.typing import NDArray

from digitlab.pages.sightings import Sightings, overlaps

COMMON = 0.35  # of the smaller box: from here on, a digit and a sign are in the same place
MOST = 6  # places of one word that are weighed together
DATE = re.compile(r"\d{1,2}/\d{1,2}/(\d{2}|\d{4})|\d{4}/\d{1,2}/\d{1,2}")
FRACTION = re.compile(r"\d+/\d+")
FOR_DATE, FOR_FRACTION, AGAINST = 1.5, -0.5, -3.0  # added to the logarithm of a reading's odds


def rivals_of(digits: Sightings, signs: Sightings) -> dict[int, int]:
    """Return for each sign, by position, the digit that was seen in the same place, if any."""
    rivals = {}
    for place in range(len(signs)):
        if len(digits):
            inside = overlaps(signs.boxes[place], digits.boxes)[1]
            best = int(inside.argmax())
            if inside[best] >= COMMON:
                rivals[place] = best
    return rivals


def odds(digits: Sightings, signs: Sightings, digit: int, sign: int) -> float:
    """Return the logarithm of how much more probable the digit is than the sign."""
    return float(np.log(digits.centers[digit] + 1e-6) - np.log(signs.centers[sign] + 1e-6))


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
    places = sorted(doubts, key=lambda it: abs(doubts[it]))[:MOST]
    clear = {it: "1" if doubts[it] >= 0 else "/" for it in doubts if it not in places}
    best, highest = dict(clear), -np.inf
    for chosen in product("1/", repeat=len(places)):
        reading = clear | dict(zip(places, chosen, strict=True))
        text = "".join(reading.get(place, it) for place, it in enumerate(word))
        total = plausibility(text) + sum(
            doubts[it] / 2 if reading[it] == "1" else -doubts[it] / 2 for it in places
        )
        if total > highest:
            best, highest = reading, total
    return dict(sorted(best.items()))


def plausibility(text: str) -> float:
    """Return the logarithm of how much more usual a word is than one without slashes."""
    slashes = text.count("/")
    if not slashes:
        return 0.0
    if DATE.fullmatch(text):
        return FOR_DATE * slashes
    return FOR_FRACTION if FRACTION.fullmatch(text) else AGAINST * slashes


def without(seen: Sightings, places: NDArray[np.int64] | list[int]) -> Sightings:
    """Return the sightings without some."""
    return seen[np.setdiff1d(np.arange(len(seen)), np.array(places, np.int64))]
