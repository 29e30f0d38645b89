"""What is checked before anything is trained or overwritten."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from torch import nn

from digitlab.data.catalog import CATALOG
from digitlab.data.dataset import Dataset
from digitlab.data.extra import Extra
from digitlab.errors import DigitlabError, printable
from digitlab.named_recipes import differences
from digitlab.recipe import Recipe
from digitlab.records.folder import RunFolder
from digitlab.records.history import epochs_in_words
from digitlab.records.run_record import RunRecord
from digitlab.runs.launch import Launch
from digitlab.train.build import load_weights
from digitlab.train.checkpoint import Checkpoint, Progress
from digitlab.train.own_network import changes_in
from digitlab.train.tensor_file import CheckpointError


def check_settings(seed: int, checkpoint_steps: int) -> None:
    """Raise `DigitlabError` if no run can have this seed, or save this often."""
    if not 0 <= seed < 2**63:
        raise DigitlabError(f"seed is {seed}, but must be at least 0 and below 2^63")
    if checkpoint_steps < 0:
        raise DigitlabError(f"checkpoint-steps is {checkpoint_steps}, but must be at least 0")


def check_belongs(checkpoint: Checkpoint, record: RunRecord, network: nn.Module) -> None:
    """Raise `CheckpointError` if the checkpoint is of another run than the record.

    Its weights are loaded into `network`, which is the run's.
    """
    done = checkpoint.progress
    try:
        expected = replace(record.recipe, epochs=done.recipe.epochs)
        if (done.seed, done.dataset, done.recipe) != (record.seed, record.dataset, expected):
            raise CheckpointError("this checkpoint is of another run")
        load_weights(network, checkpoint.part("network"))
    except DigitlabError as error:
        raise CheckpointError(str(error)) from error


def check_epochs(epochs: int, recipe: Recipe, done: Progress | None) -> None:
    """Raise `DigitlabError` if a run that has come this far cannot end after `epochs`."""
    if epochs < 1:
        raise DigitlabError(f"epochs is {epochs}, but must be at least 1")
    if done and (epochs, 0) < (done.epochs_done, done.batches_done):
        trained = epochs_in_words(done.epochs_done)
        limit = f"at least {done.epochs_done}"
        if done.batches_done:
            trained += f" and {done.batches_done} steps"
            limit = f"greater than {done.epochs_done}"
        raise DigitlabError(
            f"epochs is {epochs}, but this run has already trained {trained}; --epochs must be "
            f"{limit}"
        )
    if epochs == recipe.epochs:
        return
    if recipe.plain_epochs:
        raise DigitlabError(
            f"epochs is {epochs}, but the last {recipe.plain_epochs} of this run's {recipe.epochs} "
            f"epochs show the images unchanged; start a new run with --epochs {epochs}"
        )
    if recipe.schedule != "constant":
        raise DigitlabError(
            f"epochs is {epochs}, but this run's learning rate reaches 0 after {recipe.epochs}; "
            f"start a new run with --epochs {epochs}"
        )


def check_dataset(record: RunRecord, dataset: Dataset, where: Path) -> None:
    """Raise `DigitlabError` if a run would continue with another dataset, or with a changed one."""
    if record.dataset != dataset.name:
        raise DigitlabError(
            f"{where} was trained on {record.dataset}; it cannot continue with {dataset.name}; "
            "choose another folder with --run"
        )
    # Runs of older versions on Fashion-MNIST do not have its preparation in their record.
    if dataset.name not in CATALOG and record.preparation != dataset.preparation:
        raise DigitlabError(
            f"{where} was trained on pictures prepared as {record.preparation!r}; it cannot "
            f"continue with {dataset.preparation!r}; choose another folder with --run"
        )
    record.check_same_data(dataset)


def how_it_differs(
    folder: RunFolder, recipe: Recipe, dataset: Dataset, launch: Launch, extra: Extra | None
) -> list[str]:
    """Describe how a folder's run differs from the run that these arguments would start.

    Raises `DigitlabError` if its record is damaged.
    """
    try:
        record = folder.read_record()
    except DigitlabError as error:
        raise DigitlabError(
            f"{error}; choose another folder with --run, or overwrite the run with --force"
        ) from error
    found = _differences(record, recipe, launch.seed, extra)
    if record.dataset != dataset.name:
        found.append(f"dataset {record.dataset} instead of {dataset.name}")
    if launch.device not in ("auto", record.device):
        found.append(f"device {record.device} instead of {launch.device}")
    if launch.threads not in (None, record.threads):
        found.append(f"threads {record.threads} instead of {launch.threads}")
    if recipe.network == record.recipe.network:
        changes = changes_in(recipe.network, record.network_files, folder.network_copy())
        found += [it.partition(";")[0] for it in changes]  # the rest is of a run that continues
    return found


def more_epochs(folder: RunFolder, recipe: Recipe, differences: Sequence[str]) -> int | None:
    """Return the recipe's epochs if they are all that differs, and the run can go on to them."""
    if len(differences) != 1:
        return None
    before = folder.read_record().recipe
    try:
        check_epochs(recipe.epochs, before, None)
    except DigitlabError:
        return None
    goes_on = recipe.epochs > before.epochs and replace(before, epochs=recipe.epochs) == recipe
    return recipe.epochs if goes_on else None


def check_same_run(
    folder: RunFolder, recipe: Recipe, dataset: Dataset, seed: int, extra: Extra | None
) -> None:
    """Raise `DigitlabError` if a folder's run is not the one that these settings start."""
    record = folder.read_record()
    if found := _differences(record, recipe, seed, extra):
        raise DigitlabError(
            f"{folder} contains a run with other settings ({', '.join(found)}); choose another "
            "folder with --run"
        )
    check_dataset(record, dataset, folder.path)


def _differences(record: RunRecord, recipe: Recipe, seed: int, extra: Extra | None) -> list[str]:
    found = [
        f"{name} {printable(str(getattr(record.recipe, name)))} instead of {printable(str(value))}"
        for name, value in differences(recipe, record.recipe).items()
    ]
    if record.seed != seed:
        found.append(f"seed {record.seed} instead of {seed}")
    if (record.extra and record.extra.sha256) != (extra and extra.sha256):
        found.append("extra pictures")
    return found
