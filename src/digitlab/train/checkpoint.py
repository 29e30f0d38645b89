"""One file that holds all of a run's state, written completely or not at all."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec
from torch import Tensor

from digitlab.errors import DigitlabError
from digitlab.files import decode_json, flush_folder, write_whole
from digitlab.recipe import Recipe
from digitlab.records.folder import LAST, PREVIOUS, SAVING
from digitlab.records.history import Point
from digitlab.train.tensor_file import CheckpointError, pack, unpack


class SaveError(DigitlabError):
    """A checkpoint that cannot be written."""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """Everything in a run's state that is not a tensor."""

    recipe: Recipe
    dataset: str
    classes: list[str]
    """The names of the answers, in their order."""
    mean: float
    std: float
    """Of the training pixels: what every image is normalized with."""
    seed: int
    device: str
    threads: int
    epochs_done: int
    batches_done: int
    """In the current epoch."""
    seconds: float
    """How long the run has been at work, without imports."""
    history: list[Point]


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A run's state."""

    tensors: dict[str, Tensor]
    """Weights, optimizer state and random states, each with a dotted name."""
    progress: Progress

    def part(self, prefix: str) -> dict[str, Tensor]:
        """Return the tensors whose names begin with `prefix` and a dot, without that beginning."""
        return tensors_with(prefix, self.tensors)


def tensors_with(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors whose names begin with `prefix` and a dot, without that beginning."""
    start = f"{prefix}."
    return {
        name.removeprefix(start): tensor
        for name, tensor in tensors.items()
        if name.startswith(start)
    }


class Stateful(Protocol):
    """A part of a training whose state belongs in a checkpoint."""

    def state_dict(self) -> dict[str, Tensor]:
        """Return the state as tensors by name."""

    def load_state_dict(self, state: dict[str, Tensor], /) -> object:
        """Take over a state that `state_dict` returned, perhaps in another process."""


def tensors_of(parts: Mapping[str, Stateful]) -> dict[str, Tensor]:
    """Return the state of all parts; the name of each tensor begins with that of its part."""
    return {
        f"{prefix}.{name}": tensor
        for prefix, part in parts.items()
        for name, tensor in part.state_dict().items()
    }


def load_parts(parts: Mapping[str, Stateful], checkpoint: Checkpoint) -> None:
    """Restore the state of each part, or raise `CheckpointError` if it does not fit."""
    for prefix, part in parts.items():
        try:
            part.load_state_dict(checkpoint.part(prefix))
        except (DigitlabError, KeyError, RuntimeError, TypeError) as error:
            raise CheckpointError(
                f"the checkpoint does not fit this run ({prefix}: {error})"
            ) from error


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

    Raises `CheckpointError` if it is not a complete checkpoint, and `DigitlabError` if it cannot be
    read at all.
    """
    if path.exists() and not path.is_file():  # a pipe would be waited for without end
        raise CheckpointError(f"{path} is not a file")
    try:
        return from_bytes(path.read_bytes(), str(path))
    except OSError as error:
        raise DigitlabError(f"{path} cannot be read ({error.strerror})") from error


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Make `checkpoint` the folder's last one, and keep the one before it.

    Raises `SaveError` if it cannot be written, for example because the disk is full; earlier
    checkpoints are intact.
    """
    write_beside(folder, checkpoint)
    make_last(folder)


def write_beside(folder: Path, checkpoint: Checkpoint) -> None:
    """Write `checkpoint` under a temporary name, force it to the disk and read it back.

    The first half of `save_checkpoint`: existing checkpoints are not touched.
    """
    temporary = folder / SAVING
    try:
        write_whole(temporary, to_bytes(checkpoint))
        read_checkpoint(temporary)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError | DigitlabError):
            raise _cannot_save(folder, error) from error
        raise


def make_last(folder: Path) -> None:
    """Rename the last checkpoint to the previous one, and the one just written to the last.

    The second half of `save_checkpoint`. A process that dies between the two renames leaves the
    former last checkpoint as the previous one, which is where the next process looks.
    """
    try:
        if (folder / LAST).exists():
            (folder / LAST).replace(folder / PREVIOUS)
        (folder / SAVING).replace(folder / LAST)
        flush_folder(folder)
    except OSError as error:
        (folder / SAVING).unlink(missing_ok=True)
        raise _cannot_save(folder, error) from error


def _cannot_save(folder: Path, error: OSError | DigitlabError) -> SaveError:
    reason = error.strerror if isinstance(error, OSError) else error
    intact = any((folder / name).exists() for name in (LAST, PREVIOUS))
    rest = "; earlier checkpoints are intact" if intact else ""
    return SaveError(f"the checkpoint cannot be saved in {folder} ({reason}){rest}")


def load_checkpoint(
    folder: Path, check: Callable[[Checkpoint], None] = lambda _: None
) -> tuple[Checkpoint, dict[Path, str]]:
    """Return a folder's newest good checkpoint, and what is wrong with any that are newer.

    A checkpoint is good if it is complete and `check` raises no `CheckpointError` for it. Raises
    `CheckpointError` if there is no good one, with what is wrong with each; and `DigitlabError` if
    one cannot be read, because falling back would silently lose what it contains.
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
