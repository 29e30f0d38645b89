"""The description of `/predict` and `/read`, with the true answers to a picture of a 7."""

import base64
import io

from PIL import Image, ImageDraw

from digitlab.errors import DigitlabError
from digitlab.pictures.digit import SIDE, prepare
from digitlab.pictures.formats import has_extra
from digitlab.reader import Reader
from digitlab.serve.operation import PROBABILITY, Json, operation, record
from digitlab.serve.uploads import MAX_PICTURES

_PICTURE_FORMATS = ("png", "jpeg", "webp", "bmp", "tiff", "gif")
_PAGE_NUMBER: Json = {
    "name": "page",
    "in": "query",
    "description": "Which page of a PDF or TIFF file, from 1. Without it, there must be only one.",
    "schema": {"type": "integer", "minimum": 1, "maximum": 999_999_999},
}


def example_picture() -> bytes:
    """Return a PNG file of a 7, drawn with a thick pen."""
    image = Image.new("L", (56, 56), 255)
    ImageDraw.Draw(image).line([(14, 14), (40, 14), (24, 44)], fill=0, width=5, joint="curve")
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def picture_paths(reader: Reader) -> Json:
    """Return the paths that take pictures; `/read` only if the model reads pages."""
    picture = example_picture()
    answer = reader.record(reader.predict(picture))
    paths = {"/predict": {"post": _predict(reader, picture, answer)}}
    try:
        page = reader.read(picture).record()
    except DigitlabError:  # a model of other classes
        return paths
    paths["/read"] = {
        "post": operation(
            "read",
            "All the digits and signs in a picture",
            "The text, its lines and numbers, and each digit and sign, with their boxes (x, y, "
            "width, height in pixels), as `digitlab read --json` prints them. `?` stands for a "
            "digit that is unsure; `ignored` is ink as large as a digit that was not read.",
            parameters=[_PAGE_NUMBER],
            body=_picture_bodies(),
            answer={"application/json": {"schema": _page(), "example": page}},
            errors=(404,),
        )
    }
    return paths


def _predict(reader: Reader, picture: bytes, answer: Json) -> Json:
    arrays = {"pictures": [prepare(picture).tolist()]}
    files = {"pictures": [base64.b64encode(picture).decode()]}
    many = {
        "schema": record({"pictures": _pictures()}),
        "examples": {
            "files": {"summary": "files as base64", "value": files},
            "arrays": {"summary": "28 x 28 numbers", "value": arrays},
        },
    }
    either = [{"$ref": "#/components/schemas/Prediction"}, {"$ref": "#/components/schemas/Error"}]
    answers = record({"answers": {"type": "array", "items": {"anyOf": either}}})
    return operation(
        "predict",
        "Which digit a picture shows" if reader.reads_digits else "What a picture shows",
        "One picture, as the body or in a form, is answered with one object, as `digitlab predict "
        "--json` prints it. Several files in a form, or pictures in JSON, are answered with a list "
        "in their order; a picture that cannot be used has an `error` there.",
        body={**_picture_bodies(), "application/json": many},
        answer={
            "application/json": {
                "schema": {"anyOf": [either[0], answers]},
                "examples": {
                    "one": {"summary": "one picture", "value": answer},
                    "many": {"summary": "a list of one", "value": {"answers": [answer]}},
                },
            }
        },
    )


def _picture_bodies() -> Json:
    """Return the ways to send a picture, by content type."""
    media = [f"image/{name}" for name in _PICTURE_FORMATS]
    media += ["image/heic"] if has_extra("heic") else []
    media += ["application/pdf"] if has_extra("pdf") else []
    media += ["application/octet-stream"]
    file = {"type": "string", "format": "binary"}
    form = record({"picture": file})
    return {
        **{name: {"schema": {"type": "string", "format": "binary"}} for name in media},
        "multipart/form-data": {
            "schema": form,
            "encoding": {"picture": {"contentType": ", ".join(media)}},
        },
    }


def _pictures() -> Json:
    file = {
        "type": "string",
        "format": "byte",
        "description": "A picture file as base64, also as a data: URL.",
    }
    whole = _rows({"type": "integer", "minimum": 0, "maximum": 255})
    fractions = _rows({"type": "number", "minimum": 0, "maximum": 1})
    either = {"anyOf": [file, whole, fractions]}
    return {"type": "array", "minItems": 1, "maxItems": MAX_PICTURES, "items": either}


def _rows(number: Json) -> Json:
    """Return the schema of 28 rows of 28 numbers."""
    size = {"minItems": SIDE, "maxItems": SIDE}
    return {"type": "array", "items": {"type": "array", "items": number, **size}, **size}


def prediction(reader: Reader) -> Json:
    """Return the schema of the answer to one picture."""
    fields: Json = {"picture": {"type": "string", "description": "The file's name in a form."}}
    if reader.reads_digits:
        fields["digit"] = {"type": ["integer", "null"], "minimum": 0, "maximum": 9}
    else:
        fields["label"] = {"enum": [*reader.card.classes, None]}
    fields["probability"] = PROBABILITY
    fields["unsure"] = {"type": "boolean"}
    if reader.card.is_digit is not None:
        fields["is_digit"] = {**PROBABILITY, "type": [PROBABILITY["type"], "null"]}
    if reader.reads_digits:
        fields["several"] = {"type": "boolean"}
    name = "digit" if reader.reads_digits else "label"
    fields["runner_up"] = {**fields[name], "description": "The second most likely one."}
    fields["probabilities"] = {"type": "object", "additionalProperties": PROBABILITY}
    return record(fields, optional=("picture",))


def _page() -> Json:
    pixels: Json = {"type": "integer", "minimum": 0}
    box: Json = {
        "box": {"type": "array", "items": {"type": "integer"}, "minItems": 4, "maxItems": 4}
    }
    text: Json = {"text": {"type": "string"}}
    likely: Json = {"probability": PROBABILITY}
    sure = likely | {"unsure": {"type": "boolean"}}
    line: Json = {"line": {"type": "integer", "minimum": 0}}  # an index
    digit: Json = {"type": "integer", "minimum": 0, "maximum": 9}
    each = record(dict.fromkeys("0123456789", PROBABILITY))
    number: Json = {"number": {"type": "integer", "minimum": 0}}  # an index
    digits = box | {"digit": digit} | sure | line | number
    digits |= {"runner_up": digit, "probabilities": each}
    fields = {
        "picture": {"type": "string", "description": "The file's name in a form."},
        **text,
        "width": pixels,
        "height": pixels,
        "turned": {"enum": [0, 90, 180, 270]},
        "lines": _list(text | box),
        "numbers": _list(text | box | sure | line),
        "digits": _list(digits),
        "signs": _list(box | {"sign": {"type": "string"}} | likely | line),
        "ignored": _list(box),
    }
    return record(fields, optional=("picture",))


def _list(fields: Json) -> Json:
    return {"type": "array", "items": record(fields)}
