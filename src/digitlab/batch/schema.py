"""The columns of Parquet parts: the names and types of what the JSON rows have."""

from typing import TYPE_CHECKING, Any

from digitlab.batch.rows import Row, Task
from digitlab.reader import Reader

if TYPE_CHECKING:
    import pyarrow as pa

Kind = str | list[Any] | dict[str, Any]
"""A type: Arrow's name of one, a list of one kind, or a struct of named kinds."""

_BOX: dict[str, Kind] = {"box": ["int32"]}  # x, y, width, height
_SURE: dict[str, Kind] = {"probability": "float64", "unsure": "bool"}
_LINE: dict[str, Kind] = {"line": "int32"}
_TEXT: dict[str, Kind] = {"text": "string"}


def schema_of(task: Task, reader: Reader) -> "pa.Schema":
    """Return the columns, which are the same for every part of a task."""
    import pyarrow as pa

    own = _of_digits(reader) if task.command == "predict" else _of_pages()
    columns = {"picture": "string", **own, "error": "string"}
    return pa.schema({name: _arrow_type(kind) for name, kind in columns.items()})


def _arrow_type(kind: Kind) -> "pa.DataType":
    import pyarrow as pa

    if isinstance(kind, dict):
        return pa.struct({name: _arrow_type(it) for name, it in kind.items()})
    if isinstance(kind, list):
        return pa.list_(_arrow_type(kind[0]))
    return pa.type_for_alias(kind)


def _of_digits(reader: Reader) -> dict[str, Kind]:
    digits, detects = reader.reads_digits, reader.card.is_digit is not None
    kind = "int8" if digits else "string"
    return {
        "digit" if digits else "label": kind,
        **_SURE,
        **({"is_digit": "float64"} if detects else {}),
        **({"several": "bool"} if digits else {}),
        "runner_up": kind,
        "probabilities": dict.fromkeys(reader.card.classes, "float64"),
    }


def _of_pages() -> dict[str, Kind]:
    digit = {
        **_BOX, "digit": "int8", **_SURE, **_LINE, "number": "int32", "runner_up": "int8",
        "probabilities": dict.fromkeys("0123456789", "float64"),
    }  # fmt: skip
    return {
        "page": "int32",
        **_TEXT,
        **dict.fromkeys(("width", "height", "turned"), "int32"),
        "lines": [{**_TEXT, **_BOX}],
        "numbers": [{**_TEXT, **_BOX, **_SURE, **_LINE}],
        "digits": [digit],
        "signs": [{**_BOX, "sign": "string", "probability": "float64", **_LINE}],
        "ignored": [_BOX],
    }


def clean(row: Row) -> Row:
    """Return a row whose names can be written as UTF-8: others have their odd bytes escaped."""
    texts = {name: row[name] for name in ("picture", "error") if name in row}
    return row | {
        name: text.encode("utf-8", "backslashreplace").decode() for name, text in texts.items()
    }
