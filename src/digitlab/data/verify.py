"""Check bytes from any source, plain or gzip-compressed, against the catalog.

Nothing is trusted before that: an answer may be endless, cut off, compressed a million times or
full of control characters. So the catalog's sizes limit all that is read or decompressed.
"""

import gzip
import hashlib
import zlib
from io import BufferedIOBase, BytesIO

import numpy as np
from numpy.typing import NDArray

from digitlab.data.catalog import DataFile
from digitlab.errors import printable

_GZIP_MAGIC = b"\x1f\x8b"
_LONGEST_MESSAGE = 300  # characters: servers choose some of the text


class SourceError(Exception):
    """Why a source, or a file on this machine, cannot be used; safe to print on a terminal.

    Parts of the message come from outside. Control characters in it are replaced by escapes,
    because a terminal would obey them.
    """

    def __init__(self, message: str) -> None:
        super().__init__(printable(message)[:_LONGEST_MESSAGE])


def verified(file: DataFile, stream: BufferedIOBase) -> NDArray[np.uint8]:
    """Return a file's decompressed bytes, shape (bytes,), if they are those in the catalog.

    The seekable `stream` is the file as stored or served: plain, or compressed by gzip. It must be
    compressed if the catalog only has the digest of the compressed file. Raises `SourceError` if
    the size or a SHA-256 digest is wrong or the gzip data is damaged, and `OSError` if the stream
    cannot be read.
    """
    if file.gzip_sha256 is not None:
        stored = stream.read(file.largest_stored_size + 1)
        _check_digest(f"{file.name}.gz", hashlib.sha256(stored).hexdigest(), file.gzip_sha256)
        stream = BytesIO(stored)
    content = _decompressed(file, stream)
    if file.sha256 is not None:
        _check_digest(file.name, hashlib.sha256(content.data).hexdigest(), file.sha256)
    return content


def _decompressed(file: DataFile, stream: BufferedIOBase) -> NDArray[np.uint8]:
    """Return the bytes in a plain or compressed file; raise `SourceError` for another size."""
    is_compressed = stream.read(2) == _GZIP_MAGIC
    stream.seek(0)
    content = np.empty(file.size + 1, np.uint8)  # one more, to notice a file that is too long
    try:
        if is_compressed:
            stream = gzip.GzipFile(fileobj=stream)
        size = stream.readinto(content.data)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise SourceError(f"{file.name} is damaged gzip data ({error})") from error
    if size != file.size:
        found = f"{size:,}" if size < file.size else "more"
        raise SourceError(f"{file.name} has {found} bytes instead of {file.size:,}")
    return content[:size]


def _check_digest(name: str, found: str, expected: str) -> None:
    if found != expected:
        raise SourceError(f"{name} is altered (SHA-256 {found[:12]}… instead of {expected[:12]}…)")
