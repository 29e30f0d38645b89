"""Pictures of no digit: drawn, turned, squeezed, cut up; all through the picture recipe."""

import numpy as np
import pytest

from digitlab.data.dataset import Dataset
from digitlab.synth.doodles import CANVAS, DOODLES, pen_drawing
from digitlab.synth.non_digits import OTHERS, SIDEWAYS, UPSIDE_DOWN, non_digits


def test_pictures_are_the_same_for_the_same_seed_alone(small_mnist: Dataset):
    images, labels = small_mnist.train_images, small_mnist.train_labels
    made = non_digits(images, labels, seed=1, count=150)
    assert (made.shape, made.dtype) == ((150, 28, 28), np.uint8)
    assert (made.max(axis=(1, 2)) == 255).all()
    assert len(np.unique(made, axis=0)) == 150
    assert np.array_equal(non_digits(images, labels, seed=1, count=150), made)
    assert not np.array_equal(non_digits(images, labels, seed=2, count=150), made)


def test_there_are_as_many_as_were_asked_for(small_mnist: Dataset):
    made = non_digits(small_mnist.train_images, small_mnist.train_labels, seed=1, count=7)
    assert len(made) == 7


@pytest.mark.parametrize("doodle", DOODLES, ids=lambda rule: rule.__name__)
def test_a_doodle_fits_its_canvas(doodle):
    random = np.random.default_rng(5)
    for _ in range(20):
        strokes = doodle(random)
        assert all(points.ndim == 2 and points.shape[1] == 2 for points in strokes)
        ink = pen_drawing(strokes, random)
        assert (ink.shape, ink.dtype) == ((CANVAS, CANVAS), np.float32)
        assert (ink.min(), ink.max()) == (0, 1)
        edge = np.concatenate([ink[0], ink[-1], ink[:, 0], ink[:, -1]])
        assert edge.max() == 0


@pytest.mark.parametrize("make", OTHERS, ids=lambda rule: rule.__name__)
def test_other_pictures_are_ink(make, small_mnist: Dataset):
    random = np.random.default_rng(6)
    for _ in range(10):
        ink = make(small_mnist.train_images, small_mnist.train_labels, random)
        assert ink.dtype == np.float32
        assert ink.min() >= 0
        assert ink.max() <= 1


def test_only_digits_that_become_none_are_turned():
    labels = np.arange(10)
    images = np.zeros((10, 28, 28), np.uint8)
    images[:, 4:24, 8:20] = (labels * 20 + 20)[:, None, None]  # each digit has its own gray
    random = np.random.default_rng(7)
    for make, allowed in zip(OTHERS, (SIDEWAYS, UPSIDE_DOWN), strict=False):
        found = {round(float(make(images, labels, random).max()) * 255) for _ in range(60)}
        assert found == {digit * 20 + 20 for digit in allowed}
