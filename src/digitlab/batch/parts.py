"""The parts of a large input: what is read together, and written into one file.

A part depends on the input alone, not on who reads it: each number of processes, each number of
shards and each engine writes the same files.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path

from digitlab.batch.parquet import groups_of
from digitlab.errors import DigitlabError

_TAR_SUFFIXES = (".tar", ".tar.gz", ".tgz")
_PARQUET_SUFFIXES = (".parquet",)
ARCHIVE_SUFFIXES = _TAR_SUFFIXES + _PARQUET_SUFFIXES

_Piece = tuple[tuple[str, ...], tuple[int, int] | None]


@dataclass(frozen=True, slots=True)
class Part:
    """Picture files, or one tar file, or some row groups of a Parquet file."""

    number: int
    """Its place among all parts, from 0."""
    files: tuple[str, ...]
    row_groups: tuple[int, int] | None = None
    """The first row group, and the one after the last; None for other files than Parquet."""

    @property
    def name(self) -> str:
        """The name of the file that it is written into, without the suffix."""
        return f"part-{self.number:06}"

    @property
    def archive(self) -> str | None:
        """The tar or Parquet file; None if the files are pictures."""
        return self.files[0] if is_archive(self.files[0]) else None


@dataclass(frozen=True, slots=True)
class Shard:
    """The share of the parts that one of several computers reads."""

    number: int
    """From 1."""
    of: int

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """Return what a text such as 3/16 means; raise `ValueError` for any other.

        >>> Shard.parse("3/16")
        Shard(number=3, of=16)
        """
        first, slash, second = text.partition("/")
        if not (slash and all(it.isascii() and it.isdigit() for it in (first, second))):
            raise ValueError(f"a shard is its number and how many there are, like 3/16: not {text}")
        number, of = int(first), int(second)
        if not 1 <= number <= of:
            raise ValueError(f"the shards of {of} are 1/{of} to {of}/{of}: there is no {text}")
        return cls(number, of)

    def of_parts(self, parts: Sequence[Part]) -> Sequence[Part]:
        """Return this shard's parts: neighbors, so that all shards in turn give all parts in order.

        >>> [Shard(it, 3).of_parts(range(7)) for it in (1, 2, 3)]
        [range(0, 2), range(2, 4), range(4, 7)]
        """
        start, stop = (len(parts) * it // self.of for it in (self.number - 1, self.number))
        return parts[start:stop]


def is_archive(file: str) -> bool:
    """Return whether a file's name is that of a tar or Parquet file."""
    return file.lower().endswith(ARCHIVE_SUFFIXES)


def is_parquet(file: str) -> bool:
    """Return whether a file's name is that of a Parquet file."""
    return file.lower().endswith(_PARQUET_SUFFIXES)


def parts_of(files: Iterable[Path], size: int) -> list[Part]:
    """Divide files, in their order, into parts.

    A part is up to `size` picture files, or one tar file, or neighboring row groups of a Parquet
    file that have `size` rows or a few more. Raises `DigitlabError` if an archive cannot be read.
    """
    return [Part(number, *piece) for number, piece in enumerate(_pieces(files, size))]


def _pieces(files: Iterable[Path], size: int) -> Iterator[_Piece]:
    for archives, run in groupby(map(str, files), is_archive):
        if archives:
            for file in run:
                yield from _pieces_of(file, size)
        else:
            while group := tuple(islice(run, size)):
                yield group, None


def _pieces_of(archive: str, size: int) -> Iterator[_Piece]:
    try:
        with Path(archive).open("rb"):
            pass  # here, where a wrong path or right is noticed at once
        groups = groups_of(archive, size) if is_parquet(archive) else [None]
    except OSError as error:
        raise DigitlabError(f"{archive} cannot be read: {error.strerror or error}") from error
    for group in groups:
        yield (archive,), group


def digest_of(parts: Iterable[Part]) -> str:
    """Return a SHA-256 that differs for other files, another order, or another division."""
    digest = hashlib.sha256()
    for part in parts:
        names = b"\0".join(map(os.fsencode, part.files))
        digest.update(b"%d %r %d\n" % (part.number, repr(part.row_groups).encode(), len(names)))
        digest.update(names)
    return digest.hexdigest()
