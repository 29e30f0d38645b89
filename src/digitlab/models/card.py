"""A model ready to use: a folder with `model.onnx`, the network, and `model.json`, its card.

The two files belong together: the card contains the SHA-256 of the network. They are replaced as a
pair, although a file system can only replace one file at a time:

1. both new files are written as `model.onnx.new` and `model.json.new`;
2. `model.onnx.new` is renamed to `model.onnx`: from here on the new model is in use;
3. `model.json.new` is renamed to `model.json`.

`read_model` uses `model.json.new` when it is the card of `model.onnx`. So whenever the writing
process is killed, the folder contains the whole old model or the whole new one.
"""

import contextlib
import hashlib
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digitlab.errors import DigitlabError
from digitlab.files import (
    check_is_file,
    encode_json,
    flush_folder,
    read_json,
    remove_leftovers,
    write_whole,
)
from digitlab.models.calibration import Calibration, Detection
from digitlab.pictures.preparation import Preparation

WEIGHTS, NEW_WEIGHTS = "model.onnx", "model.onnx.new"
CARD, NEW_CARD = "model.json", "model.json.new"
MAX_WEIGHTS = 100_000_000  # bytes
_FORMAT = 1  # of the card; a later format might not be understood

IMAGES = "images"
"""The network's input: uint8, N x 28 x 28, bright ink on black."""
ANSWERS = "log_probabilities"
"""The network's output: float32, N x classes."""
IS_DIGIT = "is_digit"
"""The second output of some networks: the probability that it is a digit at all, float32, N."""


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """How a model was made, how accurate it is, and how its answers are calibrated."""

    sha256: str
    """Of the complete `model.onnx`, in hexadecimal."""
    dataset: str
    """The dataset it was trained on."""
    classes: list[str]
    """The name of each answer, at least 2 different ones; for MNIST the digits."""
    parameters: int
    """How many numbers the network learned."""
    layers: dict[str, list[int]]
    """The network's other outputs, its inner layers: the shape of each for one image."""
    calibration: Calibration
    """How its outputs become probabilities, and which answers are "unsure"."""
    test: dict[str, Any]
    """The result on the dataset's test set: number correct, total, accuracy and its interval,
    loss, calibration error."""
    recipe: dict[str, Any]
    """Every setting of the training."""
    seed: int | None
    """Of the training; None if the exported file does not contain it."""
    epochs: int | None
    """How many epochs it was trained; None if the exported file does not contain it."""
    commands: list[str]
    """The commands that made it, from the training to the export."""
    data_sha256: dict[str, str]
    """Of each file of the dataset."""
    machine: str | None
    """The processor it was trained on; None if the exported file does not contain it."""
    versions: dict[str, str]
    """Of the software it was trained with; empty if the exported file does not contain them."""
    extra_pictures: dict[str, Any] | None = None
    """The pictures that were learned besides the dataset: their number and SHA-256."""
    is_digit: Detection | None = None
    """How the second output is used; None if the network has no such output."""
    preparation: Preparation = "mnist"
    """How a picture becomes the 28 x 28 pixels that the network takes."""
    format: int = _FORMAT

    def __post_init__(self) -> None:
        if self.format != _FORMAT:
            raise ValueError(f"format is {self.format}, but this version reads {_FORMAT}")
        if len(self.classes) < 2:
            raise ValueError(f"classes must be at least 2 names, not {len(self.classes)}")
        for name, count in Counter(self.classes).items():
            if not name.strip() or not name.isprintable():
                raise ValueError(f"the name of a class must be printable, not {name!a}")
            if count > 1:
                raise ValueError(f"classes must be different names, but {name!r} is there twice")


def write_model(folder: Path, weights: bytes, card: ModelCard) -> tuple[Path, Path]:
    """Write a model's two files as a pair; return the paths of `model.onnx` and `model.json`.

    If the writing fails, which raises DigitlabError, or the process is killed, an older model in
    the folder stays usable.
    """
    new_weights, new_card = folder / NEW_WEIGHTS, folder / NEW_CARD
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _finish_interrupted_write(folder)
        try:
            write_whole(new_weights, weights)
            write_whole(new_card, encode_json(card, indent=2))
            new_weights.replace(folder / WEIGHTS)
        except BaseException:
            if new_weights.exists():  # otherwise the new model is already in use
                new_weights.unlink()
                new_card.unlink(missing_ok=True)
            raise
        flush_folder(folder)  # on the disk, too, the network is renamed before its card
        new_card.replace(folder / CARD)
        flush_folder(folder)
    except OSError as error:
        path = error.filename or folder
        raise DigitlabError(f"{path} cannot be written ({error.strerror or error})") from error
    return folder / WEIGHTS, folder / CARD


def is_model(path: Path) -> bool:
    """Return whether a path names a model: an `.onnx` file, or a folder with a `model.onnx`."""
    return (path / WEIGHTS).exists() if path.is_dir() else path.suffix == ".onnx"


def read_model(path: str | os.PathLike[str]) -> tuple[bytes, ModelCard]:
    """Return the weights and the card of the model in a folder, or of the `model.onnx` in one.

    Raises DigitlabError if there is no model, it is damaged, or the card is of another network.
    """
    if not os.fsdecode(path):
        raise DigitlabError("the path of the model is empty: give the model's folder")
    folder = _folder_of(Path(os.fsdecode(path)))
    try:
        for _ in range(2):  # again if an export replaced the files between the two reads
            weights = _read_weights(folder)
            digest = hashlib.sha256(weights).hexdigest()
            card = _new_card_of(folder, digest) or read_json(folder / CARD, ModelCard)
            if card.sha256 == digest:
                return weights, card
    except (OSError, ValueError) as error:  # ValueError: a path with a null byte
        file, reason = getattr(error, "filename", folder), getattr(error, "strerror", error)
        raise DigitlabError(
            f"{folder} contains no model: {file} cannot be read ({reason}); "
            "`digitlab export RUN --out FOLDER` makes one"
        ) from error
    raise DigitlabError(
        f"{folder / WEIGHTS} does not match {CARD}: its SHA-256 is not the one in the card; "
        "export the model again"
    )


def _folder_of(path: Path) -> Path:
    """Return the model's folder, given the folder or the `model.onnx` in it."""
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


def _read_weights(folder: Path) -> bytes:
    path = folder / WEIGHTS
    check_is_file(path)
    with path.open("rb") as stream:
        weights = stream.read(MAX_WEIGHTS + 1)
    if len(weights) > MAX_WEIGHTS:
        raise DigitlabError(f"{path} is larger than {MAX_WEIGHTS // 10**6} MB, the limit")
    return weights


def _new_card_of(folder: Path, digest: str) -> ModelCard | None:
    """Return the card in `model.json.new` if it is the card of the network with this SHA-256."""
    with contextlib.suppress(OSError, DigitlabError):
        card = read_json(folder / NEW_CARD, ModelCard)
        if card.sha256 == digest:
            return card
    return None


def _finish_interrupted_write(folder: Path) -> None:
    """Rename the new card if the process that wrote it was killed before it could do that."""
    remove_leftovers(folder)
    with contextlib.suppress(FileNotFoundError, DigitlabError):  # there is no usable model yet
        digest = hashlib.sha256(_read_weights(folder)).hexdigest()
        if _new_card_of(folder, digest):
            (folder / NEW_CARD).replace(folder / CARD)
            flush_folder(folder)
