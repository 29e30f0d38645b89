"""Comparing runs: which are meant, how they differ, and whether a difference could be chance."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError
from digitlab.recipe import Recipe
from digitlab.records.compare import Comparison, compare_runs, mcnemar
from digitlab.records.describe import describe_run, distinct_names, find_runs
from digitlab.records.folder import RunFolder, RunResults
from digitlab.records.history import HeldOutPoint, TestPoint
from digitlab.records.provenance import command_given
from digitlab.records.report import make_report
from digitlab.records.run_record import RunRecord


def record(recipe: Recipe | None = None, **changes: Any) -> RunRecord:
    whole = RunRecord(
        recipe=recipe or Recipe(),
        recipe_name="tutorial",
        seed=1,
        dataset="mnist",
        data_dir=None,
        data_sha256={"test": "00"},
        device="cpu",
        machine="a computer",
        threads=2,
        parameters=21_840,
        versions={},
        checkpoint_steps=0,
        commands=[command_given(["train"])],
    )
    return msgspec.structs.replace(whole, **changes)


def run(
    path: Path,
    dataset: Dataset,
    wrong: list[int] | None,
    whole: RunRecord | None = None,
    epochs: int = 3,
) -> RunResults:
    """Return a run that misread these test images, or one without a report."""
    report = None
    if wrong is not None:
        answers = dataset.test_labels.astype(int)
        answers[wrong] = (answers[wrong] + 1) % 10
        scores = np.where(np.eye(10)[answers] > 0, -0.01, -7.0).astype(np.float32)
        report = make_report(scores, dataset, model=str(path), epochs=epochs)
    return RunResults(folder=RunFolder(path), record=whole or record(), history=[], report=report)


def compared(*runs: RunResults) -> Comparison:
    return compare_runs(runs)


def test_two_runs_are_compared_image_by_image(tmp_path: Path, small_mnist: Dataset):
    comparison = compared(
        run(tmp_path / "a", small_mnist, [*range(12)]),
        run(tmp_path / "b", small_mnist, [0, 1, 2, 150]),
    )
    (pair,) = comparison.pairs
    assert (pair.better, pair.other) == ("b", "a")
    assert (pair.only_better, pair.only_other) == (9, 1)
    assert pair.p == pytest.approx(2 * (1 + 10) / 2**10)
    assert pair.intervals_overlap  # and still it is unlikely to be chance
    scores = [it.score for it in comparison.runs]
    assert [it.correct for it in scores if it is not None] == [188, 196]


@given(st.integers(0, 30), st.integers(0, 30))
def test_mcnemars_p_is_the_share_of_splits_at_least_as_uneven(one: int, two: int):
    count = one + two
    ways = np.array([1.0])
    for _ in range(count):  # a row of Pascal's triangle
        ways = np.convolve(ways, [0.5, 0.5])
    uneven = np.abs(np.arange(count + 1) - count / 2) >= abs(one - two) / 2 - 1e-9
    assert mcnemar(one, two) == pytest.approx(ways[uneven].sum())


def test_mcnemar_of_thousands():
    assert mcnemar(5_000, 4_000) < 1e-20
    assert mcnemar(5_000, 5_000) == 1.0
    assert mcnemar(2_040, 1_960) == pytest.approx(0.2119, abs=1e-3)  # the normal approximation


def test_only_settings_in_which_runs_differ_are_listed(tmp_path: Path, small_mnist: Dataset):
    def settings(*recipes: tuple[str, Recipe]) -> list[dict[str, Any]]:
        runs = [
            run(tmp_path / f"{i}", small_mnist, [], record(recipe, recipe_name=name))
            for i, (name, recipe) in enumerate(recipes)
        ]
        return [it.settings for it in compared(*runs).runs]

    fast = Recipe(network="fast", dropout=0.0)
    assert settings(("tutorial", Recipe()), ("tutorial", Recipe(epochs=8))) == [{}, {}]
    assert settings(("tutorial", Recipe()), ("tutorial", Recipe(dropout=0.2))) == [
        {"dropout": 0.5},
        {"dropout": 0.2},
    ]
    # The settings of an unknown recipe are not implied by its name.
    assert settings(("mine", Recipe()), ("yours", fast)) == [
        {"network": "tutorial", "dropout": 0.5},
        {"network": "fast", "dropout": 0.0},
    ]


def test_an_unfinished_run_shows_what_it_has(tmp_path: Path, small_mnist: Dataset):
    history = [
        HeldOutPoint(
            epoch=0, examples=0, loss=2.3, correct=1, total=10, classes_answered=5, seconds=0.5
        ),
        HeldOutPoint(
            epoch=1, examples=10, loss=1.0, correct=9, total=10, classes_answered=5, seconds=1.5
        ),
    ]
    stopped = replace(run(tmp_path / "a", small_mnist, None), history=history)
    # It was finished with 1 epoch, and is being continued.
    point = TestPoint(
        epoch=2, examples=20, loss=0.5, correct=8, total=10, classes_answered=5, seconds=3.0
    )
    continued = replace(run(tmp_path / "b", small_mnist, [], epochs=1), history=[point])
    fresh = run(tmp_path / "c", small_mnist, None)
    comparison = compared(stopped, continued, fresh, run(tmp_path / "d", small_mnist, []))
    one, two, three, four = comparison.runs
    assert [it.finished for it in comparison.runs] == [False, False, False, True]
    assert comparison.pairs == []
    assert one.score is not None
    assert (one.score.images, one.score.accuracy, one.seconds) == ("held out", 0.9, 1.5)
    assert two.score is not None
    assert (two.score.images, two.score.correct, two.epochs_done) == ("test", 8, 2)
    assert (three.score, three.seconds) == (None, None)
    assert four.score is not None
    assert four.parameters == 21_840


def test_other_test_sets_have_other_numbers_and_no_pairs(tmp_path: Path, small_mnist: Dataset):
    other = record(data_sha256={"test": "11"})
    as_is = record(preparation="as-is")
    wholes = (record(), other, as_is, record(seed=2))
    runs = [run(tmp_path / f"{i}", small_mnist, [i], it) for i, it in enumerate(wholes)]
    comparison = compared(*runs)
    assert [it.test_set for it in comparison.runs] == [1, 2, 3, 1]
    assert [(it.better, it.other) for it in comparison.pairs] == [("0", "3")]


def test_names_are_as_long_as_needed(tmp_path: Path):
    paths = [tmp_path / it for it in ("a/seed-1", "b/seed-1", "c/b/seed-1", "fast")]
    assert distinct_names(paths) == ["a/seed-1", f"{tmp_path.name}/b/seed-1", "c/b/seed-1", "fast"]
    assert distinct_names([tmp_path / "a\nb"]) == ["a\\nb"]


def test_a_folder_of_runs_stands_for_them(tmp_path: Path):
    for seed in (10, 2, 1):
        (tmp_path / "all" / f"seed-{seed}").mkdir(parents=True)
        RunFolder(tmp_path / "all" / f"seed-{seed}").write_record(record(seed=seed))
    (tmp_path / "all" / "notes").mkdir()
    given_paths = [tmp_path / "all" / "seed-2", tmp_path / "all"]
    names = [it.path.name for it in find_runs(given_paths)]
    assert names == ["seed-2", "seed-1", "seed-10"]  # each once
    with pytest.raises(DigitlabError, match=r"notes contains no run"):
        find_runs([tmp_path / "all" / "notes"])


def test_a_run_in_a_few_words():
    changed = Recipe(epochs=8, test_each_epoch=False, dropout=0.25)
    many = Recipe(epochs=9, dropout=0.0, momentum=0.5, log_every=1, batch_size=9)
    assert describe_run(record()) == "tutorial, seed 1"
    words = "tutorial with epochs 8, dropout 0.25, test_each_epoch off, seed 1"
    assert describe_run(record(changed)) == words
    assert describe_run(record(many)) == "tutorial with 5 changed settings, seed 1"
    assert describe_run(record(changed, recipe_name="mine")) == "mine, seed 1"
