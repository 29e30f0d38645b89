"""What the page network sees in several sizes of a page becomes one sighting of each thing."""

import numpy as np
import pytest

from digitlab.pages.looking import look
from digitlab.pages.merging import each_once
from digitlab.pages.sightings import CLASSES, together
from tests.pages.made_up import RectangleFinder, Thing, row, scores, sheet, sightings


def assert_seen(things: list[Thing], width: int, height: int, *, within: float) -> RectangleFinder:
    """Assert that all things are seen once, with boxes that are off by at most so many pixels."""
    finder = RectangleFinder()
    seen = look(sheet(width, height, *things), finder)
    assert sorted(seen.names) == sorted(name for name, _ in things)
    for name, box, size in zip(seen.names, seen.boxes, seen.sizes, strict=True):
        expected = next(corners for own, corners in things if own == name)
        assert box == pytest.approx(expected, abs=within + float(size) / 20)
    return finder


def test_digits_of_all_sizes_are_seen_once_in_their_boxes():
    things = [
        ("1", (30, 30, 38, 44)), ("2", (80, 30, 100, 62)), ("3", (150, 30, 200, 110)),
        ("4", (300, 30, 400, 200)), ("5", (450, 30, 650, 430)), ("/", (100, 300, 120, 340)),
    ]  # fmt: skip
    assert_seen(things, 700, 500, within=2)


def test_tiny_writing_is_looked_at_in_double_size():
    finder = assert_seen([("7", (40, 30, 45, 38)), ("8", (60, 30, 65, 38))], 120, 80, within=1)
    assert max(finder.shown) == (2 * 80 + 32, 2 * 120 + 32)  # with the margin


def test_a_digit_at_the_edge_of_the_page_has_its_whole_box():
    assert_seen([("6", (0, 0, 20, 32)), ("9", (580, 368, 600, 400))], 600, 400, within=2)


def test_only_what_smaller_sizes_left_unexplained_is_looked_at_in_the_largest():
    width, height = 1200, 900
    large, small = row("123", 800, 700, 60), ("7", (900, 800, 908, 813))
    for things in (large, [*large, small]):
        finder = assert_seen(things, width, height, within=3)
        assert max(rows * columns for rows, columns in finder.shown) < 0.3 * width * height


def test_two_sightings_of_one_thing_are_one_with_the_mean_of_their_scores():
    first, second = (100, 100, 120, 140), (102, 101, 122, 142)
    seen = sightings(("7", first, 0.6), ("1", second, 0.9))
    seen.scales[:] = 1, 2
    (one,) = each_once(seen).boxes
    assert one == pytest.approx((0.6 * np.array(first) + 0.9 * np.array(second)) / 1.5, abs=1e-3)
    mean = (0.6 * scores("7", 0.9) + 0.9 * scores("1", 0.9)) / 1.5
    assert each_once(seen).classes[0] == pytest.approx(mean, abs=1e-5)


def test_what_is_inside_another_digit_is_left_out_but_a_sign_stays():
    ring, hole, sign = (100, 100, 140, 180), (110, 105, 130, 130), (105, 140, 135, 170)
    seen = each_once(sightings(("0", hole, 0.5), ("8", ring, 0.9), ("-", sign, 0.6)))
    assert seen.names == ["8", "-"]
    apart = (150, 100, 190, 180)
    assert len(each_once(sightings(("8", ring, 0.9), ("8", apart, 0.5)))) == 2


def test_a_sign_that_was_seen_enlarged_counts_more():
    first, second = (100, 100, 120, 104), (101, 100, 121, 105)
    seen = sightings(("=", first, 0.6), ("-", second, 0.6))
    seen.scales[:] = 0.5, 1
    assert each_once(seen).names == ["="]
    seen.scales[:] = 1, 0.5
    assert each_once(seen).names == ["-"]


@pytest.mark.parametrize(("whole", "part"), [(":", "."), ("=", "-")])
def test_the_parts_of_a_sign_belong_to_it(whole: str, part: str):
    around, first, second = (100, 100, 110, 130), (101, 124, 109, 132), (101, 99, 109, 106)
    seen = each_once(sightings((whole, around, 0.4), (part, first, 0.7), (part, second, 0.5)))
    assert seen.names == [whole]
    assert seen.centers[0] == pytest.approx(1 - 0.6 * 0.3)
    assert each_once(sightings((whole, around, 0.1), (part, first, 0.7))).names[0] == part


def test_nothing_is_seen_on_a_bare_page():
    for shape in ((1, 1), (5, 900), (400, 300)):
        seen = look(np.full(shape, 255, np.uint8), RectangleFinder())
        assert (len(seen), seen.boxes.shape, seen.names) == (0, (0, 4), [])
    assert together([seen, seen]).classes.shape == (0, len(CLASSES))
