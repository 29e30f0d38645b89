"""A network made to learn fast, built from its author's description: a peer for `benchmarks.race`.

Written from the facts of tuomaso/train_mnist_fast, without any code of it or of digitlab:
convolutions with 24 channels of 5x5 and 32 of 3x3, each followed by pooling, 256 hidden units, Adam
with a learning rate of 0.01 and betas of 0.7 and 0.9, one cycle, batches of 256, one epoch. What
the facts leave open is filled with the usual: 2x2 max pooling, ReLU after it, PyTorch's own
one-cycle schedule. The images are read at once and kept as normalized tensors. The last line of
stdout is a JSON object, `{"correct", "total", "seconds"}`, with the training seconds of the epoch.

It needs torch and numpy. `DATA/MNIST/raw/` must hold the four decompressed files.
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


def read(part: str) -> tuple[Tensor, Tensor]:
    """Return normalized images, float32 (N, 1, 28, 28), and labels, int64 (N)."""
    path = arguments.data / "MNIST" / "raw" / part
    pixels = np.fromfile(f"{path}-images-idx3-ubyte", np.uint8, offset=16).reshape(-1, 1, 28, 28)
    labels = np.fromfile(f"{path}-labels-idx1-ubyte", np.uint8, offset=8)
    return (torch.from_numpy(pixels).float() / 255 - MEAN) / STD, torch.from_numpy(labels).long()


parser = argparse.ArgumentParser(description="Train a fast one-cycle network for one epoch.")
parser.add_argument("--data", type=Path, default=Path("data"), help="its MNIST/raw has the files")
parser.add_argument("--seed", type=int, default=1)
arguments = parser.parse_args()
torch.manual_seed(arguments.seed)
images, labels = read("train")
network = nn.Sequential(  # Nx1x28x28 normalized pixels in, Nx10 scores out
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

test_images, test_labels = read("t10k")
network.eval()
with torch.inference_mode():
    answers = torch.cat([network(part).argmax(dim=1) for part in test_images.split(1000)])
correct = int((answers == test_labels).sum())
print(json.dumps({"correct": correct, "total": len(test_labels), "seconds": [seconds]}))
