"""Pictures in tar files, such as WebDataset's shards, one after the other as the file is read."""

import bz2
import gzip
import lzma
import posixpath
import tarfile
import zlib
from collections.abc import Callable, Iterator
from io import BufferedIOBase

from digitlab.errors import DigitlabError, PictureError, printable
from digitlab.pictures.content import MAX_BYTES, one_line

_READ_AT_ONCE = 1 << 20  # bytes
_COMPRESSED: dict[bytes, Callable[[str], BufferedIOBase]] = {
    b"\x1f\x8b": gzip.GzipFile, b"BZh": bz2.BZ2File, b"\xfd7zXZ": lzma.LZMAFile,
}  # fmt: skip
"""What opens a compressed file, by its first bytes."""


class _Member(tarfile.TarInfo):
    """A header. `tarfile` takes a damaged one for the end of the file, so that pictures get lost.

    Only the empty block at the end of every tar file is its end.
    """

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> "_Member":
        """Return the next header, or raise `ReadError` if there is neither one nor the end."""
        try:
            return super().fromtarfile(archive)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            raise
        except (tarfile.HeaderError, ValueError) as error:  # of a number that is none
            raise tarfile.ReadError(f"after {archive.offset:,} bytes: {error}") from error


def pictures_in_tar(
    file: str, suffixes: tuple[str, ...]
) -> Iterator[tuple[str, bytes | PictureError]]:
    """Yield each picture in a tar file, compressed or not: its name, `FILE/MEMBER`, and its bytes.

    A picture's name ends with one of `suffixes`; hidden and all other members are skipped. If the
    file is damaged, or has no picture, an error comes last, named `FILE`. Raises `DigitlabError`
    if the system cannot read the file.
    """
    count = 0
    try:
        with (
            _opened(file) as stream,
            tarfile.open(fileobj=stream, mode="r|", tarinfo=_Member) as archive,
        ):
            while member := archive.next():
                archive.members = []  # type: ignore[attr-defined] # it would keep all of them
                base = posixpath.basename(member.name)
                if member.isreg() and base.lower().endswith(suffixes) and base[0] != ".":
                    content = archive.extractfile(member)
                    assert content is not None
                    name = f"{file}/{member.name.removeprefix('./')}"
                    yield name, content.read(MAX_BYTES + 1)
                    count += 1
            while stream.read(_READ_AT_ONCE):  # a compressed file's checksum is at its end
                pass
    except (tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # the system's
            raise DigitlabError(f"{printable(file)} cannot be read: {error.strerror}") from error
        reason = f"is damaged after {count:,} pictures: {one_line(error)}"
        yield file, PictureError(f"{printable(file)} {reason}")
    else:
        if not count:
            yield file, PictureError(f"{printable(file)} has no picture ({', '.join(suffixes)})")


def _opened(file: str) -> BufferedIOBase:
    """Open a file, decompressed. `tarfile` would not notice that gzip's checksum is wrong."""
    with open(file, "rb") as stream:  # noqa: PTH123
        first = stream.read(6)
    for start, opened in _COMPRESSED.items():
        if first.startswith(start):
            return opened(file)
    return open(file, "rb")  # noqa: PTH123
