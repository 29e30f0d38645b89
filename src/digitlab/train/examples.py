"""The images a training sees: how batches are made of them, and what is added or changed.

MNIST is 55 MB: it stays in memory as the bytes it consists of, and a batch becomes float32 only
when it is taken.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from digitlab.data.dataset import Dataset
from digitlab.data.extra import Extra
from digitlab.errors import DigitlabError
from digitlab.recipe import Recipe
from digitlab.synth.degraded import degraded_copies
from digitlab.synth.non_digits import non_digits
from digitlab.train.augment import augmented
from digitlab.train.graph import Recordable
from digitlab.train.networks import normalize
from digitlab.train.order import epoch_order, images_used, mixed, split_of
from digitlab.train.ranks import ALONE, Ranks
from digitlab.train.score import ScoredImages
from digitlab.train.step import NO_DIGIT, loss_of_both, mean_loss
from digitlab.train.task import Loss

_EXTRA_AUGMENT = 1.0
"""How strongly extra pictures are changed where the recipe does not augment."""


@dataclass(frozen=True, kw_only=True)
class Synthetic:
    """Synthetic training images; None where the recipe uses none."""

    degraded: NDArray[np.uint8] | None
    """One degraded copy of each training image, (images, 28, 28)."""
    non_digits: NDArray[np.uint8] | None
    """Pictures of no digit, (N, 28, 28)."""


class Examples:
    """A dataset's images as the recipe wants them: see `digitlab.train.task.Task`.

    Everything random is a function of the seed (synthetic images), of seed and epoch (which images
    are degraded), or drawn from PyTorch's own generator, whose state a checkpoint contains.

    Parameters
    ----------
    recipe, dataset, seed, synthetic, extra, ranks
        See `digitlab.train.loop.Training`.
    device
        Where the images are kept, as uint8.

    Raises `DigitlabError` as `check_examples` does.
    """

    def __init__(
        self,
        recipe: Recipe,
        dataset: Dataset,
        *,
        seed: int,
        device: torch.device,
        synthetic: Synthetic | None = None,
        extra: Extra | None = None,
        ranks: Ranks = ALONE,
    ) -> None:
        self.recipe = recipe
        self.seed = seed
        self._ranks = ranks
        self.synthetic = synthetic or _draw_synthetic(recipe, dataset, seed=seed)
        trained, held_out = split_of(recipe, dataset)
        images = torch.from_numpy(dataset.train_images)
        labels = torch.from_numpy(dataset.train_labels).long()
        self.images, self.labels = images[trained].to(device), labels[trained].to(device)
        self.held_out_images = images[held_out].to(device)
        self.held_out_labels = labels[held_out]
        self._mean, self._std = dataset.mean, dataset.std
        self.loss: Loss = partial(mean_loss, smoothing=recipe.label_smoothing)
        if recipe.detects_digits:
            self.loss = partial(
                loss_of_both, smoothing=recipe.label_smoothing, weight=recipe.digit_loss
            )
        self.test_set = ScoredImages.test_set(recipe, dataset, device)
        self.held_out = ScoredImages.held_out(
            recipe, dataset, self.held_out_images, self.held_out_labels
        )
        self._extra: tuple[Tensor, Tensor] | None = None
        if extra is not None:
            own_images, own_labels = torch.from_numpy(extra.images), torch.from_numpy(extra.labels)
            self._extra = own_images.to(device), own_labels.to(device)
        self._strength = recipe.augment or _EXTRA_AUGMENT
        self._augmented = Recordable(
            "the change of the images", partial(augmented, strength=self._strength),
            records=device.type == "cuda",
        )  # fmt: skip
        self._degraded, self._non_digits = (
            None if drawn is None else torch.from_numpy(drawn).to(device)
            for drawn in (self.synthetic.degraded, self.synthetic.non_digits)
        )

    def __len__(self) -> int:
        """Return the number of images per epoch."""
        return len(self.images)

    def batches(self, epoch: int, first_batch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield an epoch's batches, from one of them on: normalized images, and their labels.

        float32 (B, 1, 28, 28) and int64 (B,); with several ranks, only this one's images.
        """
        order = epoch_order(len(self), self.seed, epoch).to(self.images.device)
        batches = train_batches(
            self.epoch_images(epoch), self.labels, order, self.recipe.batch_size, first_batch
        )
        for images, labels in batches:
            images, labels = self.varied(images, labels, epoch)
            yield normalize(images, self._mean, self._std), labels

    def close(self) -> None:
        """Do nothing: the images are in memory, and no other process makes them."""

    def epoch_images(self, epoch: int) -> Tensor:
        """Return an epoch's images, uint8 (images, 28, 28), some replaced by degraded copies."""
        if self._degraded is None or self._is_plain(epoch):
            return self.images
        # Minus: another seed than the one for the order of the images.
        generator = torch.Generator().manual_seed(mixed(self.seed, -epoch))
        chosen = torch.rand(len(self), generator=generator) < self.recipe.degraded
        chosen = chosen.to(self.images.device)[:, None, None]  # (images, 1, 1)
        return torch.where(chosen, self._degraded, self.images)

    def varied(self, images: Tensor, labels: Tensor, epoch: int) -> tuple[Tensor, Tensor]:
        """Return a batch with extra pictures and pictures of no digit added, and all augmented.

        uint8 (B, 28, 28) and int64 (B,) become uint8 (B + B', 28, 28) and int64 (B + B',). With
        several ranks, the images are this one's part of those. Random numbers are drawn for all.
        """
        size = len(images)
        extras = 0 if self._extra is None else round(self.recipe.extra_share * size)
        # To the detector, digits that are neither augmented nor degraded would all look alike.
        has_non_digits = not (self.recipe.detects_digits and self._is_plain(epoch))
        if self._non_digits is not None and has_non_digits:
            count = round(self.recipe.outliers * size)
            drawn = torch.randint(len(self._non_digits), (count,), device=images.device)
            images = torch.cat([images, self._non_digits[drawn]])
            labels = torch.cat([labels, labels.new_full((count,), NO_DIGIT)])
        before_extras = len(images)
        mine = self._ranks.part(before_extras + extras)
        if self.recipe.augment and not self._is_plain(epoch):
            images = self._augmented_part(images, mine)
        else:
            images = images[mine]
        if self._extra is not None:
            extra_images, extra_labels = self._extra
            drawn = torch.randint(len(extra_images), (extras,), device=images.device)
            mine = slice(*(max(0, it - before_extras) for it in (mine.start, mine.stop)))
            images = torch.cat([images, self._augmented_part(extra_images[drawn], mine)])
            labels = torch.cat([labels, extra_labels[drawn]])
        return images, labels

    def _augmented_part(self, images: Tensor, mine: slice) -> Tensor:
        if self._ranks.count == 1:
            return self._augmented(images)
        return augmented(images, self._strength, mine)

    def _is_plain(self, epoch: int) -> bool:
        """Return whether this epoch, counted from 1, shows the training images unchanged."""
        return epoch > self.recipe.epochs - self.recipe.plain_epochs


