"""A page on its side or upside down is read, and its boxes are where the picture has them."""

import numpy as np
import pytest

from digitlab.pages.place import Place
from digitlab.pages.upright import seen_upright
from tests.pages.made_up import RectangleFinder, row, sheet

THINGS = [*row("1234", 60, 60), *row("567", 60, 120)]
SHEET = sheet(500, 400, *THINGS)


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_it_is_turned_until_it_makes_sense(turns: int):
    given = np.ascontiguousarray(np.rot90(SHEET, turns))
    finder = RectangleFinder()
    seen, turned = seen_upright(given, finder)
    assert turned == turns
    order = np.lexsort((seen.middles[:, 0], seen.middles[:, 1] // 50))
    assert "".join(seen.names[it] for it in order) == "1234567"
    place = Place(given.shape[::-1], given.shape, turned)
    for name, box in zip(seen.names, seen.boxes, strict=True):
        x, y, width, height = place.box(box)
        here = np.zeros_like(given)
        here[y : y + height, x : x + width] = 255
        expected = next(corners for own, corners in THINGS if own == name)
        back = np.rot90(here, -turns)
        rows, columns = np.nonzero(back)
        corners = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
        assert corners == pytest.approx(expected, abs=3)


def test_a_page_that_makes_sense_is_looked_at_once():
    once, four = RectangleFinder(), RectangleFinder()
    seen_upright(SHEET, once)
    seen_upright(np.ascontiguousarray(np.rot90(SHEET)), four)
    assert len(four.shown) == 6 * len(once.shown)


def test_a_page_without_digits_stays_as_it_is():
    seen, turned = seen_upright(np.full((300, 200), 255, np.uint8), RectangleFinder())
    assert (len(seen), turned) == (0, 0)


def test_a_page_is_not_turned_for_a_little_more_certainty():
    doubtful = sheet(500, 400, *THINGS, unsure="1234567")
    upside_down = np.ascontiguousarray(np.rot90(doubtful, 2))
    assert seen_upright(upside_down, RectangleFinder())[1] == 0
