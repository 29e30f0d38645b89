"""The second look: each digit's ink alone, and what both networks together make of it."""

from dataclasses import replace

import numpy as np
import pytest

from digitlab.models.page_card import UNCALIBRATED
from digitlab.pages.second_look import BLANK, certain, own_ink, second_look
from tests.pages.made_up import sightings

FIVE = np.log(np.array([[0.01] * 5 + [0.91] + [0.01] * 4], np.float32))  # 1 x 10


def says_five(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.repeat(FIVE, len(images), axis=0), np.full(len(images), 0.99, np.float32)


def ink_of(*strokes: tuple[int, int, int, int]) -> np.ndarray:
    ink = np.zeros((200, 300), np.float32)
    for left, top, right, bottom in strokes:
        ink[top:bottom, left:right] = 1
    return ink


def test_a_neighbors_stroke_in_the_box_is_not_the_digits_own():
    left, right = (20, 20, 60, 100), (50, 20, 90, 100)
    one, other = (25, 20, 35, 100), (56, 35, 66, 85)  # the other begins inside the left box
    digits = sightings(("1", left, 0.9), ("1", right, 0.9))
    both = second_look(ink_of(one, other), digits, says_five)
    alone = second_look(ink_of(one), digits[:1], says_five)
    np.testing.assert_array_equal(both.images[0], alone.images[0])
    unaware = second_look(ink_of(one, other), digits[:1], says_five)
    assert (unaware.images[0] != alone.images[0]).any()


def test_boxes_become_as_tight_as_their_ink_unless_it_is_a_small_part():
    frame = [(50, 40, 80, 46), (50, 84, 80, 90), (50, 40, 55, 90), (75, 40, 80, 90)]
    ink = ink_of(*frame, (205, 50, 210, 55))
    digits = sightings(("0", (47, 38, 84, 92), 0.9), ("1", (200, 40, 230, 90), 0.9))
    boxes = second_look(ink, digits, says_five).boxes
    assert boxes[0].tolist() == [50, 40, 80, 90]
    assert boxes[1].tolist() == [200, 40, 230, 90]


def test_where_there_is_no_ink_nothing_is_claimed():
    digits = sightings(("5", (20, 20, 60, 100), 0.9), ("5", (400, 400, 440, 480), 0.9))
    found = second_look(ink_of((25, 20, 35, 100)), digits, says_five)
    assert found.scores[0].argmax() == 5
    assert found.scores[1] == pytest.approx([-np.log(10)] * 10)
    assert found.is_digit == pytest.approx([0.99, BLANK])
    assert not found.images[1].any()
    assert len(second_look(ink_of(), digits[:0], says_five).images) == 0


def test_a_large_digits_ink_is_taken_in_steps_of_pixels():
    ink = np.zeros((900, 900), np.float32)
    ink[100:800, 300:400] = 1
    part = own_ink(ink, np.array([[290, 90, 410, 810]], np.float32), 0)
    assert part.every > 1
    assert max(part.ink.shape) < 400
    digits = sightings(("1", (290, 90, 410, 810), 0.9))
    (box,) = second_look(ink, digits, says_five).boxes
    assert box == pytest.approx([300, 100, 400, 800], abs=2 * part.every)


def test_both_networks_count_as_much_as_the_confidence_says():
    digits = sightings(("3", (20, 20, 60, 100), 0.8))
    second = second_look(ink_of((25, 20, 35, 100)), digits, says_five)

    def answer(**changed: float) -> np.ndarray:
        (row,) = certain(digits, second, replace(UNCALIBRATED, **changed))
        return row

    page_alone, single_alone = answer(single_weight=0.0), answer(page_weight=0.0)
    assert (page_alone.argmax(), single_alone.argmax()) == (3, 5)
    assert single_alone / single_alone.sum() == pytest.approx(
        np.exp(FIVE[0] / 2) / np.exp(FIVE[0] / 2).sum()
    )
    assert answer().sum() == pytest.approx(0.8)  # that it is a digit: the middle alone counts
    assert answer(by_center=0.0, by_second_look=1.0).sum() == pytest.approx(0.99)
    assert answer(by_center=0.0, offset=float(np.log(3))).sum() == pytest.approx(0.75)
    assert answer(by_center=0.0, by_support=2.0).sum() == pytest.approx(1 / (1 + np.exp(-1.6)))


def test_a_digit_of_an_unusual_size_is_less_probable():
    boxes = [(20 + 50 * it, 20, 50 + 50 * it, 60) for it in range(4)] + [(230, 20, 240, 40)]
    digits = sightings(*(("3", box, 0.8) for box in boxes))
    second = second_look(np.zeros((80, 300), np.float32), digits, says_five)
    totals = certain(digits, second, replace(UNCALIBRATED, by_size=-4.0)).sum(axis=1)
    assert totals[:4] == pytest.approx(0.8)
    assert totals[4] == pytest.approx(1 / (1 + np.exp(4 * np.log(2)) / 4), abs=0.02)  # half as high
    assert certain(digits[:0], second_look(np.zeros((8, 8), np.float32), digits[:0], says_five),
                   UNCALIBRATED).shape == (0, 10)  # fmt: skip


def test_on_a_page_full_of_digits_the_most_probable_are_looked_at(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("digitlab.pages.second_look.MOST_LOOKS", 2)
    places = [(20, 20, 60, 100), (100, 20, 140, 100), (180, 20, 220, 100)]
    digits = sightings(*(("5", box, 0.9) for box in places))
    ink = ink_of(*((left + 5, top, left + 15, bottom) for left, top, _, bottom in places))
    found = second_look(ink, digits, says_five)
    assert [it.any() for it in found.images] == [True, True, False]
    assert found.is_digit == pytest.approx([0.99, 0.99, 0.5])
    assert found.scores[2] == pytest.approx([-np.log(10)] * 10)
    shares = certain(digits, found, UNCALIBRATED)
    assert shares.argmax(axis=1).tolist() == [5, 5, 5]
    assert shares[2].max() < shares[1].max()
