"""`kill -9` before every change of the disk, in the middle of a write, and at random moments."""

import random
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

from torture.bench import Bench
from torture.fault import Fault, expect
from torture.nursery import Outcome
from torture.sabotage import Sabotage

PROMISE = (
    "Killed at any moment, there is always a state that can be loaded. Continued, it ends with the "
    "same bits as a run that was never stopped, and no file is left over."
)
KILLED = -9
_TORN_AT = (0, 1, 100, 700, 1500, 20_000, 41_000, 100_000, 183_000)
"""Bytes after which a write dies: in `run.json`, a history, a snapshot, a checkpoint."""

Start = Callable[..., Outcome]
Check = Callable[[Path], None]


def run(fault: Fault, bench: Bench) -> None:
    """Kill each command, and continue."""
    trainings = bench.trainings
    every = 31 if bench.short else 1
    moments = 0 if bench.short else 1
    train, resume = trainings.train, trainings.resume
    _sweep(fault, bench, "train", train, trainings.finish, every=every)
    _sweep(fault, bench, "resume", resume, trainings.finish, trainings.halfway, every=every)
    _torn(fault, bench, every=5 if bench.short else 1)
    _random(fault, bench, "train", train, trainings.finish, moments * 100)
    _random(fault, bench, "resume", resume, trainings.finish, moments * 60, trainings.halfway)
    if not bench.short:
        _repeat(fault, bench)
        _plot(fault, bench)
        _export(fault, bench)


def _sweep(
    fault: Fault, bench: Bench, name: str, start: Start, check: Check,
    base: Path | None = None, *, every: int,
) -> None:  # fmt: skip
    """Kill a command before every change, or every n-th, of its folder."""
    for folder, at in _folders(bench, f"killed-{name}", base, every):
        outcome = start(folder, sabotage=Sabotage(kind="kill", folder=str(folder), at=at))
        if outcome.code != KILLED:
            with fault.attempt(name, "not killed"):
                outcome.check_worked()
            return
        with fault.attempt(name, f"before change {at}"):
            check(folder)


def _folders(bench: Bench, name: str, base: Path | None, every: int) -> Iterator[tuple[Path, int]]:
    for at in count(0, every):
        if base is None:
            yield bench.trainings.fresh(name), at
        else:
            yield bench.trainings.copy(base, name), at


def _torn(fault: Fault, bench: Bench, *, every: int) -> None:
    """Kill a training in the middle of a write."""
    trainings = bench.trainings
    for most_bytes in _TORN_AT[::every]:
        run = trainings.fresh("torn")
        outcome = trainings.train(run, most_file_bytes=most_bytes, torn=True)
        with fault.attempt("train, in mid-write", f"after {most_bytes} bytes"):
            expect(outcome.code < 0, f"exit code {outcome.code}, not killed")
            trainings.finish(run)


def _random(
    fault: Fault, bench: Bench, name: str, start: Start, check: Check, times: int,
    base: Path | None = None,
) -> None:  # fmt: skip
    """Kill a command at random moments, until it would have ended."""
    chance = random.Random(f"{name} {times}")
    folders = _folders(bench, f"random-{name}", base, 1)
    seconds = start(next(folders)[0]).seconds if times else 0.0
    for (folder, _), number in zip(folders, range(times), strict=False):
        after = chance.uniform(0, seconds)
        outcome = start(folder, kill_after=after)
        with fault.attempt(f"{name}, random moments", f"number {number}, after {after:.2f} s"):
            expect(outcome.code in (0, KILLED), f"exit code {outcome.code}: {outcome.err[-300:]}")
            check(folder)


def _repeat(fault: Fault, bench: Bench) -> None:
    """Kill `repeat`, and run the same command again."""
    trainings = bench.trainings
    expected = _accuracies(trainings.repeat(trainings.fresh("repeated")))

    def again(root: Path) -> None:
        found = _accuracies(trainings.repeat(root))
        expect(found == expected, f"accuracies {found} instead of {expected}")

    _sweep(fault, bench, "repeat", trainings.repeat, again, every=3)
    _random(fault, bench, "repeat", trainings.repeat, again, 40)


def _accuracies(outcome: Outcome) -> Any:
    import json

    outcome.check_worked()
    record = json.loads(outcome.out)
    return record["accuracies"], record["seeds"]


def _plot(fault: Fault, bench: Bench) -> None:
    """Kill `plot`: every figure is the old one or the new one, and never half a figure."""
    trainings = bench.trainings
    whole = trainings.copy(trainings.finished, "plotted")
    _draw(bench, whole).check_worked()
    figures = {path.name: path.read_bytes() for path in whole.glob("*.png")}

    def check(run: Path) -> None:
        for path in run.glob("*.png"):
            expect(path.read_bytes() == figures[path.name], f"{path.name} is not whole")
        _draw(bench, run).check_worked()
        drawn = {path.name: path.read_bytes() for path in run.glob("*.png")}
        expect(drawn == figures, "not the same figures")
        expect(not [*run.glob(".*.tmp")], "a temporary file is left over")

    def plot(run: Path, **options: Any) -> Outcome:
        return _draw(bench, run, **options)

    _sweep(fault, bench, "plot", plot, check, trainings.finished, every=2)


def _draw(bench: Bench, run: Path, **options: Any) -> Outcome:
    return bench.nursery.digitlab("plot", run, **options)


def _export(fault: Fault, bench: Bench) -> None:
    """Kill `export`: the folder has no model, or one that answers as it should."""
    trainings = bench.trainings
    picture = next((trainings.pictures / "7").iterdir())

    def export(out: Path, **options: Any) -> Outcome:
        return bench.nursery.digitlab("export", trainings.finished, "--out", out, **options)

    def answer(out: Path) -> Outcome:
        return bench.nursery.digitlab("predict", "--model", out, "--json", picture)

    export(trainings.fresh("exported")).check_worked()
    expected = answer(bench.home / "exported").out

    def check(out: Path) -> None:
        found = answer(out)
        if found.code:
            found.check_is_one_sentence()
            expect("contains no model" in found.err, found.err)
        else:
            expect(found.out == expected, f"answers {found.out} instead of {expected}")
        export(out).check_worked()
        expect(answer(out).out == expected, "another answer after a second export")
        expect(sorted(it.name for it in out.iterdir()) == ["model.json", "model.onnx"], "files")

    _sweep(fault, bench, "export", export, check, every=1)
    _random(fault, bench, "export", export, check, 20)
