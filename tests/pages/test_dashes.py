"""A dash has one stroke, an equals sign has two."""

import numpy as np
import pytest

from digitlab.pages.dashes import with_counted_strokes
from tests.pages.made_up import sightings

UPPER, LOWER = (100, 60, 130, 64), (100, 72, 130, 76)


def ink_of(*strokes: tuple[int, int, int, int]) -> np.ndarray:
    ink = np.zeros((150, 200), np.float32)
    for left, top, right, bottom in strokes:
        ink[top:bottom, left:right] = 1
    return ink


@pytest.mark.parametrize("seen_as", ["-", "="])
@pytest.mark.parametrize(
    ("strokes", "box", "name"),
    [
        ((UPPER, LOWER), (100, 60, 130, 76), "="),
        ((UPPER, LOWER), UPPER, "="),  # the network put its box around one of them
        ((UPPER,), UPPER, "-"),
        ((UPPER,), (100, 58, 130, 80), "-"),
    ],
)
def test_strokes_are_counted(
    seen_as: str, strokes: tuple[tuple[int, int, int, int], ...],
    box: tuple[int, int, int, int], name: str,
):  # fmt: skip
    seen = with_counted_strokes(sightings((seen_as, box, 0.8)), ink_of(*strokes))
    assert seen.names == [name]
    assert np.exp(seen.classes).sum() == pytest.approx(1, abs=0.02)
    if name == "=":
        assert seen.boxes[0, 1] <= 60 + 1


def test_what_is_neither_stays_as_it_was():
    seen = sightings(
        ("-", (100, 60, 130, 76), 0.8), ("+", (20, 60, 50, 90), 0.8), ("4", UPPER, 0.9)
    )
    for strokes in ((), (UPPER, (100, 67, 130, 69), LOWER)):  # none, three
        assert with_counted_strokes(seen, ink_of(*strokes)).names == ["-", "+", "4"]