def check_examples(recipe: Recipe, dataset: Dataset, extra: Extra | None = None) -> None:
    """Raise `DigitlabError` if this recipe cannot be trained on this dataset.

    That is so if it holds out all images, or asks for synthetic ones or for pages and the dataset
    is not MNIST; and if pages are to be learned besides extra pictures of single digits.
    """
    images = images_used(recipe, dataset)
    if recipe.validation >= images:
        raise DigitlabError(
            f"validation is {recipe.validation:,}, but must be below the number of training "
            f"images ({images:,})"
        )
    if recipe.reads_pages and dataset.name != "mnist":
        raise DigitlabError(
            f"pages are composed only of the digits of mnist, not of {dataset.name}; leave out "
            "--dataset"
        )
    if recipe.reads_pages and extra is not None:
        raise DigitlabError(
            f"extra pictures ({extra.folder}) show one digit each, and the network "
            f"{recipe.network} learns from pages; leave out --extra"
        )
    if (recipe.degraded or recipe.outliers) and dataset.name != "mnist":
        raise DigitlabError(
            "degraded copies and pictures of no digit work only with mnist, not with "
            f"{dataset.name}; add --degraded 0 --outliers 0"
        )


def _draw_synthetic(recipe: Recipe, dataset: Dataset, *, seed: int) -> Synthetic:
    """Draw the synthetic images that the recipe asks for; about 1 ms each."""
    trained, _ = split_of(recipe, dataset)
    images = dataset.train_images[trained.numpy()]
    labels = dataset.train_labels[trained.numpy()].astype(np.int64)
    return Synthetic(
        degraded=degraded_copies(images, labels, seed=seed) if recipe.degraded else None,
        non_digits=non_digits(images, labels, seed=seed) if recipe.outliers else None,
    )


def check_batches(recipe: Recipe, dataset: Dataset) -> None:
    """Raise `DigitlabError` if an epoch's images would leave a batch of 1 for batch norm.

    It computes a mean and a standard deviation over the batch, so it needs at least 2.
    """
    size, images = recipe.batch_size, images_used(recipe, dataset) - recipe.validation
    if not recipe.reads_pages and 1 in (size, images % size):
        raise DigitlabError(
            f"{images:,} images in batches of {size} leave a last batch of 1, and batch norm needs "
            "at least 2; choose another --batch-size"
        )


def train_batches(
    images: Tensor, labels: Tensor, order: Tensor, batch_size: int, first_batch: int = 0
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield an epoch's batches: uint8 (B, 28, 28) and int64 (B,).

    All have `batch_size` images except the last, which has what is left. The first `first_batch`
    batches are skipped: they were trained on before the run was stopped.
    """
    for chosen in order.split(min(batch_size, len(order)))[first_batch:]:
        yield images[chosen], labels[chosen]
