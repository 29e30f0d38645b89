"""Lines: which digits and signs are in one, and in which order, also on a tilted page."""

import numpy as np
import pytest

from digitlab.pages.rows import heights_of, rows_of, slope_of
from digitlab.pages.sightings import Sightings
from tests.pages.made_up import Thing, row, sightings


def tilted(things: list[Thing], degrees: float) -> Sightings:
    """Return things in another order, at their places on a page that is turned by so much."""
    down, across = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    seen = []
    for name, (left, top, right, bottom) in things:
        x, y = (left + right) / 2, (top + bottom) / 2
        x, y = across * x - down * y, down * x + across * y
        width, height = (right - left) / 2, (bottom - top) / 2
        seen.append((name, (x - width, y - height, x + width, y + height), 0.9))
    order = np.random.default_rng(1).permutation(len(seen))
    return sightings(*(seen[it] for it in order))


def lines_of(seen: Sightings) -> list[str]:
    return ["".join(seen.names[it] for it in row) for row in rows_of(seen, heights_of(seen))]


@pytest.mark.parametrize("degrees", [-15, -4, 0, 4, 15])
def test_lines_of_a_tilted_page(degrees: float):
    lines = ["314159", "26", "535897932", "384"]
    things = [it for place, line in enumerate(lines) for it in row(line, 50, 50 + 50 * place)]
    seen = tilted(things, degrees)
    assert slope_of(seen) == pytest.approx(np.tan(np.radians(degrees)), abs=0.03)
    assert lines_of(seen) == lines


@pytest.mark.parametrize("degrees", [-4, 15])
def test_a_sample_of_the_digits_shows_the_slope_of_a_full_page(
    degrees: float, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("digitlab.pages.rows.MOST_PAIRS", 100)
    things = [it for line in range(8) for it in row("31415926", 50, 50 + 50 * line)]
    seen = tilted(things, degrees)
    assert slope_of(seen) == pytest.approx(np.tan(np.radians(degrees)), abs=0.03)
    assert lines_of(seen) == ["31415926"] * 8


def test_columns_far_apart_are_in_one_line():
    things = [*row("12", 50, 50), *row("34", 600, 52), *row("56", 50, 110), *row("78", 600, 112)]
    assert lines_of(tilted(things, 0)) == ["1234", "5678"]


def test_low_signs_and_digits_of_other_sizes_stay_in_their_line():
    things = [
        *row("38", 50, 50, 40), *row("4", 126, 62, 26), (".", (146, 84, 151, 89)),
        *row("5", 158, 50, 40), *row("627", 50, 110, 40),
    ]  # fmt: skip
    assert lines_of(tilted(things, 0)) == ["384.5", "627"]


def test_a_sign_is_as_high_as_the_digits_around_it():
    seen = sightings(("3", (0, 0, 20, 40), 0.9), ("-", (24, 18, 40, 22), 0.9))
    assert heights_of(seen).tolist() == [40, 40]
    nothing = seen[:0]
    assert rows_of(nothing, heights_of(nothing)) == []


def test_a_low_sign_between_two_lines_belongs_to_the_upper_one():
    things = [*row("12", 50, 50), (".", (100, 86, 105, 91)), *row("05", 112, 50)]
    things += row("7180", 40, 100)
    assert lines_of(tilted(things, 0)) == ["12.05", "7180"]


def test_the_lines_of_a_tilted_table_with_few_digits_in_each_cell():
    rows = [("46", "8", "92"), ("32", "2", "41"), ("7", "28", "79")]
    things = [
        it
        for y, cells in enumerate(rows)
        for x, cell in enumerate(cells)
        for it in row(cell, 50 + 190 * x, 50 + 75 * y)
    ]
    assert lines_of(tilted(things, 13)) == ["46892", "32241", "72879"]


def test_a_sign_without_digits_keeps_its_height():
    seen = sightings((".", (10, 20, 14, 25), 0.9))
    assert heights_of(seen).tolist() == [5]
    assert rows_of(seen, heights_of(seen)) == []
