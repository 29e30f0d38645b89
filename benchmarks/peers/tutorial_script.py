"""The tutorial's system as its readers run it: the other side of `against_tutorial.py`.

Written from a description of the tutorial, with no line of digitlab in it: torchvision's MNIST and
transforms, a DataLoader that treats every image singly, the network, momentum SGD, a printed line
and two saved files every 10 batches, a test before the first epoch and after each, three figures.
Two things differ: figures go to files instead of windows, and the last line of stdout is a JSON
object, `{"epochs", "correct", "total", "accuracy", "seconds"}`, with the accuracy of the last test
as a fraction and, in `seconds`, each epoch's training and test together.

It needs torch, matplotlib and Pillow, and torchvision on PYTHONPATH; `<data>/MNIST/raw/` holds the
four decompressed files, else torchvision downloads them.
"""

import argparse
import importlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import matplotlib
import torch
import torch.nn.functional as F
from matplotlib import pyplot
from torch import Tensor, nn, optim
from torch.utils.data import DataLoader

BATCH_SIZE_TRAIN = 64
BATCH_SIZE_TEST = 1000
LEARNING_RATE = 0.01
MOMENTUM = 0.9
LOG_INTERVAL_BATCHES = 10
TRAIN_EXAMPLES = 60_000
TEST_EXAMPLES = 10_000
EPOCHS_BEFORE_CONTINUING = 3

Loader = DataLoader[tuple[Tensor, Tensor]]


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
        """Map N images to their log-probabilities; the shape each line leaves stands beside it."""
        x = F.relu(F.max_pool2d(self.conv1(x), 2))  # Nx10x12x12, from Nx10x24x24
        x = F.relu(F.max_pool2d(self.conv2_drop(self.conv2(x)), 2))  # Nx20x4x4, from Nx20x8x8
        x = x.view(-1, 320)  # Nx320
        x = F.relu(self.fc1(x))  # Nx50
        x = F.dropout(x, training=self.training)  # Nx50
        x = self.fc2(x)  # Nx10
        return F.log_softmax(x, dim=1)  # Nx10


@dataclass
class History:
    """The points of the loss figure: examples seen, and the mean NLL there."""

    train_seen: list[int] = field(default_factory=list)
    train_losses: list[float] = field(default_factory=list)
    test_seen: list[int] = field(default_factory=list)
    test_losses: list[float] = field(default_factory=list)


def import_torchvision() -> ModuleType:
    """Import torchvision, also beside a CPU-only torch.

    Some of its wheels hold compiled operators for CUDA only. Without CUDA these do not load, and
    the import stops at the first of two that it describes but cannot find. MNIST needs neither, so
    declaring them, with nothing behind them, is enough.
    """
    try:
        return importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
    for operator in ("nms", "qnms"):
        torch.library.define(
            f"torchvision::{operator}",
            "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
        )
    return importlib.import_module("torchvision")


def load_data(data: Path, train: bool) -> Loader:
    """One of MNIST's two parts as shuffled batches: images Nx1x28x28 and labels N."""
    torchvision = import_torchvision()
    to_normalized = torchvision.transforms.Compose(
        [
            torchvision.transforms.ToTensor(),
            torchvision.transforms.Normalize((0.1307,), (0.3081,)),
        ]
    )
    # `download=True` looks for the files first, and asks the network only for missing ones.
    dataset = torchvision.datasets.MNIST(data, train, transform=to_normalized, download=True)
    assert len(dataset) == (TRAIN_EXAMPLES if train else TEST_EXAMPLES)
    # The tutorial shuffles the test set too, for no reason; it is part of what is measured.
    return DataLoader(dataset, BATCH_SIZE_TRAIN if train else BATCH_SIZE_TEST, shuffle=True)


def train_epoch(
    epoch: int,
    network: Net,
    optimizer: optim.Optimizer,
    loader: Loader,
    history: History,
    out: Path,
) -> None:
    """Train for one epoch; at every log point print a line, record the loss and save."""
    network.train()
    for batch, (images, labels) in enumerate(loader):
        optimizer.zero_grad()
        log_probabilities = network(images)
        loss = F.nll_loss(log_probabilities, labels)
        loss.backward()
        optimizer.step()
        if batch % LOG_INTERVAL_BATCHES == 0:
            seen = batch * BATCH_SIZE_TRAIN
            print(
                f"Train Epoch: {epoch} [{seen}/{TRAIN_EXAMPLES} "
                f"({100.0 * batch / len(loader):.0f}%)]\tLoss: {loss.item():.6f}"
            )
            history.train_losses.append(loss.item())
            history.train_seen.append(seen + (epoch - 1) * TRAIN_EXAMPLES)
            torch.save(network.state_dict(), out / "model.pth")
            torch.save(optimizer.state_dict(), out / "optimizer.pth")


