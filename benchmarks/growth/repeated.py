"""Train one epoch on MNIST repeated to any number of images, as a program that has arrays does."""

import sys

import numpy as np

from digitlab import Run
from digitlab.data.dataset import Dataset
from digitlab.data.load import load_dataset


def repeated(images: int) -> Dataset:
    """Return MNIST with its training images repeated, in order, until there are so many."""
    mnist = load_dataset("mnist")
    which = np.arange(images) % len(mnist.train_images)
    return Dataset.from_arrays(
        mnist.train_images[which],
        mnist.train_labels[which],
        mnist.test_images,
        mnist.test_labels,
        name=f"MNIST, repeated to {images:,} images",
        preparation=mnist.preparation,
    )


if __name__ == "__main__":
    count, folder, recipe, threads = sys.argv[1:]
    Run.start(
        folder, recipe, dataset=repeated(int(count)), threads=int(threads), epochs=1, device="cpu"
    )
