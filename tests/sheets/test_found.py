"""How the page network's answers to a crop are counted: found, missing, wrong, invented."""

import numpy as np
import pytest
from numpy.typing import NDArray

from digitlab.sheets.classes import CLASSES
from digitlab.sheets.found import MISSING, found_in, peaks_of
from digitlab.sheets.targets import Crop

Maps = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]


def crop_of(*glyphs: tuple[str, tuple[float, ...]], ignored: tuple[int, ...] = ()) -> Crop:
    """Return a crop of 64 x 64 pixels with these digits and signs, each with its box."""
    boxes = np.array([box for _, box in glyphs], np.float32).reshape(-1, 4)
    return Crop(
        gray=np.full((64, 64), 255, np.uint8),
        labels=np.array([CLASSES.index(name) for name, _ in glyphs], np.int64),
        boxes=boxes,
        sizes=(boxes[:, 2:] - boxes[:, :2]).max(axis=1),
        ignored=np.isin(np.arange(len(glyphs)), ignored),
    )


def maps_of(*answers: tuple[int, int, str, float]) -> Maps:
    """Return the maps of a network that answers (row, column, digit, probability) in these cells.

    Each digit's box is 16 x 24 pixels around the middle of its cell.
    """
    centers = np.full((2, 16, 16), 0.01, np.float32)
    classes = np.full((len(CLASSES), 16, 16), np.log(1e-6), np.float32)
    boxes = np.zeros((4, 16, 16), np.float32)
    boxes[0::2], boxes[1::2] = 8, 12
    for row, column, name, probability in answers:
        centers[0, row, column] = probability
        classes[CLASSES.index(name), row, column] = 0
    return centers, classes, boxes


SEVEN = ("7", (10.0, 6.0, 26.0, 30.0))  # its middle is in row 4, column 4


@pytest.mark.parametrize(
    ("answers", "read", "invented"),
    [
        ([(4, 4, "7", 0.9)], 7, 0),
        ([(4, 5, "7", 0.9)], 7, 0),  # a cell beside it
        ([(4, 4, "1", 0.9)], 1, 0),  # wrong
        ([(4, 4, "7", 0.2)], MISSING, 0),  # too faint
        ([], MISSING, 0),
        ([(4, 4, "7", 0.9), (12, 12, "3", 0.9)], 7, 1),
        ([(4, 4, "7", 0.9), (12, 12, "3", 0.4)], 7, 0),  # not sure of it
        ([(3, 4, "7", 0.9), (5, 4, "7", 0.9)], 7, 1),  # read twice
    ],
)
def test_a_digit_is_found_once_where_it_is(
    answers: list[tuple[int, int, str, float]], read: int, invented: int
):
    found = found_in(crop_of(SEVEN), peaks_of(*maps_of(*answers)))
    assert (found.truths.tolist(), found.answers.tolist()) == ([7], [read])
    assert found.invented == invented
    assert found.is_right.sum() == (read == 7)


def test_neighbors_are_not_taken_for_each_other():
    crop = crop_of(SEVEN, ("1", (30.0, 6.0, 46.0, 30.0)))
    found = found_in(crop, peaks_of(*maps_of((4, 9, "1", 0.8), (4, 4, "7", 0.9))))
    assert found.answers.tolist() == [7, 1]
    assert found.invented == 0


@pytest.mark.parametrize(
    "crop",
    [
        crop_of(SEVEN, ignored=(0,)),
        crop_of(("7", (13.0, 13.0, 22.0, 23.0))),  # smaller than what is asked for
    ],
)
def test_where_nothing_is_asked_nothing_counts(crop: Crop):
    found = found_in(crop, peaks_of(*maps_of((4, 4, "7", 0.9))))
    assert (len(found.truths), found.invented, len(found.peaks.digits)) == (0, 0, 0)


def test_a_sign_is_not_a_digit_to_find_and_a_digit_read_there_is_invented():
    found = found_in(crop_of(("+", SEVEN[1])), peaks_of(*maps_of((4, 4, "4", 0.9))))
    assert (len(found.truths), found.invented) == (0, 1)


def test_an_empty_page_has_nothing_to_find():
    found = found_in(crop_of(), peaks_of(*maps_of((4, 4, "4", 0.9))))
    assert (len(found.truths), found.invented) == (0, 1)
