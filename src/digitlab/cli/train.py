"""`digitlab train`: a new run. Every field of the recipe is a flag."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from digitlab.cli.finish import finish_run
from digitlab.cli.parameters import CheckpointSteps, DataDir, DatasetName, Device, Threads
from digitlab.cli.recipe_flags import Changes, recipe_of
from digitlab.data.dataset import load_dataset
from digitlab.recipe import RECIPES
from digitlab.records.folder import RunFolder


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
    from digitlab.runs.run import start_run

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
