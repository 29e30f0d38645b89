"""Pictures in Parquet files: which column they are in, and one after the other."""

from collections.abc import Iterator
from typing import Any

from digitlab.errors import DigitlabError, PictureError, printable
from digitlab.pictures.content import one_line

_AT_ONCE = 64  # rows


def groups_of(file: str, size: int) -> list[tuple[int, int] | None]:
    """Divide a Parquet file into neighboring row groups with `size` rows or a few more.

    Each entry is the first row group and the one after the last; [None] for a damaged file, which
    will be reported where it is read. Raises `OSError` if the system cannot read it.
    """
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(file) as opened:
            rows = [opened.metadata.row_group(it).num_rows for it in range(opened.num_row_groups)]
    except ArrowException:
        return [None]
    except OSError as error:
        if error.errno:
            raise
        return [None]  # Arrow's own, for damaged content
    groups: list[tuple[int, int] | None] = []
    start = count = 0
    for index, number in enumerate(rows, 1):
        count += number
        if count >= size or index == len(rows):
            groups.append((start, index))
            start, count = index, 0
    return groups or [None]


def pictures_in_parquet(
    file: str, groups: tuple[int, int] | None, column: str | None
) -> Iterator[tuple[str, bytes | PictureError]]:
    """Yield each picture of some row groups: its name, `FILE/ROW` with rows from 0, and its bytes.

    Instead of bytes, there is an error for an empty cell, and one named `FILE` for damaged content,
    after which nothing more comes. Raises `DigitlabError` if the file cannot be read, or it is
    unclear which `column` has the pictures.
    """
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(file) as opened:
            path = _path_of_column(opened.schema_arrow, column, file)
            first, after = groups or (0, opened.num_row_groups)
            row = sum(opened.metadata.row_group(it).num_rows for it in range(first))
            wanted = list(range(first, after))
            for batch in opened.iter_batches(_AT_ONCE, row_groups=wanted, columns=[path]):
                for cell in batch.column(0):
                    name = f"{file}/{row}"
                    yield name, _bytes_of(cell.as_py(), name)
                    row += 1
    except (ArrowException, OSError) as error:
        if getattr(error, "errno", None):
            raise DigitlabError(f"{printable(file)} cannot be read: {one_line(error)}") from error
        yield file, PictureError(f"{printable(file)} is damaged: {one_line(error)}")


def _bytes_of(value: Any, name: str) -> bytes | PictureError:
    content = value["bytes"] if isinstance(value, dict) else value
    return PictureError(f"{printable(name)}: the cell is empty") if content is None else content


def _path_of_column(schema: Any, column: str | None, file: str) -> str:
    """Return where the bytes of the pictures are: `NAME`, or `NAME.bytes` as on Hugging Face."""
    paths = {field.name: path for field in schema if (path := _path_of_bytes(field))}
    named = f"{printable(file)} has " + (f"{', '.join(paths)}" if paths else "none")
    if column is not None and column not in paths:
        raise DigitlabError(f"--column {column} is not a column of bytes: {named}")
    if column is None and len(paths) != 1:
        raise DigitlabError(f"which column of bytes has the pictures? {named}: give --column NAME")
    return paths[column or next(iter(paths))]


def _path_of_bytes(field: Any) -> str | None:
    from pyarrow import types

    def is_bytes(kind: Any) -> bool:
        return bool(types.is_binary(kind) or types.is_large_binary(kind))

    if is_bytes(field.type):
        return str(field.name)
    if types.is_struct(field.type):
        index = field.type.get_field_index("bytes")
        if index >= 0 and is_bytes(field.type.field(index).type):
            return f"{field.name}.bytes"
    return None
