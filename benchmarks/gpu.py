"""Check the training on an NVIDIA GPU, and measure it: `python -m benchmarks.gpu --out gpu.json`.

First the checks of `benchmarks/gpu_checks.py`: each compares the GPU with the CPU, or one way of
training with another. Then the figures:

- images per second of each recipe of single digits, on the CPU and on the GPU: with its steps
  launched one operation after the other, or recorded and played back (a CUDA graph), with or
  without the random changes of the images; in float32 and in bfloat16. The first steps, with the
  recording, are not counted, and neither are tests.
- the accuracy of several seeds on held-out images, on both devices.
- crops of pages per second: composed by the processor, learned by the GPU, and both together.

The program exits with 1 if a check fails, or if the accuracies of the two devices differ by more
than chance would explain. With `--device cpu` it tries itself out where there is no GPU.
"""

import math
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from cyclopts import Parameter

from benchmarks.gpu_checks import CHECKS
from benchmarks.gpu_trainings import recipe_of, start, steps, take
from benchmarks.measure import (
    Count,
    CountsFile,
    print_environment,
    print_table,
    progress,
    run_program,
    spread,
    write_counts,
)
from digitlab.errors import DigitlabError
from digitlab.named_recipes import IMAGE_RECIPES, find_recipe
from digitlab.records.history import HeldOutPoint
from digitlab.train.device import set_up_device

IMAGES = 60_000
WARM_UP = 10  # steps
COMPARED = ("tutorial", "fast")
"""The recipes whose accuracy is compared: those that are quick on a CPU."""

LAUNCHED, NO_CHANGES, RECORDED = "launched", "recorded, changes launched", "recorded"
"""How a step is taken; the changes are those of the images."""

AHEAD = 1_024
"""Crops of pages that processes may have composed before the clock starts, and some more."""

Row = dict[str, Any]


def checked(device: str) -> list[Row]:
    """Make every check; return what each has found."""
    rows: list[Row] = []
    for title, check in CHECKS.items():
        begun = time.perf_counter()
        with tempfile.TemporaryDirectory() as scratch:
            try:
                found, is_right = check(device, Path(scratch)), True
            except (DigitlabError, RuntimeError) as error:
                found, is_right = str(error), False
        rows.append({"check": title, "result": "right" if is_right else "WRONG", "found": found})
        progress(f"{time.perf_counter() - begun:.1f} s, {rows[-1]['result']}: {title}: {found}")
    return rows


