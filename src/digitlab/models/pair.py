"""A model's two files, written and read as a pair: a network in ONNX, and its card in JSON.

The two belong together: the card contains the SHA-256 of the network. They are replaced as a pair,
although a file system can only replace one file at a time. For `model.onnx` and `model.json`:

1. both new files are written as `model.onnx.new` and `model.json.new`;
2. `model.onnx.new` is renamed to `model.onnx`: from here on the new model is in use;
3. `model.json.new` is renamed to `model.json`.

`Pair.read` uses `model.json.new` when it is the card of `model.onnx`. So whenever the writing
process is killed, the folder contains the whole old model or the whole new one.
"""

import contextlib
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from digitlab.errors import DigitlabError
from digitlab.files import (
    check_is_file,
    encode_json,
    flush_folder,
    read_bytes,
    read_json,
    remove_leftovers,
    write_whole,
)

MAX_WEIGHTS = 100_000_000  # bytes


class HasDigest(Protocol):
    """A card."""

    @property
    def sha256(self) -> str:
        """The SHA-256 of the complete file of the network, in hexadecimal."""


Card = TypeVar("Card", bound=HasDigest)


@dataclass(frozen=True)
class Pair(Generic[Card]):
    """One kind of model: what its two files are called, and what its card contains."""

    name: str
    """Of both files, before `.onnx` and `.json`."""
    kind: type[Card]

    @property
    def weights(self) -> str:
        """The name of the network's file."""
        return f"{self.name}.onnx"

    @property
    def card(self) -> str:
        """The name of the card's file."""
        return f"{self.name}.json"

    @property
    def names(self) -> tuple[str, str, str, str]:
        """All names that the files can have, also while they are written."""
        return self.weights, self.card, _new(self.weights), _new(self.card)

    def write(self, folder: Path, weights: bytes, card: Card) -> tuple[Path, Path]:
        """Write the two files as a pair; return their paths, the network's first.

        If the writing fails, which raises DigitlabError, or the process is killed, an older model
        in the folder stays usable.
        """
        new_weights, new_card = folder / _new(self.weights), folder / _new(self.card)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._finish_interrupted_write(folder)
            try:
                write_whole(new_weights, weights)
                write_whole(new_card, encode_json(card, indent=2))
                new_weights.replace(folder / self.weights)
            except BaseException:
                if new_weights.exists():  # otherwise the new model is already in use
                    new_weights.unlink()
                    new_card.unlink(missing_ok=True)
                raise
            flush_folder(folder)  # on the disk, too, the network is renamed before its card
            new_card.replace(folder / self.card)
            flush_folder(folder)
        except OSError as error:
            path = error.filename or folder
            raise DigitlabError(f"{path} cannot be written ({error.strerror or error})") from error
        return folder / self.weights, folder / self.card

    def read(self, folder: Path) -> tuple[bytes, Card]:
        """Return the weights and the card of the model in a folder.

        Raises DigitlabError if there is no model, it is damaged, or the card is of another network.
        """
        try:
            for _ in range(2):  # again if an export replaced the files between the two reads
                weights = _read_weights(folder / self.weights)
                digest = hashlib.sha256(weights).hexdigest()
                card = self._new_card_of(folder, digest) or read_json(folder / self.card, self.kind)
                if card.sha256 == digest:
                    return weights, card
        except (OSError, ValueError) as error:  # ValueError: a path with a null byte
            file, reason = getattr(error, "filename", folder), getattr(error, "strerror", error)
            raise DigitlabError(
                f"{folder} contains no model: {file} cannot be read ({reason}); "
                "`digitlab export RUN --out FOLDER` makes one"
            ) from error
        raise DigitlabError(
            f"{folder / self.weights} does not match {self.card}: its SHA-256 is not the one in "
            "the card; export the model again"
        )

    def _new_card_of(self, folder: Path, digest: str) -> Card | None:
        """Return the card that is not yet renamed, if the network with this SHA-256 is its own."""
        with contextlib.suppress(OSError, DigitlabError):
            card = read_json(folder / _new(self.card), self.kind)
            if card.sha256 == digest:
                return card
        return None

    def _finish_interrupted_write(self, folder: Path) -> None:
        """Rename the new card if the process that wrote it was killed before it could do that."""
        remove_leftovers(folder)
        with contextlib.suppress(FileNotFoundError, DigitlabError):  # there is no usable model yet
            digest = hashlib.sha256(_read_weights(folder / self.weights)).hexdigest()
            if self._new_card_of(folder, digest):
                (folder / _new(self.card)).replace(folder / self.card)
                flush_folder(folder)


def _new(name: str) -> str:
    return f"{name}.new"


def _read_weights(path: Path) -> bytes:
    check_is_file(path)
    weights = read_bytes(path, MAX_WEIGHTS + 1)
    if len(weights) > MAX_WEIGHTS:
        raise DigitlabError(f"{path} is larger than {MAX_WEIGHTS // 10**6} MB, the limit")
    return weights
