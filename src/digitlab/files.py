"""The one way to write a file, and the one way to read a JSON record."""

import hashlib
import os
import platform
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO, Any, TypeVar

import msgspec

from digitlab.errors import DigitlabError

Record = TypeVar("Record")

_TEMPORARY = re.compile(r"\.([0-9]{1,9})-[0-9a-f]{8}(-[0-9a-f]{8})?\.digitlab\.tmp")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file completely or not at all, as `whole_file` does."""
    with whole_file(path) as stream:
        stream.write(content)


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that is written completely or not at all, so that it also survives a power cut.

    The bytes go into a temporary file in the same folder, are flushed to the disk when the block
    ends, and the file then takes its name in one step. If anything fails, the temporary file is
    removed and what `path` held before is untouched. What is not a regular file (`/dev/stdout`, a
    pipe) is written directly. Raises `OSError`, with `path` as its `filename`, for example if the
    disk is full.
    """
    target = Path(os.path.realpath(path))
    mark = f"{os.getpid()}-{secrets.token_hex(4)}{_machine()}"
    temporary = target.with_name(f".{mark}.digitlab.tmp")
    with _errors_of(path):
        if path.exists() and not path.is_file():
            with path.open("wb") as stream:
                yield stream
            return
        try:
            with temporary.open("xb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            if target.exists():
                shutil.copymode(target, temporary)
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        flush_folder(target.parent)


@contextmanager
def _errors_of(path: Path) -> Iterator[None]:
    """Let an `OSError` about a temporary file, or without a file, name the path instead."""
    try:
        yield
    except OSError as error:
        raise type(error)(error.errno, error.strerror or str(error), str(path)) from error


def append(path: Path, content: bytes) -> None:
    """Add to the end of a file, or raise `OSError` with `path` as its `filename`."""
    with _errors_of(path), path.open("ab") as stream:
        stream.write(content)


def flush_folder(folder: Path) -> None:
    """Force new names in a folder to the disk, where the system can do it (not on Windows)."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files that `write_whole` left in a folder when it was killed.

    Those of other machines, which may share the folder, stay: their processes may be running.
    """
    for path in folder.iterdir():
        found = _TEMPORARY.fullmatch(path.name)
        if found and found[2] in (None, _machine()) and not _is_at_work(int(found[1])):
            path.unlink(missing_ok=True)


@cache
def _machine() -> str:
    """Return a mark of this machine: a dash and eight hexadecimal digits."""
    return "-" + hashlib.sha256(platform.node().encode()).hexdigest()[:8]


def _is_at_work(process: int) -> bool:
    """Return whether another process with this number is running, if the system can say that."""
    if os.name != "posix" or process == os.getpid():
        return False
    try:
        os.kill(process, 0)  # sends nothing
    except ProcessLookupError:
        return False
    except PermissionError:  # it belongs to another user
        return True
    return True


def read_json(path: Path, kind: type[Record]) -> Record:
    """Return the record in a JSON file, with every field checked: see `decode_json`.

    Raises `OSError` if the file cannot be read, and `DigitlabError` if it has no such record.
    """
    check_is_file(path)
    return decode_json(read_bytes(path), kind, str(path))


def read_bytes(path: Path, most: int = -1) -> bytes:
    """Return a file's content, or at most so many bytes of it.

    An `OSError` names the file, also if the file was opened but cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return stream.read(most)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def check_is_file(path: Path) -> None:
    """Raise `DigitlabError` for a folder, or for a pipe, which a reader would wait for forever."""
    if path.exists() and not path.is_file():
        raise DigitlabError(f"{path} is not a file")


def decode_json(content: bytes, kind: type[Record], name: str) -> Record:
    """Return the record of type `kind` in JSON text, with every field checked.

    Parameters
    ----------
    content
        UTF-8 encoded JSON.
    kind
        A dataclass or a `msgspec.Struct`. Its annotations define the fields and their types; its
        `__post_init__` raises an error for impossible values.
    name
        What the error message calls the text.

    Raises `DigitlabError` if it is not JSON, a field is missing, unknown or of the wrong type, or a
    value is impossible. The message is one sentence with `name` and the field.
    """
    try:
        plain = msgspec.json.decode(content)
        record = msgspec.convert(plain, kind)
        unknown = _unknown_field(plain, msgspec.to_builtins(record))
    except (ValueError, RecursionError, DigitlabError) as error:
        raise DigitlabError(f"{name} is damaged, or from another version: {error}") from error
    if unknown is not None:
        raise DigitlabError(f"{name} is from another version: unknown field {unknown!r}")
    return record


def encode_json(record: object, *, indent: int = 0) -> bytes:
    """Return a dataclass or `msgspec.Struct` as JSON text with a line break at the end."""
    return msgspec.json.format(msgspec.json.encode(record), indent=indent) + b"\n"


def _unknown_field(found: Any, understood: Any) -> str | None:
    """Return the first field in `found` that is not in `understood`, in dotted form."""
    if isinstance(found, dict):
        for name, value in found.items():
            if name not in understood:
                return str(name)
            inner = _unknown_field(value, understood[name])
            if inner is not None:
                return f"{name}.{inner}"
    return None
