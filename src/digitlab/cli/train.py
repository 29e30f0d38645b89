"""`digitlab train`: a new run. Every field of the recipe is a flag."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from digitlab.cli.finish import finish_run
from digitlab.cli.parameters import (
    DataDir,
    DatasetName,
    Device,
    ExtraFolder,
    Figures,
    Prepare,
    Threads,
    WithSnapshots,
    WithTensorBoard,
    whole_number,
)
from digitlab.cli.recipe_flags import Changes, recipe_of
from digitlab.data.load import load_dataset
from digitlab.named_recipes import RECIPES, short_name
from digitlab.records.folder import RunFolder


def train(
    *,
    recipe: Annotated[
        str,
        Parameter(
            help=f"A named set of settings: {', '.join(RECIPES)}; or a TOML file of your own "
            "with a `base` and the settings that differ from it."
        ),
    ] = "tutorial",
    changes: Changes = None,
    dataset: DatasetName = "mnist",
    prepare: Prepare = None,
    extra: ExtraFolder = None,
    seed: Annotated[
        int,
        Parameter(
            converter=whole_number,
            help="Seed of all random numbers: initial weights, image order, dropout, augmentation. "
            "The same seed gives the same run.",
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
        int,
        Parameter(
            converter=whole_number,
            help="Save every so many steps as well as after each epoch; 0: epochs only.",
        ),
    ] = 0,
    data_dir: DataDir = None,
    figures: Figures = True,
    tensorboard: WithTensorBoard = False,
    snapshots: WithSnapshots = False,
    jobs: Annotated[
        int, Parameter(converter=whole_number, show=False)
    ] = 1,  # set by `digitlab repeat`, for the record
) -> None:
    """Train a new network, test it, and draw the figures."""
    whole_recipe = recipe_of(recipe, changes)
    name = short_name(recipe)
    folder = RunFolder(run or Path("runs") / name)
    folder.check_free(force=force)

    # Here: importing PyTorch takes a second. And before the data is fetched, in case it is missing.
    from digitlab.data.extra import load_extra
    from digitlab.runs.launch import Launch
    from digitlab.runs.live import default_watcher
    from digitlab.runs.run import start_run

    watcher = default_watcher(
        tensorboard=folder.tensorboard if tensorboard else None,
        snapshots=folder.snapshots if snapshots else None,
    )

    loaded = load_dataset(dataset, data_dir=data_dir, preparation=prepare)
    own = None if extra is None else load_extra(extra, loaded)
    launch = Launch(
        recipe_name=name,
        seed=seed,
        device=device,
        threads=threads,
        checkpoint_steps=checkpoint_steps,
        force=force,
        jobs=jobs,
        command=sys.argv[1:],
    )
    results = start_run(folder, whole_recipe, loaded, launch, watcher, extra=own)
    finish_run(results, loaded, figures=figures)
