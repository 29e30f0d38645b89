"""Every setting with its range, and what changing it did, as honest as the seeds allow."""

import json
from dataclasses import fields
from pathlib import Path

import msgspec
import pytest

from digitlab.errors import DigitlabError
from digitlab.explain.settings import (
    MEASURED,
    Measurement,
    effect_of,
    explain_settings,
    help_in,
    read_measurements,
)
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
        ([98.5], "one seed", 0.5, 0),
    ],
)
def test_verdicts(accuracies: list[float | None], verdict: str, points: float, diverged: int):
    effect = effect_of(measurement(accuracies=accuracies))
    assert (effect.verdict, effect.diverged) == (verdict, diverged)
    assert effect.points == (None if points is None else pytest.approx(points))


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
