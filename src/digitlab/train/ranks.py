"""Ranks: processes that train one network together, each with its share of every batch.

Every rank computes the answers of its share. The ranks exchange their answers, and each computes
the loss of the whole batch from them. What `backward` then finds is the part of the whole batch's
gradient that goes through the rank's own answers, so the sum over the ranks is the gradient itself,
whatever the loss divides by: images, digits, or cells of a page. After the same step on every rank,
all have the same weights again.

PyTorch's `DistributedDataParallel` averages gradients instead. That is right only if all shares
have the same size and the loss is a plain mean over the images.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import torch
import torch.distributed
from torch import Tensor, nn

from digitlab.errors import DigitlabError
from digitlab.torchrun import Place, find_place

if TYPE_CHECKING:
    from torch.distributed.distributed_c10d import Store

_SOURCE_LINE = re.compile(r"^\[[^]]*\] ")  # where in Gloo's source code an error was raised


class LostRankError(DigitlabError):
    """Another process of the training has ended, or cannot be reached."""


class Ranks(Place):
    """The processes that train together, as one of them sees them; alone, it does what one does."""

    def part(self, size: int) -> slice:
        """Return which of `size` things are this rank's: neighbors, a fair share.

        >>> [Ranks(rank=rank, count=3).part(8) for rank in range(3)]
        [slice(0, 3, None), slice(3, 6, None), slice(6, 8, None)]
        """
        each, left = divmod(size, self.count)
        start = self.rank * each + min(self.rank, left)
        return slice(start, start + each + (self.rank < left))

    def check_batches(self, examples: int, batch_size: int) -> None:
        """Raise `DigitlabError` if an epoch has a batch of fewer examples than there are ranks."""
        smallest = min(batch_size, examples, examples % batch_size or batch_size)
        if smallest < self.count:
            raise DigitlabError(
                f"{examples:,} examples in batches of {batch_size} leave a batch of {smallest}, "
                f"which {self.count} processes cannot share; start fewer processes, or choose "
                "another --batch-size"
            )

    def take_device(self, device: torch.device) -> None:
        """Make this rank's GPU the one that PyTorch means by `cuda`.

        Raises `DigitlabError` if there is none for it, or the device cannot be shared.
        """
        if self.count > 1 and device.type == "mps":
            raise DigitlabError("several processes cannot train on mps; add --device cpu")
        if self.count > 1 and device.type == "cuda":
            gpus = torch.cuda.device_count()
            if gpus < self.local_count:
                raise DigitlabError(
                    f"{self.local_count} processes on this machine need a GPU each, and it has "
                    f"{gpus}; start {gpus} (--nproc-per-node {gpus}), or add --device cpu"
                )
            torch.cuda.set_device(self.local_rank)

    def all_gather(self, own: Tensor, size: int) -> Tensor:
        """Return what all ranks have computed, each for its `part` of `size` things, in order.

        The gradient of the result flows back to this rank's own part only.
        """
        if self.count == 1 or not size:
            return own
        mine = self.part(size)
        whole = own.new_zeros(size, *own.shape[1:])
        whole[mine] = own.detach()
        _all_reduce(whole)  # elsewhere, every other rank has zeros
        if own.requires_grad:
            whole[mine] = own
        return whole

    def sum_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace every gradient by its sum over the ranks.

        A network of the user's own may use a layer on one rank only, or on none.
        """
        learned = list(parameters)
        gradients = [torch.zeros_like(it) if it.grad is None else it.grad for it in learned]
        is_used = gradients[0].new_tensor([it.grad is not None for it in learned])
        together = torch.cat([*(it.flatten() for it in gradients), is_used])
        _all_reduce(together)
        *sums, used = together.split([*(it.numel() for it in learned), len(learned)])
        for parameter, gradient, total, uses in zip(
            learned, gradients, sums, used.tolist(), strict=True
        ):
            parameter.grad = gradient.copy_(total.view_as(gradient)) if uses else None

    def broadcast(self, content: bytes = b"") -> bytes:
        """Return the bytes that rank 0 calls this with."""
        size = torch.tensor([len(content)])
        _broadcast(size)
        if not size:
            return b""
        received = torch.frombuffer(bytearray(content or int(size)), dtype=torch.uint8)
        _broadcast(received)
        return received.numpy().tobytes()

    @contextmanager
    def random_numbers_of_its_own(self, seed: int, step: int) -> Iterator[None]:
        """Let what a network draws itself, such as dropout, differ between the ranks.

        Everything else that is random is drawn alike by all, for the whole batch. So the ranks'
        random states must be the same again after the step.
        """
        if self.count == 1:
            yield
            return
        digest = hashlib.sha256(f"{seed} {step} {self.rank}".encode()).digest()
        devices = [torch.cuda.current_device()] if torch.cuda.is_initialized() else []
        with torch.random.fork_rng(devices):
            torch.manual_seed(int.from_bytes(digest[:8], "little"))
            yield


