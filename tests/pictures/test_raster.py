"""Image processing against slow and simple computations of the same."""

import numpy as np
import pytest

from digitlab.pictures.raster import (
    dilated,
    find_blobs,
    is_one_blob,
    otsu,
    reduced,
    stroke_width,
    widened,
)
from testsets.worst import checkerboard, comb, hilbert, maze, spiral


def test_find_blobs_agrees_with_flooding() -> None:
    random = np.random.default_rng(2)
    for density in (0.2, 0.5, 0.7):
        inked = random.random((23, 31)) < density
        labels, areas = find_blobs(inked)
        assert np.array_equal(labels > 0, inked)
        assert np.array_equal(np.bincount(labels.ravel(), minlength=len(areas) + 1)[1:], areas)
        left, count = np.pad(inked, 1), 0
        for start in zip(*np.nonzero(left), strict=True):
            if left[start]:
                count += 1
                stack, found = [start], set()
                while stack:
                    y, x = stack.pop()
                    if left[y, x]:
                        left[y, x] = False
                        found.add(int(labels[y - 1, x - 1]))
                        stack += [(y + i, x + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
                assert len(found) == 1
        assert count == len(areas)


@pytest.mark.parametrize(
    "black",
    [maze(200, 2, 1), spiral(200, 4), comb(200, 2), hilbert(256), checkerboard(200, 1)],
    ids=["maze", "spiral", "comb", "Hilbert curve", "checkerboard"],
)
def test_find_blobs_follows_the_longest_ways(black: np.ndarray) -> None:
    labels, areas = find_blobs(black)
    assert areas.tolist() == [np.count_nonzero(black)]
    assert np.array_equal(labels == 1, black)


@pytest.mark.parametrize("kind", [np.float32, np.uint8, bool])
def test_dilated_agrees_with_a_window_at_every_pixel(kind: type) -> None:
    values = (np.random.default_rng(0).random((11, 14)) * 4).astype(kind)
    for height, width in ((1, 1), (3, 1), (1, 5), (3, 3), (9, 5), (25, 25)):
        padded = np.pad(values, ((height // 2,) * 2, (width // 2,) * 2), mode="edge")
        windows = np.lib.stride_tricks.sliding_window_view(padded, (height, width))
        found = dilated(values, height, width)
        assert found.dtype == values.dtype
        assert np.array_equal(found, windows.max((2, 3)))


@pytest.mark.parametrize(
    ("shape", "answer"),
    [
        (["#..#", "####"], True),  # two tops
        (["####", "#..#"], True),  # two bottoms
        (["#..#", "####", "#..#"], False),  # one region, but not seen quickly
        (["#..#", "#..#"], False),
        (["....", "...."], False),
    ],
)
def test_one_blob_is_seen_from_above_or_from_below(shape: list[str], answer: bool) -> None:
    inked = np.array([list(row) for row in shape]) == "#"
    assert is_one_blob(inked) == answer
    assert not answer or len(find_blobs(inked).areas) == 1


def test_widened_grows_by_a_cross_or_a_square() -> None:
    dot = np.zeros((5, 5), np.uint8)
    dot[2, 2] = 200
    cross = np.zeros((5, 5), np.uint8)
    cross[1:4, 2] = cross[2, 1:4] = 200
    assert np.array_equal(widened(dot, diagonal=False), cross)
    square = np.zeros((5, 5), np.uint8)
    square[1:4, 1:4] = 200
    assert np.array_equal(widened(dot, diagonal=True), square)


def test_reduced_averages_squares() -> None:
    gray = np.random.default_rng(1).integers(0, 256, (12, 18), np.uint8)
    means = gray.reshape(4, 3, 6, 3).mean((1, 3))
    assert np.abs(reduced(gray, 3) - means).max() < 0.6
    assert reduced(gray, 1) is gray


def test_otsu_splits_two_classes() -> None:
    random = np.random.default_rng(3)
    low, high = random.normal(1, 0.1, 900), random.normal(3, 0.1, 100)
    threshold = otsu(np.concatenate([low, high]).astype(np.float32).clip(0))
    assert low.max() < threshold < high.min()
    assert otsu(np.zeros(5, np.float32)) == 0


def test_stroke_width_of_a_bar() -> None:
    bar = np.pad(np.ones((6, 200), bool), 9)
    assert stroke_width(bar) == pytest.approx(6 * 4 / np.pi, rel=0.05)  # right on average only
