"""What is checked of arrays before they are a dataset, and what is computed from them."""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitlab.errors import DigitlabError, printable

_MOST_CLASSES = 100_000  # a larger label is a mistake, such as something else given as labels


def checked_images(images: ArrayLike, name: str) -> NDArray[np.uint8]:
    """Return a copy of the images, uint8 (N, 28, 28); raise `DigitlabError` for anything else."""
    array = _as_array(images, name)
    if array.dtype != np.uint8:
        raise DigitlabError(
            f"{name} has values of type {array.dtype}, but they must be uint8, from 0 to 255"
        )
    if array.ndim != 3 or array.shape[1:] != (28, 28):
        is_flat = array.size and array.shape[:1] == (array.size / 784,)
        remedy = f"; use {name}.reshape(-1, 28, 28)" if is_flat else ""
        raise DigitlabError(f"{name} has shape {array.shape}, but it must be (N, 28, 28){remedy}")
    if not len(array):
        raise DigitlabError(f"{name} is empty; give at least one image")
    return array.copy(order="C")


def _as_array(values: ArrayLike, name: str) -> NDArray[Any]:
    try:
        return np.asarray(values)
    except (TypeError, ValueError, RuntimeError) as error:  # ragged lists, tensors with a gradient
        raise DigitlabError(f"{name} is not an array ({error})") from error


def checked_labels(labels: ArrayLike, name: str, images: int) -> NDArray[np.integer]:
    """Return the labels, one for each image; raise `DigitlabError` if they are anything else."""
    array = _as_array(labels, name)
    if array.shape != (images,):
        raise DigitlabError(
            f"{name} has shape {array.shape}, but for {images:,} images it must be ({images},)"
        )
    if array.dtype.kind not in "iu":
        raise DigitlabError(
            f"{name} has values of type {array.dtype}, but they must be integers: numbers of "
            "classes, from 0"
        )
    if not 0 <= array.min() <= array.max() < _MOST_CLASSES:
        wrong = array.min() if array.min() < 0 else array.max()
        raise DigitlabError(
            f"{name} has the label {wrong}, but labels are numbers of classes, from 0 to at most "
            f"{_MOST_CLASSES - 1:,}"
        )
    return array


def checked_classes(classes: Sequence[str] | None, used: int) -> tuple[str, ...]:
    """Return the names of the classes, by default their numbers.

    `used` is the largest label plus 1. Raises `DigitlabError` if there are fewer names than that or
    fewer than two, or if one is empty, not printable or not the only one of its kind.
    """
    least = max(2, used)
    names = tuple(map(str, range(least) if classes is None else classes))
    if len(names) < least:
        raise DigitlabError(f"the number of classes is {len(names)}, but must be at least {least}")
    seen = set()
    for name in names:
        if not name or not name.isprintable():
            raise DigitlabError(f"{printable(name)!r} cannot be the name of a class; rename it")
        if name in seen:
            raise DigitlabError(f"two classes have the name {name!r}; rename one")
        seen.add(name)
    return names


def narrowed(labels: NDArray[np.integer], classes: int) -> NDArray[np.integer]:
    """Return a copy of the labels in the machine's own byte order, uint8 if that is enough."""
    return labels.astype(np.uint8 if classes <= 256 else np.int32)


def mean_and_std(images: NDArray[np.uint8]) -> tuple[float, float]:
    """Return the mean and standard deviation of all pixels, where black is 0 and white is 1.

    The pixels are added up as integers, so that the results have the same bits on every machine.

    >>> mean_and_std(np.array([[[0, 255]]], np.uint8))
    (0.5, 0.5)
    """
    counts = np.zeros(256, np.int64)
    for start in range(0, len(images), 10_000):  # which bounds the memory
        counts += np.bincount(images[start : start + 10_000].ravel(), minlength=256)
    pixels, first, second = (
        sum(value**power * count for value, count in enumerate(counts.tolist()))
        for power in range(3)
    )
    variance = (pixels * second - first**2) / pixels**2
    return first / pixels / 255, float(np.sqrt(variance)) / 255


def digests_of(classes: tuple[str, ...], **arrays: NDArray[Any]) -> dict[str, str]:
    """Return the SHA-256 of the names of the classes and of the values in each array, by name."""
    digests = {"classes": hashlib.sha256("\n".join(classes).encode()).hexdigest()}
    for name, array in arrays.items():
        values = array if array.dtype == np.uint8 and array.ndim == 3 else array.astype("<i8")
        digests[name] = hashlib.sha256(values.data).hexdigest()
    return digests
