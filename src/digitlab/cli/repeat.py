"""`digitlab repeat`: one recipe with many seeds."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from digitlab.cli.parameters import AsJson, DataDir, DatasetName, Device, Threads
from digitlab.cli.recipe_flags import Changes, recipe_of
from digitlab.data.dataset import load_dataset
from digitlab.recipe import find_recipe

if TYPE_CHECKING:
    from digitlab.runs.repeat import Repeats


def repeat(
    recipe: Annotated[str, Parameter(help="The settings' name; see `digitlab train --help`.")],
    /,
    *,
    seeds: Annotated[int, Parameter(help="How many: 1 to this number.")] = 10,
    changes: Changes = None,
    dataset: DatasetName = "mnist",
    run: Annotated[
        Path | None,
        Parameter(help="The folder of all the runs; without it, runs/repeat-RECIPE-DATASET."),
    ] = None,
    jobs: Annotated[
        int,
        Parameter(
            help="How many trainings go on at once, with an equal share of the threads each: two "
            "of one thread get more done than one of two. Each is slower, though; and one seed "
            "gives other last bits with another number of threads."
        ),
    ] = 1,
    as_json: AsJson = False,
    device: Device = "auto",
    threads: Threads = None,
    data_dir: DataDir = None,
) -> None:
    """Train a recipe with many seeds; tell the accuracies, their mean and spread, and the time.

    Stopped and called again, it goes on where it was.
    """
    whole_recipe = recipe_of(recipe, changes)
    loaded = load_dataset(dataset, data_dir=data_dir)

    from digitlab.runs.repeat import repeat as repeat_runs  # here: PyTorch comes with it

    repeats = repeat_runs(
        run or Path("runs") / f"repeat-{recipe}-{dataset}",
        recipe,
        whole_recipe,
        loaded,
        seeds=seeds,
        device_name=device,
        threads=threads,
        data_dir=data_dir,
        command=sys.argv[1:],
        jobs=jobs,
    )
    print(json.dumps(asdict(repeats)) if as_json else markdown(repeats))


def markdown(repeats: "Repeats") -> str:
    """Return the repeats as a Markdown table, and where it was measured."""
    spread = "" if repeats.sd is None else f" ± {repeats.sd:.3%}"
    interval = "one seed tells none"
    if repeats.interval is not None:
        low, high = repeats.interval
        interval = f"{low:.3%} to {high:.3%}"
    each = ", ".join(f"{accuracy:.2%}" for accuracy in repeats.accuracies)
    least, most = min(repeats.seconds_each), max(repeats.seconds_each)
    rows = (
        ("recipe", ", ".join([f"`{repeats.recipe}`", *settings_told(repeats)])),
        ("dataset", repeats.dataset),
        ("parameters", f"{repeats.parameters:,}"),
        ("seeds", str(len(repeats.seeds))),
        ("test accuracy, mean ± standard deviation", f"**{repeats.mean:.3%}**{spread}"),
        ("95 % interval of the mean", interval),
        ("without the disputed labels, mean", f"{repeats.mean_without_disputed:.3%}"),
        ("each", each),
        ("seconds of training and testing", f"{repeats.seconds:.1f} ({least:.1f} to {most:.1f})"),
        ("machine", f"{repeats.machine}, threads: {repeats.threads}, at once: {repeats.jobs}"),
        ("versions", ", ".join(f"{k} {v}" for k, v in repeats.versions.items())),
    )
    return "\n".join(["| | |", "| --- | --- |", *(f"| {name} | {told} |" for name, told in rows)])


def settings_told(repeats: "Repeats") -> list[str]:
    """Return the number of epochs, and every other setting that is not the named recipe's."""
    named = find_recipe(repeats.recipe).as_json()
    return [
        f"{name}: {value}"
        for name, value in repeats.settings.items()
        if name == "epochs" or value != named[name]
    ]
