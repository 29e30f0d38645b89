"""Every field of `Recipe` does what it says, in a real training.

A setting can be accepted, recorded, and then never used. These tests therefore run `Training` on a
few images and look at what is independent of how the loop is written: the images that enter the
network, the gradients, and the weights before and after each step.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cache, partial

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from digitlab.data.dataset import Dataset
from digitlab.data.extra import Extra
from digitlab.recipe import CLASSIFIERS, Recipe
from digitlab.records.history import HeldOutPoint, TestPoint, TrainPoint
from digitlab.train.build import build_network
from digitlab.train.device import set_up_device
from digitlab.train.loop import Training
from digitlab.train.networks import count_parameters, normalize

Weights = dict[str, Tensor]

# Every setting is in use, so each change below has the others to interact with.
EVERYTHING = Recipe(
    network="compact",
    epochs=2,
    batch_size=25,
    learning_rate=0.05,
    momentum=0.8,
    dropout=0.25,
    log_every=1,
    train_images=130,
    validation=30,
    schedule="one-cycle",
    warm_up=0.4,
    label_smoothing=0.1,
    weight_decay=0.01,
    muon=0.3,
    clip=0.1,
    average=0.3,
    augment=1.0,
    degraded=0.3,
    outliers=0.1,
    digit_loss=1.0,
    extra_share=0.2,
    plain_epochs=1,
    test_each_epoch=False,
)

CHANGES_WEIGHTS = {
    "network": "tutorial",
    "epochs": 3,
    "batch_size": 30,
    "learning_rate": 0.051,
    "momentum": 0.79,
    "dropout": 0.3,
    "train_images": 150,
    "validation": 40,
    "schedule": "triangle",
    "warm_up": 0.2,
    "label_smoothing": 0.09,
    "weight_decay": 0.011,
    "muon": 0.31,
    "clip": 0.09,
    "average": 0.29,
    "augment": 0.9,
    "degraded": 0.5,
    "outliers": 0.2,
    "digit_loss": 0.9,
    "extra_share": 0.1,
    "plain_epochs": 0,
    "precision": "bfloat16",
}

KEEPS_WEIGHTS = {"test_batch_size": 7, "log_every": 3, "test_each_epoch": True}

# Nothing random after the first weights, so each step can be computed again.
PLAIN = Recipe(
    epochs=2,
    batch_size=50,
    learning_rate=0.1,
    dropout=0.0,
    log_every=1,
    train_images=200,
    test_each_epoch=False,
)


@dataclass
class Step:
    """One training step, seen from outside."""

    epoch: int
    images: Tensor
    """uint8 (B, 28, 28), as they entered the network."""
    loss: float
    gradients: Weights
    before: Weights
    """The network's state before the step; also `after` it."""
    after: Weights


def copied(network: nn.Module) -> Weights:
    return {name: value.clone() for name, value in network.state_dict().items()}


def record(
    recipe: Recipe, dataset: Dataset, seed: int = 1, extra: Extra | None = None
) -> tuple[list[Step], Training]:
    """Train with `log_every=1` and return every step, and the training at its end."""
    assert recipe.log_every == 1
    training = Training(recipe, dataset, seed=seed, device=set_up_device("cpu"), extra=extra)
    batches: list[Tensor] = []

    def keep_batch(layer: nn.Module, inputs: tuple[Tensor]) -> None:
        if layer.training:
            pixels = (inputs[0] * dataset.std + dataset.mean) * 255
            batches.append(pixels.round().to(torch.uint8).squeeze(1))

    training.network.conv1.register_forward_pre_hook(keep_batch)
    steps: list[Step] = []
    weights = copied(training.network)
    for point in training.run():
        if isinstance(point, TrainPoint):
            gradients = {
                name: parameter.grad.clone()
                for name, parameter in training.network.named_parameters()
                if parameter.grad is not None
            }
            before, weights = weights, copied(training.network)
            steps.append(
                Step(point.epoch, batches[-1], point.loss, gradients, before=before, after=weights)
            )
    assert len(batches) == len(steps)
    return steps, training


