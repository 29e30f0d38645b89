"""Snapshots of a run's weights while it trains, so that its whole way can be looked at later."""

from pathlib import Path

from digitlab.records.snapshots import remove_snapshots, write_snapshot
from digitlab.runs.watching import Watcher
from digitlab.train.loop import Training


class Snapshots(Watcher):
    """Writes the weights at steps 0, 1, 2, 4, 8, … and after every epoch into a folder.

    The weights are those of the network in use, which is the average if the recipe keeps one. A run
    that is continued first removes the snapshots after its checkpoint, so that the folder ends with
    the same files as that of a run that was never stopped.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.folders = (folder,)

    def begin(self, training: Training) -> None:
        """Remove the snapshots of steps that are taken again, and write the present one."""
        self._folder.mkdir(exist_ok=True)  # no parents: the run's folder may have been moved away
        remove_snapshots(self._folder, after=training.steps_done)
        self._last = -1
        self.step(training)

    def step(self, training: Training) -> None:
        """Write the weights if this is one of the steps."""
        step = training.steps_done
        is_power_of_two = step & (step - 1) == 0  # or 0
        if step != self._last and (is_power_of_two or training.batches_done == 0):
            weights = training.network_in_use.state_dict()
            floats = {name: it for name, it in weights.items() if it.is_floating_point()}
            write_snapshot(
                self._folder, step, {name: it.cpu().numpy() for name, it in floats.items()}
            )
            self._last = step
