"""Kill a command before each change of its folder, or at random moments, and check what is left."""

import random
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

from torture.bench import Bench
from torture.fault import Fault, expect
from torture.nursery import Outcome
from torture.sabotage import Sabotage

KILLED = -9

Start = Callable[..., Outcome]
"""Starts a command in a folder; its keywords are those of `Nursery.call`."""
Check = Callable[[Path], None]
"""Expects that what a kill left in a folder is as it should be."""


def sweep(
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


def at_random(
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
