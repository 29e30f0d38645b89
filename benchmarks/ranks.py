"""Measure how training gets faster with more processes: images per second for 1, 2, ... ranks.

    python -m benchmarks.ranks [--recipe best] [--ranks 1 2] [--rounds 3] [--threads 1]

Each round trains the recipe once with each number of ranks: one as `digitlab train`, several under
`torchrun --standalone` on this machine. Every process has `--threads` threads, so two ranks use
twice as many cores as one. The batch is always the recipe's: more ranks have smaller shares.

Images per second are counted from the second recorded loss of the run to the last one, so that the
start of the processes, tests and checkpoints do not count: the time of an ordinary step. Ratios
compare runs of the same round.
"""

import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from benchmarks.measure import (
    Count,
    measure,
    print_environment,
    print_table,
    progress,
    run_program,
    spread,
)
from digitlab.records.folder import RunFolder
from digitlab.records.history import TrainPoint

OWN = ("-m", "digitlab")


def train_command(recipe: str, ranks: int, threads: int, images: int, run: Path) -> list[str]:
    """Return the command that trains one epoch in a new folder with so many processes."""
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(ranks)]
    return [
        *(sys.executable, *((*torchrun, "-m", "--", "digitlab") if ranks > 1 else OWN)),
        *("train", "--recipe", recipe, "--epochs", "1", "--train-images", str(images)),
        *("--degraded", "0", "--outliers", "0", "--digit-loss", "0"),
        *("--threads", str(threads), "--device", "cpu", "--no-figures", "--run", str(run)),
    ]


def loss_points(run: Path) -> list[TrainPoint]:
    """Return the points of a run's loss curve."""
    return [it for it in RunFolder(run).read_history() if isinstance(it, TrainPoint)]


def speed_of(points: Sequence[TrainPoint]) -> float:
    """Return the images per second of an ordinary step: from the second point to the last."""
    first, last = points[1], points[-1]
    return (last.examples_in_epoch - first.examples_in_epoch) / (last.seconds - first.seconds)


def environment(threads: int) -> dict[str, str]:
    """Return the environment of a process with so many threads."""
    return {**os.environ, "OMP_NUM_THREADS": str(threads)}


def images_per_second(recipe: str, ranks: int, threads: int, images: int, scratch: Path) -> float:
    """Train one epoch in a new folder, and return the speed of its steps."""
    run = scratch / "run"
    command = [*train_command(recipe, ranks, threads, images, run), "--log-every", "1"]
    measure(command, scratch / "log", environment(threads))
    points = loss_points(run)
    shutil.rmtree(run)
    return speed_of(points)


def main(
    *,
    recipe: Annotated[str, Parameter(help="The recipe of single digits.")] = "tutorial",
    ranks: Annotated[
        tuple[Count, ...], Parameter(consume_multiple=True, help="Numbers of processes.")
    ] = (1, 2),
    rounds: Annotated[Count, Parameter(help="Runs with each number.")] = 3,
    threads: Annotated[Count, Parameter(help="Threads of each process.")] = 1,
    images: Annotated[Count, Parameter(help="Training images.")] = 20_000,
) -> None:
    """Measure and print the table."""
    print_environment("torch", recipe=recipe, threads=threads, images=images, rounds=rounds)
    speeds: dict[int, list[float]] = {count: [] for count in ranks}
    with tempfile.TemporaryDirectory() as scratch:
        for number in range(1, rounds + 1):
            for count in ranks:
                speed = images_per_second(recipe, count, threads, images, Path(scratch))
                progress(f"round {number}, {count} ranks: {speed:,.0f} images/s")
                speeds[count].append(speed)
    base = speeds[ranks[0]]
    rows = []
    for count, its in speeds.items():
        gains = [speed / before for speed, before in zip(its, base, strict=True)]
        rows.append(
            {
                "ranks": count,
                "images/s: median (least-most)": spread(its, digits=0),
                f"gain over {ranks[0]}": spread(gains),
                "of the ideal gain": f"{statistics.median(gains) * ranks[0] / count:.0%}",
            }
        )
    print_table(rows)


if __name__ == "__main__":
    run_program(main, __doc__)
