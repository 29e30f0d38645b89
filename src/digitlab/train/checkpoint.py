"""One file that holds all of a run's state, written whole or not at all.

A checkpoint is a safetensors file: a JSON header, then the tensors. Nothing in it can run code
when it is read. Its header carries the SHA-256 of the whole file (computed with zeros in the
digest's own place), so that one flipped bit anywhere is found.
"""

import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from digitlab.core.errors import DigitlabError

LAST = "last.safetensors"
PREVIOUS = "previous.safetensors"
TEMPORARY = "saving.safetensors"

_DIGEST = re.compile(rb'"sha256":"([0-9a-f]{64})"')
_NO_DIGEST = b"0" * 64


class CheckpointError(DigitlabError):
    """A checkpoint that cannot be written, or a file that is not a whole checkpoint."""


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A run's state: tensors by name, and everything that is not a tensor."""

    tensors: dict[str, Tensor]
    """Weights, optimiser state and random states, each under a name of dotted parts."""
    record: dict[str, Any]
    """Recipe, seed, position, history and so on; anything that JSON can hold."""


def named_below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors whose names begin with `prefix` and a dot, under what follows it.

    >>> from torch import tensor
    >>> named_below("a", {"a.b.c": tensor(1), "ab.c": tensor(2)})
    {'b.c': tensor(1)}
    """
    start = f"{prefix}."
    return {name[len(start) :]: t for name, t in tensors.items() if name.startswith(start)}


def to_bytes(checkpoint: Checkpoint) -> bytes:
    """Return the file that holds the checkpoint."""
    metadata = {"digitlab": json.dumps(checkpoint.record), "sha256": _NO_DIGEST.decode()}
    tensors = {name: tensor.cpu().contiguous() for name, tensor in checkpoint.tensors.items()}
    blank = safetensors.torch.save(tensors, metadata)
    digest = hashlib.sha256(blank).hexdigest().encode()
    return _DIGEST.sub(b'"sha256":"' + digest + b'"', blank, count=1)


def from_bytes(content: bytes, name: str) -> Checkpoint:
    """Return the checkpoint that a file holds; `name` is what errors call it.

    Raises
    ------
    CheckpointError
        If it is not a checkpoint of this program, or one that was cut short or altered.
    """
    header_end = 8 + int.from_bytes(content[:8], "little")
    found = _DIGEST.search(content[:header_end])
    if found is None:
        raise CheckpointError(f"{name} is not a digitlab checkpoint")
    blank = content[: found.start(1)] + _NO_DIGEST + content[found.end(1) :]
    if hashlib.sha256(blank).hexdigest().encode() != found[1]:
        raise CheckpointError(
            f"{name} is damaged: its {len(content):,} bytes do not have the digest it was saved by"
        )
    try:
        header = json.loads(content[8:header_end])
        record = json.loads(header["__metadata__"]["digitlab"])
        return Checkpoint(tensors=safetensors.torch.load(content), record=record)
    except (KeyError, ValueError, SafetensorError) as error:
        raise CheckpointError(f"{name} is not a digitlab checkpoint ({error})") from error


def read_checkpoint(path: Path) -> Checkpoint:
    """Return the checkpoint in a file, or raise `CheckpointError`."""
    try:
        return from_bytes(path.read_bytes(), str(path))
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read ({error.strerror})") from error


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Make `checkpoint` the folder's last one, and keep the one before it.

    The new file is written beside the old ones under a name of its own, forced to the disk, and
    read back; only then do the names move on. At every moment a whole checkpoint stands under
    one of the two names.

    Raises
    ------
    CheckpointError
        If it cannot be written, say because the disk is full. What was there before is intact.
    """
    temporary, last, previous = folder / TEMPORARY, folder / LAST, folder / PREVIOUS
    try:
        with temporary.open("wb") as stream:
            stream.write(to_bytes(checkpoint))
            stream.flush()
            os.fsync(stream.fileno())
        read_checkpoint(temporary)
        if last.exists():
            last.replace(previous)
        temporary.replace(last)
        _flush_folder(folder)
    except (OSError, CheckpointError) as error:
        temporary.unlink(missing_ok=True)
        reason = error.strerror if isinstance(error, OSError) else error
        raise CheckpointError(
            f"the checkpoint cannot be saved in {folder} ({reason}); what was saved before is "
            f"intact: make room, then continue with `digitlab resume {folder}`"
        ) from error


def _flush_folder(folder: Path) -> None:
    """Force the new names to the disk as well, where the system can do it (not on Windows)."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def load_checkpoint(
    folder: Path, check: Callable[[Checkpoint], None] = lambda _: None
) -> tuple[Checkpoint, list[str]]:
    """Return a folder's last good checkpoint, and what is wrong with those passed over.

    A checkpoint is good if it is whole and `check` raises no `DigitlabError` for it.

    Raises
    ------
    CheckpointError
        If the folder holds none that is good; the message tells what is wrong with each.
    """
    troubles: list[str] = []
    for path in (folder / LAST, folder / PREVIOUS):
        if not path.exists():
            continue
        try:
            checkpoint = read_checkpoint(path)
            check(checkpoint)
        except CheckpointError as error:
            troubles.append(str(error))
        except DigitlabError as error:
            troubles.append(f"{path}: {error}")
        else:
            return checkpoint, troubles
    if not troubles:
        raise CheckpointError(f"{folder} holds no checkpoint; begin a run with `digitlab train`")
    raise CheckpointError("; ".join(troubles) + "; there is no other to take its place")
