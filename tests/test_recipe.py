import math
from collections.abc import Callable
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import ladder
from digitlab.errors import DigitlabError
from digitlab.recipe import RECIPES, Recipe, field_help, find_recipe


def test_the_tutorials_settings():
    recipe = find_recipe("tutorial")
    assert (recipe.epochs, recipe.batch_size, recipe.test_batch_size) == (3, 64, 1000)
    assert (recipe.learning_rate, recipe.momentum, recipe.log_every) == (0.01, 0.9, 10)
    assert (recipe.dropout, recipe.network, recipe.train_images) == (0.5, "tutorial", 60_000)
    assert (recipe.validation, recipe.schedule, recipe.warm_up) == (0, "constant", 0)
    assert (recipe.weight_decay, recipe.average) == (0, 0)
    assert (recipe.augment, recipe.degraded, recipe.outliers) == (0, 0, 0)
    assert (recipe.label_smoothing, recipe.test_each_epoch) == (0, True)
    assert (recipe.plain_epochs, recipe.precision) == (0, "float32")


@pytest.mark.parametrize("name", ["compact", "best"])
def test_long_recipes_end_at_a_rate_of_0_with_the_images_as_they_are(name: str):
    recipe = find_recipe(name)
    assert recipe.schedule == "one-cycle"
    assert 1 <= recipe.plain_epochs < recipe.epochs


@pytest.mark.parametrize("name", [name for name in RECIPES if name != "tutorial"])
def test_all_recipes_but_the_tutorials_look_at_the_test_set_once(name: str):
    recipe = find_recipe(name)
    assert recipe.validation or not recipe.test_each_epoch


def test_a_record_of_a_version_without_the_newer_settings_is_the_same_recipe():
    names = ("network", "epochs", "batch_size", "learning_rate", "momentum", "dropout")
    record = {name: value for name, value in Recipe().as_json().items() if name in names}
    assert Recipe.from_json(record) == Recipe()


def test_every_field_is_explained_and_is_a_flag(call: Callable):
    shown = call("train", "--help").out
    for spec in fields(Recipe):
        assert len(field_help()[spec.name]) > 60, spec.name
        assert f"--{spec.name.replace('_', '-')} " in shown


def test_an_unknown_recipe_is_told_with_those_that_there_are():
    with pytest.raises(DigitlabError, match=f"'quick'.*{', '.join(RECIPES)}"):
        find_recipe("quick")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[
            (name, value)
            for name in ("epochs", "batch_size", "test_batch_size", "log_every", "train_images")
            for value in (0, -1)
        ],
        *[("learning_rate", value) for value in (0.0, -0.1, math.nan, math.inf)],
        *[
            (name, value)
            for name in ("momentum", "dropout", "warm_up", "label_smoothing", "average")
            for value in (-0.1, 1.0, math.nan)
        ],
        *[(name, value) for name in ("degraded", "outliers") for value in (-0.1, 1.1, math.nan)],
        *[("augment", value) for value in (-0.1, 2.1, math.nan)],
        *[
            (name, value)
            for name in ("weight_decay", "muon")
            for value in (-0.1, math.inf, math.nan)
        ],
        *[("validation", value) for value in (-1, 60_000)],
        ("plain_epochs", -1),
        ("precision", "float8"),
        ("schedule", "zigzag"),
        ("network", "huge"),
    ],
)
def test_impossible_values_are_told_with_their_limit(name: str, value: object):
    with pytest.raises(DigitlabError, match=f"{name} is .*must be"):
        Recipe(**{name: value})


@given(st.integers(1, 99), st.floats(1e-6, 10), st.floats(0, 0.99))
def test_a_recorded_recipe_is_the_same_recipe(epochs: int, rate: float, dropout: float):
    recipe = replace(Recipe(), epochs=epochs, learning_rate=rate, dropout=dropout)
    assert Recipe.from_json(recipe.as_json()) == recipe


def test_a_record_of_another_version_is_told():
    with pytest.raises(DigitlabError, match="not a recipe that this version knows"):
        Recipe.from_json({"warp": 9})


def test_the_ladder_ends_at_the_recipe_best_and_changes_something_at_each_rung():
    climbed = list(ladder.recipes().values())
    assert climbed[-1] == find_recipe("best")
    assert len(set(climbed)) == len(climbed)
