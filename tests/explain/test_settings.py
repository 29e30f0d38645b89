"""Every setting with its range, and what changing it did, as honest as the seeds allow."""

import io
import json
import re
import statistics
from dataclasses import fields, replace
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from benchmarks import settings as benchmark
from digitlab.errors import DigitlabError
from digitlab.explain.settings import (
    MEASURED,
    Effect,
    Measurement,
    effect_of,
    explain_settings,
    help_in,
    read_measurements,
)
from digitlab.explain.subject import find_subject
from digitlab.presentation.tables import print_settings
from digitlab.recipe import RANGES, Recipe


def record(**changes: object) -> dict[str, object]:
    return {
        "recipe": "tutorial",
        "setting": "learning_rate",
        "value": 0.02,
        "base": 0.01,
        "change": "double",
        "accuracies": [98.5, 98.6, 98.7],
        "base_accuracies": [97.9, 98.0, 98.1],
        "epochs": 3,
        "train_images": 0,
        "validation": 5000,
        **changes,
    }


def measurement(**changes: object) -> Measurement:
    return msgspec.convert(record(**changes), Measurement)


@pytest.mark.parametrize(
    ("accuracies", "verdict", "points", "diverged"),
    [
        ([98.5, 98.6, 98.7], "difference", 0.6, 0),
        ([97.95, 98.05, 98.15], "no difference", 0.05, 0),
        ([None, None, None], "diverged", None, 3),
        ([98.6, None, 98.6], "difference", 0.6, 1),
        ([98.5, None, 98.7], "no difference", 0.6, 1),  # two seeds with such a spread show little
        ([98.6, None, None], "diverged", None, 2),
        ([98.5], "one seed", 0.5, 0),
        ([None], "diverged", None, 1),
    ],
)
def test_verdicts(accuracies: list[float | None], verdict: str, points: float, diverged: int):
    effect = effect_of(measurement(accuracies=accuracies))
    assert (effect.verdict, effect.diverged) == (verdict, diverged)
    assert effect.points == (None if points is None else pytest.approx(points))


@pytest.mark.parametrize("base", [[None] * 3, [None, 98.0, None]])
def test_only_the_recipes_own_value_diverged(base: list[float | None]):
    effect = effect_of(measurement(base_accuracies=base))
    assert (effect.verdict, effect.points, effect.diverged) == ("base diverged", None, 0)
    assert "without the change, training diverged" in printed(effect)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "×2 → 0.02: 0.60 ± 0.23 points"),  # its sign, +, is tested below
        ({"value": 0.005}, "÷2 → 0.005: "),
        ({"value": 0.015}, " 0.015: "),  # neither, whatever the record says
        ({"accuracies": [98.6, None, None]}, "×2 → 0.02: diverged with 2 of 3 seeds"),
        ({"accuracies": [98.6, None, 98.6]}, "points; diverged with 1 of 3 seeds"),
        ({"train_images": 25_000}, "epochs: 3 on 25,000 training images."),
        ({"epochs": 4}, "epochs: 4 (these settings: 3)."),
    ],
)
def test_effects_in_words(changes: dict[str, object], text: str):
    assert text in printed(effect_of(measurement(**changes))).replace("+", "")


def printed(effect: Effect) -> str:
    """Return what is printed if the learning rate of the tutorial's recipe has this effect."""
    subject = find_subject("tutorial")
    settings = [
        replace(it, effects=(effect,) * (it.name == "learning_rate"))
        for it in explain_settings(Recipe(), "tutorial", measurements=[])
    ]
    file = io.StringIO()
    print_settings(Console(file=file, width=400), subject, settings, "en")
    return re.sub(" +", " ", file.getvalue())


