"""A network that has learned: from a run, a checkpoint, or the tutorial's own `model.pth`."""

import pickle
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from digitlab.data.catalog import CatalogEntry
from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError
from digitlab.models.calibration import Calibration, LogProbabilities
from digitlab.recipe import Recipe
from digitlab.records.report import calibrate_by_held_out
from digitlab.train.checkpoint import (
    Checkpoint,
    load_checkpoint_to_use,
    named_below,
    read_checkpoint,
)
from digitlab.train.device import set_up_device
from digitlab.train.examples import split
from digitlab.train.networks import answer, build_network, load_weights

ZIP_MAGIC = b"PK\x03\x04"
"""How a file begins that `torch.save` wrote."""


@dataclass(frozen=True, kw_only=True)
class TrainedNetwork:
    """A network in use, and where it came from."""

    network: nn.Module
    recipe: Recipe
    source: str
    """The file or folder that it was read from."""
    dataset_name: str | None = None
    """The dataset that it learned; None if the file does not tell."""
    epochs: int | None = None
    """How many whole epochs it learned; None if the file does not tell."""
    seed: int | None = None
    """Of the training; None likewise."""


def load_trained(path: Path) -> TrainedNetwork:
    """Return the network in a run's folder, a checkpoint, or a tutorial reader's `model.pth`.

    Raises
    ------
    DigitlabError
        If there is no such file, it is damaged, or it holds anything but this network's weights.
    """
    if not path.exists():
        raise DigitlabError(f"there is no {path}; `digitlab train` begins a run")
    if path.is_dir():
        return _from_checkpoint(load_checkpoint_to_use(path), str(path))
    try:
        with path.open("rb") as stream:
            is_torch_file = stream.read(4) == ZIP_MAGIC
    except OSError as error:
        raise DigitlabError(f"{path} cannot be read ({error.strerror})") from error
    if is_torch_file:
        return _from_tutorial_file(path)
    return _from_checkpoint(read_checkpoint(path), str(path))


def _from_checkpoint(checkpoint: Checkpoint, source: str) -> TrainedNetwork:
    recipe = Recipe.from_json(checkpoint.record["recipe"])
    network = build_network(recipe)
    in_use = "average" if recipe.average else "network"
    load_weights(network, named_below(in_use, checkpoint.tensors))
    return TrainedNetwork(
        network=network,
        recipe=recipe,
        source=source,
        dataset_name=checkpoint.record["dataset"],
        epochs=checkpoint.record["epochs_done"],
        seed=checkpoint.record["seed"],
    )


def _from_tutorial_file(path: Path) -> TrainedNetwork:
    try:
        # weights_only: anything in the file but tensors and plain containers is refused unread.
        weights = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise DigitlabError(f"{path} holds more than tensors, and is not read") from error
    except Exception as error:  # torch raises many kinds for files that it cannot read
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DigitlabError(f"{path} is not a whole PyTorch file ({reason})") from error
    if isinstance(weights, dict) and "param_groups" in weights:
        raise DigitlabError(f"{path} holds an optimizer's state; give the network's model.pth")
    if not isinstance(weights, dict) or not all(
        isinstance(name, str) and isinstance(weight, Tensor) for name, weight in weights.items()
    ):
        raise DigitlabError(f"{path} holds something else than a network's tensors by name")
    recipe = Recipe()
    network = build_network(recipe)
    try:
        load_weights(network, weights)
    except DigitlabError as error:
        raise DigitlabError(f"{path}: {error}") from error
    return TrainedNetwork(network=network, recipe=recipe, source=str(path))


def answer_images(
    trained: TrainedNetwork, images: NDArray[np.uint8], entry: CatalogEntry, device: torch.device
) -> LogProbabilities:
    """Return the network's log-probabilities, float32 (N, 10), for uint8 images (N, 28, 28)."""
    return (
        answer(
            trained.network.to(device),
            torch.from_numpy(images).to(device),
            mean=entry.mean,
            std=entry.std,
            batch_size=trained.recipe.test_batch_size,
        )
        .cpu()
        .numpy()
    )


def calibrate_trained(
    trained: TrainedNetwork, dataset: Dataset, device: torch.device
) -> Calibration:
    """Choose temperature and threshold by the training images that were held out, if any were."""
    _, held_out = split(trained.recipe.train_images, trained.recipe.validation)
    images = dataset.train_images[held_out.numpy()]
    return calibrate_by_held_out(
        answer_images(trained, images, dataset.entry, device),
        dataset.train_labels[held_out.numpy()],
    )


def answer_test_set(
    trained: TrainedNetwork, dataset: Dataset, *, device_name: str, threads: int | None
) -> tuple[LogProbabilities, Calibration]:
    """Return the answers to the dataset's test set, float32 (10000, 10), and their calibration.

    Raises
    ------
    DigitlabError
        If the device is not there.
    """
    device = set_up_device(device_name, threads)
    answers = answer_images(trained, dataset.test_images, dataset.entry, device)
    if trained.dataset_name != dataset.entry.name:  # nothing of it was held out
        return answers, calibrate_by_held_out(answers[:0], dataset.test_labels[:0])
    return answers, calibrate_trained(trained, dataset, device)
