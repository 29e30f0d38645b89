"""Crops: composed of MNIST's digits, the same each time, with a box around each digit and sign."""

import numpy as np
import pytest
from numpy.typing import NDArray

from digitlab.data.dataset import Dataset
from digitlab.sheets.classes import CLASSES, DIGITS
from digitlab.sheets.crops import CropMaker
from digitlab.sheets.inks import fading, ink_levels
from digitlab.sheets.targets import Crop
from digitlab.sheets.training_crops import TrainingCrops


def arrays(crop: Crop) -> tuple[NDArray[np.generic], ...]:
    return crop.gray, crop.labels, crop.boxes, crop.sizes, crop.ignored


@pytest.fixture(scope="module")
def maker(small_mnist: Dataset) -> CropMaker:
    return CropMaker(small_mnist.train_images, small_mnist.train_labels)


def test_a_crop_depends_on_seed_epoch_and_index_alone(maker: CropMaker):
    first = maker.crop(1, 2, 3)
    others = [maker.crop(2, 2, 3), maker.crop(1, 3, 3), maker.crop(1, 2, 4)]
    assert all(map(np.array_equal, arrays(first), arrays(maker.crop(1, 2, 3))))
    assert not any(np.array_equal(first.gray, other.gray) for other in others)
    gray, targets = TrainingCrops(maker=maker, seed=1, per_epoch=10)(13)
    assert np.array_equal(gray, first.gray)
    assert targets.shape == (9, 48, 48)


def test_every_digit_and_sign_has_a_box_with_ink_in_it(maker: CropMaker):
    names: set[str] = set()
    for index in range(40):
        crop = maker.crop(1, 1, index)
        gray, labels, boxes, sizes, ignored = arrays(crop)
        assert (gray.shape, gray.dtype) == ((192, 192), np.uint8)
        assert (boxes.shape, boxes.dtype) == ((len(labels), 4), np.float32)
        assert len(sizes) == len(ignored) == len(labels)
        names |= {CLASSES[label] for label in labels.tolist()}
        for left, top, right, bottom in np.rint(boxes[~crop.ignored]).astype(int).tolist():
            place = gray[max(0, top - 2) : bottom + 2, max(0, left - 2) : right + 2]
            assert np.ptp(place) > 0
    assert names > set(DIGITS)
    assert names - set(DIGITS)


def test_ink_is_never_gone():
    random = np.random.default_rng(0)
    for _ in range(30):
        assert all(0.15 <= level <= 1 for level in ink_levels(random))
        fades = fading((40, 64), random)
        assert (fades.shape, fades.dtype) == ((40, 64), np.float32)
        assert fades.min() >= np.float32(0.2)
        assert fades.max() <= 1
