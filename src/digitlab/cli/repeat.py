"""`digitlab repeat`: one recipe with several seeds."""

import sys
from dataclasses import fields
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from digitlab.cli.help import chinese_help, help_text
from digitlab.cli.parameters import (
    AsJson,
    DataDir,
    DatasetName,
    Device,
    ExtraFolder,
    Lang,
    Prepare,
    Threads,
    whole_number,
)
from digitlab.cli.recipe_flags import Changes, recipe_of
from digitlab.data.load import load_dataset
from digitlab.files import encode_json
from digitlab.named_recipes import differences, find_recipe, short_name
from digitlab.recipe import Recipe

if TYPE_CHECKING:
    from digitlab.runs.repeat import Repeats


@chinese_help(
    "用多个随机种子训练同一个配方；输出每次的准确率、它们的平均值和离散程度，以及用时。\n\n"
    "如果中途停下，再运行同一条命令即可接着进行。"
)
def repeat(
    recipe: Annotated[
        str,
        Parameter(
            help=help_text(
                "A named set of settings, or a TOML file; see `digitlab train --help`.",
                "一组有名字的设置，或一个 TOML 文件；见 `digitlab train --help`。",
            )
        ),
    ],
    /,
    *,
    seeds: Annotated[
        int,
        Parameter(
            converter=whole_number,
            help=help_text(
                "How many runs, with seeds 1, 2, 3 and so on.",
                "训练多少次，随机种子依次为 1、2、3 ……",
            ),
        ),
    ] = 10,
    changes: Changes = None,
    dataset: DatasetName = "mnist",
    prepare: Prepare = None,
    extra: ExtraFolder = None,
    run: Annotated[
        Path | None,
        Parameter(
            help=help_text(
                "The folder of all the runs; default: runs/repeat-RECIPE-DATASET.",
                "所有训练放在哪个文件夹；默认：runs/repeat-配方-数据集。",
            )
        ),
    ] = None,
    jobs: Annotated[
        int,
        Parameter(
            converter=whole_number,
            help=help_text(
                "How many trainings run at the same time; they share the threads equally. Two "
                "trainings with one thread each finish sooner than one after the other with "
                "two. The "
                "last bits of a run depend on its number of threads.",
                "同时进行多少次训练；线程由它们平分。两次训练各用一个线程同时进行，"
                "比各用两个线程先后进行更快。训练结果的最后几位与线程数有关。",
            ),
        ),
    ] = 1,
    as_json: AsJson = False,
    device: Device = "auto",
    threads: Threads = None,
    data_dir: DataDir = None,
    lang: Lang = None,
) -> None:
    """Train a recipe with several seeds; print the accuracies, their mean and spread, the time.

    If it is stopped, run the same command again to pick up where it left off.
    """
    whole_recipe = recipe_of(recipe, changes)

    # Here: importing PyTorch takes a second. And before the data is fetched, in case it is missing.
    from digitlab.data.extra import load_extra
    from digitlab.runs.launch import Launch
    from digitlab.runs.live import default_watcher
    from digitlab.runs.repeat import repeat as repeat_runs

    loaded = load_dataset(dataset, data_dir=data_dir, preparation=prepare)
    repeats = repeat_runs(
        run or Path("runs") / f"repeat-{short_name(recipe)}-{Path(loaded.name).name}",
        recipe,
        whole_recipe,
        loaded,
        Launch(device=device, threads=threads, jobs=jobs, command=sys.argv[1:]),
        default_watcher(language=lang),
        seeds=seeds,
        extra=None if extra is None else load_extra(extra, loaded),
    )
    print(encode_json(repeats).decode().strip() if as_json else _markdown(repeats))


def _markdown(repeats: "Repeats") -> str:
    """Return the results as a Markdown table, with the machine and the versions."""
    spread = "" if repeats.sd is None else f" ± {repeats.sd:.3%}"
    interval = "none for one seed"
    if repeats.interval is not None:
        low, high = repeats.interval
        interval = f"{low:.3%} to {high:.3%}"
    each = ", ".join(f"{accuracy:.2%}" for accuracy in repeats.accuracies)
    least, most = min(repeats.seconds_each), max(repeats.seconds_each)
    held_out = []
    if repeats.held_out:
        held_out = [("held-out accuracy, mean", f"{fmean(repeats.held_out):.3%}")]
    without_disputed = []
    if repeats.mean_without_disputed is not None:
        mean = f"{repeats.mean_without_disputed:.3%}"
        without_disputed = [("without the disputed labels, mean", mean)]
    rows = (
        ("recipe", ", ".join([f"`{repeats.recipe}`", *_settings(repeats)])),
        ("dataset", repeats.dataset),
        ("parameters", f"{repeats.parameters:,}"),
        ("seeds", str(len(repeats.seeds))),
        *held_out,
        ("test accuracy, mean ± standard deviation", f"**{repeats.mean:.3%}**{spread}"),
        ("95% interval of the mean", interval),
        *without_disputed,
        ("each", each),
        ("seconds of training and testing", f"{repeats.seconds:.1f} ({least:.1f} to {most:.1f})"),
        ("machine", f"{repeats.machine}; threads: {repeats.threads}; jobs: {repeats.jobs}"),
        ("versions", ", ".join(f"{name} {it}" for name, it in repeats.versions.items())),
    )
    return "\n".join(["| | |", "| --- | --- |", *(f"| {name} | {it} |" for name, it in rows)])


def _settings(repeats: "Repeats") -> list[str]:
    """Return the number of epochs, and every other setting that differs from the named recipe."""
    changed = differences(repeats.settings, find_recipe(repeats.recipe))
    values = {it.name: getattr(repeats.settings, it.name) for it in fields(Recipe)}
    return [
        f"{name}: {value}" for name, value in values.items() if name == "epochs" or name in changed
    ]
