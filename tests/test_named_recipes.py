"""Recipes by name, and recipes in a file of the user's own."""

from dataclasses import replace
from pathlib import Path

import pytest

from digitlab.errors import DigitlabError
from digitlab.named_recipes import RECIPES, changed, find_recipe
from digitlab.recipe import Recipe


def recipe_in(folder: Path, text: str) -> Recipe:
    path = folder / "mine.toml"
    path.write_text(text)
    return find_recipe(str(path))


def test_a_file_has_a_base_and_the_settings_that_differ(tmp_path: Path):
    text = 'base = "fast"\nepochs = 2\nlearning_rate = 1\nschedule = "constant"\n'
    found = recipe_in(tmp_path, text)
    expected = replace(RECIPES["fast"], epochs=2, learning_rate=1.0, schedule="constant")
    assert found == expected
    assert isinstance(found.learning_rate, float)
    assert recipe_in(tmp_path, "") == RECIPES["tutorial"]


def test_a_network_next_to_the_file_is_found(tmp_path: Path):
    (tmp_path / "net.py").touch()
    found = recipe_in(tmp_path, 'network = "net.py:Net"')
    assert found.network == f"{tmp_path / 'net.py'}:Net"
    assert recipe_in(tmp_path, 'network = "other.py:Net"').network == "other.py:Net"
    assert recipe_in(tmp_path, 'network = "fast"').network == "fast"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("epoch = 2", "there is no setting 'epoch'; did you mean epochs?"),
        ("learningrate = 2", "did you mean learning_rate?"),
        ("zzz = 2", "the settings are network, epochs, batch_size"),
        ("epochs = 0", "epochs is 0, but must be at least 1"),
        ('epochs = "two"', "epochs: expected int, got str"),
        ("test_each_epoch = 1", "test_each_epoch: expected bool, got int"),
        ("epochs = 2.5", "epochs: expected int, got float"),
        (
            'schedule = "zigzag"',
            "schedule is 'zigzag', but must be one of constant, one-cycle, triangle",
        ),
        ('base = "slow"', "base is 'slow', but must be one of tutorial, fast, compact, best"),
        ("base = [1]", "base is"),
        ("epochs = ", "is not a TOML file"),
        ("[epochs]\nx = 1", "epochs: expected int, got"),
        ("a = " + "[" * 50_000, "is not a TOML file"),
    ],
)
def test_a_mistake_in_the_file_is_one_sentence(tmp_path: Path, text: str, message: str):
    with pytest.raises(DigitlabError, match=r"mine\.toml") as raised:
        recipe_in(tmp_path, text)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path):
    with pytest.raises(DigitlabError, match="cannot be read"):
        find_recipe(str(tmp_path / "none.toml"))
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(DigitlabError, match="is not a file"):
        find_recipe(str(tmp_path / "folder.toml"))
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(DigitlabError, match="is not a TOML file"):
        find_recipe(str(tmp_path / "bytes.toml"))


def test_fewer_epochs_leave_room_for_fewer_plain_epochs(tmp_path: Path):
    assert recipe_in(tmp_path, 'base = "best"\nepochs = 2').plain_epochs == 1
    assert recipe_in(tmp_path, '\ufeffbase = "best"\nepochs = 9').plain_epochs == 2


def test_settings_are_changed_by_name():
    assert changed(Recipe(), {"epochs": 8}) == Recipe(epochs=8)
    with pytest.raises(DigitlabError, match="did you mean epochs"):
        changed(Recipe(), {"epoch": 8})
