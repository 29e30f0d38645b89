"""Several digits in a row are noticed; one digit, whole or broken, is one digit."""

import numpy as np
import pytest
from numpy.random import Generator

from digitlab.data.dataset import Dataset
from digitlab.pictures.digit import prepare, prepare_and_check
from tests.pictures.drawn import seven
from testsets.pages import Hand, broken, pen_drawn, written_number
from testsets.pens import Ink, on_paper, to_array
from testsets.singles import handmade


def several(picture: object) -> bool:
    return prepare_and_check(picture)[1]


def drawn(ink: Ink, random: Generator) -> np.ndarray:
    margin = round(ink.shape[0] * random.uniform(0.1, 0.5))
    return to_array(on_paper(np.pad(ink, margin)))


@pytest.mark.parametrize("count", [2, 3, 5, 8])
def test_rows_of_digits_are_noticed(mnist: Dataset, count: int):
    random = np.random.default_rng(count)
    found = 0
    for _ in range(12):
        images = [mnist.train_images[i] for i in random.integers(0, 60_000, count)]
        ink = written_number(images, random.uniform(20, 120), Hand(), 0.1, random)
        found += several(drawn(ink[(ink > 0.3).any(axis=1)], random))
    assert found >= 9


def test_one_digit_is_one_digit(mnist: Dataset):
    random = np.random.default_rng(1)
    for index in range(0, 60_000, 2000):
        ink = pen_drawn(mnist.train_images[index], random.uniform(20, 120), 0.1)
        assert not several(drawn(ink, random)), index
    assert not any(several(case.picture) for case in handmade(1, 4) if case.label is not None)


def test_an_mnist_image_is_one_digit(mnist: Dataset):
    assert not any(several(image) for image in mnist.train_images[::100])
    assert not any(several(255 - image) for image in mnist.train_images[::1000])


def test_most_broken_digits_are_one_digit(mnist: Dataset):
    random = np.random.default_rng(2)
    pieces = (broken(pen_drawn(mnist.train_images[i], 80, 0.1), random) for i in range(40))
    assert sum(several(drawn(ink, random)) for ink in pieces) <= 2


def test_dots_and_digits_below_each_other_are_not_a_row():
    digit = seven(120, pen=14)
    assert np.array_equal(prepare_and_check(digit)[0], prepare(digit))
    rows, columns = np.indices(digit.shape) % 12
    dots = (rows - 6) ** 2 + (columns - 6) ** 2 < 20
    assert not several(np.where(dots, digit, 255).astype(np.uint8))
    assert not several(np.vstack([digit, digit]))
    assert several(np.hstack([digit, digit]))


def test_a_picture_as_small_as_one_digit_is_one_digit():
    small = np.zeros((20, 32), np.uint8)
    small[4:16, 8:10] = small[4:16, 20:22] = 255
    assert not several(small)
    assert several(small.repeat(2, axis=0).repeat(2, axis=1))
