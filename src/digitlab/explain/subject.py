"""What is to be explained: a recipe, a run, a model or a network of one's own, ready to be run."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from digitlab.data.catalog import CATALOG
from digitlab.errors import DigitlabError, printable
from digitlab.explain.call import Call
from digitlab.explain.onnx import calls_of
from digitlab.models.card import is_model, read_model
from digitlab.models.classifier import Classifier
from digitlab.models.onnx_graph import normalization_of, read_graph
from digitlab.named_recipes import (
    IMAGE_RECIPES,
    RECIPES,
    changed,
    differences,
    find_recipe,
    short_name,
)
from digitlab.pictures.preparation import Preparation
from digitlab.reader import PRETRAINED
from digitlab.recipe import OWN_NETWORK, Recipe
from digitlab.records.folder import RunFolder, record_of

if TYPE_CHECKING:
    from torch import nn

    from digitlab.train.trained import TrainedNetwork

SHIPPED = "pretrained"
"""The word for the model that comes with the package."""

SEED = 1
"""The seed of the random weights of a network that has not been trained, as in the tutorial."""

Kind = Literal["recipe", "network", "run", "model"]


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A network that can be run on an image, and what it was made with."""

    kind: Kind
    source: str
    """What was given."""
    run: Callable[[NDArray[np.uint8]], list[Call]]
    """Returns the operations of the network on one image, uint8 (28, 28)."""
    recipe: Recipe | None
    """None if a model's card does not have one that this version knows."""
    recipe_name: str
    """The recipe that was named, or the one that a run or model was made with."""
    parameters: int
    """How many the network has."""
    classes: tuple[str, ...]
    mean: float
    std: float
    """What images are normalized with: x/255, minus the mean, divided by the deviation."""
    preparation: Preparation = "mnist"
    is_trained: bool = True
    """Otherwise its weights are random, and its answers mean nothing."""
    temperature: float | None = None
    """By which a calibrated model divides its scores; None if it is not calibrated."""


def find_subject(what: str | None, *, for_a_picture: bool = False) -> Subject:
    """Return what a word on the command line stands for.

    A recipe's name or TOML file; the folder of a run, or a checkpoint or `model.pth`; an exported
    model's folder or `model.onnx`; `pretrained`, the model that comes with the package; or a
    network like `my_net.py:MyNet`. None is the tutorial's recipe, or the model that comes with the
    package if a picture is to be followed, because a network without training knows no digits.

    Raises `DigitlabError` if it is none of these, or it cannot be read. PyTorch is needed for all
    but models.
    """
    if what is None:
        what = SHIPPED if for_a_picture else "tutorial"
    if what in RECIPES or what.endswith(".toml"):
        return _from_recipe(find_recipe(what), short_name(what), what, "recipe")
    path = PRETRAINED if what == SHIPPED else Path(what)
    try:
        exists = path.exists()
    except (OSError, ValueError):  # a name that is too long, or has a null byte
        exists = False
    if path.suffix == ".onnx" or (exists and is_model(path) and not _has_checkpoint(path)):
        return _from_model(path, what)
    if exists:
        return _from_run(path, what)
    if OWN_NETWORK.fullmatch(what):
        recipe = changed(RECIPES["tutorial"], {"network": what})
        return _from_recipe(recipe, "tutorial", what, "network")
    raise DigitlabError(
        f"there is no {printable(what)}; give a recipe ({', '.join(IMAGE_RECIPES)}, or a .toml "
        f"file), the folder of a run or of an exported model, {SHIPPED}, or a network like "
        "my_net.py:MyNet"
    )


def _has_checkpoint(path: Path) -> bool:
    """Return whether it is a run's folder, which then stands for its last checkpoint."""
    return path.is_dir() and RunFolder(path).has_checkpoint()


