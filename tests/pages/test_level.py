"""A page with steep lines is turned until they are level, and its boxes are where it has them."""

import numpy as np
import pytest

from digitlab.pages.level import leveled, seen_level
from digitlab.pages.looking import look
from digitlab.pages.place import Place
from tests.pages.made_up import RectangleFinder, Thing, row, scores, sheet, sightings

THINGS: list[Thing] = row("237845", 60, 60, 40)


@pytest.mark.parametrize("degrees", [-35, -20, 20, 35])
@pytest.mark.parametrize("turns", [0, 1])
def test_a_box_on_the_leveled_page_is_around_the_same_ink(degrees: float, turns: int):
    given = np.full((300, 500), 255, np.uint8)
    given[100:140, 350:380] = 0
    upright = np.ascontiguousarray(np.rot90(given, -turns))
    level = leveled(upright, degrees, 255)
    rows, columns = np.nonzero(level < 128)
    box = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], np.float32)
    x, y, width, height = Place((500, 300), (300, 500), turns, degrees, level.shape).box(box)
    assert (x + width / 2, y + height / 2) == pytest.approx((365, 120), abs=1.5)
    assert (x <= 350, y <= 100) == (True, True)
    assert (x + width >= 380, y + height >= 140) == (True, True)


@pytest.mark.parametrize("degrees", [-30, 30])
def test_steep_lines_are_looked_at_again(degrees: float):
    page = leveled(sheet(400, 300, *THINGS), -degrees, 255)
    finder = RectangleFinder()
    steep = look(page, finder)
    steep.classes[:] = scores("1", 0.5)  # which the network reads badly
    seen, turned = seen_level(page, steep, finder)
    assert turned == pytest.approx(degrees, abs=3)
    assert "".join(seen.names[it] for it in np.argsort(seen.middles[:, 0])) == "237845"
    bare = np.full_like(page, 255)  # nothing is seen there again
    same, turned = seen_level(bare, steep, finder)
    assert (same is steep, turned) == (True, 0.0)


def test_lines_that_are_nearly_level_are_not_turned():
    seen = sightings(*((name, box, 0.9) for name, box in THINGS))
    finder = RectangleFinder()
    same, turned = seen_level(sheet(400, 300, *THINGS), seen, finder)
    assert (same is seen, turned, finder.shown) == (True, 0.0, [])
