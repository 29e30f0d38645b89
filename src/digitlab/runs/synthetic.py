"""A run's synthetic images are kept until it ends: drawing them again would take a minute.

They are a function of recipe, dataset and seed, so a file that is missing or damaged costs time
and nothing else.
"""

import contextlib
import sys
from pathlib import Path

import msgspec
import torch

from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError
from digitlab.files import write_whole
from digitlab.recipe import Recipe
from digitlab.records.folder import SYNTHETIC
from digitlab.train.examples import Examples, Synthetic
from digitlab.train.loop import Training
from digitlab.train.tensor_file import pack, unpack

DRAWING = "generating synthetic training images, up to 2 minutes"
"""What people should know before that is done."""


def load_synthetic(
    folder: Path, recipe: Recipe, dataset: Dataset, *, seed: int
) -> Synthetic | None:
    """Return a run's synthetic images from its folder; None if they have to be drawn."""
    if not uses_synthetic(recipe):
        return None
    with contextlib.suppress(OSError, DigitlabError):
        tensors, key = unpack((folder / SYNTHETIC).read_bytes(), SYNTHETIC)
        if key == _key(recipe, dataset, seed):
            images = {name: tensor.numpy() for name, tensor in tensors.items()}
            return Synthetic(degraded=images.get("degraded"), non_digits=images.get("non_digits"))
    return None


def uses_synthetic(recipe: Recipe) -> bool:
    """Return whether the recipe uses synthetic images."""
    return bool(recipe.degraded or recipe.outliers)


def keep_synthetic(folder: Path, training: Training, dataset: Dataset) -> None:
    """Write a run's synthetic images to its folder, if there are any and there is room."""
    if not isinstance(training.examples, Examples):
        return
    synthetic = training.examples.synthetic
    images = {"degraded": synthetic.degraded, "non_digits": synthetic.non_digits}
    tensors = {name: torch.from_numpy(it) for name, it in images.items() if it is not None}
    if not tensors:
        return
    try:
        key = _key(training.recipe, dataset, training.seed)
        write_whole(folder / SYNTHETIC, pack(tensors, msgspec.Raw(key)))
    except OSError as error:
        print(
            f"{error.filename} cannot be written ({error.strerror}): the synthetic images will be "
            "generated again when the run is resumed",
            file=sys.stderr,
        )


def drop_synthetic(folder: Path) -> None:
    """Remove a finished run's synthetic images."""
    (folder / SYNTHETIC).unlink(missing_ok=True)


def _key(recipe: Recipe, dataset: Dataset, seed: int) -> bytes:
    """Return what the images depend on, as JSON."""
    return msgspec.json.encode(
        {
            "seed": seed,
            "data_sha256": dataset.digests,
            "images": len(dataset.train_images),
            "train_images": recipe.train_images,
            "validation": recipe.validation,
            "degraded": recipe.degraded > 0,
            "outliers": recipe.outliers > 0,
        }
    )
