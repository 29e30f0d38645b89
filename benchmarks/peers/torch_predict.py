"""Answer one picture with PyTorch: `benchmarks.reading_speed` compares it with `digitlab predict`.

    python benchmarks/peers/torch_predict.py MODEL_FOLDER PICTURE

It builds the network that the model's card names in PyTorch, and uses the same preprocessing. The
weights are random: the answer means nothing, but it takes the same time.
"""

import sys
from pathlib import Path

import torch

from digitlab.data.catalog import MNIST
from digitlab.files import decode_json, encode_json
from digitlab.models.card import read_model
from digitlab.pictures.digit import prepare
from digitlab.recipe import Recipe
from digitlab.train.build import build_network
from digitlab.train.networks import normalize

_, card = read_model(sys.argv[1])
recipe = decode_json(encode_json(card.recipe), Recipe, "the card")
network = build_network(recipe).eval()
image = torch.from_numpy(prepare(Path(sys.argv[2])))
with torch.inference_mode():
    answers = network(normalize(image[None], MNIST.mean, MNIST.std))
print(f"{answers.argmax().item()}  {answers.max().exp().item():.2%}  {sys.argv[2]}")
