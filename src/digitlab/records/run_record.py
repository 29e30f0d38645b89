"""What `run.json` contains: how a run was started."""

from pathlib import Path

import msgspec

from digitlab.data.catalog import CATALOG
from digitlab.data.dataset import Dataset
from digitlab.data.load import load_dataset
from digitlab.errors import DigitlabError, printable
from digitlab.pictures.preparation import Preparation
from digitlab.recipe import Recipe
from digitlab.records.provenance import Command

_DECIDES_BITS = ("device", "machine", "threads", "ranks", "computed_in")
"""The fields that, besides `versions`, can change the last bits of a run's results."""


class ExtraRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The pictures that a run learns besides its dataset."""

    folder: str
    """Where they came from."""
    pictures: int
    sha256: str
    """Of the prepared pictures and their labels."""


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
    extra: ExtraRecord | None = None
    """Pictures of one's own that are learned, too; the run's folder has a copy."""
    device: str
    machine: str
    """The name of the processor or GPU."""
    threads: int
    """Of each process."""
    ranks: int = 1
    """How many processes train together."""
    parameters: int
    """How many weights the network has."""
    network_files: dict[str, str] = {}
    """If the network is the user's own: the SHA-256 of each file that defines it, by path."""
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
        least_of = {"seed": 0, "threads": 1, "ranks": 1, "jobs": 1}
        least_of |= {"checkpoint_steps": 0, "parameters": 0}
        for name, least in least_of.items():
            value = getattr(self, name)
            if value < least:
                raise ValueError(f"{name} is {value}, but must be at least {least}")
            if value >= 2**63:
                raise ValueError(f"{name} is {value}, but must be below 2^63")
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

    def check_same_data(self, dataset: Dataset) -> None:
        """Raise `DigitlabError` if the dataset's content is not the one that the run had."""
        if dataset.digests != self.data_sha256:
            raise DigitlabError(
                f"the images of {printable(dataset.name)} are not those that run.json describes: "
                "restore them as they were when the run was started, or start a new run"
            )

    def load_dataset(self, data_dir: Path | None) -> Dataset:
        """Return the run's dataset, from `data_dir` or else from where the run found it."""
        return load_recorded_dataset(self.dataset, self, data_dir)


def load_recorded_dataset(
    name: str,
    record: RunRecord | None,
    data_dir: Path | None,
    preparation: Preparation | None = None,
) -> Dataset:
    """Return a dataset from `data_dir`, or else from the data folder that a run recorded.

    Pictures in a folder are prepared as `preparation` says, or else as for the run. Raises
    `DigitlabError` if there is no such dataset, or it is the run's own and has changed.
    """
    if record is None:
        return load_dataset(name, data_dir=data_dir, preparation=preparation)
    if data_dir is None and record.data_dir is not None:
        data_dir = Path(record.data_dir)
    is_folder = Path(name).is_absolute()
    if name == record.dataset and name not in CATALOG and not is_folder:
        raise DigitlabError(
            f"according to run.json, the run was trained on arrays with the name "
            f"{printable(name)!r}, which are in no file; only a Python program that has them can "
            "use them, as `dataset=`"
        )
    if preparation is None and name not in CATALOG:
        preparation = record.preparation
    dataset = load_dataset(name, data_dir=data_dir, preparation=preparation)
    if dataset.name == record.dataset:
        if dataset.preparation != record.preparation:
            raise DigitlabError(
                f"the run was trained on these pictures with --prepare {record.preparation}; with "
                f"--prepare {dataset.preparation} some of them would be test pictures"
            )
        record.check_same_data(dataset)
    return dataset
