"""A page on its side or upside down is read, and its boxes are where the picture has them."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from digitlab.models.page_network import Maps, filled
from digitlab.pages.level import STEEP, seen_level
from digitlab.pages.looking import look
from digitlab.pages.place import Place
from digitlab.pages.rows import slope_of
from digitlab.pages.sightings import CLASSES
from digitlab.pages.upright import seen_upright, turned
from tests.pages.made_up import RectangleFinder, row, scores, sheet

THINGS = [*row("1234", 60, 60), *row("567", 60, 120)]
SHEET = sheet(500, 400, *THINGS)


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_it_is_turned_until_it_makes_sense(turns: int):
    given = np.ascontiguousarray(np.rot90(SHEET, turns))
    finder = RectangleFinder()
    seen, turns_back = seen_upright(given, finder)
    assert turns_back == turns
    upright = turned(given, turns)
    assert (upright == SHEET).all()
    seen, _ = seen_level(upright, seen, finder, roughly=turns != 0)
    order = np.lexsort((seen.middles[:, 0], seen.middles[:, 1] // 50))
    assert "".join(seen.names[it] for it in order) == "1234567"
    place = Place(given.shape[::-1], given.shape, turns)
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
    finder, once = RectangleFinder(), RectangleFinder()
    seen_upright(SHEET, finder)
    look(SHEET, once)
    assert finder.shown == once.shown


def test_a_page_without_digits_stays_as_it_is():
    seen, turns = seen_upright(np.full((300, 200), 255, np.uint8), RectangleFinder())
    assert (len(seen), turns) == (0, 0)


def test_a_page_is_not_turned_for_a_little_more_certainty():
    doubtful = sheet(500, 400, *THINGS, unsure="1234567")
    upside_down = np.ascontiguousarray(np.rot90(doubtful, 2))
    assert seen_upright(upside_down, RectangleFinder())[1] == 0


@dataclass
class DoubtfulFinder:
    """A page network that sees a steep row of three 5s on any page, and is sure in one direction.

    That is where the upper half of the page is clearly darker than the lower one.
    """

    pixels: list[int] = field(default_factory=list)
    """Of the pages that it has looked at."""

    def maps(self, page: NDArray[np.uint8]) -> Maps:
        """Return the answers for a page of any size."""
        page = filled(page)
        self.pixels.append(page.size)
        height, width = cells = page.shape[0] // 4, page.shape[1] // 4
        upper, lower = page[: page.shape[0] // 2].mean(), page[page.shape[0] // 2 :].mean()
        centers = np.zeros((2, *cells), np.float32)
        for place in (-2, 0, 2):
            row, column = height // 2 + place, width // 2 + 2 * place
            centers[0, row, column] = 0.95 if lower > upper + 20 else 0.5
        classes = np.broadcast_to(scores("5", 0.99)[:, None, None], (len(CLASSES), *cells))
        return Maps(centers=centers, classes=classes, boxes=np.full((4, *cells), 6, np.float32))


@pytest.mark.parametrize("side", [500, 1599])
def test_a_page_of_any_kind_is_looked_at_with_bounded_work(side: int):
    random = np.random.default_rng(1)
    page = random.integers(0, 200, (side, side), np.uint8)  # texture, which is never explained
    page[: side // 2] += 55
    finder = DoubtfulFinder()
    seen, turns = seen_upright(page, finder)
    assert turns == 2
    assert slope_of(seen.probable_digits) > STEEP
    seen_level(turned(page, turns), seen, finder, roughly=turns != 0)
    assert sum(finder.pixels) < 12e6
