"""How well a trained network reads pictures that are not MNIST's, with and without MNIST's recipe.

    python benchmarks/pictures.py runs/demo [--count 100] [--seed 77]

The pictures are those of `handmade.py`: no image of MNIST, no font and no collection of handwriting
goes into them. Each is read twice: shrunk to 28 x 28 as it is (inverted where it is light), and
prepared by `digitlab.core.image`. The table tells how many of each condition were read rightly, and
of the pictures without a digit, how many came back as blank. Nothing may be tuned by this seed.
"""

import argparse
import io
import platform
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from digitlab.core.errors import DigitlabError
from digitlab.core.image import has_ink, prepare
from digitlab.data.catalog import MNIST
from digitlab.train.evaluation import answer
from digitlab.train.trained import load_trained
from handmade import handmade
from measure import describe_machine, version_of


@dataclass
class Tally:
    """What became of the pictures of one condition."""

    pictures: int = 0
    resized_right: int = 0
    prepared_right: int = 0
    blank: int = 0


def shrunk(picture: bytes | NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return what most programs feed their network: grey, 28 x 28, light on dark."""
    image = Image.open(io.BytesIO(picture)) if isinstance(picture, bytes) else picture
    if not isinstance(image, Image.Image):
        image = Image.fromarray(image)
    small = np.asarray(image.convert("L").resize((28, 28), Image.Resampling.LANCZOS))
    return 255 - small if small.mean() > 127 else small


def read_all(run: Path, count: int, seed: int) -> dict[str, Tally]:
    """Return what the run's network made of `count` pictures of every condition."""
    network = load_trained(run).network
    cases = list(handmade(count, seed))
    prepared = np.stack([prepare(case.picture) for case in cases])
    resized = np.stack([shrunk(case.picture) for case in cases])
    answers = [
        answer(network, torch.from_numpy(images), mean=MNIST.mean, std=MNIST.std, batch_size=1000)
        .argmax(dim=1)
        .tolist()
        for images in (resized, prepared)
    ]
    tallies: dict[str, Tally] = defaultdict(Tally)
    for case, image, by_resizing, by_recipe in zip(cases, prepared, *answers, strict=True):
        tally = tallies[case.condition]
        tally.pictures += 1
        tally.blank += not has_ink(image)
        tally.resized_right += by_resizing == case.label
        tally.prepared_right += by_recipe == case.label and has_ink(image)
    return tallies


def show(tallies: dict[str, Tally]) -> None:
    """Print the table, the conditions with a digit first."""
    print("| condition | pictures | plain resize, right | recipe, right | came back blank |")
    print("| --- | --- | --- | --- | --- |")
    with_digit = Tally()
    for condition, tally in tallies.items():
        is_digit = not condition.startswith("no digit")
        right = (f"{tally.resized_right}", f"{tally.prepared_right}") if is_digit else ("", "")
        print(f"| {condition} | {tally.pictures} | {right[0]} | {right[1]} | {tally.blank} |")
        if is_digit:
            with_digit.pictures += tally.pictures
            with_digit.resized_right += tally.resized_right
            with_digit.prepared_right += tally.prepared_right
            with_digit.blank += tally.blank
    total = with_digit.pictures
    print(
        f"| **all with a digit** | {total} | {with_digit.resized_right / total:.2%} "
        f"| **{with_digit.prepared_right / total:.2%}** | {with_digit.blank} |"
    )


def main() -> int:
    """Read the command line, read the pictures, print the table; return the exit code."""
    parser = argparse.ArgumentParser(description="Read made pictures with a run's network.")
    parser.add_argument("run", type=Path, help="a run's folder, a checkpoint or a model.pth")
    parser.add_argument("--count", type=int, default=100, help="pictures a condition (default 100)")
    parser.add_argument("--seed", type=int, default=77, help="of the made pictures (default 77)")
    arguments = parser.parse_args()
    print(f"machine: {describe_machine()}")
    print(f"versions: Python {platform.python_version()}, torch {version_of('torch')}")
    print(f"run: {arguments.run}, pictures of seed {arguments.seed}\n")
    try:
        show(read_all(arguments.run, arguments.count, arguments.seed))
    except DigitlabError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
