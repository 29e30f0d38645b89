"""Answers that are almost right get a hint at what is missing."""

from pathlib import Path

import pytest

from digitlab.exercises.catalog import find_exercise
from digitlab.exercises.exercise import NotYet

SOLUTIONS = Path(__file__).parents[2] / "docs/guide/solutions"


def hint(chapter: int, answer: str, folder: Path) -> str:
    exercise = find_exercise(chapter)
    path = folder / exercise.file
    path.write_text(answer)
    with pytest.raises(NotYet) as found:
        list(exercise.check(path))
    return found.value.hint.en


def solution(chapter: int) -> str:
    return (SOLUTIONS / find_exercise(chapter).file).read_text("utf-8")


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ("epochs = 3", "at most 2"),
        ("batch_size = 1", "at least 8"),
        ("outliers = 0.1", "must be 0"),
        ('network = "best"', "131,322 parameters"),
        ('network = "none.py:None"', "cannot be loaded"),
        ("epoch = 2", "did you mean epochs?"),
    ],
)
def test_recipes_that_are_too_slow_too_large_or_wrong(answer: str, what: str, tmp_path: Path):
    assert what in hint(9, f"epochs = 2\n{answer}" if "epoch" not in answer else answer, tmp_path)


@pytest.mark.parametrize(
    ("right", "wrong", "what"),
    [
        ("0.55 * height", "20", "this writing is smaller or larger"),
        ("0.55 * height", "0.9 * width", "a 1 is narrow"),
        ("key=lambda it: it[1][0]", "key=str", "gaps inside a number"),
    ],
)
def test_numbers_joined_by_another_rule(right: str, wrong: str, what: str, tmp_path: Path):
    assert what in hint(10, solution(10).replace(right, wrong), tmp_path)


@pytest.mark.parametrize(
    ("right", "wrong", "what"),
    [
        ("(scores - scores.max(axis=1, keepdims=True))", "scores", "overflow"),
        ("/ temperature", "", "where does the temperature belong?"),
        ("lowest = 2", "lowest = 0.5", "of the accepted answers are wrong|return 2"),
        ("min(lowest, level)", "level", "could be"),
        ("<= error_rate", "<= error_rate / 2", "could be"),
    ],
)
def test_thresholds_that_accept_too_many_or_too_few(
    right: str, wrong: str, what: str, tmp_path: Path
):
    found = hint(11, solution(11).replace(right, wrong), tmp_path)
    assert any(it in found for it in what.split("|"))


@pytest.mark.parametrize(
    ("right", "wrong", "what"),
    [
        ("sum(sizes)", "len(sizes)", "off by"),
        ("size * part", "part.mul_(size)", "own gradients were changed"),
        ("return total", "return total[:3]", "shapes of the weights"),
    ],
)
def test_gradients_combined_in_another_way(right: str, wrong: str, what: str, tmp_path: Path):
    assert what in hint(12, solution(12).replace(right, wrong), tmp_path)
