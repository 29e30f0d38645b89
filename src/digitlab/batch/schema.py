"""The columns of Parquet parts: the names and types of what the JSON rows have."""

from typing import Any

import pyarrow as pa

from digitlab.batch.rows import Row, Task
from digitlab.reader import Reader

_PLACE: dict[str, Any] = {"picture": pa.string()}
_BOX = {"box": pa.list_(pa.int32())}  # x, y, width, height
_SURE = {"probability": pa.float64(), "unsure": pa.bool_()}
_LINE = {"line": pa.int32()}
_ERROR = {"error": pa.string()}


def schema_of(task: Task, reader: Reader) -> pa.Schema:
    """Return the columns, which are the same for every part of a task."""
    return pa.schema(_of_digits(reader) if task.command == "predict" else _of_pages())


def _of_digits(reader: Reader) -> dict[str, Any]:
    digits, detects = reader.reads_digits, reader.card.is_digit is not None
    kind = pa.int8() if digits else pa.string()
    return {
        **_PLACE,
        "digit" if digits else "label": kind,
        **_SURE,
        **({"is_digit": pa.float64()} if detects else {}),
        **({"several": pa.bool_()} if digits else {}),
        "runner_up": kind,
        "probabilities": _probabilities(reader.card.classes),
        **_ERROR,
    }


def _of_pages() -> dict[str, Any]:
    text = {"text": pa.string()}
    digit = {
        **_BOX, "digit": pa.int8(), **_SURE, **_LINE, "number": pa.int32(), "runner_up": pa.int8(),
        "probabilities": _probabilities(list("0123456789")),
    }  # fmt: skip
    sign = {**_BOX, "sign": pa.string(), "probability": pa.float64(), **_LINE}
    return {
        **_PLACE,
        "page": pa.int32(),
        **text,
        **dict.fromkeys(("width", "height", "turned"), pa.int32()),
        "lines": _list_of({**text, **_BOX}),
        "numbers": _list_of({**text, **_BOX, **_SURE, **_LINE}),
        "digits": _list_of(digit),
        "signs": _list_of(sign),
        "ignored": _list_of(_BOX),
        **_ERROR,
    }


def _probabilities(classes: list[str]) -> pa.DataType:
    return pa.struct(dict.fromkeys(classes, pa.float64()))


def _list_of(fields: dict[str, Any]) -> pa.DataType:
    return pa.list_(pa.struct(fields))


def clean(row: Row) -> Row:
    """Return a row whose names can be written as UTF-8: others have their odd bytes escaped."""
    texts = {name: row[name] for name in ("picture", "error") if name in row}
    return row | {
        name: text.encode("utf-8", "backslashreplace").decode() for name, text in texts.items()
    }
