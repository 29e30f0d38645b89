"""Trainings for `benchmarks.gpu`: started on any device, and run for some of their steps."""

import gc
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace
from functools import cache
from itertools import islice
from typing import Any

import torch
from torch import Tensor

from digitlab.data.dataset import Dataset
from digitlab.data.load import load_dataset
from digitlab.named_recipes import find_recipe
from digitlab.recipe import Recipe
from digitlab.records.history import TrainPoint
from digitlab.train.checkpoint import Checkpoint
from digitlab.train.device import set_up_device
from digitlab.train.examples import Examples, Synthetic
from digitlab.train.loop import Training
from digitlab.train.networks import normalize
from digitlab.train.order import split_of

NOTHING_RANDOM: dict[str, Any] = {
    "dropout": 0.0, "augment": 0.0, "degraded": 0.0, "outliers": 0.0, "digit_loss": 0.0,
}  # fmt: skip
"""Changes to a recipe: random numbers on a GPU are others than on a CPU."""

FEW_PAGES: dict[str, Any] = {"validation": 0, "crops": 24, "batch_size": 4}
"""Changes to the recipe for pages, whose crops are expensive to compose."""


@cache
def mnist() -> Dataset:
    """Return the dataset."""
    return load_dataset("mnist")


def recipe_of(name: str, **changes: Any) -> Recipe:
    """Return a recipe that evaluates nothing before its end, with some of its settings changed."""
    recipe = replace(find_recipe(name), test_each_epoch=False, **changes)
    return replace(recipe, **FEW_PAGES) if recipe.reads_pages else recipe


def start(
    recipe: Recipe, device: str, *, seed: int = 1, records: bool = True, changes: bool = True
) -> Training:
    """Return a new training; without `records`, every step is launched operation by operation.

    Without `changes`, only the random changes of the images are. The synthetic images are MNIST's
    own: drawing them takes a minute, and what they show changes neither the time of a step nor
    whether two trainings agree.
    """
    gc.collect()
    if device == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    images = mnist().train_images[split_of(recipe, mnist())[0].numpy()]
    training = Training(
        recipe, mnist(), seed=seed, device=set_up_device(device),
        synthetic=Synthetic(
            degraded=images if recipe.degraded else None,
            non_digits=images[:30_000] if recipe.outliers else None,
        ),
    )  # fmt: skip
    training._step.recordable.records &= records
    if isinstance(training.examples, Examples):
        training.examples._augmented.records &= records and changes
    return training


def steps(training: Training) -> Generator[None]:
    """Take one step at a time, until the iterator is closed."""
    taken = training.steps_done
    with closing(training.run()) as points:
        for _ in points:
            if training.steps_done > taken:
                taken = training.steps_done
                yield


def take(training: Training, count: int) -> None:
    """Take so many steps."""
    with closing(steps(training)) as some:
        for _ in islice(some, count):
            pass


def losses(recipe: Recipe, device: str, count: int, *, records: bool = True) -> list[float]:
    """Return the losses of a training's first steps."""
    training = start(replace(recipe, log_every=1), device, records=records)
    take(training, count)
    return [it.loss for it in training.history if isinstance(it, TrainPoint)]


def losses_by(step: Callable[..., Tensor], recipe: Recipe, device: str, count: int) -> list[float]:
    """Return the losses of steps by a function like `train_step`, always on the same images."""
    training, data = start(recipe, device), mnist()
    images = normalize(torch.from_numpy(data.train_images[:128]), data.mean, data.std).to(device)
    labels = torch.from_numpy(data.train_labels[:128]).long().to(device)
    training.optimizer.learning_rate = 0.001
    what = training.network, training.optimizer, images, labels, training.examples.loss
    return [step(*what).item() for _ in range(count)]


def continued(checkpoint: Checkpoint, recipe: Recipe, device: str) -> Training:
    """Return a training that has taken over the state of another one."""
    training = start(recipe, device)
    training.restore(checkpoint)
    return training


def is_same(one: Training, other: Training) -> bool:
    """Return whether two trainings have the same bits in all weights and velocities."""
    pairs = zip(*(_state_of(it) for it in (one, other)), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def _state_of(training: Training) -> list[Tensor]:
    return list(training.checkpoint().tensors.values())
