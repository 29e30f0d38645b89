"""The content of a picture file, wherever it is, and names that fit on one line."""

import os
from pathlib import Path
from typing import BinaryIO

from digitlab.errors import PictureError, printable

File = str | os.PathLike[str] | os.PathLike[bytes] | bytes | BinaryIO

MAX_BYTES = 100_000_000


def read_content(source: File) -> tuple[str, bytes]:
    """Return a name for error messages, and at most MAX_BYTES of content."""
    if isinstance(source, bytes):
        name, content = "the picture", source
    elif isinstance(source, str | os.PathLike):
        path = os.fsdecode(source)
        name = printable(path)
        content = _read_file(path, name)
    elif hasattr(source, "read"):
        name = printable(getattr(source, "name", "the stream"))
        content = _read_stream(source, name)
    else:
        kinds = "a path, bytes, a binary stream, a Pillow image or an array"
        raise PictureError(f"a picture is {kinds}, not {type(source).__name__}")
    if not content:
        raise PictureError(f"{name} is empty")
    if len(content) > MAX_BYTES:
        raise PictureError(
            f"{name} is larger than {MAX_BYTES // 10**6} MB, the limit: save it smaller or as JPEG"
        )
    return name, content


def _read_file(path: str, name: str) -> bytes:
    """Read at most MAX_BYTES + 1 bytes: a file such as /dev/zero never ends."""
    if not path:
        raise PictureError("the path of the picture is empty")
    try:
        with Path(path).open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise PictureError(f"{name}: no such file") from error
    except IsADirectoryError as error:
        raise PictureError(f"{name} is a folder: give the picture files in it") from error
    except (OSError, ValueError) as error:  # ValueError: a path with a null byte
        reason = getattr(error, "strerror", None) or error
        raise PictureError(f"{name} cannot be read: {reason}") from error


def _read_stream(stream: BinaryIO, name: str) -> bytes:
    """Read at most MAX_BYTES + 1 bytes of a stream that may be closed, broken, or of text."""
    try:
        content = stream.read(MAX_BYTES + 1)
    except Exception as error:  # any kind of stream
        raise PictureError(f"{name} cannot be read: {one_line(error)}") from error
    if not isinstance(content, bytes):
        raise PictureError(f"{name} is a stream of text, not of bytes")
    return content


def one_line(error: Exception) -> str:
    """Return an exception's message without line breaks."""
    return " ".join(str(error).split()) or type(error).__name__
