"""What a run is refused for, before anything is trained or overwritten."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from digitlab.errors import DigitlabError
from digitlab.recipe import Recipe
from digitlab.train.checkpoint import Checkpoint, named_below
from digitlab.train.networks import build_network, load_weights


def check_settings(seed: int, checkpoint_steps: int) -> None:
    """Raise `DigitlabError` if no run can have this seed, or save so often."""
    if not 0 <= seed < 2**63:
        raise DigitlabError(f"seed is {seed}, but must be at least 0 and below 2^63")
    if checkpoint_steps < 0:
        raise DigitlabError(f"checkpoint-steps is {checkpoint_steps}, but must be at least 0")


def check_belongs(checkpoint: Checkpoint, run_record: dict[str, Any]) -> None:
    """Raise `DigitlabError` if the checkpoint is of another run, or of another network."""
    done = checkpoint.record
    recipe = Recipe.from_json(done["recipe"])
    same_recipe = recipe == replace(Recipe.from_json(run_record["recipe"]), epochs=recipe.epochs)
    if not same_recipe or any(done[key] != run_record[key] for key in ("seed", "dataset")):
        raise DigitlabError("this checkpoint is of another run")
    load_weights(build_network(recipe), named_below("network", checkpoint.tensors))


def check_epochs(epochs: int | None, epochs_done: int, batches_done: int) -> None:
    """Raise `DigitlabError` if a run that has come so far cannot end after `epochs`."""
    if epochs is None:
        return
    if epochs < 1:
        raise DigitlabError(f"epochs is {epochs}, but must be at least 1")
    if epochs < epochs_done or (epochs == epochs_done and batches_done):
        steps = f" and {batches_done} steps of the next" if batches_done else ""
        raise DigitlabError(
            f"epochs is {epochs}, but the run has done {epochs_done}{steps}: give --epochs above "
            f"{epochs_done}"
        )


def check_schedule(epochs: int | None, recipe: Recipe) -> None:
    """Raise `DigitlabError` if the learning rate is on its way down to another last epoch."""
    if epochs in (None, recipe.epochs):
        return
    if recipe.plain_epochs:
        raise DigitlabError(
            f"epochs is {epochs}, but the last {recipe.plain_epochs} of this run's "
            f"{recipe.epochs} show the images as they are: begin a new run with --epochs {epochs}"
        )
    if recipe.schedule != "constant":
        raise DigitlabError(
            f"epochs is {epochs}, but the learning rate of this run reaches 0 after "
            f"{recipe.epochs}: begin a new run with --epochs {epochs}"
        )


def check_dataset(learned: str, given: str, where: Path) -> None:
    """Raise `DigitlabError` if a run is to go on with another dataset than it has learned."""
    if learned != given:
        raise DigitlabError(
            f"{where} learns {learned}, and cannot go on with {given}; name another folder with "
            "--run"
        )