def extra_of(dataset: Dataset) -> Extra:
    """Return ten pictures that are not among the training images."""
    images, labels = dataset.test_images[:10], dataset.test_labels[:10].astype(np.int64)
    return Extra(folder="/mine", images=images, labels=labels)


def final_weights(recipe: Recipe, dataset: Dataset) -> Weights:
    extra = extra_of(dataset)
    training = Training(recipe, dataset, seed=1, device=set_up_device("cpu"), extra=extra)
    for _ in training.run():
        pass
    return copied(training.network_in_use)


def equal(one: Weights, other: Weights) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def images_of_epoch(steps: list[Step], epoch: int) -> Tensor:
    return torch.cat([step.images for step in steps if step.epoch == epoch])


class Finder:
    """Finds images in a dataset by their pixels."""

    def __init__(self, dataset: Dataset) -> None:
        self.indices = {image.tobytes(): i for i, image in enumerate(dataset.train_images)}
        assert len(self.indices) == len(dataset.train_images)  # no image is there twice

    def __call__(self, images: Tensor) -> list[int | None]:
        """Return each image's index, or None if it is not in the dataset as it is."""
        return [self.indices.get(image.numpy().tobytes()) for image in images]


@pytest.fixture(scope="module")
def find(small_mnist: Dataset) -> Finder:
    return Finder(small_mnist)


@pytest.fixture
def with_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend that the processor computes bfloat16; PyTorch emulates it where it does not."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})


@pytest.fixture
def without_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)


# Whether each field changes the weights.


def test_every_field_is_tested_here():
    assert not CHANGES_WEIGHTS.keys() & KEEPS_WEIGHTS.keys()
    tested = CHANGES_WEIGHTS.keys() | KEEPS_WEIGHTS.keys() | {"crops"}  # in test_pages.py
    assert tested == {field.name for field in fields(Recipe)}, "add the new field to a list above"


@pytest.fixture(scope="module")
def weights_of(small_mnist: Dataset) -> Callable[[Recipe], Weights]:
    """Return `final_weights` for the small dataset, which trains each recipe only once."""
    return cache(partial(final_weights, dataset=small_mnist))


@pytest.mark.usefixtures("few_non_digits", "with_bfloat16")
@pytest.mark.parametrize("name", CHANGES_WEIGHTS)
def test_a_change_of_this_field_alone_changes_the_weights(
    weights_of: Callable[[Recipe], Weights], name: str
):
    changed = replace(EVERYTHING, **{name: CHANGES_WEIGHTS[name]})
    assert not equal(weights_of(changed), weights_of(EVERYTHING))


@pytest.mark.usefixtures("few_non_digits", "with_bfloat16")
def test_without_a_change_the_weights_are_the_same(
    small_mnist: Dataset, weights_of: Callable[[Recipe], Weights]
):
    torch.rand(3)  # the state of the global generator must not matter
    assert equal(final_weights(EVERYTHING, small_mnist), weights_of(EVERYTHING))


@pytest.mark.usefixtures("few_non_digits")
@pytest.mark.parametrize("name", KEEPS_WEIGHTS)
def test_reporting_changes_no_weight(weights_of: Callable[[Recipe], Weights], name: str):
    # Without held-out images, so that `test_each_epoch` decides when the test set is evaluated.
    recipe = replace(EVERYTHING, validation=0, train_images=100)
    changed = replace(recipe, **{name: KEEPS_WEIGHTS[name]})
    assert equal(weights_of(changed), weights_of(recipe))


