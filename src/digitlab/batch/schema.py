"""The columns of Parquet parts: the names and types of what the JSON rows have."""

from typing import Any

from digitlab.batch.rows import Row, Task
from digitlab.reader import Reader

_Fields = dict[str, Any]
"""Arrow's names of types; a list has one kind of element, a dictionary has named fields."""

_PLACE: _Fields = {"picture": "string"}
_TEXT: _Fields = {"text": "string"}
_BOX: _Fields = {"box": ["int32"]}  # x, y, width, height
_SURE: _Fields = {"probability": "float64", "unsure": "bool"}
_LINE: _Fields = {"line": "int32"}
_ERROR: _Fields = {"error": "string"}


def schema_of(task: Task, reader: Reader) -> Any:
    """Return the columns as a `pyarrow.Schema`, the same for every part of a task.

    Raises `ModuleNotFoundError` without pyarrow.
    """
    import pyarrow

    fields = _of_digits(reader) if task.command == "predict" else _of_pages()
    return pyarrow.schema({name: _arrow(kind) for name, kind in fields.items()})


def _arrow(kind: Any) -> Any:
    import pyarrow

    if isinstance(kind, dict):
        return pyarrow.struct({name: _arrow(inner) for name, inner in kind.items()})
    if isinstance(kind, list):
        return pyarrow.list_(_arrow(kind[0]))
    return pyarrow.type_for_alias(kind)


def _of_digits(reader: Reader) -> _Fields:
    digits, detects = reader.reads_digits, reader.card.is_digit is not None
    kind = "int8" if digits else "string"
    return {
        **_PLACE,
        "digit" if digits else "label": kind,
        **_SURE,
        **({"is_digit": "float64"} if detects else {}),
        **({"several": "bool"} if digits else {}),
        "runner_up": kind,
        "probabilities": dict.fromkeys(reader.card.classes, "float64"),
        **_ERROR,
    }


def _of_pages() -> _Fields:
    digit: _Fields = {
        **_BOX,
        "digit": "int8",
        **_SURE,
        **_LINE,
        "number": "int32",
        "runner_up": "int8",
        "probabilities": dict.fromkeys("0123456789", "float64"),
    }
    return {
        **_PLACE,
        "page": "int32",
        **_TEXT,
        **dict.fromkeys(("width", "height", "turned"), "int32"),
        "lines": [{**_TEXT, **_BOX}],
        "numbers": [{**_TEXT, **_BOX, **_SURE, **_LINE}],
        "digits": [digit],
        "signs": [{**_BOX, "sign": "string", "probability": "float64", **_LINE}],
        "ignored": [_BOX],
        **_ERROR,
    }


def clean(row: Row) -> Row:
    """Return a row whose names can be written as UTF-8: others have their odd bytes escaped."""
    texts = {name: row[name] for name in ("picture", "error") if name in row}
    return row | {
        name: text.encode("utf-8", "backslashreplace").decode() for name, text in texts.items()
    }
