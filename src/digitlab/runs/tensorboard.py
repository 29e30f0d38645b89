"""A run's curves as TensorBoard shows them: `tensorboard --logdir runs`."""

from pathlib import Path
from typing import Any

import msgspec

from digitlab.errors import DigitlabError
from digitlab.records.history import HeldOutPoint, Point, TrainPoint
from digitlab.runs.watching import Watcher
from digitlab.train.loop import Training


class TensorBoard(Watcher):
    """Writes losses, accuracies, learning rate and recipe into a folder of event files.

    The horizontal axis is the number of steps. Points that a stopped run recorded after its last
    checkpoint are hidden when it is continued, because it records them again. Raises
    `DigitlabError` if the package tensorboard is not installed.
    """

    def __init__(self, folder: Path) -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter  # here: it takes a second
        except ModuleNotFoundError as error:
            raise DigitlabError(
                "--tensorboard needs the package tensorboard: run `pip install '.[tensorboard]'` "
                "in digitlab's folder"
            ) from error
        self._make: Any = SummaryWriter
        self._folder = folder
        self.folders = (folder,)

    def begin(self, training: Training) -> None:
        """Open a new event file."""
        self._training = training
        # Hides what was written after the checkpoint that this process continues from. A new run
        # has a point at step 0, too.
        purged = training.steps_done + 1 if training.history else 0
        self._writer = self._make(str(self._folder), purge_step=purged)
        if not training.steps_done:
            settings = msgspec.to_builtins(training.recipe).items()
            table = "\n".join(["| setting | value |", "| --- | --- |", *_rows(settings)])
            self._writer.add_text("recipe", table, 0)

    def point(self, point: Point) -> None:
        """Write the point's numbers."""
        step = self._training.steps_done
        if isinstance(point, TrainPoint):
            self._write(step, {"loss/train": point.loss, "learning rate": point.learning_rate})
        else:
            of = "held out" if isinstance(point, HeldOutPoint) else "test"
            accuracy = point.correct / point.total
            self._write(step, {f"loss/{of}": point.loss, f"accuracy/{of}": accuracy})

    def end(self) -> None:
        """Write what is left and close the file."""
        if hasattr(self, "_writer"):
            self._writer.close()

    def _write(self, step: int, values: dict[str, float]) -> None:
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)


def _rows(settings: Any) -> list[str]:
    return [f"| {name} | {value} |" for name, value in settings]
