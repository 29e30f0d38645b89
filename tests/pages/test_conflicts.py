"""A digit and a sign in the same place: one of them is kept, or the word decides."""

import numpy as np
import pytest

from digitlab.pages.conflicts import best_reading, settle
from digitlab.pages.sightings import CLASSES
from tests.pages.made_up import sightings

HERE, LEFT, RIGHT = (100, 100, 120, 140), (76, 100, 96, 140), (124, 100, 144, 140)


@pytest.mark.parametrize(("digit", "sign", "kept"), [(0.7, 0.9, "4:"), (0.9, 0.7, "74")])
def test_the_more_probable_one_is_kept(digit: float, sign: float, kept: str):
    seen, doubts = settle(sightings(("7", HERE, digit), ("4", LEFT, 0.9), (":", HERE, sign)))
    assert "".join(seen.names) == kept
    assert doubts == {}


def test_a_one_that_may_be_a_slash_stays_for_the_word_to_decide():
    faint = ("8", (300, 100, 320, 140), 0.2)  # is left out, so those after it move up
    seen, doubts = settle(
        sightings(faint, ("2", LEFT, 0.9), ("1", HERE, 0.3), ("/", HERE, 0.8), ("6", RIGHT, 0.9))
    )
    assert seen.names == ["2", "1", "6"]
    assert list(doubts) == [1]
    assert doubts[1].odds == pytest.approx(-0.98, abs=0.01)  # log(0.3 / 0.8)
    assert doubts[1].probability == pytest.approx(0.8)


def test_a_one_that_looks_like_a_slash_needs_no_slash_beside_it():
    seen = sightings(("1", HERE, 0.9), ("1", LEFT, 0.9), ("7", RIGHT, 0.9))
    slash = CLASSES.index("/")
    seen.classes[1:, slash] = np.log(0.2)
    _, doubts = settle(seen)
    assert list(doubts) == [1]
    assert doubts[1].odds == pytest.approx(np.log(0.8 / 0.2), abs=0.01)


def test_a_sign_belongs_to_a_digit_next_to_it():
    near, far, above = (124, 130, 130, 138), (170, 130, 176, 138), (105, 60, 115, 64)
    huge = (130, 0, 150, 400)
    for box, count in ((near, 2), (far, 1), (above, 1), (huge, 1)):
        seen, _ = settle(sightings(("5", HERE, 0.9), (",", box, 0.9)))
        assert len(seen) == count, box
    assert len(settle(sightings(("-", near, 0.9)))[0]) == 0
    assert len(settle(sightings(("5", HERE, 0.9), (",", near, 0.4)))[0]) == 1


@pytest.mark.parametrize(
    ("word", "doubts", "read"),
    [
        ("12103126", {2: 0.5, 5: 0.5}, "12/03/26"),
        ("2026103112", {4: 0.5, 7: 0.5}, "2026/03/12"),
        ("7210414959", {2: 0.5, 5: 0.5}, "7210414959"),  # no month has 72 days
        ("437924180", {6: -0.2}, "437924180"),
        ("112", {1: -2.5}, "1/2"),
        ("112", {1: 0.5}, "112"),
        ("12", {0: -1.0}, "12"),  # no number begins with a slash
        ("12", {0: -9.0}, "/2"),  # unless it can be nothing else
        ("1" * 40, dict.fromkeys(range(40), 5.0), "1" * 40),
    ],
)
def test_the_most_plausible_reading_of_a_word(word: str, doubts: dict[int, float], read: str):
    chosen = best_reading(word, doubts)
    assert chosen.keys() == doubts.keys()
    assert "".join(chosen.get(place, it) for place, it in enumerate(word)) == read
