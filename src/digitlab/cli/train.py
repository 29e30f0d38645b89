"""`digitlab train`: a new run. Every field of the recipe is a flag."""

import sys
from dataclasses import asdict, field, fields, make_dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Group, Parameter

from digitlab.cli.parameters import CheckpointSteps, DataDir, DatasetName, Device, Threads
from digitlab.cli.plot import finish_run
from digitlab.data.dataset import load_dataset
from digitlab.train.folder import RunFolder
from digitlab.train.recipe import RECIPES, Recipe, field_help, find_recipe

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


def train(
    *,
    recipe: Annotated[str, Parameter(help=f"Settings by name: {', '.join(RECIPES)}.")] = "tutorial",
    changes: Changes = None,
    dataset: DatasetName = "mnist",
    seed: Annotated[
        int,
        Parameter(
            help="Decides the first weights, the order of the images and what dropout drops: the "
            "same seed gives the same run."
        ),
    ] = 1,
    run: Annotated[
        Path | None,
        Parameter(help="The folder for all that the run writes; without it, runs/RECIPE."),
    ] = None,
    force: Annotated[
        bool, Parameter(negative="", help="Overwrite the run that the folder holds.")
    ] = False,
    device: Device = "auto",
    threads: Threads = None,
    checkpoint_steps: CheckpointSteps = 0,
    data_dir: DataDir = None,
    figures: Annotated[
        bool, Parameter(help="Draw the figures, which takes a second or two.")
    ] = True,
) -> None:
    """Train a new network, test it after every epoch, and draw the figures."""
    whole_recipe = recipe_of(recipe, changes)
    folder = RunFolder(run or Path("runs") / recipe)
    folder.check_free(force=force)

    # Here, as it takes PyTorch with it; where that is missing, no data is fetched in vain.
    from digitlab.train.run import start_run

    loaded = load_dataset(dataset, data_dir=data_dir)
    start_run(
        folder,
        whole_recipe,
        loaded,
        seed=seed,
        device_name=device,
        threads=threads,
        checkpoint_steps=checkpoint_steps,
        force=force,
        data_dir=data_dir,
        command=sys.argv[1:],
    )
    finish_run(folder, loaded, figures=figures)
