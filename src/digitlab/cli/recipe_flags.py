"""The recipe's fields as flags, shared by the commands that train."""

import sys
from dataclasses import Field, asdict, field, fields, make_dataclass
from typing import Annotated, Any

from cyclopts import Group, Parameter

from digitlab.cli.help import HELP_LANGUAGE, help_text
from digitlab.cli.parameters import whole_number
from digitlab.named_recipes import RECIPES, changed, find_recipe
from digitlab.recipe import Recipe
from digitlab.recipe_help import help_in

_IN_RECIPE = Group(
    help_text("Recipe", "配方"),
    help=help_text(
        "Each of these flags changes one setting of the recipe. docs/guide/en/settings.md explains "
        "the settings further, and why each recipe has its values.",
        "下面每个选项修改配方的一项设置。docs/guide/zh/settings.md 进一步解释这些设置，"
        "以及各配方为什么取这些值。",
    ),
    sort_key=1,
)


def _flag(setting: Field[Any]) -> tuple[str, Any, Any]:
    """Return a recipe's field as an optional flag: its name, its type with help, and no value."""
    what, _ = help_in(HELP_LANGUAGE)[setting.name]
    values = _values_of(setting.name)
    converter = whole_number if setting.type is int else None
    parameter = Parameter(help=what, show_default=lambda _: values, converter=converter)
    kind: Any = setting.type
    return setting.name, Annotated[kind | None, parameter], field(default=None)


def _values_of(setting: str) -> str:
    """Return the value of a setting in each recipe, or the one value that all share."""
    values = {name: getattr(recipe, setting) for name, recipe in RECIPES.items()}
    if len(set(values.values())) == 1:
        return str(values["tutorial"])
    if all(name == value for name, value in values.items()):
        return help_text("the one with the recipe's name", "与配方同名的网络")
    return ", ".join(f"{name} {value}" for name, value in values.items())


# A field that is added to `Recipe` becomes a flag by this. None means "as the recipe has it".
RecipeChanges = make_dataclass(
    "RecipeChanges",
    [_flag(setting) for setting in fields(Recipe)],
    kw_only=True,
    namespace={"__module__": __name__},  # without it, cyclopts would treat it as a built-in type
)


Changes = Annotated[
    RecipeChanges | None,  # type: ignore[valid-type] # made above
    Parameter(name="*", group=_IN_RECIPE),
]


def recipe_of(name: str, changes: Any) -> Recipe:
    """Return the named recipe with the settings that were given as flags.

    If `--epochs` leaves no room for the recipe's plain epochs, they are reduced, and a line on
    stderr reports it. Raises `DigitlabError` if there is no such recipe or a value is out of range.
    """
    recipe = find_recipe(name)
    given: dict[str, Any] = {} if changes is None else asdict(changes)
    settings = {name: value for name, value in given.items() if value is not None}
    whole = changed(recipe, settings)
    if "plain_epochs" not in settings and whole.plain_epochs < recipe.plain_epochs:
        print(
            f"plain_epochs is {whole.plain_epochs} instead of {recipe.plain_epochs}: it must be "
            f"below epochs ({whole.epochs})",
            file=sys.stderr,
        )
    return whole
