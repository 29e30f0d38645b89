"""What the page needs to know to offer a training: the recipes, and every setting with its help."""

from dataclasses import asdict, fields
from importlib.util import find_spec
from typing import Any, get_args

import msgspec

from digitlab.language import Language, Words
from digitlab.named_recipes import IMAGE_RECIPES
from digitlab.recipe import CLASSIFIERS, PRECISIONS, RANGES, SCHEDULES, Range, Recipe
from digitlab.recipe_help import help_in, range_in

_CHOICES = {"network": CLASSIFIERS, "schedule": SCHEDULES, "precision": PRECISIONS}
"""What a setting that is not a number can be; a network of the user's own is none of them."""

_OF_PAGES = ("crops",)
"""The settings of networks that the page does not train."""

_NEEDED = ("torch", "safetensors")
_LANGUAGES: tuple[Language, ...] = get_args(Language)
_WHY_NOT = Words(
    "training needs {missing}: run `pip install '.[train]'` in digitlab's folder",
    "训练需要 {missing}：请在 digitlab 的文件夹里运行 `pip install '.[train]'`",
)

Translated = dict[Language, str]
"""A text in every language of the page."""


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """One field of `digitlab.recipe.Recipe`, as a form shows it."""

    name: str
    type: str
    """`int`, `float`, `bool` or `choice`."""
    default: int | float | bool | str
    choices: tuple[str, ...] | None
    """None unless the type is `choice`."""
    range: dict[str, Any] | None
    """See `digitlab.recipe.Range`, with its words translated; None unless it is a number."""
    what: Translated
    """What the setting is."""
    why: Translated
    """What a larger or smaller value does, and why the recipes have theirs."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What `GET /lab/settings` answers."""

    fields: list[Setting]
    recipes: dict[str, Recipe]
    """Each named recipe with all its settings."""
    can_train: bool
    """Whether PyTorch is installed."""
    why: Translated | None
    """If it is not: what to do."""


def settings() -> Settings:
    """Return the recipes and their settings, and whether a training can be started."""
    why = why_no_training()
    return Settings(
        fields=[_setting(it.name) for it in fields(Recipe) if it.name not in _OF_PAGES],
        recipes=IMAGE_RECIPES,
        can_train=why is None,
        why=None if why is None else {"en": why.en, "zh": why.zh},
    )


def why_no_training() -> Words | None:
    """Return what is missing to train, as a sentence, or None if nothing is."""
    missing = [name for name in _NEEDED if not _is_installed(name)]
    if not missing:
        return None
    return Words(
        _WHY_NOT.text("en", missing=" and ".join(missing)),
        _WHY_NOT.text("zh", missing=" 和 ".join(missing)),
    )


def _is_installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _setting(name: str) -> Setting:
    default = getattr(Recipe(), name)
    choices, numbers = _CHOICES.get(name), RANGES.get(name)
    return Setting(
        name=name,
        type="choice" if choices else type(default).__name__,
        default=default,
        choices=choices,
        range=None if numbers is None else _translated(numbers),
        what={language: help_in(language)[name][0] for language in _LANGUAGES},
        why={language: help_in(language)[name][1] for language in _LANGUAGES},
    )


def _translated(numbers: Range) -> dict[str, Any]:
    words = {language: range_in(language, numbers) for language in _LANGUAGES}
    return asdict(numbers) | {"in_words": words}
