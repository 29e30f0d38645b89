"""Temperature, calibration error and threshold, on answers whose calibration is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitlab.models.calibration import (
    DEFAULT_THRESHOLD,
    Calibration,
    Detection,
    calibrate,
    expected_calibration_error,
    find_detection_threshold,
    find_threshold,
    fit_temperature,
    temperature_scaled,
)


def calibrated_answers(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return log-probabilities, N x 10, and labels drawn with these probabilities."""
    generator = np.random.default_rng(seed)
    scores = generator.normal(scale=3.0, size=(count, 10))
    log_probabilities = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    cumulative = np.exp(log_probabilities).cumsum(axis=1)
    labels = (generator.random((count, 1)) > cumulative).sum(axis=1).clip(0, 9)
    return log_probabilities.astype(np.float32), labels


def with_threshold(threshold: float) -> Calibration:
    return Calibration(
        temperature=1.0, threshold=threshold, error_rate=None, fitted_on="some images"
    )


@pytest.mark.parametrize("overconfidence", [0.5, 1.0, 2.5])
def test_the_temperature_that_was_put_in_is_found(overconfidence: float):
    calibrated, labels = calibrated_answers(20_000, seed=1)
    answers = temperature_scaled(calibrated, 1 / overconfidence)
    assert fit_temperature(answers, labels) == pytest.approx(overconfidence, rel=0.05)


def test_calibration_corrects_overconfidence():
    calibrated, labels = calibrated_answers(20_000, seed=2)
    answers = temperature_scaled(calibrated, 0.4)
    before = expected_calibration_error(answers, labels)
    scaled = temperature_scaled(answers, fit_temperature(answers, labels))
    assert before > 0.05
    assert expected_calibration_error(scaled, labels) < 0.01


def test_the_calibration_error_of_answers_counted_by_hand():
    # Four answers with probability 0.95, one of them wrong, and two with 0.55, both correct.
    rows = [[0.95, 0.05]] * 4 + [[0.55, 0.45]] * 2
    labels = np.array([0, 0, 0, 1, 0, 0])
    found = expected_calibration_error(np.log(np.array(rows, np.float32)), labels)
    assert found == pytest.approx((4 * abs(0.95 - 0.75) + 2 * abs(0.55 - 1)) / 6, abs=1e-6)


@given(st.integers(0, 10_000), st.floats(0.05, 20))
def test_a_temperature_changes_no_answer_and_keeps_the_sum(seed: int, temperature: float):
    log_probabilities, _ = calibrated_answers(5, seed)
    changed = temperature_scaled(log_probabilities, temperature)
    assert changed.dtype == np.float32
    assert (changed.argmax(axis=1) == log_probabilities.argmax(axis=1)).all()
    np.testing.assert_allclose(np.exp(changed).sum(axis=1), 1, atol=1e-5)


def test_a_temperature_makes_no_number_of_the_impossible():
    answers = np.array([[0.0, -3e38, -np.inf]], np.float32)
    assert np.exp(temperature_scaled(answers, 0.05)).tolist() == [[1.0, 0.0, 0.0]]


answers_with_ties = st.lists(
    st.tuples(st.sampled_from([0.5, 0.75, 0.9, 0.9999, 1 - 1e-7, 1.0]), st.booleans()),
    min_size=1,
    max_size=200,
)
ERROR_RATES = st.sampled_from([0.0, 0.001, 0.1, 0.3])


def two_classes(answers: list[tuple[float, bool]]) -> tuple[np.ndarray, np.ndarray]:
    """Return log-probabilities, N x 2, and labels from probabilities and whether they are wrong."""
    probabilities = np.array([[p, 1 - p] for p, _ in answers], np.float64)
    with np.errstate(divide="ignore"):
        log_probabilities = np.log(probabilities).astype(np.float32)
    return log_probabilities, np.array([int(is_wrong) for _, is_wrong in answers])


def check_promise(log_probabilities: np.ndarray, labels: np.ndarray, error_rate: float) -> None:
    """Assert that no more of the sure answers are wrong than asked, and none more could be sure."""
    wrong = log_probabilities.argmax(axis=1) != labels
    threshold = find_threshold(log_probabilities, labels, error_rate)
    sure = with_threshold(threshold).is_sure(log_probabilities)
    assert wrong[sure].sum() <= error_rate * sure.sum()
    probability = np.exp(log_probabilities.max(axis=1).astype(np.float64))
    for lower in np.unique(probability[~sure]):
        assert wrong[probability >= lower].mean() > error_rate