def test(epoch: int, network: Net, loader: Loader, history: History) -> int:
    """Measure the network on the test set after `epoch` epochs; return how many were right."""
    network.eval()
    summed_loss = 0.0
    correct = 0
    with torch.no_grad():
        for images, labels in loader:
            log_probabilities = network(images)
            summed_loss += F.nll_loss(log_probabilities, labels, reduction="sum").item()
            correct += int((log_probabilities.argmax(dim=1) == labels).sum())
    mean_loss = summed_loss / TEST_EXAMPLES
    history.test_losses.append(mean_loss)
    history.test_seen.append(epoch * TRAIN_EXAMPLES)
    print(
        f"\nTest set: Avg. loss: {mean_loss:.4f}, Accuracy: {correct}/{TEST_EXAMPLES} "
        f"({100.0 * correct / TEST_EXAMPLES:.2f}%)\n"
    )
    return correct


def draw_images(images: Tensor, titles: Sequence[str], path: Path) -> None:
    """Draw six images (of Nx1x28x28) in two rows of three, a title over each."""
    figure = pyplot.figure()
    for index in range(6):
        axes = figure.add_subplot(2, 3, index + 1)
        axes.imshow(images[index][0], cmap="gray", interpolation="none")
        axes.set_title(titles[index])
        axes.set_xticks([])
        axes.set_yticks([])
    figure.tight_layout()
    figure.savefig(path)
    pyplot.close(figure)


def draw_losses(history: History, path: Path) -> None:
    """Draw the training loss as a line and the test losses as dots."""
    figure, axes = pyplot.subplots()
    axes.plot(history.train_seen, history.train_losses, color="blue", label="Train Loss")
    axes.scatter(history.test_seen, history.test_losses, color="red", label="Test Loss")
    axes.legend(loc="upper right")
    axes.set_xlabel("number of training examples seen")
    axes.set_ylabel("negative log likelihood loss")
    figure.savefig(path)
    pyplot.close(figure)


def continue_as_the_tutorial_does(network: Net, out: Path) -> None:
    """Build a second network and optimizer, load the saved states, and use neither.

    That is what the tutorial's "continue" comes to: its later epochs go on training the first
    network, which is still in memory. Kept because it is part of what readers run, and because the
    new network's starting weights take random numbers, which changes what later epochs draw.
    """
    continued_network = Net()
    continued_optimizer = optim.SGD(network.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM)
    continued_network.load_state_dict(torch.load(out / "model.pth", weights_only=True))
    continued_optimizer.load_state_dict(torch.load(out / "optimizer.pth", weights_only=True))


def run_tutorial(epochs: int, data: Path, out: Path, seed: int) -> dict[str, object]:
    """Do all that the tutorial does, for `epochs` epochs; return what the last line reports."""
    torch.manual_seed(seed)
    train_loader = load_data(data, train=True)
    test_loader = load_data(data, train=False)

    samples, labels = next(iter(test_loader))
    draw_images(samples, [f"Ground Truth: {label}" for label in labels.tolist()], out / "data.png")

    network = Net()
    optimizer = optim.SGD(network.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM)
    history = History()
    seconds: list[float] = []

    correct = test(0, network, test_loader, history)
    for epoch in range(1, epochs + 1):
        start = time.perf_counter()
        train_epoch(epoch, network, optimizer, train_loader, history, out)
        correct = test(epoch, network, test_loader, history)
        seconds.append(round(time.perf_counter() - start, 3))

        if epoch == min(epochs, EPOCHS_BEFORE_CONTINUING):
            draw_losses(history, out / "losses.png")
            with torch.no_grad():
                answers = network(samples).argmax(dim=1).tolist()
            titles = [f"Prediction: {digit}" for digit in answers]
            draw_images(samples, titles, out / "predictions.png")
            if epoch < epochs:
                continue_as_the_tutorial_does(network, out)
    if epochs > EPOCHS_BEFORE_CONTINUING:
        draw_losses(history, out / "losses.png")

    return {
        "epochs": epochs,
        "correct": correct,
        "total": TEST_EXAMPLES,
        "accuracy": correct / TEST_EXAMPLES,
        "seconds": seconds,
    }


def main() -> None:
    """Read the command line, run the tutorial, and print its result as the last line."""
    parser = argparse.ArgumentParser(description="Run the tutorial's own system, start to end.")
    parser.add_argument("--epochs", type=int, default=8, help="epochs to train (default: 8)")
    parser.add_argument(
        "--data",
        type=Path,
        default=Path("data"),
        help="folder with MNIST/raw/ and the four decompressed files in it (default: data)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("tutorial-out"),
        help="folder for model.pth, optimizer.pth and the figures (default: tutorial-out)",
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of all that is random (1)")
    arguments = parser.parse_args()
    if arguments.epochs < 1:
        parser.error(f"--epochs is {arguments.epochs}, but must be 1 or more")

    matplotlib.use("Agg")
    arguments.out.mkdir(parents=True, exist_ok=True)
    result = run_tutorial(arguments.epochs, arguments.data, arguments.out, arguments.seed)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
