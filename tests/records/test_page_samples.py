"""The crops that the figure of the pages is drawn from survive their file; damage is noticed."""

from dataclasses import fields, replace

import numpy as np
import pytest

from digitlab.records.page_samples import Sample, samples_from_npz, samples_to_npz

SAMPLE = Sample(
    gray=np.arange(64, dtype=np.uint8).reshape(8, 8),
    truths=np.array([7, 1]),
    truth_boxes=np.array([[0, 0, 4, 4], [4, 0, 8, 4]], np.float32),
    is_found=np.array([True, False]),
    answers=np.array([7, 3, 3]),
    answer_boxes=np.ones((3, 4), np.float32),
    is_right=np.array([True, False, False]),
)


def test_what_is_written_is_read():
    other = replace(SAMPLE, gray=255 - SAMPLE.gray)
    read = samples_from_npz(samples_to_npz([SAMPLE, other]))
    assert len(read) == 2
    for one, expected in zip(read, (SAMPLE, other), strict=True):
        for it in fields(Sample):
            np.testing.assert_array_equal(getattr(one, it.name), getattr(expected, it.name))
    assert samples_from_npz(samples_to_npz([])) == []


@pytest.mark.parametrize(
    "damaged",
    [
        replace(SAMPLE, gray=SAMPLE.gray.astype(float)),
        replace(SAMPLE, gray=SAMPLE.gray[:0]),
        replace(SAMPLE, truths=np.array([7, 10])),
        replace(SAMPLE, truth_boxes=SAMPLE.truth_boxes[:1]),
        replace(SAMPLE, answer_boxes=SAMPLE.answer_boxes[:, :3]),
        replace(SAMPLE, is_right=SAMPLE.is_right[:2]),
    ],
)
def test_what_cannot_be_drawn_is_refused(damaged: Sample):
    with pytest.raises(ValueError, match=r"\w"):
        samples_from_npz(samples_to_npz([damaged]))


def test_a_damaged_file_is_refused():
    content = samples_to_npz([SAMPLE])
    for part in (b"", content[:50], content[: len(content) // 2]):
        with pytest.raises(ValueError, match=r"\w"):
            samples_from_npz(part)
