"""The page network learns through the same loop: the same bits after a stop anywhere."""

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from itertools import islice

import msgspec
import pytest
import torch

from digitlab.data.dataset import Dataset
from digitlab.recipe import Recipe
from digitlab.records.history import HeldOutPoint, TestPoint, TrainPoint
from digitlab.train.checkpoint import from_bytes, to_bytes
from digitlab.train.device import set_up_device
from digitlab.train.loop import Training
from digitlab.train.page_network import PageNetwork

RECIPE = Recipe(
    network="page", epochs=2, batch_size=4, crops=14, validation=100, dropout=0.0, log_every=1,
    test_batch_size=3, average=0.9, clip=1.0, muon=0.5,
)  # fmt: skip
EVENTS = 1 + 2 * (4 + 1) + 1  # held-out crops, 2 epochs of 4 steps and those, a test


@pytest.fixture(autouse=True, scope="module")
def small() -> Iterator[None]:
    """Make the network and the number of scored crops small."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "digitlab.train.build.PageNetwork", partial(PageNetwork, channels=(4, 4, 4, 4))
        )
        patch.setattr("digitlab.train.page_examples._HELD_OUT_CROPS", 4)
        patch.setattr("digitlab.train.page_examples._TEST_CROPS", 5)
        yield


def start(dataset: Dataset, processes: int) -> Training:
    return Training(RECIPE, dataset, seed=5, device=set_up_device("cpu"), processes=processes)


def facts(training: Training) -> tuple[dict[str, torch.Tensor], list[object]]:
    points = [msgspec.structs.replace(point, seconds=0.0) for point in training.history]
    return training.checkpoint().tensors, points


def assert_same(one: Training, other: Training) -> None:
    (ours, points), (theirs, other_points) = facts(one), facts(other)
    assert points == other_points
    assert ours.keys() == theirs.keys()
    for name, tensor in ours.items():
        assert torch.equal(tensor, theirs[name]), name


@pytest.fixture(scope="module")
def never_stopped(small_mnist: Dataset) -> Training:
    training = start(small_mnist, 0)
    assert len(list(training.run())) == EVENTS
    return training


@pytest.mark.parametrize("processes", [1, 2])
def test_other_processes_compose_the_same_crops(
    small_mnist: Dataset, never_stopped: Training, processes: int
):
    training = start(small_mnist, processes)
    list(training.run())
    assert_same(training, never_stopped)


@pytest.mark.parametrize("events", [3, 6, 9])
def test_a_stop_at_any_moment_changes_nothing(
    small_mnist: Dataset, never_stopped: Training, events: int
):
    stopped = start(small_mnist, 1)
    with closing(stopped.run()) as points:
        assert len(list(islice(points, events))) == events
    saved = to_bytes(stopped.checkpoint())
    continued = start(small_mnist, 0)
    continued.restore(from_bytes(saved, "saved"))
    assert len(list(continued.run())) == EVENTS - events
    assert_same(continued, never_stopped)


def test_held_out_crops_are_scored_each_epoch_and_the_test_crops_once(never_stopped: Training):
    points = never_stopped.history
    assert [type(it) for it in points if not isinstance(it, TrainPoint)] == [
        *[HeldOutPoint] * 3, TestPoint,
    ]  # fmt: skip
