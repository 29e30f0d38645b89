"""A model that names digits: `model.onnx`, the network, and `model.json`, its card."""

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digitlab.errors import DigitlabError
from digitlab.models.calibration import Calibration, Detection
from digitlab.models.pair import Pair
from digitlab.models.trained import Trained
from digitlab.pictures.preparation import Preparation

IMAGES = "images"
"""The network's input: uint8, N x 28 x 28, bright ink on black."""
ANSWERS = "log_probabilities"
"""The network's output: float32, N x classes."""
IS_DIGIT = "is_digit"
"""The second output of some networks: the probability that it is a digit at all, float32, N."""


@dataclass(frozen=True, kw_only=True)
class ModelCard(Trained):
    """How a model was made, how accurate it is, and how its answers are calibrated."""

    classes: list[str]
    """The name of each answer, at least 2 different ones; for MNIST the digits."""
    layers: dict[str, list[int]]
    """The network's other outputs, its inner layers: the shape of each for one image."""
    calibration: Calibration
    """How its outputs become probabilities, and which answers are "unsure"."""
    test: dict[str, Any]
    """The result on the dataset's test set: number correct, total, accuracy and its interval,
    loss, calibration error."""
    extra_pictures: dict[str, Any] | None = None
    """The pictures that were learned besides the dataset: their number and SHA-256."""
    is_digit: Detection | None = None
    """How the second output is used; None if the network has no such output."""
    preparation: Preparation = "mnist"
    """How a picture becomes the 28 x 28 pixels that the network takes."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.classes) < 2:
            raise ValueError(f"classes must be at least 2 names, not {len(self.classes)}")
        for name, count in Counter(self.classes).items():
            if not name.strip() or not name.isprintable():
                raise ValueError(f"the name of a class must be printable, not {name!a}")
            if count > 1:
                raise ValueError(f"classes must be different names, but {name!r} is there twice")


MODEL = Pair("model", ModelCard)
WEIGHTS, CARD = MODEL.weights, MODEL.card


def write_model(folder: Path, weights: bytes, card: ModelCard) -> tuple[Path, Path]:
    """Write a model's two files as a pair: see `Pair.write`."""
    return MODEL.write(folder, weights, card)


def is_model(path: Path) -> bool:
    """Return whether a path names a model: an `.onnx` file, or a folder with a `model.onnx`."""
    return (path / WEIGHTS).exists() if path.is_dir() else path.suffix == ".onnx"


def read_model(path: str | os.PathLike[str]) -> tuple[bytes, ModelCard]:
    """Return the weights and the card of the model in a folder, or of the `model.onnx` in one.

    Raises DigitlabError if there is no model, it is damaged, or the card is of another network.
    """
    if not os.fsdecode(path):
        raise DigitlabError("the path of the model is empty: give the model's folder")
    return MODEL.read(folder_of(Path(os.fsdecode(path))))


def folder_of(path: Path) -> Path:
    """Return the model's folder, given the folder or the `model.onnx` in it.

    Raises DigitlabError for another file.
    """
    # os.path: Path.is_dir() raises for names that are too long
    if path.suffix == ".onnx" and not os.path.isdir(path):  # noqa: PTH112
        if path.name != WEIGHTS:
            raise DigitlabError(f"{path} must be named {WEIGHTS}, with its card {CARD} next to it")
        return path.parent
    if os.path.isfile(path):  # noqa: PTH113
        raise DigitlabError(
            f"{path} is a file, not a model's folder: `digitlab export {path} --out FOLDER` makes "
            "one from a checkpoint or a model.pth"
        )
    return path
