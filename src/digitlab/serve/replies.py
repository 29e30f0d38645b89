"""What the service sends back: JSON, and errors as one sentence in `{"error": "..."}`."""

from collections.abc import Mapping

import msgspec
from starlette.applications import Starlette
from starlette.responses import Response

JSON = "application/json"


class ServiceError(Exception):
    """An error that the caller sees: a status and one sentence."""

    def __init__(
        self, status: int, sentence: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.headers = dict(headers or {})


def json_reply(
    record: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a response with a record as JSON and a line break, which terminals need."""
    return Response(msgspec.json.encode(record) + b"\n", status, headers, media_type=JSON)


def check_ready(app: Starlette) -> None:
    """Raise `ServiceError` if the server was asked to stop: others should get the requests."""
    if app.state.stopping:
        raise ServiceError(503, "the service is stopping", {"Retry-After": "1"})


def error_reply(error: ServiceError) -> Response:
    """Return the response that reports an error."""
    return json_reply({"error": str(error)}, error.status, error.headers)
