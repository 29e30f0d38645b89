"""The IDX format, in which MNIST and datasets like it are published.

A file is a header followed by the values, row by row::

    byte 0-1   0 0
    byte 2     the type of the values: 8 = unsigned byte, 12 = integer of 4 bytes, big-endian
    byte 3     the number of dimensions D
    D x 4      the size of each dimension, big-endian
    the rest   the values

Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits".
"""

import math

import numpy as np
from numpy.typing import NDArray

_TYPES: dict[int, np.dtype[np.integer]] = {8: np.dtype(np.uint8), 12: np.dtype(">i4")}
"""The types that these datasets use, by their number in the format."""


def parse_idx(content: NDArray[np.uint8]) -> NDArray[np.integer]:
    """Return the array in an IDX file as a view of its bytes, shape (bytes,); nothing is copied.

    Raises `ValueError` if the header is not that of an IDX file of unsigned bytes or of integers of
    4 bytes, or the file does not have as many values as its header states.

    >>> parse_idx(np.array([0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9], dtype=np.uint8))
    array([7, 8, 9], dtype=uint8)
    """
    if content.size < 4 or content[0] != 0 or content[1] != 0:
        raise ValueError("not an IDX file: it does not start with two zero bytes")
    kind, dimensions = int(content[2]), int(content[3])
    if kind not in _TYPES:
        raise ValueError(f"IDX values of type {kind} are not supported, only 8 and 12")
    header_bytes = 4 + 4 * dimensions
    if content.size < header_bytes:
        raise ValueError(f"the IDX header is cut off after {content.size} bytes")
    shape = tuple(int(size) for size in content[4:header_bytes].view(">u4"))
    values, value_bytes = content[header_bytes:], _TYPES[kind].itemsize
    if values.size != math.prod(shape) * value_bytes:
        raise ValueError(
            f"the IDX header states {math.prod(shape) * value_bytes:,} bytes of values, but the "
            f"file has {values.size:,}"
        )
    array: NDArray[np.integer] = values.view(_TYPES[kind]).reshape(shape)
    return array
