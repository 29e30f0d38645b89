"""The recipe `fast` beside two peers: whole processes in turn, from start to a tested network.

    python benchmarks/race.py [--rounds 10] [--tutorial-rounds 2]

In each round, with the round's number as seed: `onecycle_script.py`, one epoch of a network made
to learn fast, and `digitlab train --recipe fast --no-figures`. In some of the rounds also
`tutorial_script.py`, the tutorial's own 8 epochs, which takes minutes (and draws its figures,
less than 2 seconds of them). All run with the threads that a reader would get; ratios are of the
same round, so that a machine that grows slower does so for all. The table goes to stdout, progress
to stderr.
"""

import argparse
import json
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measure import Cost, describe_machine, exit_code_of, measure, version_of
from benchmarks.peers.torchvision_install import (
    ensure_torchvision,
    lay_out_data,
    tell,
    with_torchvision,
)
from benchmarks.table import spread

HERE = Path(__file__).resolve().parent
TUTORIAL, ONE_CYCLE, FAST = "the tutorial, 8 epochs", "one-cycle peer", "digitlab `fast`"


@dataclass(frozen=True, kw_only=True)
class Run(Cost):
    """One process: who, in which round, what it took, what it got right."""

    system: str
    round: int
    correct: int
    total: int
    training_seconds: float
    """Without imports. Of the peer, training alone; of `fast`, its test and its checkpoint too; of
    the tutorial, its tests and all that it saves meanwhile."""


def run_one(system: str, number: int, scratch: Path) -> Run:
    """Run one system in a folder of its own with the round's number as its seed."""
    out, log = scratch / f"{number}", scratch / "stdout.log"
    seed = ["--seed", str(number)]
    data = ["--data", str(scratch / "data")]
    if system == FAST:
        train = ["-m", "digitlab", "train", "--recipe", "fast", "--no-figures", "--force"]
        cost = measure([sys.executable, *train, *seed, "--run", str(out)], dict(os.environ), log)
        report = json.loads((out / "report.json").read_text())
        last = json.loads((out / "history.jsonl").read_text().splitlines()[-1])
        seconds = last["seconds"]
    else:
        script, rest, environment = {
            ONE_CYCLE: ("onecycle_script.py", [], dict(os.environ)),
            TUTORIAL: ("tutorial_script.py", ["--out", str(out)], with_torchvision()),
        }[system]
        command = [sys.executable, str(HERE / script), *seed, *data, *rest]
        cost = measure(command, environment, log)
        report = json.loads(log.read_text().splitlines()[-1])
        seconds = report["seconds"] if system == ONE_CYCLE else sum(report["seconds"])
    run = Run(
        system=system,
        round=number,
        correct=report["correct"],
        total=report["total"],
        training_seconds=seconds,
        **asdict(cost),
    )
    tell(f"round {number}, {system}: {run.wall_seconds:.1f} s, {run.correct} right")
    return run


def ratios(runs: Sequence[Run], slower: str) -> list[float]:
    """Return by how much `fast` was faster than another, whole processes, round by round."""
    fast = {run.round: run.wall_seconds for run in runs if run.system == FAST}
    return [run.wall_seconds / fast[run.round] for run in runs if run.system == slower]


def show(runs: Sequence[Run]) -> None:
    """Print the table: one row a system."""
    print(
        "\n| | whole process, s: median (least-most) | training, s | right of 10,000: mean ± sd "
        "| runs | `fast` is faster by: median (least-most) |"
    )
    print("| --- | --- | --- | --- | --- | --- |")
    for system in (TUTORIAL, ONE_CYCLE, FAST):
        own = [run for run in runs if run.system == system]
        if not own:
            continue
        right = [run.correct for run in own]
        sd = f" ± {statistics.stdev(right):.1f}" if len(right) > 1 else ""
        faster = "" if system == FAST else spread(ratios(runs, system), "times")
        print(
            f"| {system} | {spread([run.wall_seconds for run in own], '')} "
            f"| {spread([run.training_seconds for run in own], '')} "
            f"| {statistics.fmean(right):,.1f}{sd} | {len(own)} | {faster} |"
        )


def run_benchmark(rounds: int, tutorial_rounds: int, json_file: Path | None) -> None:
    """Run all rounds, print the table and write the JSON file."""
    versions = {"Python": platform.python_version(), "torch": version_of("torch")}
    if tutorial_rounds:
        versions["torchvision"] = ensure_torchvision()
    machine = describe_machine()
    now = datetime.now(UTC).isoformat(timespec="seconds")
    runs: list[Run] = []
    with tempfile.TemporaryDirectory(prefix="digitlab-race-") as folder:
        scratch = Path(folder)
        lay_out_data(scratch / "data")
        for number in range(1, rounds + 1):
            systems = [TUTORIAL] if number <= tutorial_rounds else []
            runs += [run_one(it, number, scratch) for it in (*systems, ONE_CYCLE, FAST)]
    print(f"machine: {machine}\nversions: {versions}\ndate: {now}")
    show(runs)
    if json_file is not None:
        record = {"machine": machine, "versions": versions, "date": now}
        json_file.write_text(json.dumps(record | {"runs": [asdict(run) for run in runs]}, indent=2))


def main() -> int:
    """Read the command line, run the race, and return the exit code."""
    parser = argparse.ArgumentParser(description="Run `fast` and two peers in turn.")
    parser.add_argument("--rounds", type=int, default=10, help="rounds, seeds 1 and on (10)")
    parser.add_argument(
        "--tutorial-rounds", type=int, default=2, help="in how many the tutorial runs too (2)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every run here as well")
    arguments = parser.parse_args()
    if arguments.rounds < 1 or not 0 <= arguments.tutorial_rounds <= arguments.rounds:
        parser.error("--rounds must be 1 or more, and --tutorial-rounds from 0 to --rounds")
    return exit_code_of(
        lambda: run_benchmark(arguments.rounds, arguments.tutorial_rounds, arguments.json)
    )


if __name__ == "__main__":
    sys.exit(main())
