"""What a training needs to know about what is learned: the same for images and for pages."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from torch import Tensor, nn

from digitlab.records.history import HeldOutPoint, TestPoint
from digitlab.train.ranks import ALONE, Ranks

Loss = Callable[[Any, Tensor], Tensor]
"""From a network's answers to a batch, a tensor or several, and the targets, to one number."""


class Scored(Protocol):
    """Examples that nothing is learned from: what a network is scored on."""

    def answers_of(self, network: nn.Module, ranks: Ranks = ALONE) -> Any:
        """Return what the network answers to all of them, on the CPU.

        Each rank computes a part, and every rank gets the answers to all.
        """

    def score(
        self, answers: Any, *, epoch: int, examples: int, seconds: float
    ) -> TestPoint | HeldOutPoint:
        """Return the point that records how good these answers are, and when."""


class Task(Protocol):
    """Something to learn: the examples of each epoch, the loss, and what is scored."""

    @property
    def loss(self) -> Loss:
        """What is to become small."""

    @property
    def held_out(self) -> Scored:
        """What settings are chosen by."""

    @property
    def test_set(self) -> Scored:
        """What the result is measured on."""

    def __len__(self) -> int:
        """Return the number of examples per epoch."""

    def batches(self, epoch: int, first_batch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield an epoch's batches, from one of them on: inputs, and what should come out.

        With several ranks, the inputs are this one's part of the batch, and what should come out is
        that of the whole batch.

        The epoch is counted from 1, the batches from 0. They are a function of the seed, the epoch
        and PyTorch's random state, so a run that is continued gets the same ones.
        """

    def close(self) -> None:
        """End what was started to make the batches."""
