"""What a training shows its network: the images learned, those held out, and what is added."""

from collections.abc import Iterator

import torch
from torch import Tensor

from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError
from digitlab.recipe import Recipe
from digitlab.synth.degraded import degraded_copies
from digitlab.synth.non_digits import non_digits
from digitlab.train.augment import augmented
from digitlab.train.step import NO_DIGIT

HELD_OUT_SEED = 1998  # not the run's: runs of any seed can be compared by what they hold out


class Examples:
    """A dataset's training images as the recipe wants them shown.

    Whatever is random is a function of the seed (the added pictures), of seed and epoch (which
    images are degraded), or drawn from PyTorch's own generator, whose state a checkpoint keeps.

    Parameters
    ----------
    recipe, dataset, seed
        See `digitlab.train.loop.Training`.
    device
        Where the images are held, as uint8.

    Raises
    ------
    DigitlabError
        If batch norm would meet a batch of one image, which has no deviation; or if pictures are
        to be added to a dataset that is not of digits.
    """

    def __init__(self, recipe: Recipe, dataset: Dataset, *, seed: int, device: torch.device):
        self.recipe = recipe
        self.seed = seed
        images = torch.from_numpy(dataset.train_images[: recipe.train_images])
        labels = torch.from_numpy(dataset.train_labels[: recipe.train_images]).long()
        learned, held_out = split(len(images), recipe.validation)
        self.images, self.labels = images[learned].to(device), labels[learned].to(device)
        self.held_out_images = images[held_out].to(device)
        self.held_out_labels = labels[held_out]
        size, rest = recipe.batch_size, len(learned) % recipe.batch_size
        if recipe.network != "tutorial" and 1 in (size, rest):
            raise DigitlabError(
                f"{len(learned)} images in batches of {size} leave one alone, of which batch norm "
                "cannot take a deviation; choose another batch_size"
            )
        if (recipe.degraded or recipe.outliers) and dataset.entry.name != "mnist":
            raise DigitlabError(
                f"degraded copies and pictures of no digit are made for mnist, not for "
                f"{dataset.entry.name}; try --degraded 0 --outliers 0"
            )
        self._copies: Tensor | None = None
        if recipe.degraded:
            copies = degraded_copies(images[learned].numpy(), labels[learned].numpy(), seed=seed)
            self._copies = torch.from_numpy(copies).to(device)
        self._non_digits: Tensor | None = None
        if recipe.outliers:
            drawn = non_digits(images[learned].numpy(), labels[learned].numpy(), seed=seed)
            self._non_digits = torch.from_numpy(drawn).to(device)

    def __len__(self) -> int:
        """Return how many images an epoch shows."""
        return len(self.images)

    def of_epoch(self, epoch: int) -> Tensor:
        """Return the images of an epoch, uint8 (images, 28, 28), some as their degraded copies."""
        if self._copies is None or self._is_plain(epoch):
            return self.images
        generator = torch.Generator().manual_seed(mix(self.seed, -epoch))
        chosen = torch.rand(len(self), generator=generator) < self.recipe.degraded
        return torch.where(chosen.to(self.images.device)[:, None, None], self._copies, self.images)

    def _is_plain(self, epoch: int) -> bool:
        """Tell whether this epoch, counted from 1, shows the training images as they are."""
        return epoch > self.recipe.epochs - self.recipe.plain_epochs

    def shown(self, images: Tensor, labels: Tensor, epoch: int) -> tuple[Tensor, Tensor]:
        """Return a batch as it is learned: pictures of no digit added, and all of it augmented.

        uint8 (B, 28, 28) and int64 (B,) become uint8 (B + B', 28, 28) and int64 (B + B',).
        """
        if self._non_digits is not None:
            count = round(self.recipe.outliers * len(images))
            drawn = torch.randint(len(self._non_digits), (count,), device=images.device)
            images = torch.cat([images, self._non_digits[drawn]])
            labels = torch.cat([labels, labels.new_full((count,), NO_DIGIT)])
        if self.recipe.augment and not self._is_plain(epoch):
            images = augmented(images, self.recipe.augment)
        return images, labels


def split(images: int, held_out: int) -> tuple[Tensor, Tensor]:
    """Return which images are learned and which are held out: their numbers, ascending.

    int64 (images - held_out,) and (held_out,). The held-out images are a row of neighbors, the same
    for every seed. MNIST is sorted by writer, so almost all of the row is by writers not seen in
    training, as in the test set. Images picked one by one would be by known writers, and accuracy
    on them would be too high.

    >>> [part.tolist() for part in split(5, held_out=2)]
    [[2, 3, 4], [0, 1]]
    """
    generator = torch.Generator().manual_seed(HELD_OUT_SEED)
    first = int(torch.randint(images - held_out + 1, (), generator=generator))
    before, row, after = torch.arange(images).split([first, held_out, images - held_out - first])
    return torch.cat([before, after]), row


def epoch_order(images: int, seed: int, epoch: int) -> Tensor:
    """Return the order in which an epoch visits the images: int64, shape (images,), on the CPU.

    It depends on nothing but its three arguments, so that a run which is continued in the middle
    of an epoch finds the same order again without having kept it.

    >>> epoch_order(5, seed=1, epoch=2).equal(epoch_order(5, seed=1, epoch=2))
    True
    """
    generator = torch.Generator().manual_seed(mix(seed, epoch))
    return torch.randperm(images, generator=generator)


def mix(seed: int, epoch: int) -> int:
    """Return one seed for two numbers, which may be negative: neighbors give unrelated ones.

    Source: the finalizer of SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, OOPSLA 2014).
    """
    mask = (1 << 64) - 1
    x = (seed * 0x9E3779B97F4A7C15 + epoch) & mask
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & mask
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & mask
    return x ^ (x >> 31)


def train_batches(
    images: Tensor, labels: Tensor, order: Tensor, batch_size: int, first_batch: int = 0
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the batches of an epoch: uint8 (B, 28, 28) and int64 (B,).

    All have `batch_size` images but the last, which has what is left. `first_batch` batches are
    passed over: they were learned before the run was stopped.
    """
    for chosen in order.split(batch_size)[first_batch:]:
        yield images[chosen], labels[chosen]
