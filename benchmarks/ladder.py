"""From the tutorial's network to `best`, one change at a time: what each is worth, and costs.

    python benchmarks/ladder.py [--seeds 3] [--jobs 2] [--figure docs/images/ladder.png]

Every rung is the one below it with the changes that stand beside its name, trained with seeds 1 to
3 and tested once, at its last epoch. Nothing was chosen by these figures: the changes were, on
images held out. The runs are kept in `runs/ladder` (those of a named recipe where `digitlab repeat`
keeps them), and what is done there is not done again. The table goes to stdout.
"""

import argparse
import statistics
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.measure import describe_machine
from digitlab.data.dataset import load_dataset
from digitlab.errors import DigitlabError, Stopped
from digitlab.figures.canvas import new_figure, save_figure
from digitlab.recipe import RECIPES, Recipe
from digitlab.runs.repeat import Repeats, repeat

RUNGS: dict[str, dict[str, Any]] = {
    "the tutorial, 5 epochs": {"epochs": 5, "test_each_epoch": False, "log_every": 100},
    "twice the batch, twice the rate": {"batch_size": 128, "learning_rate": 0.02},
    "one cycle, to a higher rate": {
        "schedule": "one-cycle",
        "warm_up": 0.15,
        "learning_rate": 0.05,
    },
    "another network, with batch norm": {"network": "compact", "learning_rate": 0.1},
    "no dropout": {"dropout": 0.0},
    "weight decay": {"weight_decay": 0.0005},
    "augmentation": {"augment": 1.0},
    "the weights' average": {"average": 0.999},
    "the last two epochs plain": {"plain_epochs": 2},
    "numbers of 16 bits": {"precision": "bfloat16"},
    "more kernels": {"network": "best"},
    "degraded copies": {"degraded": 0.3},
    "pictures of no digit": {"outliers": 0.02},
    "another optimizer, Muon": {"muon": 0.5},
    "25 epochs": {"epochs": 25},
}
"""Each rung's name, and what it changes of the one below; the first, of the tutorial's recipe."""


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One step of the ladder, trained and tested."""

    name: str
    repeats: Repeats

    @property
    def mistakes(self) -> list[float]:
        """Of the 10,000 test images, by seed."""
        return [10_000 * (1 - accuracy) for accuracy in self.repeats.accuracies]


def recipes() -> dict[str, Recipe]:
    """Return each rung's whole recipe, from the lowest on."""
    recipe, found = Recipe(), {}
    for name, changes in RUNGS.items():
        recipe = replace(recipe, **changes)
        found[name] = recipe
    return found


def climb(seeds: int, jobs: int, threads: int | None, data_dir: Path | None) -> list[Rung]:
    """Train and test every rung, as far as that is not done."""
    dataset = load_dataset("mnist", data_dir=data_dir)
    named = {recipe: name for name, recipe in RECIPES.items()}
    rungs = []
    for number, (name, recipe) in enumerate(recipes().items()):
        folder = Path("runs") / "ladder" / f"{number:02}"
        if recipe in named:
            folder = Path("runs") / f"repeat-{named[recipe]}-mnist"
        print(f"Rung {number}, {name}: {folder}", file=sys.stderr)
        done = repeat(
            folder, name, recipe, dataset, seeds=seeds, device_name="auto", threads=threads,
            data_dir=data_dir, command=command_of(recipe, folder, seeds), jobs=jobs,
        )  # fmt: skip
        rungs.append(Rung(name=name, repeats=done))
    return rungs


def beginning(number: int, name: str) -> str:
    """Return how a rung's row of the table begins: what it is, and what it changes."""
    changes = ", ".join(f"`{setting}` {value}" for setting, value in RUNGS[name].items())
    return f"{number} {name} | {changes}"


def command_of(recipe: Recipe, folder: Path, seeds: int) -> list[str]:
    """Return the words by which `digitlab` makes the runs of a rung."""
    usual = Recipe().as_json()
    words = ["repeat", "tutorial", "--seeds", str(seeds), "--run", str(folder)]
    for name, value in recipe.as_json().items():
        flag = name.replace("_", "-")
        if value != usual[name]:
            words += [f"--no-{flag}"] if value is False else [f"--{flag}", str(value)]
    return words


def table(rungs: list[Rung]) -> str:
    """Return the ladder as a Markdown table."""
    lines = [
        "| rung | changes | test accuracy, mean ± sd | wrong of 10,000 | parameters | seconds |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for number, rung in enumerate(rungs):
        it = rung.repeats
        spread = "" if it.sd is None else f" ± {it.sd:.3%}"
        lines.append(
            f"| {beginning(number, rung.name)} | {it.mean:.3%}{spread} "
            f"| {statistics.fmean(rung.mistakes):.1f} | {it.parameters:,} | {it.seconds:.0f} |"
        )
    return "\n".join(lines)


def draw(rungs: list[Rung], path: Path) -> Path:
    """Draw each rung's mistakes, the seeds as dots and their mean as a bar; return the path."""
    figure = new_figure(9, 0.45 * len(rungs) + 1.1)
    axes = figure.add_axes((0.31, 0.09, 0.66, 0.9))
    places = [-number for number in range(len(rungs))]
    means = [statistics.fmean(rung.mistakes) for rung in rungs]
    axes.barh(places, means, height=0.62, color="#b8cbe6")
    for place, rung, mean in zip(places, rungs, means, strict=True):
        axes.plot(rung.mistakes, [place] * len(rung.mistakes), "o", color="#1f3b73", markersize=4)
        right = max(rung.mistakes)
        axes.annotate(
            f"{mean:.0f}: {rung.repeats.mean:.2%}", (right, place), (8, 0),
            textcoords="offset points", va="center",
        )  # fmt: skip
    axes.set_yticks(places, [rung.name for rung in rungs])
    axes.set_xlim(0, 1.25 * max(max(rung.mistakes) for rung in rungs))
    axes.set_xlabel("test images read wrongly, of 10,000 (a dot a seed, a bar their mean)")
    axes.spines[["top", "right"]].set_visible(False)
    return save_figure(figure, path)


def main() -> int:
    """Read the command line, climb, print the table; return the exit code."""
    parser = argparse.ArgumentParser(description="Climb from the tutorial's network to `best`.")
    parser.add_argument("--seeds", type=int, default=3, help="of each rung: 1 to this number (3)")
    parser.add_argument("--jobs", type=int, default=1, help="trainings at once (1)")
    parser.add_argument("--threads", type=int, help="of each; without it, an equal share")
    parser.add_argument("--data-dir", type=Path, help="where MNIST is kept")
    parser.add_argument("--figure", type=Path, metavar="FILE", help="draw the ladder here")
    arguments = parser.parse_args()
    try:
        rungs = climb(arguments.seeds, arguments.jobs, arguments.threads, arguments.data_dir)
        last = rungs[-1].repeats
        print(f"machine: {describe_machine()}, threads: {last.threads}, at once: {last.jobs}")
        print(f"versions: {last.versions}\n\n{table(rungs)}")
        if arguments.figure is not None:
            draw(rungs, arguments.figure)
    except DigitlabError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except Stopped as stop:
        print(stop, file=sys.stderr)
        return stop.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
