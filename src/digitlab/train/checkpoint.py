"""One file that holds all of a run's state, written completely or not at all.

A checkpoint is a safetensors file: a JSON header, then the tensors. Reading it cannot run code.
Its header carries the SHA-256 of the whole file (computed with zeros in the digest's own place),
so that a single flipped bit anywhere is found.
"""

import hashlib
import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from digitlab.errors import DigitlabError
from digitlab.files import decode_json, flush_folder, write_whole
from digitlab.recipe import Recipe
from digitlab.records.folder import LAST, PREVIOUS
from digitlab.records.history import Point

TEMPORARY = ".saving.tmp"  # what a killed process leaves is removed with other temporary files
_DIGEST = re.compile(rb'"sha256":"([0-9a-f]{64})"')
_NO_DIGEST = b"0" * 64


class CheckpointError(DigitlabError):
    """A file that is not a complete checkpoint, or not one of this run."""


class SaveError(DigitlabError):
    """A checkpoint that cannot be written."""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """Everything in a run's state that is not a tensor."""

    recipe: Recipe
    dataset: str
    seed: int
    device: str
    threads: int
    epochs_done: int
    batches_done: int
    """In the current epoch."""
    seconds: float
    """How long the run has been training and testing."""
    history: list[Point]


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A run's state."""

    tensors: dict[str, Tensor]
    """Weights, optimizer state and random states, each with a dotted name."""
    progress: Progress

    def part(self, prefix: str) -> dict[str, Tensor]:
        """Return the tensors whose names begin with `prefix` and a dot, without that beginning."""
        start = f"{prefix}."
        return {
            name.removeprefix(start): tensor
            for name, tensor in self.tensors.items()
            if name.startswith(start)
        }


def pack(tensors: dict[str, Tensor], record: Any) -> bytes:
    """Return a safetensors file with the tensors, the record as JSON, and its own SHA-256."""
    metadata = {"digitlab": msgspec.json.encode(record).decode(), "sha256": _NO_DIGEST.decode()}
    blank = safetensors.torch.save(
        {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}, metadata
    )
    digest = hashlib.sha256(blank).hexdigest().encode()
    return _DIGEST.sub(b'"sha256":"' + digest + b'"', blank, count=1)


def unpack(content: bytes, name: str) -> tuple[dict[str, Tensor], bytes]:
    """Return the tensors and the record's JSON that `pack` put into a file.

    Raises
    ------
    CheckpointError
        If the file, which the message calls `name`, was not written by `pack`, was cut short or
        was altered.
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


def to_bytes(checkpoint: Checkpoint) -> bytes:
    """Return the file that holds the checkpoint."""
    return pack(checkpoint.tensors, checkpoint.progress)


def from_bytes(content: bytes, name: str) -> Checkpoint:
    """Return the checkpoint in a file that error messages call `name`, or raise as `unpack`."""
    tensors, record = unpack(content, name)
    try:
        return Checkpoint(tensors=tensors, progress=decode_json(record, Progress, name))
    except DigitlabError as error:
        raise CheckpointError(str(error)) from error


def read_checkpoint(path: Path) -> Checkpoint:
    """Return the checkpoint in a file.

    Raises
    ------
    CheckpointError
        If the file is not a complete checkpoint.
    DigitlabError
        If it cannot be read at all.
    """
    try:
        return from_bytes(path.read_bytes(), str(path))
    except OSError as error:
        raise DigitlabError(f"{path} cannot be read ({error.strerror})") from error


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Make `checkpoint` the folder's last one, and keep the one before it.

    Raises
    ------
    SaveError
        If it cannot be written, for example because the disk is full. Earlier checkpoints are
        intact.
    """
    write_beside(folder, checkpoint)
    make_last(folder)


def write_beside(folder: Path, checkpoint: Checkpoint) -> None:
    """Write `checkpoint` under a temporary name, force it to the disk and read it back.

    The first half of `save_checkpoint`: existing checkpoints are not touched.
    """
    temporary = folder / TEMPORARY
    try:
        write_whole(temporary, to_bytes(checkpoint))
        read_checkpoint(temporary)
    except (OSError, DigitlabError) as error:
        temporary.unlink(missing_ok=True)
        raise _cannot_save(folder, error) from error


def make_last(folder: Path) -> None:
    """Rename the last checkpoint to the previous one, and the one just written to the last.

    The second half of `save_checkpoint`. A process that dies between the two renames leaves the
    former last checkpoint as the previous one, which is where the next process looks.
    """
    try:
        if (folder / LAST).exists():
            (folder / LAST).replace(folder / PREVIOUS)
        (folder / TEMPORARY).replace(folder / LAST)
        flush_folder(folder)
    except OSError as error:
        (folder / TEMPORARY).unlink(missing_ok=True)
        raise _cannot_save(folder, error) from error


def _cannot_save(folder: Path, error: OSError | DigitlabError) -> SaveError:
    reason = error.strerror if isinstance(error, OSError) else error
    return SaveError(
        f"the checkpoint cannot be saved in {folder} ({reason}); earlier checkpoints are intact"
    )


def load_checkpoint(
    folder: Path, check: Callable[[Checkpoint], None] = lambda _: None
) -> tuple[Checkpoint, dict[Path, str]]:
    """Return a folder's newest good checkpoint, and what is wrong with any that are newer.

    A checkpoint is good if it is complete and `check` raises no `CheckpointError` for it.

    Raises
    ------
    CheckpointError
        If the folder has no good checkpoint; the message says what is wrong with each.
    DigitlabError
        If one cannot be read: falling back would silently lose what it holds.
    """
    rejected: dict[Path, str] = {}
    for path in (folder / LAST, folder / PREVIOUS):
        if not path.exists():
            continue
        try:
            checkpoint = read_checkpoint(path)
            check(checkpoint)
        except CheckpointError as error:
            message = str(error)
            rejected[path] = message if str(path) in message else f"{path}: {message}"
        else:
            return checkpoint, rejected
    if not rejected:
        raise CheckpointError(f"{folder} has no checkpoint; start a run with `digitlab train`")
    reasons = "; ".join(rejected.values())
    raise CheckpointError(f"{reasons}; and there is no earlier checkpoint to fall back to")


def load_checkpoint_to_use(folder: Path) -> Checkpoint:
    """Return a folder's newest good checkpoint; print to stderr if it is not the last one."""
    checkpoint, rejected = load_checkpoint(folder)
    for problem in rejected.values():
        print(f"{problem}; using the checkpoint before it", file=sys.stderr)
    return checkpoint
