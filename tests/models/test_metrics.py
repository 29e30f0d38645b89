"""Counts, intervals and tables, against their definitions and counted by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitlab.models.metrics import confusion_matrix, evaluate, wilson_interval

Z = 1.959964


@given(st.integers(1, 20_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_bounds_solve_the_equation_that_defines_them(counts: tuple[int, int]):
    correct, total = counts
    share = correct / total
    for bound in wilson_interval(correct, total):
        # At a bound p, |share - p| is z standard deviations of a binomial distribution with p.
        assert (share - bound) ** 2 == pytest.approx(Z**2 * bound * (1 - bound) / total, abs=1e-12)


@pytest.mark.parametrize(("correct", "total"), [(-1, 10), (11, 10), (0, 0)])
def test_impossible_counts_are_refused(correct: int, total: int):
    with pytest.raises(ValueError, match="are impossible"):
        wilson_interval(correct, total)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1))
def test_confusion_counts_every_pair(pairs: list[tuple[int, int]]):
    truths, answers = (np.array(column) for column in zip(*pairs, strict=True))
    matrix = confusion_matrix(truths, answers, classes=5)
    for truth in range(5):
        for answer in range(5):
            assert matrix[truth, answer] == pairs.count((truth, answer))


def test_an_evaluation_by_hand():
    probabilities = np.array([[0.9, 0.1], [0.4, 0.6], [0.8, 0.2], [0.3, 0.7]])
    result = evaluate(
        np.log(probabilities).astype(np.float32), np.array([0, 0, 1, 1]), ("no", "yes")
    )
    assert (result.correct, result.total, result.accuracy) == (2, 4, 0.5)
    assert result.loss == pytest.approx(-np.log([0.9, 0.4, 0.2, 0.7]).mean())
    assert result.confusion == [[1, 1], [1, 1]]
    assert [score.accuracy for score in result.per_class] == [0.5, 0.5]
    # The true class of image 2 has probability 0.2 and that of image 1 has 0.4: 2 comes first.
    assert [(m.index, m.truth, m.answer) for m in result.mistakes] == [(2, 1, 0), (1, 0, 1)]
    assert result.mistakes[0].probability == pytest.approx(0.8)
    assert result.mistakes[0].truth_probability == pytest.approx(0.2)


def test_answers_that_are_not_numbers_are_refused():
    answers = np.full((2, 2), np.nan, dtype=np.float32)
    with pytest.raises(ValueError, match="NaN"):
        evaluate(answers, np.array([0, 1]), ("a", "b"))


def test_shapes_that_do_not_fit_are_refused():
    answers = np.zeros((2, 2), dtype=np.float32)
    with pytest.raises(ValueError, match="do not fit"):
        evaluate(answers, np.array([0, 1, 0]), ("a", "b"))
