"""One recipe with many seeds: how good it is, and how much of that is chance."""

import contextlib
import math
import statistics
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from digitlab.data.dataset import Dataset
from digitlab.data.extra import Extra
from digitlab.errors import DigitlabError, Stopped
from digitlab.named_recipes import short_name
from digitlab.recipe import Recipe
from digitlab.records.folder import RunFolder, read_results
from digitlab.records.history import ScorePoint
from digitlab.records.report import Report
from digitlab.runs.checks import check_same_run
from digitlab.runs.jobs import run_commands
from digitlab.runs.launch import Launch, command_of
from digitlab.runs.run import resume_run, start_run
from digitlab.runs.stopping import RUN_AGAIN
from digitlab.runs.watching import SILENT, Watcher
from digitlab.train.device import set_up_device
from digitlab.train.own_network import absolute_name
from digitlab.train.ranks import check_alone

# Student's t, 97.5%, for 1 to 30 degrees of freedom.
_STUDENT_T = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)


@dataclass(frozen=True, kw_only=True)
class Repeats:
    """The results of runs that differ in their seeds only."""

    recipe: str
    """Its name."""
    settings: Recipe
    dataset: str
    seeds: list[int]
    accuracies: list[float]
    """On the test set, for each seed, 0 to 1, after the last epoch."""
    without_disputed: list[float]
    """The same without the test images whose label is disputed; empty for digits on pages."""
    held_out: list[float]
    """Accuracy on the held-out images, for each seed; empty if nothing was held out."""
    mean: float
    sd: float | None
    """Standard deviation over the seeds; None for one seed."""
    interval: tuple[float, float] | None
    """95% confidence interval of the mean; None for one seed."""
    mean_without_disputed: float | None
    parameters: int
    seconds: float
    """Mean over the runs, without imports."""
    seconds_each: list[float]
    machine: str
    threads: int
    jobs: int
    """How many trainings ran at the same time, at most."""
    versions: dict[str, str]