ALONE = Ranks()
"""One process without others."""


def sum_over_ranks(summand: Tensor) -> Tensor:
    """Return the sum of every rank's tensor. The gradient of each is the sum of all gradients."""
    total: Tensor = _Sum.apply(summand)  # type: ignore[no-untyped-call]
    return total


class _Sum(torch.autograd.Function):
    """See `sum_over_ranks`."""

    @staticmethod
    def forward(_context: Any, summand: Tensor) -> Tensor:
        """Return the sum."""
        total = summand.clone()
        _all_reduce(total)
        return total

    @staticmethod
    def backward(_context: Any, gradient: Tensor) -> Tensor:
        """Return the gradient of this rank's summand, in which all ranks' losses have a part."""
        total = gradient.clone()
        _all_reduce(total)
        return total


def check_alone() -> None:
    """Raise `DigitlabError` if torchrun has started several processes."""
    count = find_place().count
    if count > 1:
        raise DigitlabError(
            f"torchrun has started {count} processes, but only `digitlab train` and `digitlab "
            "resume` train in several; start this one without torchrun"
        )


@contextmanager
def joined(*, is_expected: bool) -> Iterator[Ranks]:
    """Connect to the other processes that torchrun started, if there are any, for a `with` block.

    Raises `LostRankError` if they cannot be reached, and `DigitlabError` if there are any although
    that is not expected.
    """
    if not is_expected:
        check_alone()
    ranks = Ranks(**asdict(find_place()))
    if ranks.count == 1:
        yield ranks
        return
    has_nccl = torch.cuda.is_available() and torch.distributed.is_nccl_available()
    with _connection():
        torch.distributed.init_process_group(
            "cpu:gloo,cuda:nccl" if has_nccl else "gloo",
            store=_store_of(ranks), rank=ranks.rank, world_size=ranks.count,
        )  # fmt: skip
    yield ranks
    # Not after an error: another rank may wait for this one in the middle of a step.
    torch.distributed.destroy_process_group()


def _store_of(place: Place) -> "Store":
    """Return torchrun's store, in which the ranks leave the addresses at which they are reached.

    It outlives a restart, and a rank would find the address of one that has died (PyTorch's issue
    135712). So after each restart, it is used under another prefix. Not with several machines: each
    counts its own restarts.
    """
    # Here: PyTorch can be built without them.
    from torch.distributed.distributed_c10d import PrefixStore
    from torch.distributed.rendezvous import rendezvous

    store: Store = next(rendezvous("env://"))[0]
    if place.local_count == place.count:
        store = PrefixStore(f"after restart {place.restarts}", store)
    return store


def _all_reduce(tensor: Tensor) -> None:
    with _connection():
        torch.distributed.all_reduce(tensor)


def _broadcast(tensor: Tensor) -> None:
    with _connection():
        torch.distributed.broadcast(tensor, src=0)


@contextmanager
def _connection() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        reason = _SOURCE_LINE.sub("", str(error)).split("\n")[0].split(". ")[0]
        raise LostRankError(
            "the connection to another process of this training failed, most likely because that "
            f"process has ended ({reason})"
        ) from error
