"""A model in use: a folder with `model.onnx`, the network, and `model.json`, its card."""

import hashlib
import json
import math
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from digitlab.errors import DigitlabError
from digitlab.models.calibration import Calibration

WEIGHTS = "model.onnx"
CARD = "model.json"
FORMAT = 1  # of the card; a later one may not be understood
MAX_WEIGHTS = 100_000_000  # bytes

IMAGES = "images"
"""The network's input: uint8, N x 28 x 28, ink bright on black."""
ANSWERS = "log_probabilities"
"""Its output: float32, N x classes."""


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """What made a model, how good it is, and how far it may be believed."""

    sha256: str
    """Of the whole `model.onnx`, in hexadecimal."""
    dataset: str
    """What it learned."""
    classes: list[str]
    """The name of each answer; for MNIST the digits."""
    parameters: int
    """How many numbers the network learned."""
    layers: dict[str, list[int]]
    """Further outputs of the network: the shape of each for one image."""
    calibration: Calibration
    """How far its answers may be believed."""
    test: dict[str, Any]
    """What the dataset's test set said: right, total, accuracy, its interval, loss, and how far
    its confidence was from the truth."""
    recipe: dict[str, Any]
    """Every setting of the training."""
    seed: int | None
    """Of the training; None if the file that was exported does not tell."""
    epochs: int | None
    """How many epochs it learned; None likewise."""
    commands: list[str]
    """What was typed to make it, from the training to the export."""
    data_sha256: dict[str, str]
    """Of each file of the dataset."""
    machine: str | None
    """The processor that trained it; None if the file does not tell."""
    versions: dict[str, str]
    """Of what trained it; empty likewise."""
    format: int = FORMAT

    def as_json(self) -> dict[str, Any]:
        """Return the fields by name, ready for `json.dumps`."""
        return asdict(self)


def write_model(folder: Path, weights: bytes, card: ModelCard) -> tuple[Path, Path]:
    """Write the model's two files, each whole or not at all; return their paths.

    Raises
    ------
    DigitlabError
        If the folder cannot be written.
    """
    paths = folder / WEIGHTS, folder / CARD
    contents = weights, (json.dumps(card.as_json(), indent=2) + "\n").encode()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in zip(paths, contents, strict=True):
            temporary = path.with_name(f".{path.name}.tmp")
            temporary.write_bytes(content)
            temporary.replace(path)
    except OSError as error:
        raise DigitlabError(f"{folder} cannot be written ({error.strerror})") from error
    return paths


def is_model(path: Path) -> bool:
    """Tell whether a path names a model in use: its folder, or an `.onnx` file."""
    return (path / WEIGHTS).exists() if path.is_dir() else path.suffix == ".onnx"


def read_model(path: str | os.PathLike[str]) -> tuple[bytes, ModelCard]:
    """Return a model's weights and card.

    Parameters
    ----------
    path
        the model's folder, or the `model.onnx` in it.

    Raises
    ------
    DigitlabError
        If there is none, it is damaged, or the card is not that of these weights.
    """
    folder = Path(path)
    if folder.suffix == ".onnx" and not folder.is_dir():
        if folder.name != WEIGHTS:
            raise DigitlabError(
                f"{folder} must be called {WEIGHTS}, with its card {CARD} beside it"
            )
        folder = folder.parent
    try:
        if (folder / WEIGHTS).stat().st_size > MAX_WEIGHTS:
            raise DigitlabError(f"{folder / WEIGHTS} is larger than {MAX_WEIGHTS // 10**6} MB")
        weights = (folder / WEIGHTS).read_bytes()
        record = json.loads((folder / CARD).read_bytes())
    except OSError as error:
        raise DigitlabError(
            f"{folder} holds no model: {error.filename} cannot be read ({error.strerror}); "
            "`digitlab export RUN --out FOLDER` makes one"
        ) from error
    except (ValueError, RecursionError) as error:
        raise DigitlabError(f"{folder / CARD} is not a model's card ({error})") from error
    card = _card_of(record, folder / CARD)
    if hashlib.sha256(weights).hexdigest() != card.sha256:
        raise DigitlabError(
            f"{folder / WEIGHTS} does not have the SHA-256 that {CARD} tells: one of the two was "
            "changed or belongs to another model"
        )
    return weights, card


def _card_of(record: Any, path: Path) -> ModelCard:
    names = {field.name for field in fields(ModelCard)}
    if not isinstance(record, dict) or names - record.keys():
        missing = min(names - record.keys()) if isinstance(record, dict) else "fields"
        raise DigitlabError(f"{path} is not a model's card: no {missing}")
    if record["format"] != FORMAT:
        raise DigitlabError(
            f"{path} is a card of format {record['format']}, but this version reads {FORMAT}"
        )
    try:
        calibration = Calibration(**record["calibration"])
        is_possible = 0 < calibration.temperature < math.inf and 0 <= calibration.threshold <= 1
    except TypeError as error:
        raise DigitlabError(f"{path} is not a model's card: calibration is {error}") from error
    if not is_possible:
        raise DigitlabError(
            f"{path}: temperature is {calibration.temperature} and threshold "
            f"{calibration.threshold}, but must be above 0, and from 0 to 1"
        )
    if not isinstance(record["classes"], list) or len(record["classes"]) != 10:
        raise DigitlabError(f"{path}: classes must be 10 names")
    layers = record["layers"]
    if not isinstance(layers, dict) or not all(isinstance(it, list) for it in layers.values()):
        raise DigitlabError(f"{path}: layers must be shapes by name")
    return ModelCard(**{name: record[name] for name in names} | {"calibration": calibration})
