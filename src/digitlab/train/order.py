"""Which images are trained on, which are held out, and in which order they come."""

import torch
from torch import Tensor

from digitlab.data.dataset import Dataset
from digitlab.recipe import Recipe

_HELD_OUT_SEED = 1998  # not the run's: every seed holds out the same images, so runs are comparable


def split_of(recipe: Recipe, dataset: Dataset) -> tuple[Tensor, Tensor]:
    """Return which of a dataset's training images are trained on and which are held out."""
    return split(images_used(recipe, dataset), recipe.validation)


def split(images: int, held_out: int) -> tuple[Tensor, Tensor]:
    """Return which of so many images are trained on and which are held out, in ascending order.

    int64 (images - held_out,) and (held_out,). The held-out images are neighbors, the same for
    every seed. MNIST is sorted by writer, so almost all of them are by writers not seen in
    training, as in the test set. Images picked one by one would be by known writers, and accuracy
    on them would be too high.

    >>> [part.tolist() for part in split(5, held_out=2)]
    [[2, 3, 4], [0, 1]]
    """
    generator = torch.Generator().manual_seed(_HELD_OUT_SEED)
    first = int(torch.randint(images - held_out + 1, (), generator=generator))
    before, row, after = torch.arange(images).split([first, held_out, images - held_out - first])
    return torch.cat([before, after]), row


def images_used(recipe: Recipe, dataset: Dataset) -> int:
    """Return how many of a dataset's training images a recipe uses, held-out ones included."""
    images = len(dataset.train_images)
    return min(recipe.train_images or images, images)


def epoch_order(images: int, seed: int, epoch: int) -> Tensor:
    """Return the order in which an epoch visits the images: int64, shape (images,), on the CPU.

    It depends on its three arguments only, so a run that is continued in the middle of an epoch
    finds the same order again without having stored it.

    >>> epoch_order(5, seed=1, epoch=2).equal(epoch_order(5, seed=1, epoch=2))
    True
    """
    generator = torch.Generator().manual_seed(mixed(seed, epoch))
    return torch.randperm(images, generator=generator)


def mixed(seed: int, epoch: int) -> int:
    """Return one seed for two numbers, which may be negative; neighbors give unrelated seeds.

    Source: the finalizer of SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, OOPSLA 2014).
    """
    mask = (1 << 64) - 1
    x = (seed * 0x9E3779B97F4A7C15 + epoch) & mask
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & mask
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & mask
    return x ^ (x >> 31)
