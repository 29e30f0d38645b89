"""Ink that was not read is listed, so that nothing is dropped without a word."""

import numpy as np
import pytest

from digitlab.pages.left_over import in_words, left_over
from tests.pages.made_up import row, sightings

READ = sightings(*((name, box, 0.9) for name, box in row("123", 50, 50, 40)))


def ink_at(*boxes: tuple[float, float, float, float]) -> np.ndarray:
    ink = np.zeros((400, 600), np.float32)
    for left, top, right, bottom in boxes:
        ink[int(top) : int(bottom), int(left) : int(right)] = 1
    return ink


def test_letters_are_left_over_and_what_was_read_is_not():
    stretched = [tuple(it + by for it, by in zip(box, (-2, -2, 2, 2), strict=True))
                 for box in READ.boxes.tolist()]  # fmt: skip
    letters = [(300, 200, 330, 240), (338, 204, 360, 240), (400, 300, 430, 340)]
    found = left_over(ink_at(*stretched, *letters), READ)
    assert found.tolist() == [
        pytest.approx([300, 200, 360, 240], abs=1), pytest.approx([400, 300, 430, 340], abs=1),
    ]  # fmt: skip


def test_dust_and_drawings_are_not_listed():
    dust, drawing = (300, 200, 305, 206), (400, 100, 500, 390)
    assert left_over(ink_at(dust, drawing), READ).shape == (0, 4)


def test_on_a_page_without_digits_their_usual_size_is_assumed():
    found = left_over(ink_at((300, 200, 310, 220), (100, 100, 102, 102)), READ[:0])
    assert found.tolist() == [pytest.approx([300, 200, 310, 220], abs=1)]


def test_a_large_page_is_searched_at_a_smaller_size():
    ink = np.zeros((3000, 4000), np.float32)
    ink[1000:1200, 2000:2150] = 1
    found = left_over(ink, READ[:0])
    assert found.tolist() == [pytest.approx([2000, 1000, 2150, 1200], abs=10)]


def test_a_digit_among_letters_is_one_of_them():
    letters = np.array([(100, 50, 150, 90), (184, 52, 230, 90)], np.float32)
    among, apart, ahead = (155, 50, 180, 90), (300, 50, 325, 90), (40, 50, 65, 90)
    digits = np.array([among, apart, ahead], np.float32)
    assert in_words(digits, letters).tolist() == [True, False, False]
    assert not in_words(digits, letters[:, [0, 1, 0, 3]] + np.float32([0, 0, 8, 0])).any()  # narrow
    assert not in_words(digits, np.zeros((0, 4), np.float32)).any()
    assert in_words(digits[:0], letters).shape == (0,)


def test_the_box_of_a_form_around_digits_is_no_word():
    digits = READ.boxes
    frame = [digits[:, 0].min() - 8, 42, digits[:, 2].max() + 8, 98]
    assert not in_words(digits, np.array([frame], np.float32)).any()
