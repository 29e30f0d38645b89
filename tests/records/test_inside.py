"""`inside.npz`: what is written is read, and what is damaged is refused."""

import io
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitlab.records.inside import Inside, LayerOutput, from_npz, reduced_output, to_npz

FLOATS = np.random.default_rng(1).normal(size=(3, 5, 5)).astype(np.float32)
INSIDE = Inside(
    image=np.arange(784, dtype=np.uint8).reshape(28, 28),
    index=0,
    label=1,
    kernels=FLOATS,
    layers=[
        LayerOutput(name="features.0", shape=(3, 5, 5), values=FLOATS),
        LayerOutput(name="fc/1 数", shape=(5,), values=FLOATS[0, 0]),
    ],
    probabilities=np.array([0.2, 0.8], dtype=np.float32),
)


@pytest.mark.parametrize("kernels", [FLOATS, None])
def test_what_is_written_is_read_and_the_bytes_are_the_same(kernels: np.ndarray | None):
    inside = replace(INSIDE, kernels=kernels)
    again = from_npz(to_npz(inside))
    assert to_npz(again) == to_npz(inside)
    assert [(it.name, it.shape) for it in again.layers] == [
        (it.name, it.shape) for it in INSIDE.layers
    ]
    np.testing.assert_array_equal(again.layers[0].values, FLOATS)
    assert (again.kernels is None) == (kernels is None)
    assert (again.label, again.index) == (1, 0)


@pytest.mark.parametrize(
    ("shape", "kept"),
    [
        ((50,), (50,)),
        ((10, 24, 24), (10, 24, 24)),
        ((64, 1, 1), (64,)),
        ((512, 7, 7), (64, 7, 7)),
        ((3, 224, 224), (3, 56, 56)),
        ((9, 64), (1, 9, 64)),
        ((100_000, 2), (1, 256, 1)),
        ((10_000,), (4096,)),
    ],
)
def test_outputs_are_reduced_to_what_a_figure_shows(shape: tuple[int, ...], kept: tuple[int, ...]):
    layer = reduced_output("layer", np.zeros(shape))
    assert layer is not None
    assert (layer.shape, layer.values.shape) == (shape, kept)


@pytest.mark.parametrize("shape", [(), (0,), (2, 3, 4, 5), (3, 0, 0)])
def test_outputs_of_other_shapes_are_left_out(shape: tuple[int, ...]):
    assert reduced_output("layer", np.zeros(shape)) is None


@given(place=st.integers(0, 5_000), byte=st.integers(0, 255))
def test_a_changed_byte_is_refused_or_harmless(place: int, byte: int):
    content = bytearray(to_npz(INSIDE))
    content[place % len(content)] = byte
    with suppress(ValueError):  # no other error
        assert isinstance(from_npz(bytes(content)), Inside)


def npz(**arrays: object) -> bytes:
    with np.load(io.BytesIO(to_npz(INSIDE))) as file:
        whole = {name: file[name] for name in file.files} | arrays
    content = io.BytesIO()
    np.savez(content, **{name: it for name, it in whole.items() if it is not None})
    return content.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"rubbish",
        to_npz(INSIDE)[:-30],
        npz(image=None),
        npz(layer1=None),
        npz(image=np.zeros((2, 2))),
        npz(kernels=FLOATS[0]),
        npz(kernels=np.array([{}], dtype=object)),  # a pickle, which is not loaded
        npz(probabilities=np.zeros(0, dtype=np.float32)),
        npz(label=np.array(2)),
        npz(label=np.array("x")),
        npz(names=np.array(3)),
    ],
)
def test_damaged_files_are_refused(content: bytes):
    with pytest.raises(ValueError, match=r"\w"):
        from_npz(content)
