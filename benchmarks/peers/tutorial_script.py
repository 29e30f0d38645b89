"""The tutorial's system as its readers run it: a peer for `benchmarks.race`.

Written from a description of the tutorial, without any code of digitlab: torchvision's MNIST and
transforms, a DataLoader that treats each image on its own, the network, momentum SGD, a printed
line and two saved files every 10 batches, a test before the first epoch and after each one, three
figures. Two things differ: figures are saved in files instead of shown in windows, and the last
line of stdout is a JSON object, `{"epochs", "correct", "total", "accuracy", "seconds"}`, with the
accuracy of the last test as a fraction and the seconds of each epoch, its test included.

It needs torch, matplotlib and Pillow, and torchvision on PYTHONPATH. `DATA/MNIST/raw/` must hold
the four decompressed files, or torchvision downloads them.
"""

import argparse
import importlib
import json
import time
from pathlib import Path
from types import ModuleType

import matplotlib
import torch
import torch.nn.functional as F
from matplotlib import pyplot
from torch import Tensor, nn, optim
from torch.utils.data import DataLoader

BATCH_SIZE_TRAIN, BATCH_SIZE_TEST = 64, 1000
LEARNING_RATE, MOMENTUM = 0.01, 0.9
LOG_INTERVAL = 10  # batches
TRAIN_EXAMPLES, TEST_EXAMPLES = 60_000, 10_000
EPOCHS_BEFORE_CONTINUING = 3


class Net(nn.Module):
    """The tutorial's network: Nx1x28x28 normalized pixels in, Nx10 log-probabilities out."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 10, kernel_size=5)
        self.conv2 = nn.Conv2d(10, 20, kernel_size=5)
        self.conv2_drop = nn.Dropout2d()
        self.fc1 = nn.Linear(320, 50)
        self.fc2 = nn.Linear(50, 10)
        assert sum(parameter.numel() for parameter in self.parameters()) == 21_840

    def forward(self, x: Tensor) -> Tensor:
        """Return the log-probabilities of N images; comments give the shape after each line."""
        x = F.relu(F.max_pool2d(self.conv1(x), 2))  # Nx10x12x12, from Nx10x24x24
        x = F.relu(F.max_pool2d(self.conv2_drop(self.conv2(x)), 2))  # Nx20x4x4, from Nx20x8x8
        x = x.view(-1, 320)  # Nx320
        x = F.relu(self.fc1(x))  # Nx50
        x = F.dropout(x, training=self.training)  # Nx50
        x = self.fc2(x)  # Nx10
        return F.log_softmax(x, dim=1)  # Nx10


def import_torchvision() -> ModuleType:
    """Import torchvision, also next to a CPU-only torch.

    Some of its wheels contain compiled operators for CUDA only. Without CUDA these do not load, and
    the import fails at the first of two operators that it describes but cannot find. MNIST needs
    neither, so it is enough to declare them without an implementation.
    """
    try:
        return importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
    signature = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
    for operator in ("nms", "qnms"):
        torch.library.define(f"torchvision::{operator}", signature)
    return importlib.import_module("torchvision")


def load_data(train: bool) -> DataLoader[tuple[Tensor, Tensor]]:
    """Return one of MNIST's two parts as shuffled batches: images Nx1x28x28 and labels N."""
    torchvision = import_torchvision()
    transforms = torchvision.transforms
    steps = [transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))]
    # `download=True` looks for the files first and downloads only missing ones.
    dataset = torchvision.datasets.MNIST(
        arguments.data, train, transform=transforms.Compose(steps), download=True
    )
    assert len(dataset) == (TRAIN_EXAMPLES if train else TEST_EXAMPLES)
    # The tutorial shuffles the test set too, for no reason; it is part of what is measured.
    return DataLoader(dataset, BATCH_SIZE_TRAIN if train else BATCH_SIZE_TEST, shuffle=True)


def train_epoch(epoch: int) -> None:
    """Train for one epoch; every 10 batches, print a line, record the loss and save."""
    network.train()
    for batch, (images, labels) in enumerate(train_loader):
        optimizer.zero_grad()
        loss = F.nll_loss(network(images), labels)
        loss.backward()
        optimizer.step()
        if batch % LOG_INTERVAL == 0:
            seen = batch * BATCH_SIZE_TRAIN
            print(
                f"Train Epoch: {epoch} [{seen}/{TRAIN_EXAMPLES} "
                f"({100.0 * batch / len(train_loader):.0f}%)]\tLoss: {loss.item():.6f}"
            )
            train_points.append((seen + (epoch - 1) * TRAIN_EXAMPLES, loss.item()))
            torch.save(network.state_dict(), arguments.out / "model.pth")
            torch.save(optimizer.state_dict(), arguments.out / "optimizer.pth")


