import math
import re
from collections.abc import Callable
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import ladder
from digitlab.cli.recipe_flags import RecipeChanges, recipe_of
from digitlab.errors import DigitlabError
from digitlab.files import decode_json, encode_json
from digitlab.named_recipes import RECIPES, find_recipe
from digitlab.recipe import Recipe, field_help


def test_the_tutorials_settings():
    recipe = find_recipe("tutorial")
    assert (recipe.epochs, recipe.batch_size, recipe.test_batch_size) == (3, 64, 1000)
    assert (recipe.learning_rate, recipe.momentum, recipe.log_every) == (0.01, 0.9, 10)
    assert (recipe.dropout, recipe.network, recipe.train_images) == (0.5, "tutorial", 0)
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
    record = {name: getattr(Recipe(), name) for name in names}
    assert decode_json(encode_json(record), Recipe, "run.json") == Recipe()


def test_every_field_is_explained_and_is_a_flag(call: Callable):
    shown = " ".join(call("train", "--help").out.replace("│", " ").split())
    # In a narrow table the second name of a switch is between two lines of its help.
    shown = re.sub(r" --no-[a-z-]+", "", shown)
    for spec in fields(Recipe):
        what, why = field_help()[spec.name]
        assert 30 < len(what) < 250, spec.name
        assert len(why) > 80, spec.name
        assert f"--{spec.name.replace('_', '-')} " in shown
        assert what.replace("`", "") in shown, spec.name


def test_the_help_shows_the_value_of_each_recipe(call: Callable):
    shown = " ".join(call("train", "--help").out.replace("│", " ").split())
    assert "[default: tutorial 64, fast 512, compact 128, best 128, page 16]" in shown
    assert "[default: 0.05]" in shown  # `extra_share`: all recipes have the same


@pytest.mark.parametrize("name", RECIPES)
def test_fewer_epochs_leave_room_for_fewer_plain_epochs(
    name: str, capsys: pytest.CaptureFixture[str]
):
    named = find_recipe(name)
    for epochs in (1, 2, 3):
        recipe = recipe_of(name, RecipeChanges(epochs=epochs))
        assert recipe.plain_epochs == min(named.plain_epochs, epochs - 1)
        warning = capsys.readouterr().err
        assert warning.count("\n") == (recipe.plain_epochs != named.plain_epochs)
        assert replace(recipe, epochs=99) == replace(
            named, epochs=99, plain_epochs=recipe.plain_epochs
        )


def test_plain_epochs_that_the_user_chose_are_not_changed(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(DigitlabError, match=r"plain_epochs is 2.*below epochs \(2\)"):
        recipe_of("best", RecipeChanges(epochs=2, plain_epochs=2))
    assert recipe_of("best", RecipeChanges(epochs=2, plain_epochs=0)).plain_epochs == 0
    assert capsys.readouterr().err == ""


def test_an_unknown_recipe_is_told_with_those_that_there_are():
    with pytest.raises(DigitlabError, match=f"'quick'.*{', '.join(RECIPES)}"):
        find_recipe("quick")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[
            (name, value)
            for name in ("epochs", "batch_size", "test_batch_size", "log_every")
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
            for name in ("weight_decay", "muon", "clip")
            for value in (-0.1, math.inf, math.nan)
        ],
        *[(name, -1) for name in ("validation", "train_images", "crops")],
        *[(name, 2**31) for name in ("epochs", "batch_size", "train_images")],
        ("plain_epochs", -1),
        ("precision", "float8"),
        ("schedule", "zigzag"),
        ("network", "huge"),
        ("crops", 100),  # for a network that takes images
    ],
)
def test_impossible_values_are_told_with_their_limit(name: str, value: object):
    with pytest.raises(DigitlabError, match=f"{name} is .*must be"):
        Recipe(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[(name, 0.1) for name in ("dropout", "label_smoothing", "augment", "degraded")],
        *[("outliers", 0.1), ("plain_epochs", 1), ("crops", 0)],
    ],
)
def test_the_page_network_refuses_settings_of_other_networks(name: str, value: float):
    with pytest.raises(DigitlabError, match=f"^{name} is {value}, but must be .* page$"):
        replace(find_recipe("page"), **{name: value})


def test_some_images_must_be_left_to_train_on():
    with pytest.raises(DigitlabError, match=r"validation is 100.* below train_images"):
        Recipe(train_images=100, validation=100)


@given(st.integers(1, 99), st.floats(1e-6, 10), st.floats(0, 0.99))
def test_a_recorded_recipe_is_the_same_recipe(epochs: int, rate: float, dropout: float):
    recipe = replace(Recipe(), epochs=epochs, learning_rate=rate, dropout=dropout)
    assert decode_json(encode_json(recipe), Recipe, "run.json") == recipe


@pytest.mark.parametrize("name", RECIPES)
def test_a_named_recipe_survives_its_record(name: str):
    recipe = find_recipe(name)
    assert decode_json(encode_json(recipe), Recipe, "run.json") == recipe


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"warp": 9}, "run.json is from another version: unknown field 'warp'"),
        ({"epochs": "3"}, "Expected `int`, got `str`"),
        ({"epochs": 2.5}, "Expected `int`, got `float`"),
        ({"epochs": None}, "Expected `int`, got `null`"),
        ({"epochs": True}, "Expected `int`, got `bool`"),
        ({"epochs": 0}, "epochs is 0"),
        ({"momentum": "0.9"}, "Expected `float`, got `str`"),
        ({"network": "huge"}, "network"),
        ([], "Expected `object`, got `array`"),
    ],
)
def test_a_record_that_is_no_recipe_is_refused(record: dict, reason: str):
    with pytest.raises(DigitlabError, match=reason):
        decode_json(encode_json(record), Recipe, "run.json")


def test_the_ladder_ends_at_the_recipe_best_and_changes_something_at_each_rung():
    climbed = list(ladder.recipes().values())
    assert climbed[-1] == find_recipe("best")
    assert len(set(climbed)) == len(climbed)
