"""What `test_ranks.py` computes in one process and in two: `python in_ranks.py FOLDER`.

With several processes, rank 0 writes the losses of each training to FOLDER/losses.json.
"""

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from digitlab.data.dataset import Dataset
from digitlab.data.extra import Extra
from digitlab.data.load import load_dataset
from digitlab.named_recipes import find_recipe
from digitlab.recipe import Recipe
from digitlab.sheets.crops import CropMaker
from digitlab.synth.non_digits import non_digits
from digitlab.train.checkpoint import from_bytes, read_checkpoint, to_bytes
from digitlab.train.device import set_up_device
from digitlab.train.loop import Training
from digitlab.train.page_network import PageNetwork
from digitlab.train.ranks import Ranks, joined
from digitlab.train.shared_step import batch_norm_over_ranks

HALF = "half.safetensors"
"""In FOLDER: a checkpoint of `plain`, half trained by one process."""


class Net(nn.Module):
    """A network of one's own: batch norm of other kinds, a frozen layer, one that is not used."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(784, 20)
        self.norm1 = nn.BatchNorm1d(20, momentum=None)
        self.frozen = nn.Linear(20, 20).requires_grad_(False)
        self.norm2 = nn.BatchNorm1d(20, affine=False)
        self.unused = nn.Linear(20, 10)
        self.last = nn.Linear(20, 10)

    def forward(self, images: Tensor) -> Tensor:
        """Return scores."""
        x = F.relu(self.norm1(self.first(images.flatten(1))))
        return self.last(self.norm2(self.frozen(x)))


PLAIN = Recipe(dropout=0.0, epochs=2, batch_size=51, log_every=1, train_images=180)
"""180 images in batches of 51: the last has 27, and two processes share neither equally."""

RECIPES = {
    "plain": PLAIN,
    # The learning rates of networks with batch norm are those of tests/train/test_golden.py.
    "everything": replace(
        find_recipe("best"), learning_rate=0.001, average=0.9, precision="float32", epochs=2,
        plain_epochs=1, batch_size=51, train_images=180, validation=30, log_every=1,
    ),
    "page": replace(
        find_recipe("page"), learning_rate=0.0005, precision="float32", epochs=2, batch_size=5,
        crops=13, validation=100, log_every=1,
    ),
    "own": replace(PLAIN, network=f"{Path(__file__).resolve()}:Net", weight_decay=0.1),
}  # fmt: skip


@contextmanager
def small() -> Iterator[Dataset]:
    """Yield a small dataset; make what is drawn and the page network small, too."""
    mnist = load_dataset("mnist")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("digitlab.train.examples.non_digits", partial(non_digits, count=30))
        network, maker = partial(PageNetwork, channels=(4, 4, 4, 4)), partial(CropMaker, side=64)
        patch.setattr("digitlab.train.build.PageNetwork", network)
        patch.setattr("digitlab.train.page_examples.CropMaker", maker)
        patch.setattr("digitlab.train.page_score.CropMaker", maker)
        patch.setattr("digitlab.train.page_score._HELD_OUT_CROPS", 5)
        patch.setattr("digitlab.train.page_score._TEST_CROPS", 7)
        yield replace(
            mnist,
            train_images=mnist.train_images[:600],
            train_labels=mnist.train_labels[:600],
            test_images=mnist.test_images[:201],
            test_labels=mnist.test_labels[:201],
        )


def start(recipe: Recipe, dataset: Dataset, **more: Ranks) -> Training:
    """Return a training that has not begun."""
    extra = None
    if recipe.augment:
        images, labels = dataset.test_images[:5], dataset.test_labels[:5].astype(np.int64)
        extra = Extra(folder="/mine", images=images, labels=labels)
    device = set_up_device("cpu", 1)
    return Training(recipe, dataset, seed=4, device=device, extra=extra, processes=0, **more)


def losses_of(training: Training) -> list[float]:
    """Train to the end, and return every loss: of steps, of scores, and of the test."""
    return [point.loss for point in training.run() if point is not None]


def digests_of(begin: Callable[[], Training]) -> list[list[int]]:
    """Return what depends on every bit of the final state, without and with a stop on the way."""
    never_stopped = begin()
    list(never_stopped.run())
    expected = _digest(never_stopped)
    stopped = begin()
    list(islice(stopped.run(), 3))
    saved = to_bytes(stopped.checkpoint())  # now: a new training sets the random state anew
    continued = begin()
    continued.restore(from_bytes(saved, "saved"))
    list(continued.run())
    return [expected, _digest(continued)]


def _digest(training: Training) -> list[int]:
    tensors = training.checkpoint().tensors
    content = b"".join(tensors[name].contiguous().numpy().tobytes() for name in sorted(tensors))
    return list(hashlib.sha256(content).digest())


def error_of_batch_norm(ranks: Ranks) -> float:
    """Return how far batch norm over ranks is from PyTorch's own on the whole batch, in float64."""
    torch.manual_seed(0)
    values = torch.randn(7, 3, 4, 2, dtype=torch.float64) * 5 + 100
    targets, weight, bias = torch.randn_like(values), torch.randn(3).double(), torch.randn(3)
    results = []
    for is_whole in (True, False):
        x = values.clone().requires_grad_()
        w, b = weight.clone().requires_grad_(), bias.double().requires_grad_()
        mean, var = torch.zeros(3).double(), torch.ones(3).double()
        if is_whole:
            y = F.batch_norm(x, mean, var, w, b, training=True)
        else:
            own = batch_norm_over_ranks(x[ranks.part(7)], mean, var, w, b)
            y = ranks.all_gather(own, 7)
        (y.sin() * targets).sum().backward()
        if not is_whole:
            ranks.sum_gradients([x, w, b])
        results.append([y.detach(), mean, var, x.grad, w.grad, b.grad])
    return max(float((one - other).abs().max()) for one, other in zip(*results, strict=True))


def main(folder: Path) -> None:
    """Compute everything with all ranks."""
    results: dict[str, object] = {}
    dropping = replace(PLAIN, dropout=0.5, augment=1.0)
    with small() as dataset, joined(is_expected=True) as ranks:
        results["batch norm"] = error_of_batch_norm(ranks)
        for name, recipe in RECIPES.items():
            results[name] = losses_of(start(recipe, dataset, ranks=ranks))
        continued = start(PLAIN, dataset, ranks=ranks)
        continued.restore(read_checkpoint(folder / HALF))
        results["continued"] = losses_of(continued)
        digests = digests_of(partial(start, dropping, dataset, ranks=ranks))
        results["digests"] = ranks.all_gather(torch.tensor([digests]), ranks.count).tolist()
        # Numbers that the network draws itself are not the same on all ranks.
        with ranks.random_numbers_of_its_own(1, 2):
            drawn = torch.rand(1)
        results["drawn"] = ranks.all_gather(drawn, ranks.count).tolist()
        if ranks.rank == 0:
            (folder / "losses.json").write_text(json.dumps(results))
            (folder / "last.safetensors").write_bytes(to_bytes(continued.checkpoint()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
