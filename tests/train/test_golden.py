"""A short run of each recipe comes to what it came to when its figures were measured.

What a short run cannot show is left out: bfloat16, which not every processor has, the weights'
average and the plain epochs. Recorded on an AMD EPYC, with PyTorch 2.13.0 and one thread. Threads
and processors round differently, and what is rounded differently grows apart: the first losses are
held closely, the later ones and the accuracy less so.
"""

from dataclasses import dataclass, replace
from functools import partial

import pytest

from digitlab.data.dataset import Dataset
from digitlab.recipe import RECIPES, find_recipe
from digitlab.records.history import TestPoint, TrainPoint
from digitlab.synth.non_digits import non_digits
from digitlab.train.device import set_up_device
from digitlab.train.loop import Training


@dataclass(frozen=True)
class Golden:
    """What 40 steps from seed 1 came to: losses before steps 0, 10, 20, 30; right of 1,000."""

    losses: tuple[float, float, float, float]
    correct: int


GOLDEN = {
    "tutorial": Golden((2.35572, 2.31228, 2.21846, 2.13662), 502),
    "fast": Golden((2.28646, 0.47587, 0.37360, 0.37336), 983),
    "compact": Golden((2.29191, 1.10619, 0.45625, 0.41227), 931),
    "best": Golden((2.40747, 0.80311, 0.37689, 0.30333), 971),
}


@pytest.fixture
def part_of_mnist(mnist: Dataset) -> Dataset:
    return replace(
        mnist, test_images=mnist.test_images[:1000], test_labels=mnist.test_labels[:1000]
    )


@pytest.mark.parametrize("name", RECIPES)
def test_a_short_run_is_as_it_was(
    name: str, part_of_mnist: Dataset, monkeypatch: pytest.MonkeyPatch
):
    few = partial(non_digits, count=100)  # all of them take a minute to draw
    monkeypatch.setattr("digitlab.train.examples.non_digits", few)
    recipe = find_recipe(name)
    # Of the averaged weights the first 40 steps are but a beginning: the network itself is tested.
    short = replace(
        recipe, epochs=1, train_images=40 * recipe.batch_size, validation=0, log_every=10,
        precision="float32", average=0.0, plain_epochs=0, test_each_epoch=False,
    )  # fmt: skip
    points = [
        point
        for point in Training(short, part_of_mnist, seed=1, device=set_up_device("cpu")).run()
        if point is not None
    ]
    losses = [point.loss for point in points if isinstance(point, TrainPoint)]
    golden = GOLDEN[name]
    assert losses[0] == pytest.approx(golden.losses[0], rel=1e-4)
    assert losses == pytest.approx(golden.losses, rel=0.1)
    (test,) = (point for point in points if isinstance(point, TestPoint))
    assert test.correct == pytest.approx(golden.correct, abs=25)
