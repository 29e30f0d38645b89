"""Pictures of no digit: letters, symbols, photographs, turned digits; all prepared as any other."""

import numpy as np
import pytest

from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError
from digitlab.glyphs.doodles import DOODLES
from digitlab.glyphs.hershey import load_face
from digitlab.synth.letters import LETTERS, PRINTED_LETTERS, PRINTED_SYMBOLS, SYMBOLS
from digitlab.synth.non_digits import (
    KINDS,
    SIDEWAYS,
    UPSIDE_DOWN,
    Material,
    held_out_non_digits,
    non_digits,
    turned,
)
from digitlab.synth.pen_drawing import CANVAS, pen_drawing
from digitlab.synth.photographs import PHOTOGRAPHS


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


@pytest.mark.parametrize("held_out", [False, True])
def test_every_kind_is_prepared_as_a_picture_of_a_digit(held_out: bool, small_mnist: Dataset):
    images, labels = small_mnist.train_images, small_mnist.train_labels
    material = Material(images=images, labels=labels, held_out=held_out)
    random = np.random.default_rng(6)
    for kind, (share, make) in KINDS.items():
        assert share > 0, kind
        made = np.stack([make(material, random) for _ in range(12)])
        assert (made.shape, made.dtype) == ((12, 28, 28), np.uint8)
        inked = made.any(axis=(1, 2))
        assert inked.sum() >= 3, kind  # in many pieces of photographs there is nothing to see
        assert (made[inked].max(axis=(1, 2)) >= 254).all(), kind
        assert len(np.unique(made[inked], axis=0)) >= inked.sum() - 1, kind


def test_pictures_to_test_with_are_of_every_kind(small_mnist: Dataset):
    images, labels = small_mnist.train_images, small_mnist.train_labels
    made = held_out_non_digits(images, labels, seed=1, count=2)
    assert list(made) == list(KINDS)
    assert all(it.shape == (2, 28, 28) and it.any(axis=(1, 2)).all() for it in made.values())


@pytest.mark.parametrize("learned", [LETTERS, SYMBOLS, PRINTED_LETTERS, PRINTED_SYMBOLS])
def test_faces_and_fonts_to_test_with_are_not_learned(learned):
    alike = {face for face in learned[0] if face in learned[1]}
    assert not alike


def test_photographs_to_test_with_are_not_learned():
    assert not set(PHOTOGRAPHS[0]) & set(PHOTOGRAPHS[1])


def test_no_letter_that_looks_like_a_digit_is_among_them():
    latin = ("futural", "rowmans", "timesr", "cursive", "scriptc", "gothiceng")
    for written in (*LETTERS, *PRINTED_LETTERS):
        for face, characters in written.items():
            if face in latin or written in PRINTED_LETTERS:
                assert not set(characters) & set("0123456789OoDQIlZzSsBbGgq|"), face


def test_every_character_of_a_face_has_strokes():
    for written in (*LETTERS, *SYMBOLS):
        for face, characters in written.items():
            assert set(characters) <= load_face(face).keys(), face


def test_only_digits_that_become_none_are_turned():
    labels = np.arange(10)
    images = np.zeros((10, 28, 28), np.uint8)
    images[:, 4:24, 8:20] = (labels * 20 + 20)[:, None, None]  # each digit has its own gray
    material, random = Material(images=images, labels=labels), np.random.default_rng(7)
    found = {round(float(turned(material, random).max()) * 255) for _ in range(120)}
    assert found == {digit * 20 + 20 for digit in (*SIDEWAYS, *UPSIDE_DOWN)}


def test_all_ten_digits_are_needed(small_mnist: Dataset):
    with pytest.raises(DigitlabError, match="need all ten digits"):
        non_digits(small_mnist.train_images, np.ones(600, np.int64), seed=1, count=1)
