import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from digitlab.data.idx import parse_idx


def as_idx(array: np.ndarray) -> np.ndarray:
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return np.frombuffer(header + array.tobytes(), dtype=np.uint8)


images = arrays(np.uint8, array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5))


@given(images)
def test_what_is_written_is_read(array: np.ndarray):
    assert np.array_equal(parse_idx(as_idx(array)), array)


@given(images, st.data())
def test_a_file_cut_short_anywhere_is_refused(array: np.ndarray, data: st.DataObject):
    whole = as_idx(array)
    kept = data.draw(st.integers(0, whole.size - 1))
    with pytest.raises(ValueError, match="IDX"):
        parse_idx(whole[:kept])


def test_other_kinds_of_values_are_refused():
    content = as_idx(np.zeros(3, dtype=np.uint8)).copy()
    content[2] = 13
    with pytest.raises(ValueError, match="type 13"):
        parse_idx(content)
