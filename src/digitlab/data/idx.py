"""The IDX format, in which MNIST and its relatives are published.

A file is a header and then the values, row by row::

    byte 0-1   0 0
    byte 2     the kind of value: 8 = unsigned byte (the only kind that these datasets use)
    byte 3     the number of dimensions D
    D x 4      the size of each dimension, big-endian
    the rest   the values

Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits".
"""

import math

import numpy as np
from numpy.typing import NDArray

UNSIGNED_BYTE = 8


def parse_idx(content: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the array that an IDX file holds, as a view of its bytes (nothing is copied).

    Parameters
    ----------
    content
        The file's bytes, shape (bytes,).

    Raises
    ------
    ValueError
        If the header is not that of an IDX file of unsigned bytes, or the number of bytes
        is not the one that the header tells.

    >>> parse_idx(np.array([0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9], dtype=np.uint8))
    array([7, 8, 9], dtype=uint8)
    """
    if content.size < 4 or content[0] != 0 or content[1] != 0:
        raise ValueError("not an IDX file: it does not begin with two zero bytes")
    kind, dimensions = int(content[2]), int(content[3])
    if kind != UNSIGNED_BYTE:
        raise ValueError(f"IDX values of kind {kind} are not supported, only unsigned bytes (8)")
    header_bytes = 4 + 4 * dimensions
    if content.size < header_bytes:
        raise ValueError(f"the IDX header is cut short after {content.size} bytes")
    shape = tuple(int(size) for size in content[4:header_bytes].view(">u4"))
    values = content[header_bytes:]
    if values.size != math.prod(shape):
        raise ValueError(
            f"the IDX header tells of {math.prod(shape):,} values, the file holds {values.size:,}"
        )
    return values.reshape(shape)
