"""The words of OpenAPI in which the service's paths are described."""

from typing import Any

Json = dict[str, Any]

ERROR: Json = {
    "type": "object",
    "properties": {"error": {"type": "string", "minLength": 1}},
    "required": ["error"],
}
PROBABILITY: Json = {"type": "number", "minimum": 0, "exclusiveMaximum": 1}

_ERRORS = {
    400: "The request is not what its headers say it is.",
    403: "A page of another origin asks from a browser.",
    404: "There is no such model, or no such page.",
    408: "The body did not arrive in time.",
    413: "The body is too large, or the picture has too many pixels.",
    415: "The content type is not one of these, or the body is compressed.",
    421: "The request is for another host; see `--allow-host`.",
    422: "The content cannot be used: it is damaged, of another format, or of another shape.",
    500: "The service failed.",
    503: "The service is busy or stopping: try again after the seconds in the header Retry-After.",
    504: "There was no answer within the time limit.",
}
_ALWAYS = (403, 421)
_WITH_BODY = (400, 408, 413, 415, 422, 500, 503, 504)


def operation(
    name: str,
    summary: str,
    details: str = "",
    *,
    parameters: list[Json] | None = None,
    body: Json | None = None,
    answer: Json | None = None,
    errors: tuple[int, ...] = (),
) -> Json:
    """Return the description of one method of a path.

    Parameters
    ----------
    name
        Its `operationId`.
    summary, details
        What it does, for people.
    parameters
        What its address may have besides the path.
    body, answer
        By content type: the schema, and an example or several.
    errors
        The statuses of errors that not all operations have.
    """
    statuses = sorted({*_ALWAYS, *errors, *(_WITH_BODY if body else ())})
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    described: Json = {"operationId": name, "summary": summary}
    if details:
        described["description"] = details
    if parameters:
        described["parameters"] = parameters
    if body:
        described["requestBody"] = {"required": True, "content": body}
    success: Json = {"description": "The answer."}
    if answer:
        success["content"] = answer
    failures = {
        str(status): {"description": _ERRORS[status], "content": error} for status in statuses
    }
    return {**described, "responses": {"200": success, **failures}}


def record(fields: Json, *, optional: tuple[str, ...] = ()) -> Json:
    """Return the schema of an object with these fields and no others."""
    return {
        "type": "object",
        "properties": fields,
        "required": [name for name in fields if name not in optional],
        "additionalProperties": False,
    }
