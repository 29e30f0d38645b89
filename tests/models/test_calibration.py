"""Temperature, calibration error and threshold, against what was put in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitlab.models.calibration import (
    NO_CHOICE,
    calibrate,
    expected_calibration_error,
    find_threshold,
    fit_temperature,
    tempered,
)


def answers_that_are_calibrated(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return log-probabilities, N x 10, and labels that were drawn by those probabilities."""
    generator = np.random.default_rng(seed)
    scores = generator.normal(scale=3.0, size=(count, 10))
    log_probabilities = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    cumulative = np.exp(log_probabilities).cumsum(axis=1)
    labels = (generator.random((count, 1)) > cumulative).sum(axis=1).clip(0, 9)
    return log_probabilities.astype(np.float32), labels


@pytest.mark.parametrize("overconfidence", [0.5, 1.0, 2.5])
def test_the_temperature_that_was_put_in_is_found(overconfidence: float):
    honest, labels = answers_that_are_calibrated(20_000, seed=1)
    told = tempered(honest, 1 / overconfidence)
    assert fit_temperature(told, labels) == pytest.approx(overconfidence, rel=0.05)


def test_calibration_mends_what_overconfidence_spoiled():
    honest, labels = answers_that_are_calibrated(20_000, seed=2)
    told = tempered(honest, 0.4)
    before = expected_calibration_error(told, labels)
    after = expected_calibration_error(tempered(told, fit_temperature(told, labels)), labels)
    assert before > 0.05
    assert after < 0.01


def test_the_calibration_error_is_what_it_says():
    # Four answers at 0.95, of which one is wrong, and two at 0.55, both right.
    rows = [[0.95, 0.05]] * 4 + [[0.55, 0.45]] * 2
    labels = np.array([0, 0, 0, 1, 0, 0])
    found = expected_calibration_error(np.log(np.array(rows, np.float32)), labels)
    assert found == pytest.approx((4 * abs(0.95 - 0.75) + 2 * abs(0.55 - 1)) / 6, abs=1e-6)


@given(st.integers(0, 10_000), st.floats(0.05, 20))
def test_a_temperature_changes_no_answer_and_keeps_the_sum(seed: int, temperature: float):
    log_probabilities, _ = answers_that_are_calibrated(5, seed)
    changed = tempered(log_probabilities, temperature)
    assert changed.dtype == np.float32
    assert (changed.argmax(axis=1) == log_probabilities.argmax(axis=1)).all()
    np.testing.assert_allclose(np.exp(changed).sum(axis=1), 1, atol=1e-5)


@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.01, 0.1]))
def test_above_the_threshold_no_more_is_wrong_than_was_asked(seed: int, error_rate: float):
    log_probabilities, labels = answers_that_are_calibrated(200, seed)
    threshold = find_threshold(log_probabilities, labels, error_rate)
    probability = np.exp(log_probabilities.max(axis=1).astype(np.float64))
    sure = probability >= threshold
    wrong = (log_probabilities.argmax(axis=1) != labels)[sure]
    assert wrong.sum() <= error_rate * sure.sum()
    # A threshold any lower, at one of the probabilities, would let too many in.
    for lower in np.unique(probability[probability < threshold])[-3:]:
        let_in = probability >= lower
        share = (log_probabilities.argmax(axis=1) != labels)[let_in].mean()
        assert share > error_rate or threshold == 1.0


def test_always_wrong_is_never_sure():
    log_probabilities = np.log(np.full((8, 2), [0.9, 0.1], np.float32))
    assert find_threshold(log_probabilities, np.ones(8, int), 0.01) == 1.0


def test_nothing_held_out_fits_nothing():
    nothing = calibrate(
        np.empty((0, 10), np.float32), np.empty(0, int), error_rate=0.01, fitted_on="them"
    )
    assert (nothing.temperature, nothing.threshold, nothing.error_rate) == (1.0, NO_CHOICE, None)
    assert nothing.fitted_on == "no image"
