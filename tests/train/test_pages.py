"""The page network learns in the same loop: a stop anywhere changes nothing."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import islice

import msgspec
import numpy as np
import pytest
import torch

from digitlab.data.dataset import Dataset
from digitlab.data.extra import Extra
from digitlab.errors import DigitlabError
from digitlab.named_recipes import find_recipe
from digitlab.records.history import HeldOutPoint, TestPoint, TrainPoint
from digitlab.sheets.crops import CropMaker
from digitlab.train.checkpoint import from_bytes, to_bytes
from digitlab.train.device import set_up_device
from digitlab.train.examples import Examples
from digitlab.train.loop import Training
from digitlab.train.page_network import PageNetwork

RECIPE = replace(find_recipe("page"), epochs=2, batch_size=4, crops=14, validation=100, log_every=1)
EVENTS = 1 + 2 * (4 + 1) + 1  # held-out crops, 2 epochs of 4 steps and those, a test


@pytest.fixture(autouse=True, scope="module")
def small() -> Iterator[None]:
    """Make the network, the crops, and the number of scored crops small."""
    with pytest.MonkeyPatch.context() as patch:
        network, maker = partial(PageNetwork, channels=(4, 4, 4, 4)), partial(CropMaker, side=64)
        patch.setattr("digitlab.train.build.PageNetwork", network)
        patch.setattr("digitlab.train.page_examples.CropMaker", maker)
        patch.setattr("digitlab.train.page_score.CropMaker", maker)
        patch.setattr("digitlab.train.page_score._HELD_OUT_CROPS", 9)
        patch.setattr("digitlab.train.page_score._TEST_CROPS", 10)
        yield


def start(dataset: Dataset, processes: int) -> Training:
    return Training(RECIPE, dataset, seed=5, device=set_up_device("cpu"), processes=processes)


def assert_same(one: Training, other: Training) -> None:
    ours, theirs = one.checkpoint(), other.checkpoint()
    assert ours.tensors.keys() == theirs.tensors.keys()
    for name, tensor in ours.tensors.items():
        assert torch.equal(tensor, theirs.tensors[name]), name
    for points in zip(one.history, other.history, strict=True):
        first, second = (msgspec.structs.replace(point, seconds=0.0) for point in points)
        assert first == second


@pytest.fixture(scope="module")
def never_stopped(small_mnist: Dataset) -> Training:
    training = start(small_mnist, 0)
    assert len(list(training.run())) == EVENTS
    return training


@pytest.mark.parametrize(("events", "processes"), [(3, (1, 0)), (9, (2, 1))])
def test_neither_a_stop_nor_the_number_of_processes_changes_anything(
    small_mnist: Dataset, never_stopped: Training, events: int, processes: tuple[int, int]
):
    stopped = start(small_mnist, processes[0])
    with closing(stopped.run()) as points:
        assert len(list(islice(points, events))) == events
    saved = to_bytes(stopped.checkpoint())

    torch.rand(7)  # another process has another random state
    continued = start(small_mnist, processes[1])
    continued.restore(from_bytes(saved, "saved"))
    assert len(list(continued.run())) == EVENTS - events
    assert_same(continued, never_stopped)


def test_crops_are_composed_once_and_no_held_out_digit_is_learned(small_mnist: Dataset):
    examples = start(small_mnist, 0).examples
    held_out = Examples(
        replace(find_recipe("tutorial"), validation=100), small_mnist, seed=1,
        device=torch.device("cpu"),
    ).held_out_images  # fmt: skip
    learned = {image.tobytes() for image in examples._crops.maker.images}
    assert len(learned) == 500
    assert not learned & {image.numpy().tobytes() for image in held_out}
    scored = {image.tobytes() for image in examples.held_out.maker.images}
    assert scored == {image.numpy().tobytes() for image in held_out}

    sizes = [len(pages) for pages, _ in examples.batches(1, first_batch=0)]
    assert sizes == [4, 4, 4, 2]
    crops = torch.cat([pages for epoch in (1, 2) for pages, _ in examples.batches(epoch, 0)])
    assert len({crop.numpy().tobytes() for crop in crops}) == 28
    again = next(examples.batches(2, first_batch=1))[0]
    assert torch.equal(again, crops[18:22])


def test_a_network_that_learns_finds_digits_on_held_out_crops(
    small_mnist: Dataset, never_stopped: Training
):
    points = [it for it in never_stopped.history if not isinstance(it, TrainPoint)]
    assert [type(it) for it in points] == [HeldOutPoint] * 3 + [TestPoint]
    assert {it.total for it in points[:3]} == {points[0].total}
    assert points[2].loss < points[0].loss


def test_what_cannot_be_learned_on_pages_is_refused(small_mnist: Dataset):
    extra = Extra(folder="/mine", images=np.zeros((1, 28, 28), np.uint8), labels=np.zeros(1, int))
    clothes = replace(small_mnist, name="fashion-mnist")
    for dataset, given, reason in (
        (clothes, None, "only of the digits of mnist, not of fashion-mnist"),
        (small_mnist, extra, r"extra pictures \(/mine\) show one digit each"),
    ):
        with pytest.raises(DigitlabError, match=reason):
            Training(RECIPE, dataset, seed=1, device=torch.device("cpu"), extra=given)
