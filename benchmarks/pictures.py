"""How well a trained network reads pictures that are not MNIST's, with and without MNIST's recipe.

    python benchmarks/pictures.py MODEL_OR_RUN [--count 100] [--seed 77] [--digits test]

The pictures are those of `handmade.py`: no image of MNIST, no font and no collection of handwriting
goes into them. Each is read twice: shrunk to 28 x 28 as it is (inverted where it is light), and
prepared by `digitlab.pictures.digit`. The table shows how many of each condition were read
correctly, how many answers were at least as sure as `--threshold`, and how many pictures came back as blank: of
pictures without a digit, the last column tells how many were not answered, being blank or unsure.
Nothing may be tuned by this seed.

`--digits` adds MNIST's own digits, made very small as `small.py` does: those of the test set
(`test`, for a report only) or the training images that `--validation 5000` holds out (`held-out`,
by which settings may be chosen).
"""

import argparse
import io
import platform
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.classifiers import Classify, classifier_of
from benchmarks.measure import describe_machine
from digitlab.data.dataset import load_dataset
from digitlab.errors import DigitlabError
from digitlab.pictures.digit import has_ink, prepare
from digitlab.train.examples import split
from testsets.singles import Case, handmade
from testsets.small import small_digits

HELD_OUT = 5_000  # as the shipped model's training does


@dataclass
class Tally:
    """What became of the pictures of one condition."""

    pictures: int = 0
    resized_right: int = 0
    prepared_right: int = 0
    sure: int = 0
    blank: int = 0

    def add(self, other: "Tally") -> None:
        """Count another condition's pictures with these."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


def shrunk(picture: bytes | NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return what most programs feed their network: gray, 28 x 28, light on dark."""
    image = Image.open(io.BytesIO(picture)) if isinstance(picture, bytes) else picture
    if not isinstance(image, Image.Image):
        image = Image.fromarray(image)
    small = np.asarray(image.convert("L").resize((28, 28), Image.Resampling.LANCZOS))
    return 255 - small if small.mean() > 127 else small


def read_all(classify: Classify, cases: list[Case], threshold: float) -> dict[str, Tally]:
    """Return what the network made of the cases, by their conditions."""
    prepared = np.stack([prepare(case.picture) for case in cases])
    resized = np.stack([shrunk(case.picture) for case in cases])
    by_resizing = classify(resized).argmax(axis=1)
    answers = classify(prepared)
    by_recipe, probability = answers.argmax(axis=1), np.exp(answers.max(axis=1))
    tallies: dict[str, Tally] = defaultdict(Tally)
    for index, case in enumerate(cases):
        tally = tallies[case.condition]
        is_blank = not has_ink(prepared[index])
        tally.pictures += 1
        tally.blank += is_blank
        tally.resized_right += int(by_resizing[index]) == case.label
        tally.prepared_right += int(by_recipe[index]) == case.label and not is_blank
        tally.sure += float(probability[index]) >= threshold and not is_blank
    return tallies


def show(tallies: dict[str, Tally], threshold: float) -> None:
    """Print the table, a sum of the handmade digits, and a sum of what is no digit."""
    sure = f"{threshold:.0%} sure"
    print(
        f"| condition | pictures | plain resize, right | recipe, right | {sure} | blank | silent |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- |")
    sums = {"handmade digits": Tally(), "no digit": Tally()}
    for condition, tally in tallies.items():
        print(row(condition, tally))
        if condition.startswith("no digit"):
            sums["no digit"].add(tally)
        elif not condition.startswith("MNIST"):
            sums["handmade digits"].add(tally)
    for name, tally in sums.items():
        print(row(f"**{name}**", tally))


def row(condition: str, tally: Tally) -> str:
    """Return a condition's line of the table."""
    total = tally.pictures
    right = [f"{count / total:.2%}" for count in (tally.resized_right, tally.prepared_right)]
    silent = f"{1 - tally.sure / total:.2%}"
    if "no digit" in condition:
        right = ["", ""]
    cells = [f"{total}", *right, f"{tally.sure / total:.2%}", f"{tally.blank}", silent]
    return f"| {condition} | {' | '.join(cells)} |"


def digits_of(which: str) -> list[Case]:
    """Return MNIST's digits made small: `test`, `held-out`, or none."""
    if which == "none":
        return []
    dataset = load_dataset("mnist")
    if which == "test":
        return list(small_digits("MNIST test", dataset.test_images, dataset.test_labels))
    _, held_out = split(len(dataset.train_images), HELD_OUT)
    images, labels = dataset.train_images[held_out.numpy()], dataset.train_labels[held_out.numpy()]
    return list(small_digits("MNIST held out", images, labels))


def main() -> int:
    """Read the command line, read the pictures, print the table; return the exit code."""
    parser = argparse.ArgumentParser(description="Read made pictures with a run's network.")
    parser.add_argument("model", type=Path, help="a model's folder, or a run's")
    parser.add_argument("--count", type=int, default=100, help="pictures a condition (default 100)")
    parser.add_argument("--seed", type=int, default=77, help="of the made pictures (default 77)")
    parser.add_argument("--threshold", type=float, help="of sure (default: the model's)")
    kinds = ("none", "test", "held-out")
    parser.add_argument("--digits", choices=kinds, default="none", help="small MNIST digits too")
    arguments = parser.parse_args()
    try:
        classify, threshold, runtime = classifier_of(arguments.model)
        if arguments.threshold is not None:
            threshold = arguments.threshold
        print(f"machine: {describe_machine()}")
        print(f"versions: Python {platform.python_version()}, {runtime}")
        print(f"model: {arguments.model}, sure from {threshold:.3f}")
        print(f"pictures of seed {arguments.seed}\n")
        cases = [*digits_of(arguments.digits), *handmade(arguments.count, arguments.seed)]
        show(read_all(classify, cases, threshold), threshold)
    except DigitlabError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
