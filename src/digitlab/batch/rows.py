"""The rows of a part: what `predict --json` and `read --json` print for its pictures."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from digitlab.batch.parquet import pictures_in_parquet
from digitlab.batch.parts import Part, is_parquet
from digitlab.batch.tar import pictures_in_tar
from digitlab.errors import PictureError, printable
from digitlab.pages.answers import Page
from digitlab.pages.read import LARGEST_SIDE
from digitlab.pictures.documents import open_document
from digitlab.pictures.formats import suffixes_with
from digitlab.pictures.open import Source
from digitlab.reader import Reader

Row = dict[str, Any]
_Named = tuple[str, Source | PictureError]

_AT_ONCE = 256  # pictures that are answered together
_BYTES_AT_ONCE = 32_000_000  # of pictures from archives, which wait in memory


@dataclass(frozen=True, slots=True)
class Task:
    """What to do with every picture."""

    command: Literal["predict", "read"]
    model: Path | None = None
    """The model's folder; None: the installed one."""
    digits_only: bool = False
    """Whether `read` leaves out the signs."""
    column: str | None = None
    """The column of Parquet files that has the pictures; None: the only one of bytes."""

    @property
    def suffixes(self) -> tuple[str, ...]:
        """How the names of pictures end."""
        return suffixes_with("heic") if self.command == "predict" else suffixes_with("heic", "pdf")

    def reader(self) -> Reader:
        """Return what reads the pictures, on one thread: other processes have the other cores.

        Raises `DigitlabError` if the model cannot be used.
        """
        reader = Reader(self.model, threads=1)
        if self.command == "read":
            reader.check_reads_pages()
        return reader


def rows_of(part: Part, task: Task, reader: Reader) -> Iterator[Row]:
    """Yield the rows of a part, in order: one per picture, or per page.

    What cannot be opened has a row with its `error`. Raises `DigitlabError` if an archive cannot be
    read by the system, or the column of its pictures is unclear.
    """
    pictures = _pictures(part, task)
    if task.command == "predict":
        yield from _digits(reader, pictures)
    else:
        for name, source in pictures:
            yield from _pages(reader, name, source, task.digits_only)


def _pictures(part: Part, task: Task) -> Iterator[_Named]:
    archive = part.archive
    if archive is None:
        yield from ((file, Path(file)) for file in part.files)
        return
    if is_parquet(archive):
        found = pictures_in_parquet(archive, part.row_groups, task.column)
    else:
        found = pictures_in_tar(archive, task.suffixes)
    for name, content in found:
        yield name, _NamedBytes(content, name) if isinstance(content, bytes) else content


class _NamedBytes(io.BytesIO):
    """The content of a picture, with the name that error messages use."""

    def __init__(self, content: bytes, name: str) -> None:
        super().__init__(content)
        self.name = name


def _digits(reader: Reader, pictures: Iterable[_Named]) -> Iterator[Row]:
    for batch in _batches(pictures):
        sources = [it for _, it in batch if not isinstance(it, PictureError)]
        answers = iter(reader.predict_many(sources))
        for name, source in batch:
            if isinstance(source, PictureError):
                yield _failed(name, source)
                continue
            answer = next(answers)
            failed = answer.error is not None
            yield (
                _failed(name, answer.error) if failed else {"picture": name} | reader.record(answer)
            )


def _batches(pictures: Iterable[_Named]) -> Iterator[list[_Named]]:
    batch: list[_Named] = []
    size = 0
    for name, source in pictures:
        batch.append((name, source))
        size += len(source.getbuffer()) if isinstance(source, _NamedBytes) else 0
        if len(batch) == _AT_ONCE or size >= _BYTES_AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _pages(
    reader: Reader, name: str, source: Source | PictureError, digits_only: bool
) -> Iterator[Row]:
    try:
        if isinstance(source, PictureError):
            raise source
        with open_document(source, largest_side=LARGEST_SIDE) as document:
            for number, picture in enumerate(document, 1):
                page = reader.read_or_explain(picture)
                yield _page_row(name, number, page.without_signs() if digits_only else page)
    except PictureError as error:
        yield _failed(name, error)


def _page_row(name: str, number: int, page: Page) -> Row:
    place = {"picture": name, "page": number}
    return place | ({"error": printable(page.error)} if page.error else page.record())


def _failed(name: str, error: object) -> Row:
    return {"picture": name, "error": printable(error)}
