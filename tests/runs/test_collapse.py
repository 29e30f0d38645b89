"""A training that no longer learns is noticed, and one that does is left alone."""

import math
from pathlib import Path

import msgspec
import pytest

from digitlab.data.dataset import Dataset
from digitlab.named_recipes import find_recipe
from digitlab.recipe import Recipe
from digitlab.records.folder import RunFolder
from digitlab.records.history import HeldOutPoint, Point, TestPoint, TrainPoint
from digitlab.runs.collapse import find_collapse
from digitlab.runs.launch import Launch
from digitlab.runs.run import start_run


def history(
    losses: list[float], answered: int | None = 10, *, seen: int = 6_400, loss: float = 1.0
) -> list[Point]:
    """Return the points of one epoch of `losses`, and its score unless `answered` is None."""
    points: list[Point] = [
        TrainPoint(
            epoch=2, examples_in_epoch=10 * i, epoch_size=10 * len(losses), examples=seen + 10 * i,
            loss=each, learning_rate=0.1, seconds=1.0,
        )
        for i, each in enumerate(losses)
    ]  # fmt: skip
    if answered is not None:
        points.append(
            TestPoint(
                epoch=2, examples=seen + 40, loss=loss, correct=9, total=50, seconds=2.0,
                classes_answered=answered,
            )
        )  # fmt: skip
    return points


GUESSING = math.log(10)
LEARNS = [2.3, 2.0, 1.0, 0.5]
STUCK = [2.1, 2.2, GUESSING, GUESSING + 0.01]


@pytest.mark.parametrize(
    ("points", "said"),
    [
        (history(LEARNS), None),
        (history(LEARNS, None), None),
        (history([*reversed(LEARNS)], None), None),  # 1.0, 2.0, 2.3 at the end is above chance
        (history(STUCK), "the training loss is 2.31, and guessing gives 2.30"),
        (history(STUCK, None), "after 2 epochs, the training loss is 2.31"),
        (history(LEARNS, 1), "gives all 50 images the same answer"),
        (history(LEARNS, 2), None),
        (history(STUCK, 1, seen=6_300), None),  # fewer than 100 steps of 64
        (history(LEARNS, 2, seen=0, loss=300_000.0), "loss on 50 other images is 300,000"),
        ([], None),
    ],
)
def test_what_counts_as_collapsed(points: list[Point], said: str | None):
    found = find_collapse(points, Recipe(), classes=10)
    assert (found is None) if said is None else (found is not None and said in found)


def test_guessing_depends_on_the_number_of_classes():
    points = history([math.log(3)] * 4)
    assert find_collapse(points, Recipe(), classes=10) is None
    assert find_collapse(points, Recipe(), classes=3) is not None


def test_only_the_last_epoch_counts():
    earlier = HeldOutPoint(
        epoch=1, examples=100, loss=2.3, correct=5, total=50, classes_answered=1, seconds=1.0
    )
    assert find_collapse([earlier, *history(LEARNS, None)], Recipe(), classes=10) is None


@pytest.mark.parametrize(
    ("rate", "cause"),
    [
        (0.1, "probably too high: try --learning-rate 0.01"),
        (0.0001, "probably too low: try --learning-rate 0.001"),
        (0.01, "labels that do not belong to the images"),
    ],
)
def test_the_likely_cause_depends_on_the_learning_rate(rate: float, cause: str):
    found = find_collapse(history(STUCK), Recipe(learning_rate=rate), classes=10)
    assert found is not None
    assert cause in found


def test_one_answer_may_be_right():
    """All held-out images may be of one class."""
    score = TestPoint(
        epoch=2, examples=7_000, loss=0.1, correct=49, total=50, classes_answered=1, seconds=2.0
    )
    assert find_collapse([*history(LEARNS, None), score], Recipe(), classes=10) is None


def test_the_learning_rate_is_not_blamed_where_batch_norm_allows_any():
    found = find_collapse(history(STUCK, seen=10**6), find_recipe("fast"), classes=10)
    assert found is not None
    assert "labels that do not belong" in found


@pytest.mark.parametrize(
    ("correct", "seen", "is_blind"), [(0, 16_000, True), (1, 16_000, False), (0, 15_000, False)]
)
def test_a_network_for_pages_that_finds_nothing_is_reported(
    correct: int, seen: int, is_blind: bool
):
    points = history(STUCK, seen=seen)
    points[-1] = msgspec.structs.replace(points[-1], correct=correct)
    found = find_collapse(points, find_recipe("page"), classes=10)
    assert (found is not None and "finds none of 50 digits" in found) == is_blind


def test_a_run_reports_it(small_mnist: Dataset, tmp_path: Path):
    recipe = Recipe(epochs=1, batch_size=5, learning_rate=0.2)
    start_run(RunFolder(tmp_path), recipe, small_mnist, Launch(device="cpu"))
    assert "training has collapsed: after 1 epoch" in (tmp_path / "train.log").read_text()