def test_reporting_does_what_it_says(small_mnist: Dataset):
    tested: list[int] = []

    def points(recipe: Recipe, kind: type) -> int:
        training = Training(recipe, small_mnist, seed=1, device=set_up_device("cpu"))
        training.network.register_forward_pre_hook(
            lambda network, inputs: None if network.training else tested.append(len(inputs[0]))
        )
        return sum(isinstance(point, kind) for point in training.run())

    assert points(PLAIN, TrainPoint) == 8
    assert tested == [200]  # the test images, in one batch
    assert points(replace(PLAIN, log_every=3), TrainPoint) == 4  # steps 0 and 3 of each epoch
    assert points(PLAIN, TestPoint) == 1
    assert points(replace(PLAIN, test_each_epoch=True), TestPoint) == 3
    tested.clear()
    points(replace(PLAIN, test_batch_size=70), TestPoint)
    assert tested == [70, 70, 60]


# What each field does.


def test_network(small_mnist: Dataset):
    parameters = {}
    for name in CLASSIFIERS:
        recipe = replace(PLAIN, network=name)
        training = Training(recipe, small_mnist, seed=1, device=set_up_device("cpu"))
        parameters[name] = count_parameters(training.network)
    assert parameters == {"tutorial": 21_840, "fast": 38_170, "compact": 21_602, "best": 131_322}


def test_epochs_batch_size_train_images_validation_and_the_seed(small_mnist: Dataset, find: Finder):
    recipe = replace(PLAIN, epochs=3, batch_size=40, train_images=190, validation=80)
    steps, training = record(recipe, small_mnist)
    assert [step.epoch for step in steps] == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert [len(step.images) for step in steps] == [40, 40, 30] * 3

    held_out = find(training.examples.held_out_images)
    assert len(held_out) == 80
    learned = sorted(set(range(190)) - set(held_out))
    orders = [find(images_of_epoch(steps, epoch)) for epoch in (1, 2, 3)]
    for order in orders:  # each image once per epoch, and no other
        assert sorted(order) == learned
    assert [p.total for p in training.history if isinstance(p, HeldOutPoint)] == [80] * 4

    other_steps, _ = record(recipe, small_mnist, seed=2)
    assert not equal(other_steps[0].before, steps[0].before)
    orders.append(find(images_of_epoch(other_steps, 1)))
    assert len({tuple(order) for order in [*orders, learned]}) == 5  # all in different orders


RATES = {  # by schedule and warm-up: each of 8 steps' learning rate, as a share of the recipe's
    ("constant", 0.0): [1.0] * 8,
    ("constant", 0.5): [1.0] * 8,
    ("triangle", 0.5): [0.25, 0.5, 0.75, 1.0, 1.0, 0.75, 0.5, 0.25],
    ("triangle", 0.25): [0.5, 1.0, 1.0, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6],
    ("one-cycle", 0.5): [
        *(0.25, 0.5, 0.75, 1.0),
        *(0.5 + 0.5 * math.cos(math.pi * fall / 4) for fall in range(4)),
    ],
}


@pytest.mark.usefixtures("few_non_digits")
@pytest.mark.parametrize(
    "changes",
    [
        {"learning_rate": 0.02, "momentum": 0.9},
        {"momentum": 0.5, "weight_decay": 0.3},
        {"network": "fast", "weight_decay": 0.1, "label_smoothing": 0.2},
        {"outliers": 0.3, "label_smoothing": 0.1},
        {"outliers": 0.1, "augment": 1.0, "degraded": 0.5},
        {"network": "compact", "outliers": 0.3, "digit_loss": 2.0},
        *[{"schedule": schedule, "warm_up": warm_up} for schedule, warm_up in RATES],
    ],
    ids=str,
)
def test_every_step_is_the_arithmetic_of_its_settings(
    small_mnist: Dataset, find: Finder, changes: dict[str, object]
):
    """Learning rate, momentum, weight decay, schedule, warm-up, smoothing, outliers, digit loss."""
    recipe = replace(PLAIN, **changes)
    steps, _ = record(recipe, small_mnist)
    # The same images in the same order, but as the dataset has them: so their labels are known.
    plain_steps, _ = record(replace(recipe, augment=0.0, degraded=0.0), small_mnist)
    rates = RATES[recipe.schedule, recipe.warm_up]
    velocities = {name: torch.zeros_like(g) for name, g in steps[0].gradients.items()}
    for step, plain, rate in zip(steps, plain_steps, rates, strict=True):
        loss, gradients = loss_and_gradients(recipe, small_mnist, step, find(plain.images))
        assert step.loss == pytest.approx(loss, rel=3e-6)
        for name, gradient in gradients.items():
            error = (step.gradients[name] - gradient).norm()
            # Rounding depends on the processor: where it has AVX-512, 1.05e-5 was seen.
            assert error <= 3e-5 * gradient.norm() + 1e-8, name

            weight = step.before[name]
            decay = recipe.weight_decay if weight.dim() > 1 else 0.0
            velocities[name] = recipe.momentum * velocities[name] + gradient + decay * weight
            expected = recipe.learning_rate * rate * velocities[name]
            error = (weight - step.after[name] - expected).norm()
            assert error <= 1e-4 * expected.norm() + 1e-6 * weight.norm() + 1e-8, name


