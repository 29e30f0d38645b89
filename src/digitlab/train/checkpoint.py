"""One file that holds all of a run's state, written whole or not at all.

A checkpoint is a safetensors file: a JSON header, then the tensors. Nothing in it can run code
when it is read. Its header carries the SHA-256 of the whole file (computed with zeros in the
digest's own place), so that one flipped bit anywhere is found.
"""

import hashlib
import json
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from digitlab.errors import DigitlabError
from digitlab.records.folder import LAST, PREVIOUS, TEMPORARY

_DIGEST = re.compile(rb'"sha256":"([0-9a-f]{64})"')
_NO_DIGEST = b"0" * 64


class CheckpointError(DigitlabError):
    """A checkpoint that cannot be written, or a file that is not a whole checkpoint."""


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A run's state: tensors by name, and everything that is not a tensor."""

    tensors: dict[str, Tensor]
    """Weights, optimizer state and random states, each under a name of dotted parts."""
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

    Raises
    ------
    CheckpointError
        If it cannot be written, say because the disk is full. What was there before is intact.
    """
    write_beside(folder, checkpoint)
    make_last(folder)


def write_beside(folder: Path, checkpoint: Checkpoint) -> None:
    """Write `checkpoint` under a name of its own, force it to the disk and read it back.

    The first half of `save_checkpoint`: the checkpoints that are there are not touched.
    """
    temporary = folder / TEMPORARY
    try:
        with temporary.open("wb") as stream:
            stream.write(to_bytes(checkpoint))
            stream.flush()
            os.fsync(stream.fileno())
        read_checkpoint(temporary)
    except (OSError, CheckpointError) as error:
        temporary.unlink(missing_ok=True)
        raise _cannot_save(folder, error) from error


def make_last(folder: Path) -> None:
    """Let the names move on: the last one becomes the previous, the one written beside the last.

    The second half of `save_checkpoint`. A process that dies between the two renames leaves the
    former last one as the previous, which is where the next process looks.
    """
    try:
        if (folder / LAST).exists():
            (folder / LAST).replace(folder / PREVIOUS)
        (folder / TEMPORARY).replace(folder / LAST)
        _flush_folder(folder)
    except OSError as error:
        raise _cannot_save(folder, error) from error


def _cannot_save(folder: Path, error: OSError | CheckpointError) -> CheckpointError:
    reason = error.strerror if isinstance(error, OSError) else error
    return CheckpointError(
        f"the checkpoint cannot be saved in {folder} ({reason}); what was saved before is intact"
    )


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
) -> tuple[Checkpoint, dict[Path, str]]:
    """Return a folder's last good checkpoint, and those passed over with what is wrong with each.

    A checkpoint is good if it is whole and `check` raises no `DigitlabError` for it.

    Raises
    ------
    CheckpointError
        If the folder holds none that is good; the message tells what is wrong with each.
    """
    rejected: dict[Path, str] = {}
    for path in (folder / LAST, folder / PREVIOUS):
        if not path.exists():
            continue
        try:
            checkpoint = read_checkpoint(path)
            check(checkpoint)
        except CheckpointError as error:
            rejected[path] = str(error)
        except DigitlabError as error:
            rejected[path] = f"{path}: {error}"
        else:
            return checkpoint, rejected
    if not rejected:
        raise CheckpointError(f"{folder} holds no checkpoint; begin a run with `digitlab train`")
    reasons = "; ".join(rejected.values())
    raise CheckpointError(f"{reasons}; there is no other to take its place")


def load_checkpoint_to_use(folder: Path) -> Checkpoint:
    """Return a folder's last whole checkpoint, and say on stderr if it is not the last of all."""
    checkpoint, rejected = load_checkpoint(folder)
    for trouble in rejected.values():
        print(f"{trouble}; taking the checkpoint before it", file=sys.stderr)
    return checkpoint
