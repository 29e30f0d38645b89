"""Read a network's operations and weights from an ONNX file, without the onnx package.

An ONNX file is a protobuf message. Its wire format is simple: a message is a sequence of fields,
and each field is a number, a type and a value; a value may be another message. The numbers of the
fields are those in https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
"""

import math
import struct
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitlab.errors import DigitlabError, printable

Tensor = NDArray[np.generic]
_Value = int | memoryview  # a number, or bytes
_Fields = dict[int, list[_Value]]

_DTYPES = {1: "<f4", 2: "u1", 3: "i1", 6: "<i4", 7: "<i8", 9: "?", 10: "<f2", 11: "<f8"}
_MOST_DIMENSIONS = 16
_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5  # the types of a field


@dataclass(frozen=True, kw_only=True)
class Node:
    """One operation of a network."""

    operator: str
    """ONNX's name: `Conv`, `Relu`."""
    inputs: list[str]
    """The names of the values that it takes, first the one that comes from the images."""
    outputs: list[str]
    attributes: dict[str, int | float | str | list[int]]
    """Its settings, such as `strides`; those of other types are left out."""


@dataclass(frozen=True, kw_only=True)
class Graph:
    """The operations of a network in the order in which they are computed, and its weights."""

    nodes: list[Node]
    weights: dict[str, Tensor]
    """The constant values by name, with their shapes; those of unusual types are left out."""


def read_graph(content: bytes) -> Graph:
    """Return the network in the bytes of an ONNX file.

    Raises `DigitlabError` if they are damaged, or the weights are in other files.
    """
    try:
        model = _fields(memoryview(content))
        graph = _fields(_last_bytes(model, 7))
        return Graph(
            nodes=[_node(_fields(it)) for it in _all_bytes(graph, 1)],
            weights=dict(_tensors(graph)),
        )
    except (ValueError, IndexError, struct.error, OverflowError) as error:
        raise DigitlabError(
            f"the ONNX file is damaged ({error}); export the model again"
        ) from error


@dataclass(frozen=True, kw_only=True)
class Normalization:
    """How a network normalizes its pixels: (pixels / `scale` - `mean`) / `std`."""

    scale: float
    mean: float
    std: float
    output: str
    """The name of the normalized images."""
    following: list[Node]
    """The operations after it."""


def without_output(graph: Graph, output: str) -> Graph:
    """Return the graph without one of its outputs, and what only this output is computed by."""
    kept: list[Node] = []
    wanted: set[str] = set()  # what the kept operations take
    unwanted = {output}  # what the others take
    for node in reversed(graph.nodes):
        if unwanted & set(node.outputs) and not wanted & set(node.outputs):
            unwanted |= set(node.inputs)
        else:
            wanted |= set(node.inputs)
            kept.append(node)
    return Graph(nodes=kept[::-1], weights=graph.weights)


_NORMALIZATION = ["Unsqueeze", "Cast", "Div", "Sub", "Div"]


def normalization_of(graph: Graph) -> Normalization | None:
    """Return how a network normalizes its pixels, and what it does afterwards.

    None if it does not begin with the five operations that `digitlab export` writes for that.
    """
    count = len(_NORMALIZATION)
    first = graph.nodes[:count]
    if [node.operator for node in first] != _NORMALIZATION or not first[-1].outputs:
        return None
    constants = [graph.weights.get(node.inputs[-1]) for node in first[2:]]
    if any(it is None or it.size != 1 or it.dtype != np.float32 for it in constants):
        return None
    # As they were written: 0.1307, not the float32 next to it.
    scale, mean, std = (float(str(it.reshape(-1)[0])) for it in constants if it is not None)
    return Normalization(
        scale=scale,
        mean=mean,
        std=std,
        output=first[-1].outputs[0],
        following=graph.nodes[count:],
    )


def with_outputs(content: bytes, names: list[str]) -> bytes:
    """Return the bytes of an ONNX file whose network also puts out these inner values.

    Of a message that is in a protobuf file twice, the parts are joined. So it is enough to append a
    second graph that has only the outputs.
    """
    outputs = [_encoded(12, _encoded(1, name.encode())) for name in names]
    return content + _encoded(7, b"".join(outputs))


def _encoded(number: int, content: bytes) -> bytes:
    """Return a field with bytes in it."""
    key = number << 3 | _BYTES
    return _encoded_varint(key) + _encoded_varint(len(content)) + content


def _encoded_varint(number: int) -> bytes:
    encoded = b""
    while number > 127:
        encoded += bytes([number & 127 | 128])
        number >>= 7
    return encoded + bytes([number])


