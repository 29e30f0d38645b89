"""Images in memory -> shuffled, normalised batches.

MNIST is 55 MB: it is held in memory as the bytes it consists of, and a batch becomes float32
only when it is taken.
"""

from collections.abc import Iterator

import torch
from torch import Tensor


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
    """Return one seed for two numbers, which may be negative: neighbours give unrelated ones.

    Source: the finaliser of SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, OOPSLA 2014).
    """
    mask = (1 << 64) - 1
    x = (seed * 0x9E3779B97F4A7C15 + epoch) & mask
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & mask
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & mask
    return x ^ (x >> 31)


def normalise(images: Tensor, mean: float, std: float) -> Tensor:
    """Turn uint8 images (N, 28, 28), 0 to 255, into float32 (N, 1, 28, 28) around 0.

    First 0 to 255 becomes 0 to 1, then `mean` is taken off and the rest divided by `std`: over
    the whole training set the pixels then have mean 0 and deviation 1, the range in which
    freshly drawn weights work best.

    >>> normalise(torch.full((1, 28, 28), 255, dtype=torch.uint8), 0.5, 0.25).unique().item()
    2.0
    """
    return images.unsqueeze(1).to(torch.float32).div_(255).sub_(mean).div_(std)


def train_batches(
    images: Tensor, labels: Tensor, order: Tensor, batch_size: int, first_batch: int = 0
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the batches of an epoch: uint8 (B, 28, 28) and int64 (B,).

    All have `batch_size` images but the last, which has what is left. `first_batch` batches are
    passed over: they were learnt before the run was stopped.
    """
    for chosen in order.split(batch_size)[first_batch:]:
        yield images[chosen], labels[chosen]
