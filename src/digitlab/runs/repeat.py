"""One recipe with many seeds: how good it is, and how much of that is chance."""

import contextlib
import math
import statistics
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError, Stopped
from digitlab.recipe import Recipe
from digitlab.records.folder import RunFolder
from digitlab.records.history import ScorePoint
from digitlab.runs.jobs import run_at_once
from digitlab.runs.run import has_report, resume_run, start_run
from digitlab.runs.stopping import SAME_COMMAND_GOES_ON
from digitlab.train.networks import build_network, count_parameters

# Student's t, 97.5 %, for 1 to 30 degrees of freedom: Wilson's interval is of one network's test,
# this one of the mean over networks.
STUDENT_T = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)


@dataclass(frozen=True, kw_only=True)
class Repeats:
    """What many runs of a recipe, of different seeds, came to on the test set."""

    recipe: str
    """Its name."""
    settings: dict[str, Any]
    """All of its fields."""
    dataset: str
    seeds: list[int]
    accuracies: list[float]
    """Of each seed, 0 to 1, at the fixed last epoch."""
    without_disputed: list[float]
    """The same without the test images whose label is disputed."""
    mean: float
    sd: float | None
    """Standard deviation over the seeds; None of one seed."""
    interval: tuple[float, float] | None
    """In which the mean of endlessly many seeds lies, in 95 of 100 such trials; None of one."""
    mean_without_disputed: float
    parameters: int
    seconds: float
    """Mean of a run: training and testing, without imports."""
    seconds_each: list[float]
    machine: str
    threads: int
    jobs: int
    """How many trainings went on at once, at most."""
    versions: dict[str, str]


def repeat(
    root: Path,
    name: str,
    recipe: Recipe,
    dataset: Dataset,
    *,
    seeds: int,
    device_name: str,
    threads: int | None,
    data_dir: Path | None,
    command: list[str],
    jobs: int = 1,
) -> Repeats:
    """Train the recipe with seeds 1 to `seeds`, each in its own folder, and tell what came out.

    Parameters
    ----------
    root
        Where the folders are made, `seed-1` and on.
    name
        What the recipe is called, for the record.
    device_name, threads, data_dir, command
        See `start_run`. With several jobs, no number of threads means an equal share of them;
        what was begun with another number is finished with that, for the sake of its bits.
    jobs
        How many trainings go on at once, each in a process of its own: two of one thread get
        more done than one of two, which wait for each other many times a step.

    What is done already, or half done, in those folders is taken up where it stopped.

    Raises
    ------
    DigitlabError
        If a folder holds a run of other settings, or a training fails.
    Stopped
        After Ctrl-C or SIGTERM; the same call goes on from there.
    """
    if seeds < 1:
        raise DigitlabError(f"seeds is {seeds}, but must be at least 1")
    if jobs < 1:
        raise DigitlabError(f"jobs is {jobs}, but must be at least 1")
    folders = [RunFolder(root / f"seed-{seed}") for seed in range(1, seeds + 1)]
    for folder in folders:
        _check_same(folder, recipe)
    jobs = min(jobs, seeds)
    if threads is None:
        threads = max(1, torch.get_num_threads() // jobs)
    tasks = {
        str(folder.path): partial(
            _train_seed, folder, seed, recipe, dataset, device_name=device_name, threads=threads,
            data_dir=data_dir, command=command, jobs=jobs,
        )
        for seed, folder in enumerate(folders, start=1)
    }  # fmt: skip
    done = [str(it.path) for it in folders if it.holds_a_run() and has_report(it, recipe.epochs)]
    here = done if jobs > 1 else list(tasks)  # what is done has only to prove that it is whole
    for run in here:
        print(f"at hand: {run}" if run in done else f"begun: {run}", file=sys.stderr)
        with contextlib.redirect_stdout(sys.stderr):  # stdout is for the result of them all
            try:
                tasks.pop(run)()
            except Stopped as stopped:  # which says how to continue this one run
                raise Stopped(SAME_COMMAND_GOES_ON, stopped.signal_number) from stopped
    if tasks:
        run_at_once(tasks, jobs)
    return summarize(folders, name, recipe)


def _check_same(folder: RunFolder, recipe: Recipe) -> None:
    if folder.holds_a_run() and Recipe.from_json(folder.read_record()["recipe"]) != recipe:
        raise DigitlabError(
            f"{folder.path} holds a run of other settings; name another folder with --run"
        )


def _train_seed(
    folder: RunFolder,
    seed: int,
    recipe: Recipe,
    dataset: Dataset,
    *,
    device_name: str,
    threads: int,
    data_dir: Path | None,
    command: list[str],
    jobs: int,
) -> None:
    """Begin the run in the folder, or go on with it."""
    if folder.holds_a_run():
        resume_run(
            folder, dataset, epochs=None, device_name=None, checkpoint_steps=None, command=command
        )
    else:
        start_run(
            folder, recipe, dataset, seed=seed, device_name=device_name, threads=threads,
            checkpoint_steps=0, force=False, data_dir=data_dir, command=command, jobs=jobs,
        )  # fmt: skip


def summarize(folders: list[RunFolder], name: str, recipe: Recipe) -> Repeats:
    """Return what the finished runs of the recipe of that name, in some folders, came to."""
    reports = [folder.read_report() for folder in folders]
    records = [folder.read_record() for folder in folders]
    accuracies = [report["accuracy"] for report in reports if report is not None]
    kept = [report["without_disputed"] for report in reports if report is not None]
    without_disputed = [it["correct"] / it["total"] for it in kept]
    mean = statistics.fmean(accuracies)
    sd = statistics.stdev(accuracies) if len(accuracies) > 1 else None
    scores = [[p for p in folder.read_history() if isinstance(p, ScorePoint)] for folder in folders]
    seconds = [points[-1].seconds for points in scores]
    return Repeats(
        recipe=name,
        settings=recipe.as_json(),
        dataset=records[0]["dataset"],
        seeds=[record["seed"] for record in records],
        accuracies=accuracies,
        without_disputed=without_disputed,
        mean=mean,
        sd=sd,
        interval=None if sd is None else interval_of_mean(mean, sd, len(accuracies)),
        mean_without_disputed=statistics.fmean(without_disputed),
        parameters=count_parameters(build_network(recipe)),
        seconds=statistics.fmean(seconds),
        seconds_each=seconds,
        machine=records[-1]["machine"],
        threads=max(record["threads"] for record in records),
        jobs=max(record.get("jobs", 1) for record in records),
        versions=records[-1]["versions"],
    )


def interval_of_mean(mean: float, sd: float, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a mean, by Student's t; `count` is at least 2.

    >>> low, high = interval_of_mean(10.0, 1.0, 4)
    >>> round(low, 3), round(high, 3)
    (8.409, 11.591)
    """
    t = STUDENT_T[min(count - 2, len(STUDENT_T) - 1)]  # beyond the table: a little too wide
    half = t * sd / math.sqrt(count)
    return mean - half, mean + half
