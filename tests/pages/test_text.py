"""Words: where a number ends, by the gaps on the page or by the boxes of a form."""

import numpy as np
import pytest

from digitlab.pages.text import box_pitch, least_space, words_of

HEIGHT = 40


def divided(*lines: list[tuple[float, float]]) -> list[list[int]]:
    """Return how many characters each word of each line has; characters are their left and right.

    All are 40 pixels high.
    """
    spans = np.array([span for line in lines for span in line], np.float32)
    boxes = np.stack([spans[:, 0], 0 * spans[:, 0], spans[:, 1], 0 * spans[:, 0] + HEIGHT], axis=1)
    ends = np.cumsum([len(line) for line in lines])
    rows = np.split(np.arange(len(spans)), ends[:-1])
    heights = np.full(len(spans), HEIGHT, np.float32)
    return [[len(word) for word in line] for line in words_of(rows, boxes, heights)]


def written(words: str, gap: float, space: float) -> list[tuple[float, float]]:
    """Return characters with gaps between them, and spaces between the words."""
    line, x = [], 10.0
    for word in words.split():
        for character in word:
            width = 6 if character == "1" else 24
            line.append((x, x + width))
            x += width + gap
        x += space - gap
    return line


@pytest.mark.parametrize(("gap", "space"), [(4, 40), (10, 44), (-3, 38), (14, 60)])
def test_words_are_divided_where_gaps_are_wide(gap: float, space: float):
    lines = [written(words, gap, space) for words in ("31 415 9", "265", "11 35")]
    assert divided(*lines) == [[2, 3, 1], [3], [2, 2]]


def test_in_a_forms_boxes_the_steps_count_and_not_the_gaps():
    """A narrow 1 in its box leaves a gap as wide as a space."""
    pitch = 60
    centers = [pitch * it for it in (1, 2, 3, 4, 6, 7, 8)]
    widths = (30, 6, 6, 30, 24, 6, 30)
    line = [(x - width / 2, x + width / 2) for x, width in zip(centers, widths, strict=True)]
    assert divided(line) == [[4, 3]]


def test_a_page_without_boxes_has_no_pitch():
    even = np.full(5, 1.5)
    assert box_pitch(np.full(5, 0.8), even) == pytest.approx(1.5)
    assert box_pitch(np.full(5, 0.1), even) == 0  # the digits nearly touch
    assert box_pitch(np.full(5, 0.8), np.array([0.9, 1.3, 1.7, 2.1, 2.6])) == 0
    assert box_pitch(np.full(2, 0.8), np.full(2, 1.5)) == 0  # too few to know


def test_the_least_space_is_where_there_are_no_gaps():
    assert least_space(np.empty(0)) == pytest.approx(0.6)
    assert least_space(np.array([0.1, 0.75, 0.1, 0.75])) < 0.75
    assert least_space(np.array([0.1, 0.15, 0.45, 0.9, 1.0])) == pytest.approx(0.675)