def speeds(device: str, limit: int, rounds: int) -> list[Row]:
    """Measure the training of single digits in every way; `limit` is the most steps of each."""
    ways: list[tuple[str, str | None, str]] = [("cpu", None, LAUNCHED)]
    if device == "cuda":
        kinds = (LAUNCHED, NO_CHANGES, RECORDED)
        ways += [(device, it, kind) for it in ("float32", "bfloat16") for kind in kinds]
    rows = []
    for name in IMAGE_RECIPES:
        for where, precision, kind in ways:
            recipe = recipe_of(name) if precision is None else recipe_of(name, precision=precision)
            if kind == NO_CHANGES and not recipe.augment:
                continue
            count = min(limit, IMAGES // recipe.batch_size - WARM_UP)
            rates = []
            for _ in range(rounds):
                training = start(recipe, where, records=kind != LAUNCHED, changes=kind == RECORDED)
                take(training, WARM_UP)
                begun = _now(where)
                take(training, count)
                rates.append(count * recipe.batch_size / (_now(where) - begun))
            rows.append(
                {
                    "recipe": name,
                    "device": where,
                    "numbers": training.computed_in,
                    "steps": kind,
                    "images/s: median (least-most)": spread(rates, digits=0),
                    "s per epoch": f"{IMAGES / statistics.median(rates):.2f}",
                    "GPU memory": _memory(where),
                }
            )
            progress(str(rows[-1]))
    return rows


def accuracies(device: str, seeds: int) -> list[Row]:
    """Train with several seeds for one epoch on both devices; compare the held-out accuracy."""
    rows = []
    for name in COMPARED:
        means, deviations = [], []
        for where in (device, "cpu"):
            found = [_held_out_accuracy(name, where, seed) for seed in range(1, seeds + 1)]
            means.append(statistics.fmean(found))
            deviations.append(statistics.stdev(found))
        # Of the difference of two means. A few seeds may agree by chance.
        error = max(math.hypot(*deviations) / math.sqrt(seeds), 5e-4)
        shown = [
            f"{100 * mean:.3f}% ± {100 * deviation:.3f}"
            for mean, deviation in zip(means, deviations, strict=True)
        ]
        is_right = abs(means[0] - means[1]) <= 3 * error
        rows.append(
            {
                "recipe": name,
                "seeds": seeds,
                f"on {device}: mean ± sd": shown[0],
                "on the CPU": shown[1],
                "result": "right" if is_right else "WRONG",
            }
        )
        progress(str(rows[-1]))
    return rows


def _held_out_accuracy(name: str, device: str, seed: int) -> float:
    training = start(recipe_of(name, epochs=1, validation=5_000), device, seed=seed)
    with closing(training.run()) as points:
        return [it.accuracy for it in points if isinstance(it, HeldOutPoint)][-1]


def pages(device: str, crops: int) -> list[Row]:
    """Measure how fast crops of pages are composed, how fast they are learned, and both."""
    recipe = replace(find_recipe("page"), validation=0, crops=crops)
    training = start(recipe, device)
    training.network.train()
    rows = []

    def measure(what: str, learned: Iterator[object]) -> None:
        for _ in islice(learned, AHEAD // recipe.batch_size):
            pass  # starts processes, records a step, and uses up what was composed meanwhile
        begun = _now(device)
        rate = sum(1 for _ in learned) * recipe.batch_size / (_now(device) - begun)
        rows.append({"crops of pages": what, "crops/s": f"{rate:,.0f}"})
        progress(str(rows[-1]))

    batches = []
    measure("composed", (batches.append(it) for it in training.examples.batches(1, 0)))
    training.examples.close()
    measure("learned", (training._step(*it, is_last=False) for it in batches))
    measure("composed and learned", islice(steps(start(recipe, device)), len(batches)))
    return rows


def _now(device: str) -> float:
    """Return the time when everything that was launched has been computed."""
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def _memory(device: str) -> str:
    return f"{torch.cuda.max_memory_reserved() / 2**20:,.0f} MiB" if device == "cuda" else ""


def main(
    *,
    device: Annotated[Literal["cuda", "cpu"], Parameter(help="What is checked.")] = "cuda",
    limit: Annotated[Count, Parameter(help="Steps that are measured, at most.")] = 400,
    rounds: Annotated[Count, Parameter(help="Measurements of each speed.")] = 3,
    seeds: Annotated[Count, Parameter(help="Seeds on each device, at least 2.")] = 5,
    crops: Annotated[Count, Parameter(help="Crops of pages, over 1,024.")] = 6_144,
    out: CountsFile = None,
) -> None:
    """Check, measure, and print the tables."""
    facts = print_environment("torch", device=device, limit=limit, rounds=rounds, seeds=seeds)
    facts["gpu"] = _gpu(device)
    print(f"gpu: {facts['gpu']}")
    tables = {
        "checks": checked(device),
        "speeds": speeds(device, limit, rounds),
        "accuracies": accuracies(device, seeds),
        "pages": pages(device, crops),
    }
    for table in tables.values():
        print_table(table)
    write_counts(out, **facts, **tables)
    wrong = [it for table in tables.values() for it in table if it.get("result") == "WRONG"]
    if wrong:
        raise DigitlabError(f"{len(wrong)} of {len(CHECKS) + len(COMPARED)} checks failed")


def _gpu(device: str) -> str:
    """Return the GPU's name, its memory, and the versions of NVIDIA's libraries."""
    if set_up_device(device).type == "cpu":
        return "none"
    properties = torch.cuda.get_device_properties()
    return (
        f"{properties.name}, {properties.total_memory / 2**30:.0f} GiB, CUDA {torch.version.cuda}, "
        f"cuDNN {torch.backends.cudnn.version()}"
    )


if __name__ == "__main__":
    run_program(main, __doc__)
