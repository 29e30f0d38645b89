"""The recipe's fields as flags, shared by the commands that train."""

from dataclasses import asdict, field, fields, make_dataclass, replace
from typing import Annotated, Any

from cyclopts import Group, Parameter

from digitlab.recipe import RECIPES, Recipe, field_help, find_recipe

IN_RECIPE = Group("Recipe (each changes one setting of the recipe)", sort_key=1)


def values_of(setting: str) -> str:
    """Return what the tutorial's recipe has, and the others where they have something else."""
    usual = getattr(RECIPES["tutorial"], setting)
    values = {name: getattr(recipe, setting) for name, recipe in RECIPES.items()}
    others = [f", {name}: {value}" for name, value in values.items() if value != usual]
    return f"tutorial: {usual}{''.join(others)}"


# The recipe's fields once more as flags: the same types and explanations, and None for "as the
# recipe says". So a field that is added to Recipe is a flag at once.
RecipeChanges = make_dataclass(
    "RecipeChanges",
    [
        (
            spec.name,
            Annotated[
                spec.type | None,  # type: ignore[operator] # a type, not its name
                Parameter(help=f"{field_help()[spec.name]} ({values_of(spec.name)})"),
            ],
            field(default=None),
        )
        for spec in fields(Recipe)
    ],
    kw_only=True,
    namespace={"__module__": __name__},  # or cyclopts takes it for a type of the language
)


Changes = Annotated[
    RecipeChanges | None,  # type: ignore[valid-type] # made above
    Parameter(name="*", group=IN_RECIPE),
]


def recipe_of(name: str, changes: Any) -> Recipe:
    """Return the named recipe with the settings that were given as flags."""
    given: dict[str, Any] = {} if changes is None else asdict(changes)
    settings = {name: value for name, value in given.items() if value is not None}
    return replace(find_recipe(name), **settings)