def loss_and_gradients(
    recipe: Recipe, dataset: Dataset, step: Step, indices: list[int | None]
) -> tuple[float, Weights]:
    """Compute the step's loss and gradients again, as plainly as possible.

    `indices` are those of the step's images in the dataset, None for a picture of no digit.
    """
    digits = [i for i in indices if i is not None]
    assert len(indices) == len(digits) + round(recipe.outliers * len(digits))
    targets = torch.full((len(indices), 10), 0.1)  # for a picture of no digit
    for row, index in enumerate(indices):
        if index is not None:
            targets[row] = recipe.label_smoothing / 10
            targets[row, int(dataset.train_labels[index])] += 1 - recipe.label_smoothing
    network = build_network(recipe).train()
    network.load_state_dict(step.before)
    images = normalize(step.images, dataset.mean, dataset.std)
    if recipe.digit_loss:
        is_digit = torch.tensor([index is not None for index in indices])
        answers, log_odds = network.classify_and_detect(images)
        loss = -(targets * answers)[is_digit].sum() / len(digits)
        right = torch.where(is_digit, log_odds, -log_odds).sigmoid()
        loss = loss - recipe.digit_loss * right.log().mean()
    else:
        loss = -(targets * network(images)).sum() / len(indices)
    loss.backward()
    learned = {name: p.grad for name, p in network.named_parameters() if p.grad is not None}
    assert learned.keys() == step.gradients.keys()
    return loss.item(), learned


def test_weight_decay_makes_weights_smaller_and_leaves_biases_alone(small_mnist: Dataset):
    # A gradient step that is tiny next to the decay: 8 steps of 1 - 0.001 * 50.
    recipe = replace(PLAIN, learning_rate=0.001, momentum=0.0, weight_decay=50.0)
    steps, _ = record(recipe, small_mnist)
    for name, last in steps[-1].after.items():
        expected = 0.95**8 if last.dim() > 1 else 1.0
        assert last.norm() / steps[0].before[name].norm() == pytest.approx(expected, abs=0.02), name


def test_muon(small_mnist: Dataset):
    recipe = replace(PLAIN, muon=0.2, learning_rate=0.05, momentum=0.6, weight_decay=0.1)
    steps, _ = record(recipe, small_mnist)
    velocity = torch.zeros(20, 250)
    for step in steps:
        weight = step.before["conv2.weight"].flatten(1)
        gradient = step.gradients["conv2.weight"].flatten(1)
        velocity = 0.6 * velocity + gradient
        moved = (weight - step.after["conv2.weight"].flatten(1)) / 0.05
        orthogonal = (moved - 0.1 / (1 - 0.6) * weight) / 0.2
        # In its own singular directions, the step that the gradient asks for has lengths near 1.
        rows, lengths, columns = torch.linalg.svd(gradient + 0.6 * velocity, full_matrices=False)
        after = (rows.T @ orthogonal @ columns.T).diag()[lengths > 0.003 * lengths.norm()]
        assert len(after) >= 10
        assert ((after > 0.65) & (after < 1.25)).all()


