"""Several runs side by side: how they differ, how good each is, and what could be chance."""

from collections.abc import Sequence
from dataclasses import fields
from itertools import combinations
from typing import Any, Literal

import msgspec

from digitlab.models.metrics import wilson_interval
from digitlab.named_recipes import RECIPES
from digitlab.recipe import Recipe
from digitlab.records.describe import changed_settings, distinct_names
from digitlab.records.folder import RunResults
from digitlab.records.history import HeldOutPoint, Point, ScorePoint, TrainPoint
from digitlab.records.page_report import PageReport
from digitlab.records.report import Report
from digitlab.records.run_record import RunRecord


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """How a run does: on the test set, or, while it is not finished, on what it was last tried."""

    images: Literal["test", "held out"]
    correct: int
    total: int
    accuracy: float
    interval: tuple[float, float]
    """Wilson's 95% interval of the accuracy."""
    loss: float


class RunSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One run in a comparison."""

    name: str
    """The folder's name, with as many of its parents as the runs need to have different names."""
    folder: str
    recipe: str
    settings: dict[str, Any]
    """The settings in which the runs differ and that the recipe's name does not imply."""
    seed: int
    dataset: str
    test_set: int
    """Runs with the same number, from 1, were tested on the same images."""
    finished: bool
    epochs_done: int
    epochs: int
    parameters: int
    """How many weights the network has."""
    score: Score | None
    """None before the first test."""
    held_out: float | None
    """Accuracy on the held-out images after the last epoch, by which settings are chosen."""
    seconds: float | None
    """Of training and testing; None before the first point was recorded."""
    device: str
    machine: str
    threads: int


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """Two finished runs on the same test set, compared image by image."""

    better: str
    """The run with more correct answers (or the first, if both have equally many)."""
    other: str
    only_better: int
    """Images that only `better` reads correctly."""
    only_other: int
    intervals_overlap: bool
    p: float
    """McNemar's exact test: how probable such a difference, or a larger one, would be if each image
    that only one of the two reads correctly were as likely to be read by either."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What `digitlab compare` shows."""

    runs: list[RunSummary]
    pairs: list[Pair]


def compare_runs(runs: Sequence[RunResults]) -> Comparison:
    """Compare runs: one summary for each, and every pair that can be compared image by image."""
    names = distinct_names([run.folder.path for run in runs])
    differing = _differing_settings([run.record for run in runs])
    test_sets = [_test_set(run.record) for run in runs]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(test_sets), start=1)}
    summaries = [
        _summary(run, name, differing, numbers[key])
        for run, name, key in zip(runs, names, test_sets, strict=True)
    ]
    pairs = [
        _pair(summaries[one], runs[one].report, summaries[two], runs[two].report)
        for one, two in combinations(range(len(runs)), 2)
        if summaries[one].test_set == summaries[two].test_set
        and summaries[one].finished
        and summaries[two].finished
    ]
    return Comparison(runs=summaries, pairs=[pair for pair in pairs if pair is not None])


def _differing_settings(records: Sequence[RunRecord]) -> list[str]:
    """Return the settings that differ, but not those that the names of the recipes imply."""
    changed = [changed_settings(record) for record in records]
    unknown = any(record.recipe_name not in RECIPES for record in records)
    return [
        it.name
        for it in fields(Recipe)
        if it.name != "epochs"
        and len({getattr(record.recipe, it.name) for record in records}) > 1
        and (unknown or any(it.name in settings for settings in changed))
    ]


def _test_set(record: RunRecord) -> tuple[object, ...]:
    return record.recipe.reads_pages, record.preparation, *sorted(record.data_sha256.items())


def _summary(run: RunResults, name: str, differing: list[str], test_set: int) -> RunSummary:
    record, history = run.record, run.history
    scores = [it for it in history if isinstance(it, ScorePoint)]
    held_out = [it for it in scores if isinstance(it, HeldOutPoint)]
    return RunSummary(
        name=name,
        folder=str(run.folder.path),
        recipe=record.recipe_name,
        settings={it: getattr(record.recipe, it) for it in differing},
        seed=record.seed,
        dataset=record.dataset,
        test_set=test_set,
        finished=is_finished(run),
        epochs_done=_epochs_done(history),
        epochs=record.recipe.epochs,
        parameters=record.parameters,
        score=_score(run, scores),
        held_out=None if not held_out else held_out[-1].accuracy,
        seconds=history[-1].seconds if history else None,
        device=record.device,
        machine=record.machine,
        threads=record.threads,
    )


def _epochs_done(history: Sequence[Point]) -> int:
    """Return how many epochs are complete; a training point belongs to one that is not yet."""
    return max(
        (it.epoch - isinstance(it, TrainPoint) for it in history),
        default=0,
    )


def is_finished(run: RunResults) -> bool:
    """Return whether a run was tested after the last of its epochs.

    A run that is continued to more epochs has the report of its fewer epochs until it ends.
    """
    return run.report is not None and run.report.epochs == run.record.recipe.epochs


def _score(run: RunResults, scores: Sequence[ScorePoint]) -> Score | None:
    if run.report is not None and is_finished(run):
        it: Report | PageReport | ScorePoint = run.report
        images: Literal["test", "held out"] = "test"
    elif scores:
        it = scores[-1]
        images = "held out" if isinstance(it, HeldOutPoint) else "test"
    else:
        return None
    return Score(
        images=images,
        correct=it.correct,
        total=it.total,
        accuracy=it.correct / it.total,
        interval=wilson_interval(it.correct, it.total),
        loss=it.loss,
    )


def _pair(
    one: RunSummary,
    one_report: Report | PageReport | None,
    two: RunSummary,
    two_report: Report | PageReport | None,
) -> Pair | None:
    if one_report is None or two_report is None or one_report.total != two_report.total:
        return None
    if two_report.correct > one_report.correct:
        one, one_report, two, two_report = two, two_report, one, one_report
    wrong = _mistakes_of(one_report), _mistakes_of(two_report)
    only_one, only_two = len(wrong[1] - wrong[0]), len(wrong[0] - wrong[1])
    return Pair(
        better=one.name,
        other=two.name,
        only_better=only_one,
        only_other=only_two,
        intervals_overlap=one_report.interval[0] <= two_report.interval[1],
        p=mcnemar(only_one, only_two),
    )


def _mistakes_of(report: Report | PageReport) -> set[int]:
    """Return the positions of the images, or of the digits on pages, that were not read right."""
    return {it if isinstance(it, int) else it.index for it in report.mistakes}


def mcnemar(only_one: int, only_two: int) -> float:
    """Return the p-value of McNemar's exact test, two-sided, from 0 to 1.

    Only the images count that one of two networks reads correctly and the other does not. If both
    were equally good, each of these would be as likely to be one network's as the other's, like
    heads and tails. The p-value is the probability of a split at least as uneven as the one found.

    Source: Q. McNemar, "Note on the sampling error of the difference between correlated proportions
    or percentages", Psychometrika 12 (1947), with the exact binomial distribution.

    >>> mcnemar(5, 5), mcnemar(0, 0)
    (1.0, 1.0)
    >>> mcnemar(8, 1)
    0.0390625
    """
    count, fewer = only_one + only_two, min(only_one, only_two)
    ways = total = 1  # whole numbers, so that nothing is rounded
    for chosen in range(fewer):
        ways = ways * (count - chosen) // (chosen + 1)
        total += ways
    return float(min(1.0, 2 * total / 2**count))
