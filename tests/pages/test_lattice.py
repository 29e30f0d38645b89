"""The lattice against a list of all readings, and the gaps between numbers."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digitlab.pages.candidates import Candidate, Oddities
from digitlab.pages.lattice import SHARPNESS, forward_backward
from digitlab.pages.text import NARROWEST_SPACE, WIDEST_GAP, least_space


def readings(candidates: list[Candidate], place: int, end: int) -> list[list[Candidate]]:
    """Return every path from a place to the end."""
    if place == end:
        return [[]]
    return [
        [candidate, *rest]
        for candidate in candidates
        if candidate.first == place
        for rest in readings(candidates, candidate.end, end)
    ]


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 5), st.integers(0, 10_000))
def test_best_path_and_posteriors_agree_with_every_reading_written_out(
    atoms: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    candidates = [
        Candidate(first, end, [], Oddities(digits=1), float(random.normal(-2, 1.5)))
        for first in range(atoms)
        for end in range(first + 1, min(atoms, first + 3) + 1)
        for _ in range(int(random.integers(1, 3)))
    ]
    path = forward_backward(candidates, atoms)
    everything = readings(candidates, 0, atoms)
    scores = [sum(candidate.score for candidate in reading) for reading in everything]
    assert sum(candidate.score for candidate in path) == pytest.approx(max(scores))
    weights = [math.exp(SHARPNESS * (score - max(scores))) for score in scores]
    for candidate in candidates:
        share = sum(
            weight
            for weight, reading in zip(weights, everything, strict=True)
            if any(step is candidate for step in reading)
        ) / sum(weights)
        assert candidate.posterior == pytest.approx(share, abs=1e-9)


def test_a_new_number_begins_in_the_widest_range_without_gaps() -> None:
    inner, spaces = [0.1, 0.2, 0.15, 0.32, 0.45], [1.0, 1.3, 0.95]
    assert 0.45 < least_space(np.array(inner + spaces)) < 0.95
    assert 0.5 < least_space(np.array(inner)) < 1.0
    assert 0.5 < least_space(np.array([])) < 1.0
    wide = np.array([0.5, 0.6, 0.55, 1.15])  # someone writes far apart
    assert 0.6 < least_space(wide) < 1.15


@given(st.lists(st.floats(-1, 5), max_size=30))
def test_least_space_keeps_its_limits(gaps: list[float]) -> None:
    assert NARROWEST_SPACE <= least_space(np.array(gaps)) <= WIDEST_GAP
