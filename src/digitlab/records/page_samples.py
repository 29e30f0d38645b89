"""A few crops with what a page network found on them: `pages.npz`, written at the end of a run.

The figure of the pages is drawn from it without PyTorch.
"""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One crop, the digits that are on it, and the digits that were found."""

    gray: NDArray[np.uint8]
    """(H, W), 0 = black to 255 = white."""
    truths: NDArray[np.int64]
    """(N,): the digits to be found."""
    truth_boxes: NDArray[np.float32]
    """(N, 4): left, top, right and bottom edge, in pixels."""
    is_found: NDArray[np.bool_]
    """(N,): whether there is an answer at this place."""
    answers: NDArray[np.int64]
    """(P,): the digits that were answered."""
    answer_boxes: NDArray[np.float32]
    """(P, 4)."""
    is_right: NDArray[np.bool_]
    """(P,): whether there is such a digit at this place."""


_FIELDS: dict[str, tuple[type[np.generic], int]] = {
    "gray": (np.uint8, 2),
    "truths": (np.int64, 1),
    "truth_boxes": (np.float32, 2),
    "is_found": (np.bool_, 1),
    "answers": (np.int64, 1),
    "answer_boxes": (np.float32, 2),
    "is_right": (np.bool_, 1),
}
"""The type and the number of dimensions of each array."""


def samples_to_npz(samples: list[Sample]) -> bytes:
    """Return the content of `pages.npz`: the same bytes for the same values."""
    arrays = {
        f"{name}{number}": getattr(sample, name)
        for number, sample in enumerate(samples)
        for name in _FIELDS
    }
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **arrays)
    return content.getvalue()


def samples_from_npz(content: bytes) -> list[Sample]:
    """Return what `samples_to_npz` wrote; raise `ValueError` if it is damaged."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        samples = [
            Sample(**{name: arrays[f"{name}{number}"] for name in _FIELDS})
            for number in range(len(arrays) // len(_FIELDS))
        ]
    except Exception as error:  # zipfile, zlib and NumPy raise a dozen kinds for damaged files
        raise ValueError(f"{type(error).__name__}: {error}") from error
    for sample in samples:
        _check(sample)
    return samples


def _check(sample: Sample) -> None:
    """Raise `ValueError` if an array cannot be what its field says."""
    for name, (dtype, dimensions) in _FIELDS.items():
        values = getattr(sample, name)
        if values.ndim != dimensions or values.dtype != dtype:
            raise ValueError(f"{name} has shape {values.shape} and type {values.dtype}")
    counts = len(sample.truths), len(sample.answers)
    shapes = sample.truth_boxes.shape, sample.answer_boxes.shape
    if shapes != ((counts[0], 4), (counts[1], 4)):
        raise ValueError("there is not one box per digit")
    if (len(sample.is_found), len(sample.is_right)) != counts:
        raise ValueError("it is not known of each digit whether it is right")
    if not sample.gray.size or not all(
        ((it >= 0) & (it <= 9)).all() for it in (sample.truths, sample.answers)
    ):
        raise ValueError("digits are from 0 to 9")
