"""Which pictures a request's body contains: one as it is, a form's files, or JSON with many."""

import base64
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from digitlab.errors import PictureError, printable
from digitlab.pictures.digit import SIDE
from digitlab.pictures.open import Source
from digitlab.serve.bodies import decoded, in_thread_if_long
from digitlab.serve.pixels import limited
from digitlab.serve.replies import ServiceError

MAX_PICTURES = 1_000  # in one request
_MAX_PARTS = 2 * MAX_PICTURES  # of a form

_RAW = ("", "application/octet-stream", "application/x-www-form-urlencoded")
"""Content types that say nothing; the last one is what `curl --data-binary` sends."""


@dataclass(frozen=True, slots=True)
class Upload:
    """The pictures of one request."""

    pictures: list[Source | PictureError]
    """Each as `Reader` takes it, or why it cannot be used."""
    names: list[str | None]
    """What a form calls each of them."""
    is_many: bool
    """Whether the answer is a list, even of one."""


async def upload_of(content_type: str, body: bytes, *, takes_json: bool, max_pixels: int) -> Upload:
    """Return the pictures in a body; one with more than `max_pixels` is a `TooManyPixelsError`.

    Raises `ServiceError`: 400 if it is not what its content type says, 415 if that is not one that
    contains pictures, 422 if it contains none.
    """
    kind, options = parse_options_header(content_type)
    media = kind.decode("latin-1").strip().lower()
    if media in _RAW or media == "application/pdf" or media.startswith("image/"):
        return await in_thread_if_long(_upload_of_picture, body, max_pixels, takes_json)
    if media == "multipart/form-data":
        boundary = options.get(b"boundary", b"")
        return await in_thread_if_long(_upload_of_form, body, max_pixels, boundary)
    if takes_json and media == "application/json":
        return await in_thread_if_long(_upload_of_json, body, max_pixels)
    takes = "image/*, application/pdf, application/octet-stream, multipart/form-data"
    takes += ", application/json" if takes_json else ""
    raise ServiceError(415, f"the content type is {media[:60]!a}, but must be one of: {takes}")


def _upload_of_picture(body: bytes, max_pixels: int, may_be_json: bool) -> Upload:
    if not body:
        raise ServiceError(422, "the body is empty: send a picture in it")
    if may_be_json and body[:64].lstrip().startswith((b"{", b"[")):
        raise ServiceError(
            415, "the body looks like JSON: send the header Content-Type: application/json"
        )
    return Upload([limited(body, max_pixels)], [None], is_many=False)


# --- JSON -----------------------------------------------------------------------------------------


class _Pictures(msgspec.Struct, forbid_unknown_fields=True):
    pictures: list[str | list[list[int | float]]]


_DECODER = msgspec.json.Decoder(_Pictures)


def _upload_of_json(body: bytes, max_pixels: int) -> Upload:
    found = decoded(_DECODER, body).pictures
    if not 1 <= len(found) <= MAX_PICTURES:
        raise ServiceError(
            422, f"pictures has {len(found):,} entries, but must have 1 to {MAX_PICTURES:,}"
        )
    pictures: list[Source | PictureError] = []
    for index, entry in enumerate(found):
        if isinstance(entry, str):
            pictures.append(_from_text(entry, max_pixels))
        else:
            pictures.append(_from_rows(entry, f"pictures[{index}]"))
    return Upload(pictures, [None] * len(pictures), is_many=True)


def _from_text(text: str, max_pixels: int) -> bytes | PictureError:
    """Return the file that is written as base64, also as a `data:` URL; or why it is none."""
    if text.startswith("data:"):
        head, _, text = text.partition(",")
        if not head.endswith(";base64"):
            return PictureError("the picture is a data: URL without ;base64")
    try:
        content = base64.b64decode(text, validate=True)
    except ValueError:
        return PictureError("the picture is a text that is not base64")
    return limited(content, max_pixels) if content else PictureError("the picture is empty")


def _from_rows(rows: list[list[int | float]], name: str) -> NDArray[np.generic]:
    """Return 28 rows of 28 numbers as an array: of uint8, or of floats if one of them is one.

    Raises `ServiceError` for other shapes and numbers.
    """
    if len(rows) != SIDE or any(len(row) != SIDE for row in rows):
        raise ServiceError(422, f"{name} is an array, but not {SIDE} rows of {SIDE} numbers")
    values = [value for row in rows for value in row]
    has_floats = any(type(value) is float for value in values)
    if has_floats and max(values) > 1 and all(value == int(value) for value in values):
        has_floats = False  # 255.0: JSON does not tell whole numbers from floats
    if not all(0 <= value <= (1 if has_floats else 255) for value in values):
        raise ServiceError(
            422, f"the numbers of {name} must be all whole and 0 to 255, or all 0.0 to 1.0"
        )
    return np.array(values, np.float32 if has_floats else np.uint8).reshape(SIDE, SIDE)


# --- forms ----------------------------------------------------------------------------------------


class _Form:
    """Collects the files of a form while `MultipartParser` reads it. Nothing is written to disk."""

    def __init__(self) -> None:
        self.files: list[tuple[str, bytearray]] = []
        self.parts = 0
        self.is_complete = False
        self._field, self._value = bytearray(), bytearray()
        self._disposition = b""
        self._content: bytearray | None = None

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._part_begin,
            "on_header_field": lambda data, start, end: self._field.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._part_data,
            "on_end": self._end,
        }

    def _part_begin(self) -> None:
        self.parts += 1
        if self.parts > _MAX_PARTS:
            raise ServiceError(422, f"the form has more than {_MAX_PARTS:,} parts, the limit")
        self._disposition, self._content = b"", None

    def _header_end(self) -> None:
        if self._field.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._field.clear()
        self._value.clear()

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        name = options.get(b"filename")
        if name is not None:
            self._content = bytearray()
            self.files.append((printable(name.decode("utf-8", "replace")), self._content))

    def _end(self) -> None:
        self.is_complete = True

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._content is not None:
            self._content += data[start:end]


def _upload_of_form(body: bytes, max_pixels: int, boundary: bytes) -> Upload:
    form = _Form()
    if not boundary:
        raise ServiceError(400, "the content type multipart/form-data has no boundary")
    try:
        parser = MultipartParser(boundary, form.callbacks())
        parser.write(body)
    except (FormParserError, ValueError) as error:
        raise ServiceError(400, f"the form is damaged: {error}") from error
    if not form.is_complete:
        raise ServiceError(400, "the form is damaged: it ends without its last boundary")
    if not 1 <= len(form.files) <= MAX_PICTURES:
        raise ServiceError(
            422, f"the form has {len(form.files):,} files, but must have 1 to {MAX_PICTURES:,}"
        )
    pictures: list[Source | PictureError] = []
    for name, content in form.files:
        is_empty = PictureError(f"{name} is empty")
        pictures.append(limited(bytes(content), max_pixels) if content else is_empty)
    names: list[str | None] = [name for name, _ in form.files]
    return Upload(pictures, names, is_many=len(names) > 1)
