"""The checks of `benchmarks.gpu`: a GPU must learn what a CPU learns, through every command.

A check returns what it has found, in a few words, or raises `DigitlabError`. Each takes the device
and a folder for its files.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import torch
import torch.distributed

from benchmarks.gpu_trainings import (
    NOTHING_RANDOM,
    continued,
    is_same,
    losses,
    losses_by,
    recipe_of,
    start,
    steps,
    take,
)
from benchmarks.measure import measure
from digitlab.errors import DigitlabError
from digitlab.named_recipes import IMAGE_RECIPES, RECIPES, find_recipe
from digitlab.records.folder import RunFolder
from digitlab.records.history import ScorePoint
from digitlab.train.checkpoint import from_bytes, to_bytes
from digitlab.train.ranks import ALONE
from digitlab.train.shared_step import shared_step
from digitlab.train.step import train_step

FIRST_STEPS = 8
TOLERANCE = 1e-3  # of a loss: both devices round, in another order
SOME_IMAGES = ("--train-images", "6000", "--test-batch-size", "500", "--no-figures")

OWN_NETWORK = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, classes: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 8, 5, stride=2), nn.BatchNorm2d(8), nn.ReLU(), nn.Dropout(0.1),
            nn.Flatten(), nn.Linear(8 * 12 * 12, classes),
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.layers(images)
"""

LITTLE_MEMORY = """
import sys, torch
if sys.argv[-1] == "cuda":
    torch.cuda.set_per_process_memory_fraction(2**30 / torch.cuda.mem_get_info()[1])
else:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (3 * 2**30, 3 * 2**30))
from digitlab.cli.app import main
main()
"""
"""Runs digitlab with 1 GiB on the GPU; on a CPU, with an address space of 3 GiB."""


def first_losses(device: str, _scratch: Path) -> str:
    """Compare the first losses with those of the CPU, in float32 and with nothing random.

    The steps are short, because long ones multiply the rounding errors of those before.
    """
    found = []
    for name in RECIPES:
        rate = find_recipe(name).learning_rate / 100
        recipe = recipe_of(name, precision="float32", learning_rate=rate, **NOTHING_RANDOM)
        there, here = (losses(recipe, it, FIRST_STEPS) for it in (device, "cpu"))
        found.append((name, _difference(there, here)))
    return _all_small(found)


def recorded_steps(device: str, _scratch: Path) -> str:
    """Compare the losses of recorded steps with those of steps that are launched one by one."""
    found = []
    for name in RECIPES:
        pair = (losses(recipe_of(name), device, FIRST_STEPS, records=it) for it in (True, False))
        found.append((name, _difference(*pair)))
    return _all_small(found)


def stopped_and_continued(device: str, _scratch: Path) -> str:
    """Compare weights, velocities and random states with those of a training without a stop."""
    differ = []
    for name in RECIPES:
        recipe = recipe_of(name)
        whole = start(recipe, device)
        take(whole, 2 * FIRST_STEPS)
        half = start(recipe, device)
        take(half, FIRST_STEPS)
        rest = continued(from_bytes(to_bytes(half.checkpoint()), "half"), recipe, device)
        take(rest, FIRST_STEPS)
        if not is_same(whole, rest):
            differ.append(name)
    if differ:
        raise DigitlabError(f"other bits: {', '.join(differ)}")
    return f"the same bits: {', '.join(RECIPES)}"


def no_waiting(device: str, _scratch: Path) -> str:
    """Find what waits for the GPU in the middle of an epoch."""
    if device != "cuda":
        return "only on a GPU"
    for name in IMAGE_RECIPES:
        with closing(steps(start(recipe_of(name, log_every=1000), device))) as some:
            next(some)  # records the step, and reads its loss
            torch.cuda.set_sync_debug_mode("error")
            try:
                for _ in range(FIRST_STEPS):
                    next(some)
            except RuntimeError as error:
                raise DigitlabError(f"{name}: {error}") from error
            finally:
                torch.cuda.set_sync_debug_mode("default")
    return f"never: {', '.join(IMAGE_RECIPES)}"


def commands(device: str, scratch: Path) -> str:
    """Continue a run on the other device and back, evaluate it on both, and export it."""
    run = scratch / "run"
    _digitlab("train", "--epochs", "1", *SOME_IMAGES, "--device", device, "--run", run)
    _digitlab("resume", run, "--epochs", "2", "--device", "cpu", "--no-figures")
    _digitlab("resume", run, "--epochs", "3", "--device", device, "--no-figures")
    scores = [it for it in RunFolder(run).read_history() if isinstance(it, ScorePoint)]
    _digitlab("export", run, "--out", scratch / "model")  # compares the file with PyTorch
    correct = []
    for where in (device, "cpu"):
        _digitlab("eval", run, "--device", where, "--json", log=scratch / "eval.json")
        correct.append(json.loads((scratch / "eval.json").read_text())["correct"])
    accuracies = ", ".join(f"{it.accuracy:.2%}" for it in scores[1:])
    if not scores[1].accuracy < scores[2].accuracy < scores[3].accuracy:
        raise DigitlabError(f"accuracy after each epoch: {accuracies}")
    if abs(correct[0] - correct[1]) > 2:
        raise DigitlabError(
            f"eval counts {correct[0]:,} correct answers, and {correct[1]:,} on cpu"
        )
    return f"accuracy after each epoch {accuracies}; exported"


