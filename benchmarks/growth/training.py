"""Training: seconds and memory of one epoch of `tutorial` against images and processes."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.growth.record import Case, Figures
from benchmarks.growth.tree import watched
from benchmarks.measure import measure
from benchmarks.ranks import environment, loss_points, speed_of, train_command
from digitlab.records.folder import RunFolder

PART = "training"
PACKAGES = ("torch", "numpy")
IMAGES = (10_000, 30_000, 60_000, 120_000, 600_000, 2_400_000)
RANKS = (1, 2)
MNIST = 60_000
RECIPE = "tutorial"
THREADS = 1  # of each process


def cases(rounds: int, most: int | None) -> Iterator[Case]:
    """Yield what is measured, the quick cases first.

    More images than MNIST has are trained on in one process: a dataset of arrays, which is how a
    program gives them, has no command.
    """
    for images in (it for it in IMAGES if it <= (most or it)):
        for number in range(1, rounds + 1):
            for ranks in RANKS if images <= MNIST else RANKS[:1]:
                yield {"images": images, "ranks": ranks, "round": number}


def figures(images: int, ranks: int, **_: int) -> Figures:
    """Train one epoch in new processes, and return what it cost."""
    with tempfile.TemporaryDirectory(prefix="digitlab-growth-") as folder:
        run = Path(folder, "run")
        if images <= MNIST:
            command = train_command(RECIPE, ranks, THREADS, images, run)
        else:
            own = "benchmarks.growth.repeated"
            command = [sys.executable, "-m", own, str(images), str(run), RECIPE, str(THREADS)]
        with watched() as peak:
            cost = measure(command, Path(folder, "log"), environment(THREADS))
        points = loss_points(run)
        inside = max(it.seconds for it in RunFolder(run).read_history())
    return {
        "seconds": round(cost.wall_seconds, 2),
        "training_seconds": round(images / speed_of(points), 2),
        "start_seconds": round(cost.wall_seconds - inside, 2),
        "images_per_second": round(speed_of(points)),
        "peak_mib": round(peak.mib),
    }