@given(answers_with_ties, ERROR_RATES)
def test_the_threshold_keeps_its_promise_at_ties(
    answers: list[tuple[float, bool]], error_rate: float
):
    check_promise(*two_classes(answers), error_rate)


@given(st.integers(0, 10_000), ERROR_RATES)
def test_the_threshold_keeps_its_promise_without_ties(seed: int, error_rate: float):
    check_promise(*calibrated_answers(200, seed), error_rate)


def test_a_tie_that_is_wrong_too_often_is_not_accepted():
    answers = [(0.95, False)] * 100 + [(0.9, False)] * 999 + [(0.9, True)] * 10
    log_probabilities, labels = two_classes(answers)
    assert find_threshold(log_probabilities, labels, 0.001) == pytest.approx(0.95)
    assert find_threshold(log_probabilities, labels, 0.01) == pytest.approx(0.9)


@pytest.mark.parametrize("probability", [0.9, 1.0])
def test_where_the_most_likely_answers_are_wrong_none_is_sure(probability: float):
    log_probabilities, labels = two_classes([(probability, True)] * 8 + [(0.6, False)] * 8)
    threshold = find_threshold(log_probabilities, labels, 0.01)
    assert threshold == 1.0
    assert not with_threshold(threshold).is_sure(log_probabilities).any()


def test_an_answer_at_the_threshold_is_sure():
    scores = np.linspace(-0.7, -0.01, 100, dtype=np.float32)
    thresholds = np.exp(scores.astype(np.float64))
    assert (np.exp(scores) < thresholds).any()  # rounding to float32 gives less
    for score, threshold in zip(scores, thresholds, strict=True):
        answer = np.array([[score, np.log1p(-threshold)]], np.float32)
        assert with_threshold(threshold).is_sure(answer).tolist() == [True]


def test_without_held_out_images_nothing_is_fitted():
    default = calibrate(
        np.empty((0, 10), np.float32), np.empty(0, int), error_rate=0.01, fitted_on="them"
    )
    assert default == Calibration(
        temperature=1.0, threshold=DEFAULT_THRESHOLD, error_rate=None, fitted_on="no image"
    )


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"temperature": 0.0}, "temperature is 0.0, but must be from 0.05 to 20.0"),
        ({"temperature": 1e-320}, "temperature is 1e-320, but"),
        ({"temperature": float("nan")}, "temperature is nan, but"),
        ({"temperature": float("inf")}, "temperature is inf, but"),
        ({"threshold": -0.1}, "threshold is -0.1, but must be from 0 to 1"),
        ({"threshold": float("nan")}, "threshold is nan, but"),
        ({"error_rate": 1.0}, "error_rate is 1.0, but must be from 0 to below 1"),
    ],
)
def test_impossible_values_are_refused(values: dict[str, float], message: str):
    possible = {"temperature": 1.0, "threshold": 0.5, "error_rate": None, "fitted_on": "images"}
    with pytest.raises(ValueError, match=message):
        Calibration(**possible | values)


def test_no_more_digits_are_refused_than_asked():
    is_digit = np.random.default_rng(1).random(1000).astype(np.float32)
    for refused in (0.0, 0.0005, 0.01, 0.5):
        threshold = find_detection_threshold(is_digit, refused)
        assert (is_digit < threshold).mean() == pytest.approx(refused, abs=0.0006)
        assert (is_digit < threshold).mean() <= refused


def test_digits_of_equal_probability_are_all_accepted():
    alike = np.full(10, 0.75, np.float32)
    detection = detection_with(threshold=find_detection_threshold(alike, refused=0.5))
    assert detection.accepts(alike).all()
    assert not detection.accepts(np.nextafter(alike, np.float32(0))).any()


def detection_with(**values: object) -> Detection:
    return Detection(**({"threshold": 0.5, "refused": {}, "wrong": {}, "answered": {}} | values))


@pytest.mark.parametrize("name", ["refused", "wrong", "answered"])
@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_of_pictures_is_between_none_and_all(name: str, share: float):
    for values in ({"threshold": share}, {name: {"digits": share}}):
        with pytest.raises(ValueError, match="must be from 0 to 1"):
            detection_with(**values)
