"""A trained network: from a run, a checkpoint, or a `model.pth` of the tutorial's script."""

import pickle
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError
from digitlab.files import check_is_file
from digitlab.models.calibration import Calibration, LogProbabilities
from digitlab.recipe import Recipe
from digitlab.records.folder import RunFolder
from digitlab.records.page_report import PageReport
from digitlab.records.report import calibrate_by_held_out, check_classes
from digitlab.train.build import build_network, load_weights
from digitlab.train.checkpoint import Checkpoint, load_checkpoint_to_use, read_checkpoint
from digitlab.train.device import memory_explained, set_up_device
from digitlab.train.networks import answer
from digitlab.train.order import split_of
from digitlab.train.own_network import changes_in, is_own
from digitlab.train.page_score import ScoredCrops, page_report_of

_ZIP_MAGIC = b"PK\x03\x04"
"""The first bytes of a file that `torch.save` wrote."""


@dataclass(frozen=True, kw_only=True)
class TrainedNetwork:
    """A network in use, and where it came from."""

    network: nn.Module
    recipe: Recipe
    source: str
    """The file or folder that it was read from."""
    dataset_name: str | None = None
    """The dataset that it was trained on; None if the file does not say."""
    classes: tuple[str, ...] = tuple("0123456789")
    """The names of the answers, in their order."""
    mean: float | None = None
    std: float | None = None
    """What images are normalized with; None if the file does not say: as the dataset's are."""
    epochs: int | None = None
    """How many whole epochs it was trained for; None if the file does not say."""
    seed: int | None = None
    """Of the training; None if the file does not say."""


def load_trained(path: Path) -> TrainedNetwork:
    """Return the network in a run's folder, a checkpoint, or a `model.pth` from the tutorial.

    Raises `DigitlabError` if there is no such file, it is damaged, or it contains anything but this
    network's weights.
    """
    if not path.exists():
        raise DigitlabError(
            f"{path} does not exist; give a run's folder (`digitlab train` creates one), a "
            "checkpoint, a model.onnx or a model.pth"
        )
    if path.is_dir():
        return _from_checkpoint(load_checkpoint_to_use(path), str(path), RunFolder(path))
    check_is_file(path)
    try:
        with path.open("rb") as stream:
            is_torch_file = stream.read(4) == _ZIP_MAGIC
    except OSError as error:
        raise DigitlabError(f"{path} cannot be read ({error.strerror})") from error
    if is_torch_file:
        return _from_tutorial_file(path)
    return _from_checkpoint(read_checkpoint(path), str(path), RunFolder(path.parent))


def _from_checkpoint(checkpoint: Checkpoint, source: str, folder: RunFolder) -> TrainedNetwork:
    progress = checkpoint.progress
    network = build_network(progress.recipe, len(progress.classes), source=folder.network_copy())
    if is_own(progress.recipe.network) and folder.run_json.exists():
        files = folder.read_record().network_files
        for change in changes_in(progress.recipe.network, files, folder.network_copy()):
            print(change, file=sys.stderr)
    load_weights(network, checkpoint.part("average" if progress.recipe.average else "network"))
    return TrainedNetwork(
        network=network,
        recipe=progress.recipe,
        source=source,
        dataset_name=progress.dataset,
        classes=tuple(progress.classes),
        mean=progress.mean,
        std=progress.std,
        epochs=progress.epochs_done,
        seed=progress.seed,
    )


def _from_tutorial_file(path: Path) -> TrainedNetwork:
    try:
        # weights_only: anything but tensors and plain containers is refused, and no code is run.
        weights = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise DigitlabError(f"{path} is refused: it contains more than tensors") from error
    except Exception as error:  # torch raises many kinds for files that it cannot read
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DigitlabError(f"{path} is not a complete PyTorch file ({reason})") from error
    if isinstance(weights, dict) and "param_groups" in weights:
        raise DigitlabError(f"{path} holds an optimizer's state; give the network's model.pth")
    if not isinstance(weights, dict) or not all(
        isinstance(name, str) and _is_plain(weight) for name, weight in weights.items()
    ):
        raise DigitlabError(f"{path} does not hold a network's weights (float tensors by name)")
    recipe = Recipe()
    network = build_network(recipe)
    try:
        load_weights(network, weights)
    except DigitlabError as error:
        raise DigitlabError(f"{path}: {error}") from error
    return TrainedNetwork(network=network, recipe=recipe, source=str(path))


def _is_plain(weight: object) -> bool:
    """Return whether it is an ordinary float tensor: with values, not sparse or quantized."""
    return (
        isinstance(weight, Tensor)
        and weight.layout == torch.strided
        and weight.device.type == "cpu"
        and weight.is_floating_point()
    )


def _answer_images(
    trained: TrainedNetwork, images: NDArray[np.uint8], dataset: Dataset, device: torch.device
) -> LogProbabilities:
    """Return the network's log-probabilities, float32 (N, classes), for uint8 (N, 28, 28)."""
    if not len(images):  # a network may not take an empty batch
        return np.empty((0, len(dataset.classes)), np.float32)
    answers = answer(
        trained.network.to(device),
        torch.from_numpy(images).to(device),
        mean=dataset.mean if trained.mean is None else trained.mean,
        std=dataset.std if trained.std is None else trained.std,
        batch_size=trained.recipe.test_batch_size,
    )
    return answers.cpu().numpy()


@memory_explained()
def test_on_pages(
    trained: TrainedNetwork, dataset: Dataset, *, device_name: str, threads: int | None
) -> PageReport:
    """Return the report of a page network on crops of the dataset's test images.

    Raises `DigitlabError` if the device is not available, or the dataset has other classes.
    """
    check_classes(trained.classes, dataset, trained.source)
    device = set_up_device(device_name, threads)
    crops = ScoredCrops.test_set(trained.recipe, dataset, device)
    answers = crops.answers_of(trained.network.to(device))
    return page_report_of(answers, dataset, model=trained.source, epochs=trained.epochs)


def calibrate_trained(
    trained: TrainedNetwork, dataset: Dataset, device: torch.device
) -> Calibration:
    """Choose temperature and threshold on the held-out training images, if there are any."""
    _, held_out = split_of(trained.recipe, dataset)
    return calibrate_by_held_out(
        _answer_images(trained, dataset.train_images[held_out.numpy()], dataset, device),
        dataset.train_labels[held_out.numpy()],
    )


@memory_explained()
def answer_test_set(
    trained: TrainedNetwork, dataset: Dataset, *, device_name: str, threads: int | None
) -> tuple[LogProbabilities, Calibration | None]:
    """Return the answers to the dataset's test set, float32 (N, classes), and their calibration.

    There is none on a dataset that the network was not trained on. Raises `DigitlabError` if the
    device is not available, or the dataset has other classes than the network.
    """
    check_classes(trained.classes, dataset, trained.source)
    device = set_up_device(device_name, threads)
    answers = _answer_images(trained, dataset.test_images, dataset, device)
    if trained.dataset_name != dataset.name:
        return answers, None
    return answers, calibrate_trained(trained, dataset, device)
