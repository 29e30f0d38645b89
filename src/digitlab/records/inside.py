"""What a trained network sees in one image: `inside.npz`, written at the end of a run.

The figures of the kernels and of the activations are drawn from it without PyTorch.
"""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_MOST_CHANNELS = 64
"""Of a layer with more channels, only the first are kept."""
_MOST_VALUES = 4096
"""Of a layer's vector; and of one channel, from which every second, third … pixel is left out."""
_MOST_ROWS = 256
"""Of one channel, after that."""


@dataclass(frozen=True, kw_only=True)
class LayerOutput:
    """What a layer puts out for one image."""

    name: str
    """The module's name in the network: `conv1`, `features.0`."""
    shape: tuple[int, ...]
    """Of the complete output: (channels, height, width), (values,), or another."""
    values: Floats
    """(channels, height, width) or (values,), reduced if there are very many."""


@dataclass(frozen=True, kw_only=True)
class Inside:
    """The first convolution's kernels, and one image on its way through the network."""

    image: NDArray[np.uint8]
    """(height, width), 0 = background to 255 = ink."""
    index: int
    """The image's position in the test set, from 0."""
    label: int
    kernels: Floats | None
    """(kernels, height, width); None for a network without such a convolution."""
    layers: list[LayerOutput]
    """In the order of their calls, without the last, whose output is the scores."""
    probabilities: Floats
    """(classes,), 0 to 1."""


def reduced_output(name: str, values: NDArray[np.floating]) -> LayerOutput | None:
    """Return a layer's output for one image, reduced to what a figure can show.

    `values` has any shape: a vector; channels of pictures; with two dimensions, it is taken for one
    picture. Returns None for other shapes and for an empty output.
    """
    shape = values.shape
    if values.ndim == 2:
        values = values[None]
    if values.ndim == 3 and values.shape[1] * values.shape[2] == 1:
        values = values[:, 0, 0]
    if values.ndim not in (1, 3) or values.size == 0:
        return None
    if values.ndim == 1:
        values = values[:_MOST_VALUES]
    else:
        step = int(np.ceil(np.sqrt(values.shape[1] * values.shape[2] / _MOST_VALUES)))
        values = values[:_MOST_CHANNELS, ::step, ::step][:, :_MOST_ROWS]
    return LayerOutput(name=name, shape=shape, values=values.astype(np.float32))


def to_npz(inside: Inside) -> bytes:
    """Return the content of `inside.npz`: the same bytes for the same values."""
    arrays: dict[str, NDArray[np.generic]] = {
        "image": inside.image,
        "index": np.array(inside.index),
        "label": np.array(inside.label),
        "probabilities": inside.probabilities,
        "names": np.array([layer.name for layer in inside.layers], dtype=np.str_),
    }
    if inside.kernels is not None:
        arrays["kernels"] = inside.kernels
    for number, layer in enumerate(inside.layers):
        arrays[f"shape{number}"] = np.array(layer.shape)
        arrays[f"layer{number}"] = layer.values
    content = io.BytesIO()
    np.savez_compressed(content, allow_pickle=False, **arrays)
    return content.getvalue()


def from_npz(content: bytes) -> Inside:
    """Return what `to_npz` wrote; raise `ValueError` if it is damaged."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        inside = Inside(
            image=arrays["image"],
            index=int(arrays["index"]),
            label=int(arrays["label"]),
            kernels=arrays.get("kernels"),
            layers=[
                LayerOutput(
                    name=str(name),
                    shape=_shape_in(arrays[f"shape{number}"]),
                    values=arrays[f"layer{number}"],
                )
                for number, name in enumerate(arrays["names"].tolist())
            ],
            probabilities=arrays["probabilities"],
        )
    except Exception as error:  # zipfile, zlib and NumPy raise a dozen kinds for damaged files
        raise ValueError(f"{type(error).__name__}: {error}") from error
    _check(inside)
    return inside


def _shape_in(values: NDArray[np.generic]) -> tuple[int, ...]:
    if values.ndim != 1 or values.dtype.kind != "i" or not 1 <= values.size <= 8:
        raise ValueError(f"a shape of type {values.dtype} and {values.shape}")
    return tuple(int(it) for it in values.tolist())


def _check(inside: Inside) -> None:
    """Raise `ValueError` if an array cannot be what its field says."""
    found: list[tuple[str, NDArray[np.generic], tuple[int, ...], type[np.generic]]] = [
        ("image", inside.image, (2,), np.uint8),
        ("probabilities", inside.probabilities, (1,), np.float32),
        *((layer.name, layer.values, (1, 3), np.float32) for layer in inside.layers),
    ]
    if inside.kernels is not None:
        found.append(("kernels", inside.kernels, (3,), np.float32))
    for name, values, dimensions, dtype in found:
        if values.ndim not in dimensions or values.dtype != dtype or values.size == 0:
            raise ValueError(f"{name} has shape {values.shape} and type {values.dtype}")
    if not 0 <= inside.label < len(inside.probabilities):
        raise ValueError(f"label is {inside.label} of {len(inside.probabilities)} classes")
