"""Datasets of a program's own arrays."""

from typing import Any

import numpy as np
import pytest

from digitlab.data.arrays import mean_and_std
from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError

RANDOM = np.random.default_rng(5)
TRAIN = RANDOM.integers(0, 256, (6, 28, 28), np.uint8)
TEST = RANDOM.integers(0, 256, (2, 28, 28), np.uint8)
LABELS = [0, 1, 2, 2, 0, 1]


def made(**changed: Any) -> Dataset:
    arguments = {
        "train_images": TRAIN,
        "train_labels": LABELS,
        "test_images": TEST,
        "test_labels": [1, 2],
    }
    return Dataset.from_arrays(**arguments | changed)


def test_arrays_become_a_dataset():
    dataset = made(classes=["x", "y", "z", "unused"])
    # In another order, which is always the same, because arrays are often sorted by class.
    pairs = sorted((image.tobytes(), label) for image, label in zip(TRAIN, LABELS, strict=True))
    found = zip(dataset.train_images, dataset.train_labels.tolist(), strict=True)
    assert sorted((image.tobytes(), label) for image, label in found) == pairs
    assert not np.array_equal(dataset.train_images, TRAIN)
    assert np.array_equal(dataset.train_images, made().train_images)
    assert dataset.train_labels.dtype == np.uint8
    assert dataset.classes == ("x", "y", "z", "unused")
    assert (dataset.name, dataset.preparation, dataset.split) == ("arrays", "as-is", "given")
    assert dataset.mean == pytest.approx((TRAIN / 255).mean())
    assert dataset.std == pytest.approx((TRAIN / 255).std())
    assert made().classes == ("0", "1", "2")
    assert made(train_labels=[300] * 6).train_labels.tolist() == [300] * 6


def test_arrays_are_copied():
    images = np.asfortranarray(TRAIN)
    images.flags.writeable = False
    dataset = made(train_images=images)
    assert dataset.train_images.flags.writeable
    assert dataset.train_images.flags.c_contiguous


def test_digests_change_with_the_data_only():
    same = made(train_images=np.asfortranarray(TRAIN), train_labels=np.array(LABELS, ">i4"))
    assert same.digests == made().digests
    others = [
        made(train_images=TRAIN[::-1]),
        made(train_labels=LABELS[::-1]),
        made(test_images=TEST[::-1]),
        made(test_labels=[2, 1]),
        made(classes=["a", "b", "c"]),
    ]
    for dataset in others:
        differing = [name for name, it in dataset.digests.items() if it != made().digests[name]]
        assert len(differing) == 1


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"train_images": TRAIN / 255}, "train_images has values of type float64, .* uint8"),
        ({"test_images": TEST[:, :27]}, r"test_images has shape \(2, 27, 28\), .* \(N, 28, 28\)$"),
        ({"train_images": TRAIN.reshape(6, 784)}, r"use train_images.reshape\(-1, 28, 28\)"),
        ({"train_images": TRAIN[:, None]}, r"use train_images.reshape\(-1, 28, 28\)"),
        ({"test_images": TEST[:0], "test_labels": []}, "test_images is empty"),
        ({"train_labels": [0, 1]}, r"train_labels has shape \(2,\), but for 6 images"),
        ({"test_labels": [0.5, 1]}, "test_labels has values of type float64"),
        ({"test_labels": [-1, 1]}, "test_labels has the label -1"),
        ({"test_labels": [0, 10**12]}, "test_labels has the label 1000000000000"),
        ({"classes": ["a", "b"]}, "number of classes is 2, but must be at least 3"),
        ({"train_labels": [0] * 6, "test_labels": [0, 0], "classes": ["a"]}, "is 1, but .* 2"),
        ({"classes": ["a", "b", "a"]}, "two classes have the name 'a'"),
        ({"classes": ["a", "b", ""]}, "'' cannot be the name of a class"),
        ({"classes": ["a", "b", "c\n"]}, "cannot be the name of a class"),
        ({"train_images": np.full((6, 28, 28), 7, np.uint8)}, "have the same value, 7"),
        ({"name": "mnist"}, "cannot have the name 'mnist'"),
        ({"name": "/data"}, "cannot have the name '/data'"),
        ({"name": ""}, "cannot have the name ''"),
    ],
)
def test_what_does_not_fit_is_one_sentence(changed: dict[str, Any], message: str):
    with pytest.raises(DigitlabError, match=message):
        made(**changed)


def test_mean_and_deviation_of_many_images():
    images = np.repeat(TRAIN, 3000, axis=0)  # more than are counted at a time
    mean, std = mean_and_std(images)
    assert mean == pytest.approx((TRAIN / 255).mean(), abs=1e-12)
    assert std == pytest.approx((TRAIN / 255).std(), abs=1e-12)