def test(epoch: int) -> int:
    """Test the network after `epoch` epochs; return how many answers are correct."""
    network.eval()
    summed_loss, correct = 0.0, 0
    with torch.no_grad():
        for images, labels in test_loader:
            log_probabilities = network(images)
            summed_loss += F.nll_loss(log_probabilities, labels, reduction="sum").item()
            correct += int((log_probabilities.argmax(dim=1) == labels).sum())
    mean_loss = summed_loss / TEST_EXAMPLES
    test_points.append((epoch * TRAIN_EXAMPLES, mean_loss))
    print(
        f"\nTest set: Avg. loss: {mean_loss:.4f}, Accuracy: {correct}/{TEST_EXAMPLES} "
        f"({100.0 * correct / TEST_EXAMPLES:.2f}%)\n"
    )
    return correct


def draw_samples(title: str, digits: Tensor, name: str) -> None:
    """Draw the first six sample images in two rows of three, each with its digit above."""
    figure = pyplot.figure()
    for index in range(6):
        axes = figure.add_subplot(2, 3, index + 1)
        axes.imshow(samples[index][0].numpy(), cmap="gray", interpolation="none")
        axes.set_title(f"{title}: {int(digits[index])}")
        axes.set(xticks=[], yticks=[])
    figure.tight_layout()
    figure.savefig(arguments.out / name)
    pyplot.close(figure)


def draw_losses() -> None:
    """Draw the training loss as a line and the test losses as dots."""
    figure, axes = pyplot.subplots()
    axes.plot(*zip(*train_points, strict=True), color="blue", label="Train Loss")
    axes.scatter(*zip(*test_points, strict=True), color="red", label="Test Loss")
    axes.legend(loc="upper right")
    axes.set(xlabel="number of training examples seen", ylabel="negative log likelihood loss")
    figure.savefig(arguments.out / "losses.png")
    pyplot.close(figure)


parser = argparse.ArgumentParser(description="Run the tutorial's own system from start to end.")
parser.add_argument("--epochs", type=int, choices=range(1, 1001), metavar="N", default=8)
parser.add_argument("--data", type=Path, default=Path("data"), help="its MNIST/raw has the files")
parser.add_argument("--out", type=Path, default=Path("tutorial-out"), help="folder for results")
parser.add_argument("--seed", type=int, default=1)
arguments = parser.parse_args()

matplotlib.use("Agg")
arguments.out.mkdir(parents=True, exist_ok=True)
torch.manual_seed(arguments.seed)
train_loader, test_loader = load_data(train=True), load_data(train=False)
samples, labels = next(iter(test_loader))
draw_samples("Ground Truth", labels, "data.png")

network = Net()
optimizer = optim.SGD(network.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM)
train_points: list[tuple[int, float]] = []  # examples seen, mean loss
test_points: list[tuple[int, float]] = []
seconds: list[float] = []
correct = test(0)
for epoch in range(1, arguments.epochs + 1):
    start = time.perf_counter()
    train_epoch(epoch)
    correct = test(epoch)
    seconds.append(round(time.perf_counter() - start, 3))
    if epoch == min(arguments.epochs, EPOCHS_BEFORE_CONTINUING):
        draw_losses()
        with torch.no_grad():
            draw_samples("Prediction", network(samples).argmax(dim=1), "predictions.png")
        if epoch < arguments.epochs:
            # The tutorial "continues" with a new network and optimizer that load the saved states,
            # and then continues to train the first network. Kept because its readers run it, and
            # because the new network's random weights change the random numbers that follow.
            continued_network = Net()
            continued_optimizer = optim.SGD(
                network.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM
            )
            model, state = (arguments.out / name for name in ("model.pth", "optimizer.pth"))
            continued_network.load_state_dict(torch.load(model, weights_only=True))
            continued_optimizer.load_state_dict(torch.load(state, weights_only=True))
if arguments.epochs > EPOCHS_BEFORE_CONTINUING:
    draw_losses()

result = {"epochs": arguments.epochs, "correct": correct, "total": TEST_EXAMPLES}
print(json.dumps(result | {"accuracy": correct / TEST_EXAMPLES, "seconds": seconds}))
