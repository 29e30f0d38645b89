"""A small training, and whether one that a fault has hit still ends with the same bits."""

import hashlib
import json
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from torture.fault import BrokenPromiseError, expect
from torture.nursery import Nursery, Outcome
from torture.sabotage import Sabotage

PRELOAD = (
    "digitlab.cli.train", "digitlab.cli.resume", "digitlab.cli.repeat", "digitlab.cli.data",
    "digitlab.runs.run", "digitlab.runs.live", "digitlab.reader", "filelock",
)  # fmt: skip
"""What the nursery imports for trainings."""
PRELOAD_FOR_ALL = (
    *PRELOAD, "digitlab.figures.run", "digitlab.export.onnx", "onnxscript",
    "torch.onnx._internal.exporter._compat",  # `torch.onnx.export` imports it: seconds
)  # fmt: skip
"""What it imports for all commands."""

_PARTS = ("last.safetensors", "previous.safetensors")
_SETTINGS = (
    "--prepare", "as-is", "--epochs", 2, "--batch-size", 20, "--log-every", 1,
    "--device", "cpu", "--threads", 1,
)  # fmt: skip


def write_pictures(folder: Path, per_class: int = 10) -> Path:
    """Write pictures of 28x28 pixels: a bar for each of ten classes, on noise."""
    random = np.random.default_rng(0)
    for label in range(10):
        (folder / str(label)).mkdir(parents=True)
        for number in range(per_class):
            pixels = random.integers(0, 60, (28, 28)).astype(np.uint8)
            pixels[2 * label + 3 : 2 * label + 6, 4:24] = 220 + number
            Image.fromarray(pixels).save(folder / str(label) / f"{number}.png")
    return folder


@dataclass(frozen=True)
class Trainings:
    """Commands that train for 8 steps, with a checkpoint every 3 and snapshots."""

    nursery: Nursery
    home: Path
    """For the pictures, the runs and everything else."""

    @cached_property
    def pictures(self) -> Path:
        """The folder of the training's pictures."""
        return write_pictures(self.home / "pictures")

    def train_words(self, run: Path) -> tuple[object, ...]:
        """Return the words of `digitlab train`."""
        words = ("train", "--dataset", self.pictures, *_SETTINGS, "--seed", 3, "--no-figures")
        return (*words, "--checkpoint-steps", 3, "--snapshots", "--run", run)

    def train(self, run: Path, **options: Any) -> Outcome:
        """Run `digitlab train`."""
        return self.nursery.digitlab(*self.train_words(run), **options)

    def resume(self, run: Path, **options: Any) -> Outcome:
        """Run `digitlab resume`."""
        return self.nursery.digitlab("resume", run, "--no-figures", **options)

    def repeat_words(self, root: Path) -> tuple[object, ...]:
        """Return the words of `digitlab repeat`, with two seeds."""
        words = ("repeat", "tutorial", "--dataset", self.pictures, *_SETTINGS, "--seeds", 2)
        return (*words, "--run", root, "--json")

    def repeat(self, root: Path, **options: Any) -> Outcome:
        """Run `digitlab repeat`."""
        return self.nursery.digitlab(*self.repeat_words(root), **options)

    @cached_property
    def finished(self) -> Path:
        """A run that was never stopped."""
        run = self.home / "finished"
        self.train(run).check_worked()
        return run

    @cached_property
    def expected(self) -> dict[str, Any]:
        """What `state` returns for a run that was never stopped."""
        return self.state(self.finished)

    @cached_property
    def halfway(self) -> Path:
        """A run that was killed after its second checkpoint."""
        total = self.train(self.home / "counted", sabotage=counting(self.home / "counted")).changes
        for at in range(total // 2, total):
            run = self.fresh("halfway")
            outcome = self.train(run, sabotage=Sabotage(kind="kill", folder=str(run), at=at))
            expect(outcome.code == -9, "the training was not killed")
            if all((run / name).exists() for name in _PARTS):
                return run
        raise BrokenPromiseError("no training was killed with two checkpoints")

    def copy(self, run: Path, name: str) -> Path:
        """Return a new copy of a folder."""
        return shutil.copytree(run, self.fresh(name))

    def fresh(self, name: str) -> Path:
        """Return a path where nothing is."""
        path = self.home / name
        for it in (path, path.with_name(f"{name}-moved")):
            shutil.rmtree(it, ignore_errors=True)
        return path

    def state(self, run: Path) -> dict[str, Any]:
        """Return what a finished run consists of, without times."""
        outcome = self.nursery.call("torture.trainings:print_state", run)
        outcome.check_worked()
        return dict(json.loads(outcome.out))

    def finish(self, run: Path) -> None:
        """Run the same command again, and expect what a run ends with that was never stopped."""
        self.train(run).check_worked()
        self.check_same(run)

    def finish_by_resume(self, run: Path) -> None:
        """Continue a run with `digitlab resume`, and expect the same."""
        self.resume(run).check_worked()
        self.check_same(run)

    def check_same(self, run: Path) -> None:
        """Expect a finished run with the same bits as one that was never stopped."""
        check_equal(self.state(run), self.expected)


def check_equal(found: dict[str, Any], expected: dict[str, Any]) -> None:
    """Expect that two states are the same, and name what differs."""
    for name, value in expected.items():
        expect(found[name] == value, f"{name} differs: {found[name]} instead of {value}")


def counting(folder: Path) -> Sabotage:
    """Return what only counts the changes of a folder."""
    return Sabotage(kind="count", folder=str(folder))


def print_state(run: str) -> None:
    """Print as JSON what a finished run consists of, without times and without its own path."""
    from digitlab.train.checkpoint import read_checkpoint

    folder = Path(run)
    last = read_checkpoint(folder / "last.safetensors")
    weights = hashlib.sha256()
    for name in sorted(last.tensors):
        weights.update(name.encode() + last.tensors[name].numpy().tobytes())
    history = [json.loads(line) for line in (folder / "history.jsonl").read_text().splitlines()]
    report = json.loads((folder / "report.json").read_text())
    files = sorted(it for it in folder.rglob("*") if it.is_file() and it.name not in _PARTS)
    state = {
        "weights": weights.hexdigest(),
        "history": [{**point, "seconds": 0} for point in history],
        "report": {**report, "model": ""},
        "files": {str(it.relative_to(folder)): _digest(it) for it in files},
    }
    print(json.dumps(state))


def _digest(path: Path) -> str:
    """Return what a file contains; nothing for one that has times, or when it was continued."""
    is_timed = path.name in ("run.json", "history.jsonl", "train.log", "report.json", "loss.png")
    return "" if is_timed else hashlib.sha256(path.read_bytes()).hexdigest()
