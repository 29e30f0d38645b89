"""Degraded copies look like what the picture recipe gives; some ones have a flag, sevens a bar."""

import numpy as np
import pytest

from digitlab.data.dataset import Dataset
from digitlab.pictures.digit import has_ink
from digitlab.reader import Reader
from digitlab.synth import degraded as degrade
from digitlab.synth.degraded import degraded_copies, with_regional_form


def test_copies_are_the_same_for_the_same_seed_alone(small_mnist: Dataset):
    images, labels = small_mnist.train_images[:40], small_mnist.train_labels[:40]
    copies = degraded_copies(images, labels, seed=1)
    assert (copies.shape, copies.dtype) == (images.shape, np.uint8)
    assert np.array_equal(degraded_copies(images, labels, seed=1), copies)
    assert (degraded_copies(images, labels, seed=2) != copies).any(axis=(1, 2)).mean() > 0.9


def test_copies_are_sized_and_placed_as_mnist_and_still_alike(
    small_mnist: Dataset, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(degrade, "DRAWN", 0.0)
    monkeypatch.setattr(degrade, "PRINTED", 0.0)
    images = small_mnist.train_images[:300]
    copies = degraded_copies(images, np.full(300, 8), seed=3)
    assert all(map(has_ink, copies))
    inked = copies > 0
    longer = np.maximum(inked.any(axis=1).sum(axis=1), inked.any(axis=2).sum(axis=1))
    assert (longer <= 20).all()
    assert (longer >= 18).mean() > 0.98
    alike = [np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(images, copies, strict=True)]
    assert 0.75 < np.median(alike) < 0.99
    assert (images == copies).all(axis=(1, 2)).mean() < 0.02


@pytest.mark.parametrize("share", ["DRAWN", "PRINTED"])
def test_some_copies_show_another_picture_of_the_same_digit(
    share: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(degrade, "DRAWN", float(share == "DRAWN"))
    monkeypatch.setattr(degrade, "PRINTED", float(share == "PRINTED"))
    labels = np.arange(60) % 10
    copies = degraded_copies(np.zeros((60, 28, 28), np.uint8), labels, seed=1)
    assert len(np.unique(copies, axis=0)) == 60
    answers = Reader().predict_many(copies)
    right = sum(it.digit == label for it, label in zip(answers, labels.tolist(), strict=True))
    assert right >= 50


def test_foreign_forms_are_other_pictures_of_the_same_digits(mnist: Dataset):
    images, labels = mnist.train_images[:60], mnist.train_labels[:60]
    made = degrade.foreign_forms(images, labels, seed=1)
    assert (made.shape, made.dtype) == (images.shape, np.uint8)
    assert (made != images).any(axis=(1, 2)).all()
    answers = Reader().predict_many(made)
    assert sum(it.digit == label for it, label in zip(answers, labels, strict=True)) >= 50


def test_an_image_of_which_nothing_is_left_stays_as_it_is():
    speck = np.zeros((28, 28), np.uint8)
    speck[14, 14] = 255
    random = np.random.default_rng(0)
    for _ in range(50):
        assert degrade.degraded_copy(speck, random).any()


def test_a_flag_hangs_to_the_left_of_the_top(monkeypatch: pytest.MonkeyPatch):
    stem = np.zeros((28, 28), np.uint8)
    stem[4:24, 14:17] = 255
    random = np.random.default_rng(0)
    monkeypatch.setattr(degrade, "FLAGGED", 0.0)
    assert with_regional_form(stem, 1, random) is stem
    monkeypatch.setattr(degrade, "FLAGGED", 1.0)
    for _ in range(50):
        added = with_regional_form(stem, 1, random).astype(int) - stem
        assert added[4:15, :14].max() > 100
        assert added[:20, 18:].max() <= 0  # a foot may reach to the right


def test_a_bar_crosses_the_middle(monkeypatch: pytest.MonkeyPatch):
    seven = np.zeros((28, 28), np.uint8)
    seven[4:7, 8:20] = seven[4:24, 17:20] = 255
    monkeypatch.setattr(degrade, "BARRED", 1.0)
    random = np.random.default_rng(0)
    for _ in range(50):
        added = with_regional_form(seven, 7, random).astype(int) - seven
        assert added[8:20, :17].max() > 100
        assert added[8:20, 20:].max() > 100
        assert added[21:].max() < 60


@pytest.mark.parametrize("label", [0, 2, 3, 4, 5, 6, 8, 9])
def test_other_digits_are_written_alike_everywhere(label: int):
    image = np.full((28, 28), 200, np.uint8)
    random = np.random.default_rng(0)
    assert all(with_regional_form(image, label, random) is image for _ in range(20))