def test_without_muon_the_same_weights_move_as_the_gradient_says(small_mnist: Dataset):
    (step, *_), _ = record(PLAIN, small_mnist)
    moved = step.before["conv2.weight"] - step.after["conv2.weight"]
    assert torch.allclose(moved, 0.1 * step.gradients["conv2.weight"], rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize("network", CLASSIFIERS)
@pytest.mark.parametrize("share", [0.2, 0.6])
def test_dropout(small_mnist: Dataset, network: str, share: float):
    recipe = replace(PLAIN, network=network, dropout=share, epochs=1)
    training = Training(recipe, small_mnist, seed=1, device=set_up_device("cpu"))
    dropped: dict[nn.Module, list[Tensor]] = defaultdict(list)

    def look(module: nn.Module, inputs: tuple[Tensor], output: Tensor) -> None:
        if module.training:
            dropped[module].append((output == 0)[inputs[0] != 0])
        else:
            assert torch.equal(output, inputs[0])

    for module in training.network.modules():
        if isinstance(module, nn.Dropout | nn.Dropout2d):
            module.register_forward_hook(look)
    for _ in training.run():
        pass
    assert len(dropped) == (2 if network == "tutorial" else 1)
    for module, places in dropped.items():
        assert torch.cat(places).float().mean() == pytest.approx(share, abs=0.05), module


@pytest.mark.parametrize("decay", [0.3, 0.999])
def test_average_and_its_warm_up(small_mnist: Dataset, decay: float):
    recipe = replace(PLAIN, network="compact", average=decay)
    steps, training = record(recipe, small_mnist)
    expected = {name: value.double() for name, value in steps[0].before.items()}
    for number, step in enumerate(steps):
        kept = min(decay, (1 + number) / (10 + number))  # 0.1, 0.18, 0.25, 0.31, …
        for name, value in step.after.items():
            expected[name] = kept * expected[name] + (1 - kept) * value
    for name, value in training.network_in_use.state_dict().items():
        if value.is_floating_point():
            assert torch.allclose(value.double(), expected[name], rtol=1e-4, atol=1e-6), name
        else:
            assert value == 8, name  # batches, counted
    assert not torch.equal(training.network_in_use.fc.weight, training.network.fc.weight)


def test_without_an_average_the_last_weights_are_used(small_mnist: Dataset):
    steps, training = record(PLAIN, small_mnist)
    assert equal(copied(training.network_in_use), steps[-1].after)


def test_augment(small_mnist: Dataset):
    def shown(strength: float) -> Tensor:
        steps, _ = record(replace(PLAIN, augment=strength, epochs=1), small_mnist)
        return images_of_epoch(steps, 1).float()

    plain = shown(0.0)  # in the same order as below
    differences = [(shown(strength) - plain).abs().mean() for strength in (0.3, 1.0, 2.0)]
    assert differences[0] > 3  # gray levels
    assert differences[1] > 1.5 * differences[0]
    assert differences[2] > 1.3 * differences[1]


@pytest.mark.parametrize("share", [0.2, 0.7, 1.0])
def test_degraded(small_mnist: Dataset, find: Finder, share: float):
    steps, _ = record(replace(PLAIN, degraded=share), small_mnist)
    degraded = [find(images_of_epoch(steps, epoch)).count(None) / 200 for epoch in (1, 2)]
    assert degraded == pytest.approx([share, share], abs=0.1)
    if share < 1:  # in each epoch, other images are degraded
        as_they_are = [set(find(images_of_epoch(steps, epoch))) for epoch in (1, 2)]
        assert as_they_are[0] != as_they_are[1]


@pytest.mark.usefixtures("few_non_digits")
def test_outliers(small_mnist: Dataset, find: Finder):
    steps, _ = record(replace(PLAIN, outliers=0.3), small_mnist)
    counts = [Counter(index is None for index in find(step.images)) for step in steps]
    assert counts == [{False: 50, True: 15}] * 8


@pytest.mark.usefixtures("few_non_digits")
def test_plain_epochs_show_a_network_that_detects_digits_nothing_else(
    small_mnist: Dataset, find: Finder
):
    recipe = replace(PLAIN, network="compact", outliers=0.3, digit_loss=1.0, plain_epochs=1)
    steps, _ = record(recipe, small_mnist)
    assert [len(step.images) for step in steps] == [65] * 4 + [50] * 4
    for step in steps:  # and in these, it does not unlearn what no digit is
        assert step.gradients["is_digit.weight"].any() == (len(step.images) == 65)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.6])
