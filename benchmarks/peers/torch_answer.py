"""What the peers of `benchmarks.service` answer with: the shipped model's network in PyTorch.

The pictures are prepared by digitlab's own code, with one thread. The weights are random: the
answer means nothing, but it takes the same time.
"""

import torch

from digitlab.data.catalog import MNIST
from digitlab.models.card import read_model
from digitlab.pictures.digit import prepare
from digitlab.reader import PRETRAINED
from digitlab.recipe import Recipe
from digitlab.train.build import build_network
from digitlab.train.networks import normalize

torch.set_num_threads(1)
_network = build_network(Recipe.from_json(read_model(PRETRAINED)[1].recipe)).eval()


def answer(content: bytes) -> dict[str, object]:
    """Return the digit in a picture, and its probability."""
    images = torch.from_numpy(prepare(content))[None]
    with torch.inference_mode():
        probabilities = _network(normalize(images, MNIST.mean, MNIST.std)).exp()[0]
    best = int(probabilities.argmax())
    return {"digit": best, "probability": float(probabilities[best])}