def _fields(message: memoryview) -> _Fields:
    """Return the values of a message by the number of their field, in the order of the file."""
    fields: _Fields = defaultdict(list)
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        kind = key & 7
        value: _Value
        if kind == _VARINT:
            value, place = _varint(message, place)
        else:
            length = {_EIGHT_BYTES: 8, _FOUR_BYTES: 4}.get(kind)
            if kind == _BYTES:
                length, place = _varint(message, place)
            if length is None:
                raise ValueError(f"a field of type {kind}")
            if length > len(message) - place:
                raise ValueError("it ends within a field")
            value = message[place : place + length]
            place += length
        fields[key >> 3].append(value)
    return fields


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    """Return an unsigned number and the place after it: 7 bits per byte, the lowest first."""
    number = 0
    for shift in range(0, 70, 7):
        byte = message[place]
        place += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number & (2**64 - 1), place
    raise ValueError("a number of more than 10 bytes")


def _all_bytes(fields: _Fields, number: int) -> list[memoryview]:
    values = fields.get(number, [])
    if not all(isinstance(value, memoryview) for value in values):
        raise ValueError(f"field {number} has a number instead of bytes")
    return [value for value in values if isinstance(value, memoryview)]


def _last_bytes(fields: _Fields, number: int) -> memoryview:
    """Return the bytes of a field that may be there once; empty if it is not there."""
    return (_all_bytes(fields, number) or [memoryview(b"")])[-1]


def _texts(fields: _Fields, number: int) -> list[str]:
    return [bytes(value).decode() for value in _all_bytes(fields, number)]


def _text(fields: _Fields, number: int) -> str:
    return bytes(_last_bytes(fields, number)).decode()


def _integers(fields: _Fields, number: int) -> list[int]:
    """Return the signed integers of a repeated field: one by one, or packed as bytes."""
    found = []
    for value in fields.get(number, []):
        if isinstance(value, int):
            found.append(value)
            continue
        place = 0
        while place < len(value):
            integer, place = _varint(value, place)
            found.append(integer)
    return [it - 2**64 if it >= 2**63 else it for it in found]


def _integer(fields: _Fields, number: int) -> int:
    return (_integers(fields, number) or [0])[-1]


def _node(fields: _Fields) -> Node:
    attributes = (_attribute(_fields(it)) for it in _all_bytes(fields, 5))
    domain = _text(fields, 7)
    return Node(
        operator=_text(fields, 4) if domain in ("", "ai.onnx") else f"{domain}.{_text(fields, 4)}",
        inputs=_texts(fields, 1),
        outputs=_texts(fields, 2),
        attributes={name: value for name, value in attributes if value is not None},
    )


def _attribute(fields: _Fields) -> tuple[str, int | float | str | list[int] | None]:
    """Return an attribute's name, and its value if its type is one of the usual ones."""
    name, kind = _text(fields, 1), _integer(fields, 20)
    match kind:
        case 1:
            return name, float(struct.unpack("<f", _last_bytes(fields, 2))[0])
        case 2:
            return name, _integer(fields, 3)
        case 3:
            return name, _text(fields, 4)
        case 7:
            return name, _integers(fields, 8)
    return name, None


def _tensors(graph: _Fields) -> Iterator[tuple[str, Tensor]]:
    """Yield the initializers of a graph by name."""
    for message in _all_bytes(graph, 5):
        fields = _fields(message)
        tensor = _tensor(fields)
        if tensor is not None:
            yield _text(fields, 8), tensor


def _tensor(fields: _Fields) -> Tensor | None:
    """Return a tensor; None if its type is not one of the usual ones."""
    name = printable(_text(fields, 8))
    if _integer(fields, 14) != 0:
        raise ValueError(f"the values of {name} are in another file")
    dtype = _DTYPES.get(_integer(fields, 2))
    if dtype is None:
        return None
    shape = _integers(fields, 1)
    if len(shape) > _MOST_DIMENSIONS or any(side < 0 for side in shape):
        raise ValueError(f"{name} has the shape {shape}")
    values = np.frombuffer(_last_bytes(fields, 9), dtype)
    if 4 in fields:  # the values one by one, instead of as raw bytes
        values = np.frombuffer(b"".join(map(bytes, _all_bytes(fields, 4))), "<f4").astype(dtype)
    elif 7 in fields:
        values = np.array(_integers(fields, 7), dtype)
    if values.size != math.prod(shape):
        raise ValueError(f"{name} of shape {shape} has {values.size} values")
    return values.reshape(shape)
