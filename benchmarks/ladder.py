"""Go from the tutorial's network to `best` one change at a time: the gain and the cost of each.

    python -m benchmarks.ladder [--seeds 3] [--jobs 2] [--figure docs/images/ladder.png]

Each rung is the rung before it plus the changes in its row, trained with seeds 1 to 3 and
tested once, at its last epoch. Nothing was chosen by these figures: the changes were chosen by
held-out images. The runs stay in `runs/ladder` (those of a named recipe where `digitlab repeat`
keeps them). Run the same command again to pick up where it left off. The table goes to stdout.
"""

import statistics
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from benchmarks.measure import Count, print_environment, print_table, progress, run_program
from digitlab.data.load import load_dataset
from digitlab.figures.plots import new_figure, save_figure
from digitlab.named_recipes import RECIPES
from digitlab.recipe import Recipe
from digitlab.runs.launch import flags_of
from digitlab.runs.repeat import Repeats, repeat
from digitlab.runs.run import Launch

RUNGS: dict[str, dict[str, Any]] = {
    "tutorial, 5 epochs": {"epochs": 5, "test_each_epoch": False, "log_every": 100},
    "batch size and rate doubled": {"batch_size": 128, "learning_rate": 0.02},
    "one cycle, higher rate": {"schedule": "one-cycle", "warm_up": 0.15, "learning_rate": 0.05},
    "network with batch norm": {"network": "compact", "learning_rate": 0.1},
    "no dropout": {"dropout": 0.0},
    "weight decay": {"weight_decay": 0.0005},
    "augmentation": {"augment": 1.0},
    "averaged weights": {"average": 0.999},
    "last two epochs plain": {"plain_epochs": 2},
    "bfloat16": {"precision": "bfloat16"},
    "more channels": {"network": "best"},
    "degraded copies": {"degraded": 0.3},
    "pictures without a digit": {"outliers": 0.15, "digit_loss": 1.0},
    "Muon optimizer": {"muon": 0.5},
    "25 epochs": {"epochs": 25},
}
"""Each rung's name and its changes to the rung before it; the first changes `tutorial`."""


def recipes() -> dict[str, Recipe]:
    """Return the complete recipe of each rung, from the first to the last."""
    recipe, found = Recipe(), {}
    for name, changes in RUNGS.items():
        recipe = replace(recipe, **changes)
        found[name] = recipe
    return found


def train_rungs(
    seeds: int, jobs: int, threads: int | None, data_dir: Path | None
) -> dict[str, Repeats]:
    """Train and test every rung that is not finished yet; return the results of all."""
    dataset = load_dataset("mnist", data_dir=data_dir)
    names = {recipe: name for name, recipe in RECIPES.items()}
    results = {}
    for number, (rung, recipe) in enumerate(recipes().items()):
        name = names.get(recipe, "tutorial")
        folder = Path("runs", f"repeat-{name}-mnist" if recipe in names else f"ladder/{number:02}")
        progress(f"rung {number}, {rung}: {folder}")
        command = ["repeat", name, *flags_of(recipe, name), "--run", str(folder)]
        command += ["--seeds", str(seeds), "--jobs", str(jobs)]
        launch = Launch(threads=threads, jobs=jobs, command=command)
        results[rung] = repeat(folder, name, recipe, dataset, launch, seeds=seeds)
    return results


def rows(results: dict[str, Repeats]) -> Iterator[dict[str, str]]:
    """Yield the rows of the ladder's table."""
    for number, (name, it) in enumerate(results.items()):
        sd = "" if it.sd is None else f" ± {it.sd:.3%}"
        yield row_start(number, name) | {
            "test accuracy, mean ± sd": f"{it.mean:.3%}{sd}",
            "wrong of 10,000": f"{statistics.fmean(mistakes_of(it)):.1f}",
            "parameters": f"{it.parameters:,}",
            "seconds": f"{it.seconds:.0f}",
        }


def row_start(number: int, name: str) -> dict[str, str]:
    """Return the first cells of a rung's row: its name and its changes."""
    changes = ", ".join(f"`{setting}` {value}" for setting, value in RUNGS[name].items())
    return {"rung": f"{number} {name}", "changes": changes}


def mistakes_of(result: Repeats) -> list[float]:
    """Return the mistakes on the 10,000 test images, by seed."""
    return [10_000 * (1 - accuracy) for accuracy in result.accuracies]


def draw(mistakes: dict[str, list[float]], path: Path) -> Path:
    """Draw each rung's mistakes by seed as dots, and their mean as a bar; return the path."""
    figure = new_figure(9, 0.45 * len(mistakes) + 1.1)
    axes = figure.add_axes((0.25, 0.09, 0.72, 0.9))
    places = [-number for number in range(len(mistakes))]
    for place, values in zip(places, mistakes.values(), strict=True):
        mean = statistics.fmean(values)
        axes.barh(place, mean, height=0.62, color="#b8cbe6")
        axes.plot(values, [place] * len(values), "o", color="#1f3b73", markersize=4)
        axes.annotate(
            f"{mean:.0f}: {1 - mean / 10_000:.2%}", (max(values), place), (8, 0),
            textcoords="offset points", va="center",
        )  # fmt: skip
    axes.set_yticks(places, list(mistakes))
    axes.set_xlim(0, 1.25 * max(map(max, mistakes.values())))
    axes.set_xlabel("wrong answers on the 10,000 test images (dot: one seed, bar: mean)")
    axes.spines[["top", "right"]].set_visible(False)
    return save_figure(figure, path)


def climb(
    *,
    seeds: Annotated[Count, Parameter(help="Of each rung, from 1 to this number.")] = 3,
    jobs: Annotated[Count, Parameter(help="How many trainings run at the same time.")] = 1,
    threads: Annotated[
        Count | None, Parameter(help="Of each training; an equal share of all, if not given.")
    ] = None,
    data_dir: Annotated[Path | None, Parameter(help="The folder with MNIST.")] = None,
    figure: Annotated[Path | None, Parameter(help="Draw the ladder in this file.")] = None,
) -> None:
    """Train all rungs, print the table, and draw the figure."""
    results = train_rungs(seeds, jobs, threads, data_dir)
    last = list(results.values())[-1]
    print_environment("torch", threads=last.threads, trainings_at_once=last.jobs)
    print(f"versions of the runs: {last.versions}")
    print_table(rows(results))
    if figure is not None:
        draw({name: mistakes_of(result) for name, result in results.items()}, figure)


if __name__ == "__main__":
    run_program(climb, __doc__)
