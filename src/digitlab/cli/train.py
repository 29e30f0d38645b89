"""`digitlab train`: a new run. Every field of the recipe is a flag."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from digitlab.cli.finish import finish_run
from digitlab.cli.parameters import DataDir, DatasetName, Device, Figures, Threads
from digitlab.cli.recipe_flags import Changes, recipe_of
from digitlab.data.dataset import load_dataset
from digitlab.recipe import RECIPES
from digitlab.records.folder import RunFolder


def train(
    *,
    recipe: Annotated[
        str, Parameter(help=f"A named set of settings: {', '.join(RECIPES)}.")
    ] = "tutorial",
    changes: Changes = None,
    dataset: DatasetName = "mnist",
    seed: Annotated[
        int,
        Parameter(
            help="Seed of all random numbers: initial weights, image order, dropout, augmentation. "
            "The same seed gives the same run."
        ),
    ] = 1,
    run: Annotated[
        Path | None,
        Parameter(help="The folder for everything the run writes; default: runs/RECIPE."),
    ] = None,
    force: Annotated[
        bool, Parameter(negative="", help="Overwrite the run in this folder, if there is one.")
    ] = False,
    device: Device = "auto",
    threads: Threads = None,
    checkpoint_steps: Annotated[
        int, Parameter(help="Save every so many steps as well as after each epoch; 0: epochs only.")
    ] = 0,
    data_dir: DataDir = None,
    figures: Figures = True,
    jobs: Annotated[int, Parameter(show=False)] = 1,  # set by `digitlab repeat`, for the record
) -> None:
    """Train a new network, test it, and draw the figures."""
    whole_recipe = recipe_of(recipe, changes)
    folder = RunFolder(run or Path("runs") / recipe)
    folder.check_free(force=force)

    # Here: importing PyTorch takes a second. And before the data is fetched, in case it is missing.
    from digitlab.runs.run import Launch, start_run

    loaded = load_dataset(dataset, data_dir=data_dir)
    launch = Launch(
        recipe_name=recipe,
        seed=seed,
        device=device,
        threads=threads,
        checkpoint_steps=checkpoint_steps,
        force=force,
        jobs=jobs,
        command=sys.argv[1:],
    )
    finish_run(start_run(folder, whole_recipe, loaded, launch), loaded, figures=figures)
