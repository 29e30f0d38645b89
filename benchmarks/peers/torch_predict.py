"""One picture answered with PyTorch, for `in_use.py` to set beside `digitlab predict`.

    python benchmarks/torch_predict.py MODEL_FOLDER PICTURE

The network is the one that the model's card names, built in PyTorch, after the same preparation.
Its weights are fresh: the answer means nothing, its time is the same.
"""

import sys
from pathlib import Path

import torch

from digitlab.data.catalog import MNIST
from digitlab.models.card import read_model
from digitlab.pictures.digit import prepare
from digitlab.recipe import Recipe
from digitlab.train.networks import build_network, normalize


def main() -> None:
    """Answer the picture that the command line names."""
    _, card = read_model(sys.argv[1])
    network = build_network(Recipe.from_json(card.recipe)).eval()
    image = torch.from_numpy(prepare(Path(sys.argv[2])))
    with torch.inference_mode():
        answers = network(normalize(image[None], MNIST.mean, MNIST.std))
    print(f"{answers.argmax().item()}  {answers.max().exp().item():.2%}  {sys.argv[2]}")


if __name__ == "__main__":
    main()