@pytest.mark.parametrize(("freedom", "t"), [(2, 4.303), (4, 2.776), (10, 2.228)])
def test_the_t_of_welchs_interval(freedom: int, t: float):
    # All the spread is in one group, so its degrees of freedom are those of the difference.
    accuracies = [90.0 + place for place in range(freedom + 1)]
    spread = statistics.stdev(accuracies) / len(accuracies) ** 0.5
    effect = effect_of(measurement(accuracies=accuracies, base_accuracies=[90.0, 90.0]))
    assert effect.margin == pytest.approx(t * spread)


def test_what_the_benchmark_changes():
    best = list(benchmark.variants("best"))
    assert not {it.setting for it in best} & {"epochs", "plain_epochs", "train_images"}
    tutorial = {(it.setting, it.value, it.change) for it in benchmark.variants("tutorial")}
    assert {("momentum", 0.95, "other"), ("momentum", 0.8, "other")} <= tutorial
    assert ("learning_rate", 0.02, "double") in tutorial


def test_the_benchmark_measures_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "measured.json"
    known = record(setting="momentum", value=0.95, base=0.9)  # with an earlier word for the change
    path.write_text(json.dumps([known, record(), record(value=0.005, base=0.02)]))
    wanted = [
        benchmark.Variant("tutorial", "momentum", 0.95, "other"),
        benchmark.Variant("tutorial", "learning_rate", 0.02, "double"),
        benchmark.Variant("tutorial", "learning_rate", 0.005, "half"),
    ]
    monkeypatch.setattr(benchmark, "MEASURED", path)
    monkeypatch.setattr(benchmark, "variants", lambda _name: iter(wanted))
    monkeypatch.setattr(benchmark, "accuracies", lambda *_: [97.0, 97.5])
    for _ in range(2):  # the second time, nothing is missing
        benchmark.main(recipes=("tutorial",))
        _, _, _, *added = json.loads(path.read_text())
        assert [(it["value"], it["base"], it["accuracies"]) for it in added] == [
            (0.005, 0.01, [97.0, 97.5])
        ]


def test_the_margin_is_welchs():
    # By hand: both variances are 0.01, so sqrt(0.01/3 + 0.01/3) x t(4 degrees of freedom).
    assert effect_of(measurement()).margin == pytest.approx((0.02 / 3) ** 0.5 * 2.776)
    same = effect_of(measurement(accuracies=[98.0] * 3, base_accuracies=[98.0] * 3))
    assert (same.verdict, same.points, same.margin) == ("no difference", 0.0, 0.0)


def test_effects_are_those_of_the_recipe_and_of_its_own_value():
    measurements = [
        measurement(),
        measurement(change="half", value=0.005),
        measurement(recipe="fast"),
    ]
    settings = explain_settings(Recipe(), "tutorial", measurements=measurements)
    assert [it.name for it in settings] == [it.name for it in fields(Recipe)]
    effects = {it.name: it.effects for it in settings if it.effects}
    assert [it.value for it in effects["learning_rate"]] == [0.02, 0.005]
    assert list(effects) == ["learning_rate"]
    changed = explain_settings(Recipe(learning_rate=0.3), "tutorial", measurements=measurements)
    assert not any(it.effects for it in changed)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_setting_has_a_meaning_and_its_values(language: str):
    assert {it.name for it in fields(Recipe)} == help_in(language).keys()
    for it in explain_settings(Recipe(), "tutorial", language):
        assert it.meaning
        assert (it.range is not None) == (it.name in RANGES)
        assert it.range or it.choices or isinstance(it.value, bool)


def test_the_file_of_measurements(tmp_path: Path):
    read_measurements(MEASURED)
    path = tmp_path / "measured.json"
    path.write_text(json.dumps([record(accuracies=[98.0, None])]))
    assert read_measurements(path)[0].accuracies == [98.0, None]
    damaged = tmp_path / "damaged.json"
    damaged.write_text('[{"recipe": 3}]')
    with pytest.raises(DigitlabError, match=r"damaged\.json"):
        read_measurements(damaged)
    with pytest.raises(DigitlabError, match="cannot be read"):
        read_measurements(tmp_path / "none.json")