def repeat(
    root: Path,
    name: str,
    recipe: Recipe,
    dataset: Dataset,
    launch: Launch,
    watcher: Watcher = SILENT,
    *,
    seeds: int,
    extra: Extra | None = None,
) -> Repeats:
    """Train the recipe with seeds 1 to `seeds`, each in a folder of its own; return the results.

    Runs that are finished or half done in those folders are picked up where they stopped.

    Parameters
    ----------
    root
        The folder of all the runs: `seed-1` and so on.
    name
        The recipe's name; `recipe` may differ from it in some settings.
    launch
        How each run is started. With `jobs` above 1, each runs in a process of its own, and
        without `threads` they share the threads equally: two runs with one thread each get more
        done than one run with two. A run that was started with another number of threads is
        finished with that number, so that its bits do not change.
    watcher
        Follows the runs, if they do not run in processes of their own.
    extra
        Pictures that each run learns besides the dataset.

    Raises `DigitlabError` if a folder contains a run with other settings or a training fails, and
    `Stopped` after Ctrl-C or SIGTERM; the same call then picks up where it left off.
    """
    check_alone()
    if seeds < 1:
        raise DigitlabError(f"seeds is {seeds}, but must be at least 1")
    if launch.jobs < 1:
        raise DigitlabError(f"jobs is {launch.jobs}, but must be at least 1")
    if launch.jobs > 1 and dataset.folder is None:
        raise DigitlabError(
            f"jobs is {launch.jobs}, but other processes do not have the arrays of {dataset.name}; "
            "choose 1"
        )
    set_up_device(launch.device, launch.threads)  # refuses what is not there before anything starts
    jobs = min(launch.jobs, seeds)
    threads = launch.threads
    if threads is None:
        threads = max(1, torch.get_num_threads() // jobs)
    recipe = replace(recipe, network=absolute_name(recipe.network))
    launch = replace(launch, recipe_name=short_name(name), jobs=jobs, threads=threads)
    waiting: dict[str, list[str]] = {}
    for seed in range(1, seeds + 1):
        folder = RunFolder(root / f"seed-{seed}")
        is_finished = _is_finished(folder, recipe, dataset, seed, extra)
        if is_finished or jobs == 1:  # a finished run is only checked
            print(f"{'finished' if is_finished else 'started'}: {folder.path}", file=sys.stderr)
            _train_here(folder, recipe, dataset, replace(launch, seed=seed), watcher, extra)
        else:
            this = replace(launch, seed=seed)
            words = command_of(folder, name, recipe, dataset, this, extra)
            waiting[str(folder.path)] = words
    run_commands(waiting, jobs)
    return summarize([RunFolder(root / f"seed-{seed}") for seed in range(1, seeds + 1)], name)


def _is_finished(
    folder: RunFolder, recipe: Recipe, dataset: Dataset, seed: int, extra: Extra | None
) -> bool:
    """Return whether the folder holds a finished run of these settings; refuse another run."""
    if not folder.holds_a_run():
        return False
    check_same_run(folder, recipe, dataset, seed, extra)
    report = folder.read_report()
    return report is not None and report.epochs == recipe.epochs


def _train_here(
    folder: RunFolder,
    recipe: Recipe,
    dataset: Dataset,
    launch: Launch,
    watcher: Watcher,
    extra: Extra | None,
) -> None:
    """Start or continue a run in this process."""
    with contextlib.redirect_stdout(sys.stderr):  # stdout is for the result of all runs
        try:
            if folder.holds_a_run():
                resume_run(folder, dataset=dataset, command=launch.command, watcher=watcher)
            else:
                start_run(folder, recipe, dataset, launch, watcher, extra=extra)
        except Stopped as stopped:  # its message says how to continue this one run
            raise Stopped(RUN_AGAIN, stopped.signal_number) from stopped


def summarize(folders: list[RunFolder], name: str) -> Repeats:
    """Return the results of finished runs; raise `DigitlabError` if one has no good report."""
    runs = [read_results(folder) for folder in folders]
    reports = []
    for run in runs:
        if run.report is None:
            raise DigitlabError(
                f"{run.folder.path} has no complete report.json; `digitlab resume "
                f"{run.folder.path}` writes it again"
            )
        reports.append(run.report)
    records = [run.record for run in runs]
    accuracies = [report.accuracy for report in reports]
    without_disputed = [
        report.without_disputed.correct / report.without_disputed.total
        for report in reports
        if isinstance(report, Report) and report.without_disputed.total != report.total
    ]
    seconds = [
        [point for point in run.history if isinstance(point, ScorePoint)][-1].seconds
        for run in runs
    ]
    mean = statistics.fmean(accuracies)
    sd = statistics.stdev(accuracies) if len(accuracies) > 1 else None
    return Repeats(
        recipe=name,
        settings=records[0].recipe,
        dataset=records[0].dataset,
        seeds=[record.seed for record in records],
        accuracies=accuracies,
        without_disputed=without_disputed,
        held_out=[report.held_out.accuracy for report in reports if report.held_out],
        mean=mean,
        sd=sd,
        interval=None if sd is None else interval_of_mean(mean, sd, len(accuracies)),
        mean_without_disputed=statistics.fmean(without_disputed) if without_disputed else None,
        parameters=records[0].parameters,
        seconds=statistics.fmean(seconds),
        seconds_each=seconds,
        machine=records[-1].machine,
        threads=max(record.threads for record in records),
        jobs=max(record.jobs for record in records),
        versions=records[-1].versions,
    )


def interval_of_mean(mean: float, sd: float, count: int) -> tuple[float, float]:
    """Return the 95% confidence interval of a mean accuracy, by Student's t, from 0 to 1.

    `count` is at least 2. So few seeds may allow every accuracy.

    >>> low, high = interval_of_mean(0.9, 0.01, 4)
    >>> round(low, 4), round(high, 4)
    (0.8841, 0.9159)
    """
    t = _STUDENT_T[min(count - 2, len(_STUDENT_T) - 1)]  # beyond the table: slightly too wide
    half = t * sd / math.sqrt(count)
    return max(0.0, mean - half), min(1.0, mean + half)
