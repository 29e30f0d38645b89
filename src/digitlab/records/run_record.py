"""What `run.json` contains: how a run was started."""

from pathlib import Path

import msgspec

from digitlab.data.dataset import Dataset, load_dataset
from digitlab.pictures.preparation import Preparation
from digitlab.recipe import Recipe
from digitlab.records.provenance import Command

_DECIDES_BITS = ("device", "machine", "threads", "computed_in")
"""The fields that, besides `versions`, can change the last bits of a run's results."""


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """How a run was started, and on what."""

    recipe: Recipe
    recipe_name: str
    """The recipe that was named; some of its settings may have been changed by flags."""
    seed: int
    dataset: str
    preparation: Preparation = "mnist"
    """How the dataset's pictures became images of 28x28 pixels."""
    data_dir: str | None
    """The data folder that was given, as an absolute path; None for the default one."""
    data_sha256: dict[str, str]
    """The SHA-256 of each file of the dataset."""
    device: str
    machine: str
    """The name of the processor or GPU."""
    threads: int
    computed_in: str = "float32"
    """`bfloat16` if the recipe asks for it and the device has it."""
    versions: dict[str, str]
    checkpoint_steps: int
    """A checkpoint is saved every so many steps as well as after each epoch; 0 for epochs only."""
    jobs: int = 1
    """How many trainings ran at the same time on this machine."""
    commands: list[Command]
    """The command that started the run, and those that continued it."""

    def __post_init__(self) -> None:
        for name, least in (("seed", 0), ("threads", 1), ("checkpoint_steps", 0), ("jobs", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} is {getattr(self, name)}, but must be at least {least}")
        if self.data_dir is not None and (not self.data_dir or "\0" in self.data_dir):
            raise ValueError(f"data_dir is {self.data_dir!r}, which is not a path")

    def differences(self, now: "RunRecord") -> list[str]:
        """Return what has changed, of everything that can change the last bits of the results."""
        before, after = (
            record.versions | {name: str(getattr(record, name)) for name in _DECIDES_BITS}
            for record in (self, now)
        )
        return [
            f"{name} {before.get(name)} -> {after.get(name)}"
            for name in sorted({*before, *after})
            if before.get(name) != after.get(name)
        ]

    def load_dataset(self, data_dir: Path | None) -> Dataset:
        """Return the run's dataset, from `data_dir` or else from where the run found it."""
        return load_recorded_dataset(self.dataset, self, data_dir)


def load_recorded_dataset(name: str, record: RunRecord | None, data_dir: Path | None) -> Dataset:
    """Return a dataset from `data_dir`, or else from the data folder that a run recorded."""
    if data_dir is None and record is not None and record.data_dir is not None:
        data_dir = Path(record.data_dir)
    return load_dataset(name, data_dir=data_dir)
