"""The messages of the Open Inference Protocol, version 2, with its binary tensor extension.

A request is JSON, or JSON followed by a tensor's bytes; then the header
`Inference-Header-Content-Length` says where the JSON ends. Answers are the same.
Sources: github.com/kserve/open-inference-protocol and Triton's `extension_binary_data.md`.
"""

import math
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from digitlab.models.card import IMAGES
from digitlab.pictures.digit import SIDE
from digitlab.serve.bodies import decoded
from digitlab.serve.replies import ServiceError

MODEL, VERSION = "digitlab", "1"
PROBABILITIES = "probabilities"
"""The calibrated probabilities, next to what the network itself gives."""
MAX_IMAGES = 1_000  # in one request
_MAX_VALUES = 2_000_000  # in one answer: all inner layers of 100 images; 40 MB of JSON
JSON_LENGTH = "Inference-Header-Content-Length"
_PIXELS = SIDE * SIDE

Tensors = dict[str, NDArray[np.float32]]


class _Parameters(msgspec.Struct):
    binary_data_size: int | None = None
    binary_data: bool | None = None
    classification: int | None = None


class _Input(msgspec.Struct):
    name: str
    shape: list[int]
    datatype: str
    data: Any = None
    parameters: _Parameters = msgspec.field(default_factory=_Parameters)


class _Output(msgspec.Struct):
    name: str
    parameters: _Parameters = msgspec.field(default_factory=_Parameters)


class _RequestParameters(msgspec.Struct):
    binary_data_output: bool = False


class _Inference(msgspec.Struct):
    inputs: list[_Input]
    id: str | None = None
    outputs: list[_Output] | None = None
    parameters: _RequestParameters = msgspec.field(default_factory=_RequestParameters)


_DECODER = msgspec.json.Decoder(_Inference)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for inference that can be answered."""

    images: NDArray[np.uint8]
    """N x 28 x 28."""
    outputs: dict[str, bool]
    """The names of the outputs, and whether each is wanted as bytes."""
    id: str | None


def asked_of(body: bytes, json_length: str | None, offered: dict[str, list[int]]) -> Asked:
    """Return what a request asks for, or raise `ServiceError`.

    Parameters
    ----------
    body
        Of the request.
    json_length
        Its header `Inference-Header-Content-Length`.
    offered
        The outputs that there are, with their shapes for one image; the first two are given if
        none is named.
    """
    head, binary = _split(json_length, body)
    found = decoded(_DECODER, head)
    asked = Asked(_images(found, binary), _outputs(found, list(offered)), found.id)
    count = len(asked.images) * sum(math.prod(offered[name]) for name in asked.outputs)
    if count > _MAX_VALUES:
        raise ServiceError(
            422, f"the answer would have {count:,} numbers, but at most {_MAX_VALUES:,} are sent: "
            "ask for fewer images at a time, or for fewer outputs"
        )  # fmt: skip
    return asked


def _split(length: str | None, body: bytes) -> tuple[bytes, bytes]:
    if length is None:
        return body, b""
    if not length.isdecimal() or int(length[:20]) > len(body):
        raise ServiceError(
            400, f"{JSON_LENGTH} is {length[:40]!a}, but must be 0 to the body's {len(body)} bytes"
        )
    return body[: int(length)], body[int(length) :]


def _images(asked: _Inference, binary: bytes) -> NDArray[np.uint8]:
    """Return the one input, N x 28 x 28, or raise `ServiceError`."""
    if [it.name for it in asked.inputs] != [IMAGES]:
        raise ServiceError(422, f"the model has one input, {IMAGES!r}")
    (given,) = asked.inputs
    if given.datatype != "UINT8":
        raise ServiceError(
            422, f"{IMAGES} has the datatype {given.datatype[:20]!a}, but must be UINT8"
        )
    count = given.shape[0] if given.shape else 0
    if given.shape[1:] != [SIDE, SIDE] or not 1 <= count <= MAX_IMAGES:
        raise ServiceError(
            422, f"{IMAGES} has the shape {given.shape[:5]}, but must have [N, {SIDE}, {SIDE}] "
            f"with N from 1 to {MAX_IMAGES:,}"
        )  # fmt: skip
    size = given.parameters.binary_data_size
    if size is not None:
        if given.data is not None:
            raise ServiceError(422, f"{IMAGES} has both data and binary_data_size")
        if not size == len(binary) == count * _PIXELS:
            raise ServiceError(
                422, f"{IMAGES} has binary_data_size {size} and {len(binary)} bytes after the "
                f"JSON, but both must be {count * _PIXELS}"
            )  # fmt: skip
        return np.frombuffer(binary, np.uint8).reshape(count, SIDE, SIDE)
    if binary:
        raise ServiceError(422, f"{len(binary)} bytes after the JSON belong to no input")
    return _from_json(given.data, count)


def _from_json(data: object, count: int) -> NDArray[np.uint8]:
    """Return numbers in rows, or in one flat list, as images."""
    values: list[Any] = [data]
    for _ in range(3):  # N x 28 x 28 at the deepest
        if values and isinstance(values[0], list):
            if not all(isinstance(it, list) for it in values):
                raise ServiceError(422, f"{IMAGES} mixes numbers and lists")
            values = [value for it in values for value in it]
    if len(values) != count * _PIXELS:
        raise ServiceError(
            422, f"{IMAGES} has {len(values)} values, but its shape needs {count * _PIXELS}"
        )
    if not all(type(it) in (int, float) and 0 <= it <= 255 and it == int(it) for it in values):
        raise ServiceError(422, f"the values of {IMAGES} must be whole numbers from 0 to 255")
    return np.array(values, np.uint8).reshape(count, SIDE, SIDE)


def _outputs(asked: _Inference, offered: list[str]) -> dict[str, bool]:
    outputs: dict[str, bool] = {}
    for output in asked.outputs or [_Output(name) for name in offered[:2]]:
        if output.name not in offered:
            raise ServiceError(
                422, f"there is no output {output.name[:60]!a}, but: {', '.join(offered)}"
            )
        if output.parameters.classification:
            raise ServiceError(422, "the classification extension is not offered: rank the outputs")
        is_binary = output.parameters.binary_data
        outputs[output.name] = (
            asked.parameters.binary_data_output if is_binary is None else is_binary
        )
    return outputs


def answer_to(asked: Asked, tensors: Tensors) -> tuple[bytes, int | None]:
    """Return the body of the answer, and the length of its JSON if bytes follow it."""
    outputs: list[dict[str, Any]] = []
    binary: list[bytes] = []
    for name, is_binary in asked.outputs.items():
        tensor = tensors[name]
        entry: dict[str, Any] = {"name": name, "datatype": "FP32", "shape": list(tensor.shape)}
        if is_binary:
            binary.append(tensor.astype("<f4").tobytes())
            entry["parameters"] = {"binary_data_size": len(binary[-1])}
        else:
            entry["data"] = tensor.ravel().tolist()
        outputs.append(entry)
    record: dict[str, Any] = {"model_name": MODEL, "model_version": VERSION}
    if asked.id is not None:
        record["id"] = asked.id
    head = msgspec.json.encode(record | {"outputs": outputs})
    return b"".join([head, *binary]), len(head) if binary else None
