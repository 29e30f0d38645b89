"""A stop anywhere changes nothing: the same bits as a training that was never stopped."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

import msgspec
import pytest
import torch

from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError
from digitlab.named_recipes import find_recipe
from digitlab.recipe import Recipe
from digitlab.records.history import (
    HeldOutPoint,
    Point,
    TestPoint,
    TrainPoint,
    from_json_lines,
    to_json_lines,
)
from digitlab.synth.non_digits import non_digits
from digitlab.train.checkpoint import from_bytes, to_bytes
from digitlab.train.device import set_up_device
from digitlab.train.loop import Training
from digitlab.train.step import NO_DIGIT
from digitlab.train.trained import load_trained

RECIPE = Recipe(epochs=3, batch_size=50, log_every=3)
EVENTS = 1 + 3 * (12 + 1)  # a test, then 3 epochs of 12 steps and a test


def start(dataset: Dataset, seed: int = 5) -> Training:
    return Training(RECIPE, dataset, seed=seed, device=set_up_device("cpu"))


def facts(points: list[Point]) -> list[Point]:
    """Return the points without the time that they took."""
    return [msgspec.structs.replace(point, seconds=0.0) for point in points]


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


BEST = replace(
    find_recipe("best"), epochs=2, plain_epochs=1, batch_size=50, log_every=3, validation=100,
    train_images=600, dropout=0.1,
)  # fmt: skip
BEST_EVENTS = 1 + 2 * (10 + 1) + 1  # held-out images, 2 epochs of 10 steps and those, a test


@pytest.fixture(scope="module")
def best(small_mnist: Dataset) -> Iterator[Callable[[], Training]]:
    """Yield a function that starts a training with all synthetic images, but few of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("digitlab.train.examples.non_digits", partial(non_digits, count=60))
        yield lambda: Training(BEST, small_mnist, seed=5, device=set_up_device("cpu"))


@pytest.fixture(scope="module")
def best_never_stopped(best: Callable[[], Training]) -> Training:
    training = best()
    assert len(list(training.run())) == BEST_EVENTS
    return training


@pytest.mark.parametrize("events", [5, 14])  # in the first and in the plain epoch
def test_nor_does_a_stop_with_everything_that_is_random(
    best: Callable[[], Training], best_never_stopped: Training, events: int
):
    stopped = best()
    assert len(list(islice(stopped.run(), events))) == events
    saved = to_bytes(stopped.checkpoint())

    torch.rand(7)
    continued = best()
    continued.restore(from_bytes(saved, "saved"))
    assert len(list(continued.run())) == BEST_EVENTS - events
    assert_same(continued, best_never_stopped)


def test_held_out_images_are_tested_each_epoch_and_the_test_set_once(
    best_never_stopped: Training,
):
    scores = [p for p in best_never_stopped.history if not isinstance(p, TrainPoint)]
    assert [type(p) for p in scores] == [HeldOutPoint] * 3 + [TestPoint]
    assert [p.epoch for p in scores] == [0, 1, 2, 2]
    assert [p.total for p in scores] == [100, 100, 100, 200]
    assert scores[-1].examples == 2 * 500


def test_the_average_is_what_is_tested_and_used(best_never_stopped: Training, tmp_path: Path):
    training = best_never_stopped
    assert training.average is not None
    assert not torch.equal(training.network.fc.weight, training.average.network.fc.weight)
    path = tmp_path / "checkpoint"
    path.write_bytes(to_bytes(training.checkpoint()))
    loaded = load_trained(path).network.state_dict()
    for name, value in training.average.state_dict().items():
        assert torch.equal(loaded[name], value), name


@pytest.mark.parametrize(("images", "batch_size"), [(101, 50), (100, 1), (1, 64)])
def test_a_batch_of_one_image_is_no_batch_to_norm(
    small_mnist: Dataset, images: int, batch_size: int
):
    recipe = Recipe(network="fast", train_images=images, batch_size=batch_size)
    with pytest.raises(DigitlabError, match=f"{images} images in batches of {batch_size} leave"):
        Training(recipe, small_mnist, seed=1, device=set_up_device("cpu"))


@pytest.mark.parametrize("setting", ["degraded", "outliers"])
def test_clothes_get_no_flags(small_mnist: Dataset, setting: str):
    clothes = replace(small_mnist, name="fashion-mnist")
    with pytest.raises(DigitlabError, match="work only with mnist, not with fashion-mnist"):
        Training(Recipe(**{setting: 0.1}), clothes, seed=1, device=set_up_device("cpu"))


def test_a_batch_gets_its_share_of_degraded_images_and_of_no_digits(
    best: Callable[[], Training],
):
    examples = best().examples
    first, again, second = (examples.epoch_images(epoch) for epoch in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, second)
    changed = (first != examples.images).any(dim=2).any(dim=1).float().mean()
    assert changed == pytest.approx(BEST.degraded, abs=0.08)
    images, labels = examples.varied(first[:100], examples.labels[:100], epoch=1)
    assert len(images) == len(labels) == 100 + round(100 * BEST.outliers)
    assert (labels[100:] == NO_DIGIT).all()
    images, labels = examples.varied(first[:100], examples.labels[:100], epoch=2)  # a plain one
    assert torch.equal(images, first[:100])
    assert torch.equal(labels, examples.labels[:100])


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
    long = msgspec.structs.replace(checkpoint.progress, seconds=1000.0)
    second = start(small_mnist)
    second.restore(replace(checkpoint, progress=long))
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