def test_extra_share(small_mnist: Dataset, find: Finder, share: float):
    own = torch.from_numpy(small_mnist.test_images[:10])
    recipe = replace(PLAIN, extra_share=share)
    plain, _ = record(recipe, small_mnist)
    steps, _ = record(recipe, small_mnist, extra=extra_of(small_mnist))
    shown = []
    for step, other in zip(steps, plain, strict=True):
        assert torch.equal(step.images[:50], other.images)  # the dataset's, in the same order
        shown.append(step.images[50:])
        assert len(shown[-1]) == round(50 * share)
    images = torch.cat(shown).float()
    distances = (images[:, None] - own[None].float()).abs().mean((2, 3))  # shown x own
    nearest = distances.argmin(1).bincount(minlength=10)
    if share:
        assert (distances.min(1).values > 0).all()  # each was changed a little
        assert (distances.min(1).values < 30).float().mean() > 0.8
        assert (nearest > 0).sum() >= 7  # drawn from all of them


@pytest.mark.parametrize("changes", [{"augment": 1.0}, {"degraded": 1.0}], ids=str)
@pytest.mark.parametrize("plain", [0, 1, 3])
def test_plain_epochs(small_mnist: Dataset, find: Finder, changes: dict[str, float], plain: int):
    recipe = replace(PLAIN, epochs=4, train_images=100, plain_epochs=plain, **changes)
    steps, _ = record(recipe, small_mnist)
    as_they_are = [100 - find(images_of_epoch(steps, epoch)).count(None) for epoch in (1, 2, 3, 4)]
    # Where too little would be left of a degraded image, the image itself is kept.
    assert all(count <= 2 for count in as_they_are[: 4 - plain])
    assert as_they_are[4 - plain :] == [100] * plain


def precisions(recipe: Recipe, dataset: Dataset) -> dict[bool, set[torch.dtype]]:
    """Return in which types layers with weights compute, while training (True) and testing."""
    training = Training(recipe, dataset, seed=1, device=set_up_device("cpu"))
    found: dict[bool, set[torch.dtype]] = {True: set(), False: set()}
    for module in training.network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.register_forward_hook(
                lambda module, _inputs, output: found[module.training].add(output.dtype)
            )
    for _ in training.run():
        pass
    assert {value.dtype for value in training.network.parameters()} == {torch.float32}
    return found


@pytest.mark.usefixtures("with_bfloat16")
def test_precision(small_mnist: Dataset):
    recipe = replace(PLAIN, epochs=1)
    float32, bfloat16 = {torch.float32}, {torch.bfloat16}
    assert precisions(recipe, small_mnist) == {True: float32, False: float32}
    recipe = replace(recipe, precision="bfloat16")
    assert precisions(recipe, small_mnist) == {True: bfloat16, False: float32}


@pytest.mark.usefixtures("without_bfloat16")
def test_precision_is_float32_where_bfloat16_would_be_slower(small_mnist: Dataset):
    recipe = replace(PLAIN, epochs=1, precision="bfloat16")
    assert precisions(recipe, small_mnist) == {True: {torch.float32}, False: {torch.float32}}
