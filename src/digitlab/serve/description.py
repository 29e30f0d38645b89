"""What the service offers, as OpenAPI 3.1: `/openapi.json`. Its examples are true answers."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from digitlab.reader import Reader
from digitlab.serve.described_model import model_paths
from digitlab.serve.described_pictures import picture_paths, prediction
from digitlab.serve.operation import ERROR, Json, operation, record
from digitlab.serve.replies import json_reply
from digitlab.serve.settings import Settings
from digitlab.version import __version__


async def description(request: Request) -> Response:
    """Answer with the description."""
    return json_reply(request.app.state.description)


def description_of(reader: Reader, settings: Settings) -> Json:
    """Return the description of a service with this model and these settings."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "digitlab",
            "version": __version__,
            "summary": "Reads pictures of handwritten digits.",
            "description": "Every error is JSON with one sentence. A request's body may have "
            f"{settings.max_bytes:,} bytes, and is answered within {settings.seconds:g} seconds. A "
            f"picture may have {settings.max_pixels:,} pixels.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": {**picture_paths(reader), **model_paths(reader), **_other_paths()},
        "components": {"schemas": {"Error": ERROR, "Prediction": prediction(reader)}},
    }


def _other_paths() -> dict[str, Any]:
    status = {"schema": record({"status": {"const": "ok"}}), "example": {"status": "ok"}}
    described = {
        "/healthz": ("alive", "Whether the process runs", {"application/json": status}),
        "/readyz": ("ready", "Whether it takes requests", {"application/json": status}),
        "/metrics": (
            "metrics",
            "What was counted and measured, for Prometheus",
            {"text/plain": {"schema": {"type": "string"}}},
        ),
    }
    return {
        path: {"get": operation(name, what, answer=answer, errors=(503,) * (name == "ready"))}
        for path, (name, what, answer) in described.items()
    }
