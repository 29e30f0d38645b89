"""Tensors and a record in one file that carries its own checksum.

It is a safetensors file: a JSON header, then the tensors. Reading it cannot run code. The header
holds the SHA-256 of the whole file, computed with zeros in the digest's own place, so that a single
flipped bit anywhere is found.
"""

import hashlib
import json
import re
from typing import Any

import msgspec
import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from digitlab.errors import DigitlabError

_DIGEST = re.compile(rb'"sha256":"([0-9a-f]{64})"')
_NO_DIGEST = b"0" * 64


class CheckpointError(DigitlabError):
    """A file that is not a complete checkpoint, or not one of this run."""


def pack(tensors: dict[str, Tensor], record: Any) -> bytes:
    """Return a safetensors file with the tensors, the record as JSON, and its own SHA-256."""
    metadata = {"digitlab": msgspec.json.encode(record).decode(), "sha256": _NO_DIGEST.decode()}
    blank = safetensors.torch.save(_separate(tensors), metadata)
    digest = hashlib.sha256(blank).hexdigest().encode()
    return _DIGEST.sub(b'"sha256":"' + digest + b'"', blank, count=1)


def _separate(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors on the CPU, each in memory of its own, as the format demands."""
    separate: dict[str, Tensor] = {}
    used = set()
    for name, tensor in tensors.items():
        tensor = tensor.cpu().contiguous()
        storage = tensor.untyped_storage().data_ptr()
        separate[name] = tensor.clone() if storage in used else tensor
        used.add(storage)
    return separate


def unpack(content: bytes, name: str) -> tuple[dict[str, Tensor], bytes]:
    """Return the tensors and the record's JSON that `pack` put into a file.

    Raises `CheckpointError` if the file, which the message calls `name`, was not written by `pack`,
    was cut short or was altered.
    """
    header_end = 8 + int.from_bytes(content[:8], "little")
    found = _DIGEST.search(content[:header_end])
    if found is None:
        raise CheckpointError(f"{name} is not a digitlab checkpoint")
    blank = content[: found.start(1)] + _NO_DIGEST + content[found.end(1) :]
    if hashlib.sha256(blank).hexdigest().encode() != found[1]:
        raise CheckpointError(
            f"{name} is damaged: its {len(content):,} bytes do not match its checksum"
        )
    try:
        header = json.loads(content[8:header_end])
        return safetensors.torch.load(content), header["__metadata__"]["digitlab"].encode()
    except (KeyError, AttributeError, TypeError, ValueError, SafetensorError) as error:
        raise CheckpointError(f"{name} is not a digitlab checkpoint ({error})") from error
