"""A network made to learn fast, as its author's facts tell: the peer of the recipe `fast`.

Written from the facts of tuomaso/train_mnist_fast, with no line of it or of digitlab: convolutions
of 24 kernels of 5x5 and of 32 of 3x3, each pooled, 256 hidden units, Adam at a rate of 0.01 with
betas of 0.7 and 0.9, one cycle, batches of 256, one epoch. Where the facts are silent it takes
what is usual: max pooling over 2x2, ReLU after it, PyTorch's own one-cycle schedule. Images are
read whole and held as normalized tensors. The last line of stdout is a JSON object, `{"correct",
"total", "seconds"}`: `seconds` are those of training alone.

It needs torch and numpy; `<data>/MNIST/raw/` holds the four decompressed files.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn, optim

BATCH_SIZE = 256
LEARNING_RATE = 0.01
BETAS = (0.7, 0.9)
MEAN, STD = 0.1307, 0.3081


def read_images(path: Path) -> Tensor:
    """Return float32 (N, 1, 28, 28), normalized."""
    pixels = np.fromfile(path, np.uint8, offset=16).reshape(-1, 1, 28, 28)
    return (torch.from_numpy(pixels).float() / 255 - MEAN) / STD


def read_labels(path: Path) -> Tensor:
    """Return int64 (N,)."""
    return torch.from_numpy(np.fromfile(path, np.uint8, offset=8)).long()


def make_network() -> nn.Module:
    """Return the network: Nx1x28x28 normalized pixels in, Nx10 scores out."""
    return nn.Sequential(
        nn.Conv2d(1, 24, kernel_size=5),  # Nx24x24x24
        nn.MaxPool2d(2),  # Nx24x12x12
        nn.ReLU(),
        nn.Conv2d(24, 32, kernel_size=3),  # Nx32x10x10
        nn.MaxPool2d(2),  # Nx32x5x5
        nn.ReLU(),
        nn.Flatten(),  # Nx800
        nn.Linear(800, 256),
        nn.ReLU(),
        nn.Linear(256, 10),
    )


def main() -> None:
    """Train for one epoch, test, and print the result as the last line."""
    parser = argparse.ArgumentParser(description="Train a fast one-cycle network for one epoch.")
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder of MNIST/raw/")
    parser.add_argument("--seed", type=int, default=1, help="seed of all that is random (1)")
    arguments = parser.parse_args()
    raw = arguments.data / "MNIST" / "raw"
    torch.manual_seed(arguments.seed)
    images = read_images(raw / "train-images-idx3-ubyte")
    labels = read_labels(raw / "train-labels-idx1-ubyte")
    network = make_network()

    start = time.perf_counter()
    optimizer = optim.Adam(network.parameters(), lr=LEARNING_RATE, betas=BETAS)
    batches = torch.randperm(len(images)).split(BATCH_SIZE)
    schedule = optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=len(batches))
    for batch in batches:
        optimizer.zero_grad()
        F.cross_entropy(network(images[batch]), labels[batch]).backward()
        optimizer.step()
        schedule.step()
    seconds = time.perf_counter() - start

    test_images = read_images(raw / "t10k-images-idx3-ubyte")
    test_labels = read_labels(raw / "t10k-labels-idx1-ubyte")
    network.eval()
    with torch.inference_mode():
        answers = torch.cat([network(part).argmax(dim=1) for part in test_images.split(1000)])
    correct = int((answers == test_labels).sum())
    print(json.dumps({"correct": correct, "total": len(test_labels), "seconds": seconds}))


if __name__ == "__main__":
    main()