def own_network(device: str, scratch: Path) -> str:
    """Train a network of one's own."""
    (scratch / "net.py").write_text(OWN_NETWORK)
    words = ("--network", f"{scratch / 'net.py'}:Net", "--epochs", "1", *SOME_IMAGES)
    _digitlab("train", *words, "--device", device, "--run", scratch / "own")
    score = RunFolder(scratch / "own").read_history()[-1]
    assert isinstance(score, ScorePoint)
    if score.accuracy < 0.8:
        raise DigitlabError(f"accuracy {score.accuracy:.2%}")
    return f"accuracy {score.accuracy:.2%}"


def out_of_memory(device: str, scratch: Path) -> str:
    """Fill the memory with an absurd batch."""
    command = [
        *(sys.executable, "-c", LITTLE_MEMORY, "train", "--recipe", "best", "--degraded", "0"),
        *("--outliers", "0", "--digit-loss", "0", "--batch-size", "60000"),
        *("--run", str(scratch / "full"), "--device", device),
    ]
    ended = subprocess.run(command, capture_output=True, text=True)
    last = (ended.stderr.splitlines() or [""])[-1]
    if ended.returncode != 1 or "out of memory" not in last or "Traceback" in ended.stderr:
        raise DigitlabError(f"exit code {ended.returncode}: {ended.stderr.strip()[-1000:]}")
    return last


def torchrun(device: str, scratch: Path) -> str:
    """Compare one process under torchrun, and two if each has a device, with one alone."""
    enough = device == "cpu" or torch.cuda.device_count() > 1
    recipe = ("--epochs", "1", "--dropout", "0", *SOME_IMAGES, "--device", device)
    _digitlab("train", *recipe, "--run", scratch / "alone")
    found = []
    for count in (1, 2) if enough else (1,):
        launcher = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", count)
        run = scratch / f"of-{count}"
        _digitlab("train", *recipe, "--run", run, launcher=launcher)
        pair = (_scored_loss(scratch / "alone"), _scored_loss(run))
        found.append((f"{count} processes", _difference(*([it] for it in pair))))
    return _all_small(found) + ("" if enough else "; two need two GPUs")


def sums_over_ranks(device: str, scratch: Path) -> str:
    """Compare a step whose sums go through NCCL (on a CPU: Gloo) with that of one process."""
    both = train_step, partial(shared_step, ranks=ALONE)
    backend = "nccl" if device == "cuda" else "gloo"
    torch.distributed.init_process_group(
        backend, init_method=f"file://{scratch / 'store'}", rank=0, world_size=1
    )
    try:
        found = []
        for name in IMAGE_RECIPES:
            recipe = recipe_of(name, dropout=0.0)
            pair = (losses_by(it, recipe, device, FIRST_STEPS) for it in both)
            found.append((name, _difference(*pair)))
    finally:
        torch.distributed.destroy_process_group()
    return f"{backend}: {_all_small(found)}"


CHECKS: dict[str, Callable[[str, Path], str]] = {
    "the first losses are those of the CPU": first_losses,
    "recorded steps are the same steps": recorded_steps,
    "a stop changes no bit": stopped_and_continued,
    "no step waits for the GPU": no_waiting,
    "train, resume, eval and export, on both devices": commands,
    "a network of one's own": own_network,
    "full memory is one sentence": out_of_memory,
    "torchrun": torchrun,
    "sums over ranks": sums_over_ranks,
}


def _scored_loss(run: Path) -> float:
    return [it for it in RunFolder(run).read_history() if isinstance(it, ScorePoint)][-1].loss


def _digitlab(*words: object, launcher: tuple[object, ...] = (), log: Path | None = None) -> None:
    """Run a command of digitlab; its stdout is written to `log`."""
    module = ("-m", "--", "digitlab") if launcher else ("-m", "digitlab")
    command = [sys.executable, *map(str, launcher), *module, *map(str, words)]
    measure(command, log or Path(os.devnull))


def _difference(found: list[float], expected: list[float]) -> float:
    """Return the greatest relative difference."""
    return max(abs(a - b) / abs(b) for a, b in zip(found, expected, strict=True))


def _all_small(found: list[tuple[str, float]]) -> str:
    text = ", ".join(f"{name} {difference:.0e}" for name, difference in found)
    if not all(difference <= TOLERANCE for _, difference in found):
        raise DigitlabError(f"losses differ by more than {TOLERANCE:.0e}: {text}")
    return f"losses differ by at most: {text}"
