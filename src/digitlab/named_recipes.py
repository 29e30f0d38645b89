"""The recipes that have a name, and recipes in a file of your own."""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import msgspec

from digitlab.errors import DigitlabError
from digitlab.recipe import PRECISIONS, SCHEDULES, Recipe

RECIPES = {
    # The tutorial's own settings. Claim: at least 97.8% after 3 epochs and 98.3% after 8.
    "tutorial": Recipe(),
    # One epoch, a few seconds. Claim: at least 99.0% (10 seeds: 99.19), 25 times as fast as the
    # tutorial's script with its 8 epochs (measured: 33 times).
    "fast": Recipe(
        network="fast",
        epochs=1,
        batch_size=512,
        learning_rate=1.0,
        momentum=0.8,
        dropout=0.0,
        log_every=5,
        schedule="triangle",
        warm_up=0.3,
        weight_decay=0.0005,
        muon=0.2,
        label_smoothing=0.05,
        precision="bfloat16",
        test_each_epoch=False,
    ),
    # No more parameters than the tutorial's network. Claim: at least 99.6% (5 seeds: 99.61).
    "compact": Recipe(
        network="compact",
        epochs=40,
        batch_size=128,
        learning_rate=0.1,
        dropout=0.0,
        log_every=100,
        schedule="one-cycle",
        warm_up=0.15,
        weight_decay=0.0005,
        average=0.999,
        augment=1.0,
        plain_epochs=2,
        precision="bfloat16",
        test_each_epoch=False,
    ),
    # One network of less than 1 MB, for real pictures too. Claim: at least 99.6% (5 seeds: 99.64),
    # 98.3% of the test set at 8x8, 99.7% of the drawn digits in benchmarks/pictures.py; of its
    # pictures without a digit, 95% get no answer.
    "best": Recipe(
        network="best",
        epochs=25,
        batch_size=128,
        learning_rate=0.1,
        dropout=0.0,
        log_every=100,
        schedule="one-cycle",
        warm_up=0.15,
        weight_decay=0.0005,
        muon=0.5,
        average=0.999,
        augment=1.0,
        degraded=0.3,
        outliers=0.15,
        digit_loss=1.0,
        plain_epochs=2,
        precision="bfloat16",
        test_each_epoch=False,
    ),
    # Finds the digits and signs on a page; what `digitlab read` uses.
    "page": Recipe(
        network="page",
        epochs=32,
        batch_size=16,
        test_batch_size=32,
        learning_rate=0.05,
        dropout=0.0,
        log_every=50,
        validation=5_000,
        crops=4_096,
        schedule="one-cycle",
        warm_up=0.08,
        weight_decay=0.0005,
        muon=0.8,
        clip=5.0,
        average=0.999,
        precision="bfloat16",
        test_each_epoch=False,
    ),
}


IMAGE_RECIPES = {name: it for name, it in RECIPES.items() if not it.reads_pages}
"""The recipes for networks that take an image with one digit."""


def find_recipe(name: str) -> Recipe:
    """Return the recipe of that name, or the one in a file whose name ends in `.toml`.

    Raises
    ------
    DigitlabError
        If there is no recipe of that name (the message lists the names), or the file is not one.

    >>> find_recipe("tutorial").batch_size
    64
    """
    if name.endswith(".toml"):
        return read_recipe(Path(name))
    if name not in RECIPES:
        raise DigitlabError(
            f"there is no recipe {name!r}; choose one of {', '.join(RECIPES)}, or give a file "
            "whose name ends in .toml"
        )
    return RECIPES[name]


def short_name(name: str) -> str:
    """Return what a run of `find_recipe(name)` is called: the name of a file without its folder.

    >>> short_name("fast"), short_name("settings/mine.toml")
    ('fast', 'mine')
    """
    return Path(name).stem if name.endswith(".toml") else name


def read_recipe(path: Path) -> Recipe:
    """Return the recipe in a TOML file, which states a base and the settings that differ from it.

    For example::

        base = "fast"
        epochs = 2
        network = "my_net.py:MyNet"

    Without `base`, it is `tutorial`. The file of a network is looked for next to this file first.
    Raises `DigitlabError` if the file cannot be read, names an unknown setting, or has a value of
    the wrong type or out of range.
    """
    settings = _read_toml(path)
    base = settings.pop("base", "tutorial")
    if not isinstance(base, str) or base not in RECIPES:
        raise DigitlabError(f"{path}: base is {base!r}, but must be one of {', '.join(RECIPES)}")
    network = settings.get("network")
    if (
        isinstance(network, str)
        and "\0" not in network
        and (path.parent / network.rpartition(":")[0]).is_file()
    ):
        settings["network"] = str(path.parent / network)
    try:
        return changed(RECIPES[base], settings)
    except DigitlabError as error:
        raise DigitlabError(f"{path}: {error}") from error


def differences(recipe: Recipe, base: Recipe) -> dict[str, Any]:
    """Return the settings of a recipe whose values are not those of another.

    >>> differences(Recipe(epochs=8), Recipe())
    {'epochs': 8}
    """
    values = {it.name: getattr(recipe, it.name) for it in fields(Recipe)}
    return {name: value for name, value in values.items() if value != getattr(base, name)}


def changed(recipe: Recipe, settings: Mapping[str, Any]) -> Recipe:
    """Return the recipe with other values for some settings.

    If `epochs` leaves no room for the recipe's plain epochs, there are fewer of them. Raises
    `DigitlabError` for an unknown setting, with the most similar known one, and for a value
    of the wrong type or out of range.

    >>> changed(Recipe(), {"epochs": 8}).epochs
    8
    """
    known = [it.name for it in fields(Recipe)]
    for name in settings:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"the settings are {', '.join(known)}"
            raise DigitlabError(f"there is no setting {name!r}; {hint}")
    for name, choices in (("schedule", SCHEDULES), ("precision", PRECISIONS)):
        if (value := settings.get(name, choices[0])) not in choices:
            raise DigitlabError(f"{name} is {value!r}, but must be one of {', '.join(choices)}")
    settings = dict(settings)
    epochs = settings.get("epochs", recipe.epochs)
    if "plain_epochs" not in settings and isinstance(epochs, int) and epochs >= 1:
        settings["plain_epochs"] = min(recipe.plain_epochs, epochs - 1)
    try:
        return msgspec.convert(msgspec.to_builtins(recipe) | settings, Recipe)
    except msgspec.ValidationError as error:
        what, _, where = str(error).replace("`", "").partition(" - at $.")
        raise DigitlabError(f"{where}: {what[:1].lower()}{what[1:]}") from error


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        if path.exists() and not path.is_file():
            raise DigitlabError(f"{path} is not a file")
        return tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise DigitlabError(f"the recipe {path} cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:  # not UTF-8, or not TOML
        raise DigitlabError(f"{path} is not a TOML file ({error})") from error