def _from_model(path: Path, what: str) -> Subject:
    weights, card = read_model(path)
    Classifier(weights, card)  # which checks that it is a network from images to answers
    graph = read_graph(weights)
    normalization = normalization_of(graph)
    mean, std = (normalization.mean, normalization.std) if normalization else (0.0, 1.0)
    temperature = card.calibration.temperature
    try:
        recipe = msgspec.convert(card.recipe, Recipe)
    except (msgspec.ValidationError, DigitlabError):  # of another version
        recipe = None
    return Subject(
        kind="model",
        source=what,
        run=lambda image: calls_of(weights, graph, image),
        recipe=recipe,
        recipe_name="" if recipe is None else _nearest_recipe(recipe),
        parameters=card.parameters,
        classes=tuple(card.classes),
        mean=mean,
        std=std,
        preparation=card.preparation,
        temperature=None if temperature == 1 else temperature,
    )


def _from_recipe(recipe: Recipe, name: str, what: str, kind: Kind) -> Subject:
    _check_takes_images(recipe, what)
    torch = _import_torch(what)
    from digitlab.train.build import build_network

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        network = build_network(recipe)
    mean, std = _normalization_of("mnist")
    return Subject(
        kind=kind,
        source=what,
        run=_runner(network, mean, std),
        recipe=recipe,
        recipe_name=name if name in RECIPES else _nearest_recipe(recipe),
        parameters=_count(network),
        classes=CATALOG["mnist"].classes,
        mean=mean,
        std=std,
        is_trained=False,
    )


def _from_run(path: Path, what: str) -> Subject:
    _import_torch(what)
    from digitlab.train.trained import load_trained

    trained = load_trained(path)
    _check_takes_images(trained.recipe, what)
    record = record_of(path)
    mean, std = _normalization_in(trained)
    return Subject(
        kind="run",
        source=what,
        run=_runner(trained.network, mean, std),
        recipe=trained.recipe,
        recipe_name=record.recipe_name if record else _nearest_recipe(trained.recipe),
        parameters=_count(trained.network),
        classes=trained.classes,
        mean=mean,
        std=std,
        preparation=record.preparation if record else "mnist",
    )


def _check_takes_images(recipe: Recipe, what: str) -> None:
    if recipe.reads_pages:
        raise DigitlabError(
            f"{printable(what)} finds digits on whole pages, but one image of 28x28 pixels is "
            f"explained; give a network that takes such images, as {', '.join(IMAGE_RECIPES)} do"
        )


def _normalization_in(trained: "TrainedNetwork") -> tuple[float, float]:
    if trained.mean is not None and trained.std is not None:
        return trained.mean, trained.std
    return _normalization_of("mnist")


def _normalization_of(dataset: str) -> tuple[float, float]:
    entry = CATALOG[dataset]
    assert entry.mean is not None
    assert entry.std is not None
    return entry.mean, entry.std


def _runner(
    network: "nn.Module", mean: float, std: float
) -> Callable[[NDArray[np.uint8]], list[Call]]:
    def run(image: NDArray[np.uint8]) -> list[Call]:
        import torch

        from digitlab.explain.trace import trace
        from digitlab.train.networks import normalize

        return trace(network, normalize(torch.from_numpy(image[None]), mean, std))

    return run


def _count(network: "nn.Module") -> int:
    from digitlab.train.networks import count_parameters

    return count_parameters(network)


def _import_torch(what: str) -> ModuleType:
    try:
        import torch
    except ModuleNotFoundError as error:
        raise DigitlabError(
            f"explaining {printable(what)} needs PyTorch: run `pip install '.[train]'` in "
            f"digitlab's folder; without it, an exported model can be explained, such as {SHIPPED}"
        ) from error
    return torch


def _nearest_recipe(recipe: Recipe) -> str:
    """Return the named recipe that differs from this one in the fewest settings."""
    return min(IMAGE_RECIPES, key=lambda name: len(differences(recipe, IMAGE_RECIPES[name])))
