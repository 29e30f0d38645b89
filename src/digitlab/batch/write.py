"""Write a part into its file, completely or not at all: whatever has its name is finished."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import IO, Literal

from digitlab.batch.parts import Part
from digitlab.batch.rows import Row, Task, rows_of
from digitlab.errors import DigitlabError
from digitlab.files import whole_file
from digitlab.reader import Reader

PartFormat = Literal["jsonl", "parquet"]

_ROWS_AT_ONCE = 1_000  # of a Parquet file's row group


@dataclass(frozen=True, slots=True)
class Written:
    """The result of a part."""

    rows: int = 0
    failures: int = 0
    """Rows that have an `error`."""
    problem: str | None = None
    """Why the part could not be read, so that it has no file."""


class PartWriter:
    """Reads parts and writes their rows; the model is loaded in the process that needs it.

    Parameters
    ----------
    task
        What to do with the pictures.
    folder
        Where the parts are written. It must exist.
    kind
        `jsonl`: one JSON object per line; `parquet`: the same as columns.
    """

    def __init__(self, task: Task, folder: Path, kind: PartFormat) -> None:
        self.task = task
        self.folder = folder
        self.kind = kind

    @cached_property
    def _reader(self) -> Reader:
        return self.task.reader()

    def check(self) -> None:
        """Raise `DigitlabError` if the model cannot be used, before other processes need it.

        Raises `ModuleNotFoundError` if Parquet files are to be written without pyarrow.
        """
        reader = self.task.reader()
        if self.kind == "parquet":
            from digitlab.batch.schema import schema_of

            schema_of(self.task, reader)

    def path_of(self, part: Part) -> Path:
        """Return the file of a part."""
        return self.folder / f"{part.name}.{self.kind}"

    def __call__(self, part: Part) -> Written:
        """Read and write a part. Raises `OSError` if it cannot be written."""
        counter = _Counter()
        try:
            with whole_file(self.path_of(part)) as stream:
                rows = counter.counted(rows_of(part, self.task, self._reader))
                if self.kind == "jsonl":
                    stream.writelines(f"{json.dumps(row)}\n".encode() for row in rows)
                else:
                    self._write_parquet(rows, stream)
        except DigitlabError as error:
            return Written(problem=str(error))
        return Written(counter.rows, counter.failures)

    def _write_parquet(self, rows: Iterator[Row], stream: IO[bytes]) -> None:
        import pyarrow
        from pyarrow.parquet import ParquetWriter

        from digitlab.batch.schema import clean, schema_of

        schema = schema_of(self.task, self._reader)
        with ParquetWriter(stream, schema) as writer:
            while batch := [clean(row) for row in islice(rows, _ROWS_AT_ONCE)]:
                writer.write_table(pyarrow.Table.from_pylist(batch, schema))


class _Counter:
    rows = failures = 0

    def counted(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            self.rows += 1
            self.failures += "error" in row
            yield row
