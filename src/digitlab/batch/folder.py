"""The folder of the parts: what they are made of, and which are finished."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from digitlab.batch.parts import Part, digest_of
from digitlab.batch.rows import Task
from digitlab.batch.write import PartFormat
from digitlab.errors import DigitlabError, printable
from digitlab.files import encode_json, read_json, write_whole
from digitlab.models.card import MODEL, folder_of
from digitlab.models.page_card import PAGE_MODEL
from digitlab.reader import PRETRAINED

RECORD = "_parts.json"
"""Programs that read folders of parts skip names that begin with an underscore."""


@dataclass(frozen=True)
class PartsRecord:
    """What the parts in a folder are made of. Only equal records share a folder."""

    digitlab: str
    """The version."""
    command: str
    digits_only: bool
    column: str | None
    format: str
    model: str
    """The SHA-256 of the model's files."""
    input: str
    """The SHA-256 of the names of all files, and how they are divided."""
    parts: int
    """How many there are in all."""


def record_of(task: Task, kind: PartFormat, parts: Sequence[Part]) -> PartsRecord:
    """Return the record of parts that are to be written."""
    return PartsRecord(
        digitlab=version("digitlab"),
        command=task.command,
        digits_only=task.digits_only,
        column=task.column,
        format=kind,
        model=_digest_of_model(task),
        input=digest_of(parts),
        parts=len(parts),
    )


def _digest_of_model(task: Task) -> str:
    """Return the SHA-256 of the files that decide the answers."""
    folder = PRETRAINED if task.model is None else folder_of(task.model)
    files = [folder / MODEL.weights, folder / MODEL.card]
    if task.command == "read":
        own = folder if (folder / PAGE_MODEL.card).exists() else PRETRAINED
        files += [own / PAGE_MODEL.weights, own / PAGE_MODEL.card]
    digest = hashlib.sha256()
    for file in files:
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def open_folder(folder: Path, record: PartsRecord) -> None:
    """Make the folder if there is none, and write its record if it has none.

    Raises `DigitlabError` if its parts are made of something else, or it has other files, and
    `OSError` if it cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise DigitlabError(f"--out {printable(folder)} is a file: give a folder for the parts")
    folder.mkdir(parents=True, exist_ok=True)
    others = sorted(path.name for path in folder.iterdir() if path.name[0] not in "._")
    file = folder / RECORD
    if file.exists():  # asked after the listing: another shard may be writing the first part now
        _compare(folder, read_json(file, PartsRecord), record)
        return
    if others:
        raise DigitlabError(
            f"{printable(folder)} has other files ({printable(others[0])}): give --out a new folder"
        )
    write_whole(file, encode_json(record, indent=2))


def _compare(folder: Path, found: PartsRecord, record: PartsRecord) -> None:
    wanted = asdict(record)
    changed = [name for name, value in asdict(found).items() if value != wanted[name]]
    if changed:
        raise DigitlabError(
            f"the parts in {printable(folder)} were made with other settings "
            f"({', '.join(changed)}): give --out a new folder"
        )


def unfinished(folder: Path, parts: Iterable[Part], kind: PartFormat) -> list[Part]:
    """Return the parts that have no file yet."""
    names = {path.name for path in folder.iterdir()}
    return [part for part in parts if f"{part.name}.{kind}" not in names]
