"""A stop anywhere changes nothing: the same bits as a training that was never stopped."""

from dataclasses import replace
from itertools import islice

import pytest
import torch

from digitlab.core.errors import DigitlabError
from digitlab.data.dataset import Dataset
from digitlab.train.checkpoint import from_bytes, to_bytes
from digitlab.train.device import set_up_device
from digitlab.train.history import Point, TestPoint, from_json_lines, to_json_lines
from digitlab.train.loop import Training
from digitlab.train.recipe import Recipe

RECIPE = Recipe(epochs=3, batch_size=50, log_every=3)
EVENTS = 1 + 3 * (12 + 1)  # a test, then 3 epochs of 12 steps and a test


def start(dataset: Dataset, seed: int = 5) -> Training:
    return Training(RECIPE, dataset, seed=seed, device=set_up_device("cpu"))


def facts(points: list[Point]) -> list[Point]:
    """Return the points without the time that they took."""
    return [replace(p, seconds=0.0) if isinstance(p, TestPoint) else p for p in points]


def assert_same(one: Training, other: Training) -> None:
    ours, theirs = one.checkpoint(), other.checkpoint()
    assert ours.tensors.keys() == theirs.tensors.keys()
    for name, tensor in ours.tensors.items():
        assert torch.equal(tensor, theirs.tensors[name]), name
    assert facts(one.history) == facts(other.history)


@pytest.fixture(scope="module")
def never_stopped(small_mnist: Dataset) -> Training:
    training = start(small_mnist)
    assert len(list(training.run())) == EVENTS
    return training


@pytest.mark.parametrize("events", [0, 1, 2, 7, 12, 13, 14, 15, 20, 27, EVENTS - 1, EVENTS])
def test_a_stop_at_any_moment_changes_nothing(
    small_mnist: Dataset, never_stopped: Training, events: int
):
    stopped = start(small_mnist)
    assert len(list(islice(stopped.run(), events))) == events
    saved = to_bytes(stopped.checkpoint())

    torch.rand(7)  # another process has another random state
    continued = start(small_mnist)
    continued.restore(from_bytes(saved, "saved"))
    assert len(list(continued.run())) == EVENTS - events
    assert_same(continued, never_stopped)


def test_saving_changes_nothing(small_mnist: Dataset, never_stopped: Training):
    training = start(small_mnist)
    for _ in training.run():
        training.checkpoint()
    assert_same(training, never_stopped)


def test_another_seed_is_another_training(small_mnist: Dataset, never_stopped: Training):
    training = start(small_mnist, seed=6)
    list(training.run())
    ours = training.network.state_dict()
    theirs = never_stopped.network.state_dict()
    assert not any(torch.equal(ours[name], theirs[name]) for name in ours)


def test_the_time_of_all_processes_is_added_up(small_mnist: Dataset):
    first = start(small_mnist)
    list(islice(first.run(), 3))
    checkpoint = first.checkpoint()
    checkpoint.record["seconds"] = 1000.0
    second = start(small_mnist)
    second.restore(checkpoint)
    assert second.seconds >= 1000.0


def test_weights_that_run_away_are_told(small_mnist: Dataset):
    recipe = replace(RECIPE, learning_rate=1e30)
    training = Training(recipe, small_mnist, seed=1, device=set_up_device("cpu"))
    with pytest.raises(DigitlabError, match="learning rate below 1e\\+30"):
        list(training.run())


def test_fewer_images_make_a_shorter_epoch(small_mnist: Dataset):
    recipe = replace(RECIPE, epochs=1, train_images=120)
    training = Training(recipe, small_mnist, seed=1, device=set_up_device("cpu"))
    points = list(training.run())
    assert len(points) == 1 + 3 + 1
    assert training.history[-1].examples == 120


def test_a_history_survives_its_file(never_stopped: Training):
    text = to_json_lines(never_stopped.history)
    assert from_json_lines(text) == never_stopped.history
    assert from_json_lines(text[:-9]) == never_stopped.history[:-1]  # killed in mid-line
