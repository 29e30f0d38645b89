"""What the page needs to know to offer a training: the recipes, and every setting with its help."""

from dataclasses import asdict, fields
from importlib.util import find_spec
from typing import Any

import msgspec

from digitlab.named_recipes import RECIPES
from digitlab.recipe import NETWORKS, PRECISIONS, RANGES, SCHEDULES, Recipe, field_help

CHOICES = {"network": NETWORKS, "schedule": SCHEDULES, "precision": PRECISIONS}
"""What a setting that is not a number can be; a network of the user's own is none of them."""

_NEEDED = ("torch", "safetensors")


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One field of `digitlab.recipe.Recipe`, as a form shows it."""

    name: str
    type: str
    """`int`, `float`, `bool` or `choice`."""
    default: int | float | bool | str
    choices: tuple[str, ...] | None
    """None unless the type is `choice`."""
    range: dict[str, Any] | None
    """See `digitlab.recipe.Range`; None unless it is a number."""
    what: str
    """What the setting is."""
    why: str
    """What a larger or smaller value does, and why the recipes have theirs."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What `GET /lab/settings` answers."""

    fields: list[Setting]
    recipes: dict[str, Recipe]
    """Each named recipe with all its settings."""
    can_train: bool
    """Whether PyTorch is installed."""
    why: str | None
    """If it is not: what to do."""


def settings() -> Settings:
    """Return the recipes and their settings, and whether a training can be started."""
    why = why_no_training()
    return Settings(
        fields=[_setting(it.name) for it in fields(Recipe)],
        recipes=RECIPES,
        can_train=why is None,
        why=why,
    )


def why_no_training() -> str | None:
    """Return what is missing to train, as a sentence, or None if nothing is."""
    missing = [name for name in _NEEDED if not _is_installed(name)]
    if not missing:
        return None
    return (
        f"training needs {' and '.join(missing)}: run `pip install '.[train]'` in digitlab's folder"
    )


def _is_installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _setting(name: str) -> Setting:
    default = getattr(Recipe(), name)
    what, why = field_help()[name]
    choices, numbers = CHOICES.get(name), RANGES.get(name)
    return Setting(
        name=name,
        type="choice" if choices else type(default).__name__,
        default=default,
        choices=choices,
        range=None if numbers is None else asdict(numbers),
        what=what,
        why=why,
    )
