"""Measure what corrections are worth: 50 pictures in an unusual hand, and 50 others in that hand.

    python -m benchmarks.own_hand [--recipe fast] [--seeds 3] [--pictures 50] [--others 50]

The hands are those of `testsets/hands.py`, drawn by code. For each hand, its first drawings are
added to a folder of corrections with their labels, and the recipe is trained with `--extra` on
MNIST and this folder. The table has how many of the other drawings are read correctly by networks
that were trained without and with the corrections, and both accuracies on MNIST's test set, as
means over the seeds. Nothing may be tuned on drawings with seed 77, or on the test set.
"""

import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from benchmarks.measure import Count, print_environment, print_table, progress, run_program
from digitlab import Run
from digitlab.data.catalog import MNIST
from digitlab.data.corrections import Corrections
from digitlab.pictures.digit import prepare
from digitlab.train.networks import answer
from testsets.hands import HANDS, drawings

LEARNED_SEED, OTHERS_SEED = 77, 78

Drawings = tuple[NDArray[np.uint8], NDArray[np.int64]]  # prepared, N x 28 x 28; labels, N


def correct(folder: str, count: int) -> None:
    """Add a hand's drawings to a folder of corrections."""
    store = Corrections(folder)
    for drawing, label in drawings(HANDS[Path(folder).name], count=count, seed=LEARNED_SEED):
        png = io.BytesIO()
        Image.fromarray(drawing).save(png, "PNG")
        store.add(png.getvalue(), label=str(label))


def others_of(hand: str, count: int) -> Drawings:
    """Return other drawings by the same hand, prepared."""
    drawn = list(drawings(HANDS[hand], count=count, seed=OTHERS_SEED))
    return np.stack([prepare(it) for it, _ in drawn]), np.array([label for _, label in drawn])


def read_correctly(run: Run, others: Drawings) -> int:
    """Return how many of the drawings a run's network reads correctly."""
    images, labels = others
    answers = answer(
        run.network(), torch.from_numpy(images), mean=MNIST.mean, std=MNIST.std, batch_size=100
    )
    return int((answers.argmax(dim=1).numpy() == labels).sum())


def rows(
    recipe: str, seeds: int, pictures: int, others: int, threads: int | None, scratch: Path
) -> Iterator[dict[str, str]]:
    """Yield one row per hand."""
    numbers = range(1, seeds + 1)
    plain = [Run.start(scratch / f"plain-{it}", recipe, seed=it, threads=threads) for it in numbers]
    before = fmean(run.report.accuracy for run in plain if run.report)
    for hand in HANDS:
        progress(hand)
        folder = scratch / "corrections" / hand
        correct(str(folder), pictures)
        drawn = others_of(hand, others)
        taught = [
            Run.start(scratch / f"{hand}-{it}", recipe, seed=it, threads=threads, extra=folder)
            for it in numbers
        ]
        after = fmean(run.report.accuracy for run in taught if run.report)
        read = [[read_correctly(run, drawn) for run in runs] for runs in (plain, taught)]
        each = ["; ".join(str(it) for it in counts) for counts in read]
        yield {
            "hand": hand,
            f"correct of {others} without": f"{fmean(read[0]):.1f} ({each[0]})",
            f"with {pictures} corrections": f"**{fmean(read[1]):.1f}** ({each[1]})",
            "MNIST's test set without": f"{before:.2%}",
            "with": f"{after:.2%}",
            "points": f"{100 * (after - before):+.2f}",
        }


def measure_own_hand(
    *,
    recipe: str = "fast",
    seeds: Count = 3,
    pictures: Count = 50,
    others: Count = 50,
    threads: Count | None = None,
) -> None:
    """Measure, and print the table.

    Parameters
    ----------
    recipe
        A recipe's name.
    seeds
        How many trainings, with seeds 1, 2 and so on; of each hand, and without corrections.
    pictures
        How many drawings of each hand are learned.
    others
        How many others are read.
    threads
        Of each training; by default as many as PyTorch chooses.
    """
    print_environment("torch", "numpy", "pillow", recipe=recipe, seeds=seeds, pictures=pictures)
    with tempfile.TemporaryDirectory(prefix="digitlab-hand-") as folder:
        print_table(rows(recipe, seeds, pictures, others, threads, Path(folder)))


if __name__ == "__main__":
    run_program(measure_own_hand, __doc__)
