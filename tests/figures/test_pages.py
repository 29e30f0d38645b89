"""The figure of the pages shows each crop with what was found, wrong and missed on it."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digitlab.figures.canvas import BLUE, GRAY, RED
from digitlab.figures.pages import draw_pages
from digitlab.records.page_samples import Sample

SAMPLE = Sample(
    gray=np.full((64, 64), 230, np.uint8),
    truths=np.array([7, 1]),
    truth_boxes=np.array([[4, 20, 20, 44], [40, 20, 70, 44]], np.float32),  # one beyond the edge
    is_found=np.array([True, False]),
    answers=np.array([7, 3]),
    answer_boxes=np.array([[4, 20, 20, 44], [24, 20, 36, 44]], np.float32),
    is_right=np.array([True, False]),
)
NOTHING = replace(
    SAMPLE,
    **{it.name: getattr(SAMPLE, it.name)[:0] for it in fields(Sample) if it.name != "gray"},
)


def colors_of(path: Path) -> set[tuple[int, int, int]]:
    """Return the colors of the crops, without those of the words above them."""
    with Image.open(path) as picture:
        crops = np.asarray(picture.convert("RGB"))[64:].reshape(-1, 3)
    return {(int(r), int(g), int(b)) for r, g, b in np.unique(crops, axis=0)}


@pytest.mark.parametrize(
    ("sample", "marks"),
    [
        (SAMPLE, {BLUE, RED}),
        (replace(SAMPLE, is_right=np.array([True, True])), {BLUE}),
        (replace(SAMPLE, is_right=np.array([False, False])), {RED}),
        (NOTHING, set()),
    ],
)
def test_answers_are_blue_if_they_are_right_and_red_if_not(
    tmp_path: Path, sample: Sample, marks: set[tuple[int, int, int]]
):
    colors = colors_of(draw_pages([sample] * 4, tmp_path / "pages.png"))
    assert colors & {BLUE, RED} == marks
    assert GRAY in colors  # the frames around the crops


def test_what_is_missed_is_marked_in_both_languages(tmp_path: Path):
    seen = replace(SAMPLE, is_found=np.array([True, True]))
    for language in ("en", "zh"):
        pixels = []
        for name, sample in (("missed", SAMPLE), ("seen", seen)):
            path = draw_pages([sample], tmp_path / f"{name}.png", language=language)
            with Image.open(path) as picture:
                pixels.append(np.asarray(picture.convert("RGB")))
        gray = [(it == GRAY).all(axis=2).sum() for it in pixels]
        assert gray[0] > gray[1] + 50
