"""`kill -9` before every change of the disk, in the middle of a write, and at random moments."""

from torture.bench import Bench
from torture.fault import Fault, expect
from torture.killing import at_random, sweep
from torture.lab_kills import run_lab
from torture.other_kills import run_others
from torture.sabotage import CUT_AFTER

PROMISE = (
    "Killed at any moment, there is always a state that can be loaded. The same command again, or "
    "`resume`, ends with the same bits as a run that was never stopped, and no file is left over."
)
TESTS = (
    "tests/runs/test_run.py",
    "tests/cli/test_runs.py",
    "tests/models/test_card.py",
    "tests/data/test_fetch.py",
)


def run(fault: Fault, bench: Bench) -> None:
    """Kill each command, and continue."""
    trainings = bench.trainings
    every = 47 if bench.short else 1
    moments = 0 if bench.short else 1
    train, resume = trainings.train, trainings.resume
    sweep(fault, bench, "train", train, trainings.finish, every=every)
    by_resume = trainings.finish_by_resume
    sweep(fault, bench, "resume", resume, by_resume, trainings.halfway, every=every)
    _torn(fault, bench, every=8 if bench.short else 1)
    at_random(fault, bench, "train", train, trainings.finish, moments * 100)
    at_random(fault, bench, "resume", resume, by_resume, moments * 60, trainings.halfway)
    if not bench.short:
        run_others(fault, bench)
        run_lab(fault, bench)


def _torn(fault: Fault, bench: Bench, *, every: int) -> None:
    """Kill a training in the middle of a write."""
    trainings = bench.trainings
    for most_bytes in CUT_AFTER[::every]:
        run = trainings.fresh("torn")
        outcome = trainings.train(run, most_file_bytes=most_bytes, torn=True)
        with fault.attempt("train, in mid-write", f"after {most_bytes} bytes"):
            expect(outcome.code < 0, f"exit code {outcome.code}, not killed")
            trainings.finish(run)
