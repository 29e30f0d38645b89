"""Our training against the tutorial's, written here again as plainly as PyTorch allows.

With the same initial weights, batches and random state, every loss of an epoch and every weight at
its end must be equal to the last bit.
"""

import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from digitlab.data.dataset import Dataset
from digitlab.recipe import Recipe
from digitlab.records.history import TestPoint, TrainPoint
from digitlab.train.device import set_up_device
from digitlab.train.loop import Training
from digitlab.train.order import epoch_order


class PlainNetwork(nn.Module):
    """The tutorial's network, with the names of its state_dict."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 10, 5)
        self.conv2 = nn.Conv2d(10, 20, 5)
        self.conv2_drop = nn.Dropout2d()
        self.fc1 = nn.Linear(320, 50)
        self.fc2 = nn.Linear(50, 10)

    def forward(self, x):
        x = F.relu(F.max_pool2d(self.conv1(x), 2))
        x = F.relu(F.max_pool2d(self.conv2_drop(self.conv2(x)), 2))
        x = x.reshape(-1, 320)
        x = F.relu(self.fc1(x))
        x = F.dropout(x, training=self.training)
        return F.log_softmax(self.fc2(x), dim=1)


def plain_epoch(
    dataset: Dataset, seed: int, layout: torch.memory_format
) -> tuple[list[float], dict[str, torch.Tensor]]:
    """Train one epoch with the tutorial's step; return every loss and the final weights."""
    torch.manual_seed(seed)
    network = PlainNetwork().to(memory_format=layout)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)
    network.train()
    # The same as torchvision's ToTensor and Normalize, on all images at once.
    images = torch.tensor(dataset.train_images)[:, None].float().div(255)
    images = images.sub(0.1307).div(0.3081)
    labels = torch.tensor(dataset.train_labels, dtype=torch.int64)
    order = epoch_order(len(images), seed, epoch=1)
    losses = []
    for start in range(0, len(images), 64):
        batch = order[start : start + 64]
        optimizer.zero_grad()
        loss = F.nll_loss(network(images[batch]), labels[batch])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, network.state_dict()


@pytest.mark.parametrize("images", [3_216, pytest.param(60_000, marks=pytest.mark.slow)])
def test_an_epoch_equals_the_tutorials_to_the_last_bit(mnist: Dataset, images: int):
    part = replace(
        mnist, train_images=mnist.train_images[:images], train_labels=mnist.train_labels[:images]
    )
    training = Training(Recipe(epochs=1, log_every=1), part, seed=1, device=set_up_device("cpu"))
    points = list(training.run())

    losses, weights = plain_epoch(part, 1, torch.channels_last)
    ours = [point.loss for point in points if isinstance(point, TrainPoint)]
    assert len(ours) == math.ceil(images / 64)  # 51 or 938, the last one smaller
    assert ours == losses
    for name, weight in training.network.state_dict().items():
        assert torch.equal(weight, weights[name]), name

    # Where the points of the loss curve are, and what the tests before and after report.
    seen = [point.examples for point in points if isinstance(point, TrainPoint)]
    assert seen == list(range(0, images, 64))
    before, after = (point for point in points if isinstance(point, TestPoint))
    assert (before.examples, after.examples) == (0, images)
    assert before.correct < 2_500
    assert after.correct >= (9_600 if images == 60_000 else 5_000)


def test_in_the_tutorials_own_memory_layout_only_rounding_differs(mnist: Dataset):
    part = replace(
        mnist, train_images=mnist.train_images[:3200], train_labels=mnist.train_labels[:3200]
    )
    recipe = Recipe(epochs=1, log_every=1)
    training = Training(recipe, part, seed=1, device=set_up_device("cpu"))
    ours = [point.loss for point in training.run() if isinstance(point, TrainPoint)]
    losses, _ = plain_epoch(part, 1, torch.contiguous_format)
    assert len(ours) == 50
    assert ours[0] == pytest.approx(losses[0], rel=1e-6)
    assert ours[:10] == pytest.approx(losses[:10], rel=1e-4)
    assert ours == pytest.approx(losses, rel=0.02)  # each step amplifies the differences


def test_the_test_equals_the_tutorials(mnist: Dataset):
    training = Training(Recipe(), mnist, seed=3, device=set_up_device("cpu"))
    point = next(training.run())

    network = PlainNetwork()
    network.load_state_dict(training.network.state_dict())
    network.eval()
    images = torch.tensor(mnist.test_images)[:, None].float().div(255).sub(0.1307).div(0.3081)
    labels = torch.tensor(mnist.test_labels, dtype=torch.int64)
    loss, correct = 0.0, 0
    with torch.no_grad():
        for start in range(0, 10_000, 1000):
            answers = network(images[start : start + 1000])
            loss += F.nll_loss(answers, labels[start : start + 1000], reduction="sum").item()
            correct += int((answers.argmax(1) == labels[start : start + 1000]).sum())
    assert isinstance(point, TestPoint)
    assert point.correct == correct
    assert point.loss == pytest.approx(loss / 10_000, rel=1e-6)


def test_the_log_points_are_the_tutorials(small_mnist: Dataset):
    training = Training(Recipe(epochs=2), small_mnist, seed=1, device=set_up_device("cpu"))
    points = [p for p in training.run() if isinstance(p, TrainPoint)]
    # 600 images are 10 batches, the last of 24: one point per epoch, before its first step.
    assert [(p.epoch, p.examples_in_epoch, p.examples) for p in points] == [(1, 0, 0), (2, 0, 600)]


def test_the_lines_look_like_the_tutorials():
    train = TrainPoint(
        epoch=1,
        examples_in_epoch=640,
        epoch_size=60_000,
        examples=640,
        loss=2.298101,
        learning_rate=0.01,
        seconds=1.0,
    )
    test = TestPoint(
        epoch=1,
        examples=60_000,
        loss=0.0952,
        correct=9713,
        total=10_000,
        classes_answered=10,
        seconds=1.0,
    )
    assert train.line() == "Train Epoch: 1 [640/60000 (1%)]\tLoss: 2.298101"
    assert test.line() == "Test set: Avg. loss: 0.0952, Accuracy: 9713/10000 (97.13%)"
