"""The crops of pages that a training sees: composed by other processes while the network learns."""

from collections.abc import Generator, Iterator
from itertools import islice, takewhile

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from digitlab.data.dataset import Dataset
from digitlab.processes import cores, in_processes
from digitlab.recipe import Recipe
from digitlab.sheets.crops import CropMaker
from digitlab.sheets.training_crops import TrainingCrops
from digitlab.train.order import split_of
from digitlab.train.page_loss import page_loss
from digitlab.train.page_score import ScoredCrops
from digitlab.train.ranks import ALONE, Ranks

_AHEAD = 48  # crops of each process: enough for several batches while the network is scored

Crop = tuple[NDArray[np.uint8], NDArray[np.float32]]
"""A crop's gray pixels and its targets."""


class PageExamples:
    """Crops composed of a dataset's training images: see `digitlab.train.task.Task`.

    A crop is a function of seed, epoch and its number in the epoch, whichever process composes it.
    So a run that is continued in the middle of an epoch composes only the crops that are left.

    Parameters
    ----------
    recipe, dataset, seed
        See `digitlab.train.loop.Training`. The held-out images are used for the crops that are
        scored after each epoch, the test images for those of the test, and neither for learning.
    device
        Where the batches are put.
    processes
        How many processes compose crops; with 0, this one does it between the steps; None for the
        cores that PyTorch leaves, and at least one.
    ranks
        See `digitlab.train.loop.Training`. Each composes the crops of its own part of a batch.
    """

    loss = staticmethod(page_loss)

    def __init__(
        self,
        recipe: Recipe,
        dataset: Dataset,
        *,
        seed: int,
        device: torch.device,
        processes: int | None = None,
        ranks: Ranks = ALONE,
    ) -> None:
        self.device = device
        self._ranks = ranks
        self._end, self._batch_size = recipe.epochs * recipe.crops, recipe.batch_size
        self._processes = _free_cores(device, ranks) if processes is None else processes
        trained = split_of(recipe, dataset)[0].numpy()
        self._crops = TrainingCrops(
            maker=CropMaker(dataset.train_images[trained], dataset.train_labels[trained]),
            seed=seed,
            per_epoch=recipe.crops,
        )
        self._made: Generator[Crop] | None = None
        self._next = 0  # the position of the first crop of the next batch that `_made` yields
        self.held_out = ScoredCrops.held_out(recipe, dataset, device)
        self.test_set = ScoredCrops.test_set(recipe, dataset, device)

    def __len__(self) -> int:
        """Return the number of crops per epoch."""
        return self._crops.per_epoch

    def batches(self, epoch: int, first_batch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield an epoch's batches, from one of them on.

        A batch is uint8 (B, H, W) and float32 (B, channels, H / 4, W / 4). The processes that
        compose crops go on to the next epoch while this one is scored.
        """
        first = (epoch - 1) * len(self) + first_batch * self._batch_size
        end = epoch * len(self)
        for batch in takewhile(lambda it: it.start < end, self._batches_from(first)):
            crops = self._from(batch.start)
            made = list(islice(crops, len(self._own(batch))))
            self._next = batch.stop
            grays, targets = zip(*made, strict=True)
            yield (
                torch.from_numpy(np.stack(grays)).to(self.device),
                self._ranks.all_gather(torch.from_numpy(np.stack(targets)), len(batch)).to(
                    self.device
                ),
            )

    def _batches_from(self, position: int) -> Iterator[range]:
        """Yield the positions of each batch's crops, from this one to the end of the training."""
        while position < self._end:
            end_of_epoch = (position // len(self) + 1) * len(self)
            batch = range(position, min(position + self._batch_size, end_of_epoch))
            yield batch
            position = batch.stop

    def _own(self, batch: range) -> range:
        """Return the positions of the crops that this rank composes."""
        return batch[self._ranks.part(len(batch))]

    def _from(self, position: int) -> Generator[Crop]:
        """Return what yields this rank's crops from this position on."""
        if self._made is None or self._next != position:
            self.close()
            positions = (it for batch in self._batches_from(position) for it in self._own(batch))
            self._made = in_processes(self._crops, positions, self._processes, ahead=_AHEAD)
            self._next = position
        return self._made

    def close(self) -> None:
        """End the processes."""
        if self._made is not None:
            self._made.close()
        self._made = None


def _free_cores(device: torch.device, ranks: Ranks) -> int:
    """Return how many of this rank's cores are left to compose crops, at least 1."""
    threads = torch.get_num_threads() if device.type == "cpu" else 1
    return max(1, cores() // ranks.local_count - threads)
