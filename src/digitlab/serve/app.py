"""The service as an ASGI app: its paths, and what they share.

`digitlab lab` offers the same app with more paths.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from digitlab.reader import Reader
from digitlab.serve import inference, pictures
from digitlab.serve.bodies import Intake
from digitlab.serve.description import description, description_of
from digitlab.serve.docs_page import docs_page
from digitlab.serve.metrics import GONE, Metered, Metrics, metrics
from digitlab.serve.replies import ServiceError, check_ready, error_reply, json_reply
from digitlab.serve.security import Guard
from digitlab.serve.service import Service
from digitlab.serve.settings import Settings

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]


def build_app(
    settings: Settings, *, routes: Sequence[BaseRoute] = (), lifespan: Lifespan | None = None
) -> Starlette:
    """Return the app.

    Its `state` has `settings`, `service` (with the `reader`), `stopping` (whether the server was
    asked to stop), and while it runs `closing`, an
    `asyncio.Event` that is set when the server is asked to stop: event streams must end then.
    Raises `DigitlabError` if the model cannot be used.

    Parameters
    ----------
    settings
        The model, the limits, and which hosts and origins may ask.
    routes
        More paths; they come before the service's own.
    lifespan
        What else to start and stop with the app; it is entered after the service has started.
    """

    @contextlib.asynccontextmanager
    async def whole_lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.closing = asyncio.Event()
        app.state.service.start(app.state.metrics)
        try:
            async with lifespan(app) if lifespan else contextlib.nullcontext():
                yield
        finally:
            app.state.service.close()

    app = _App(
        routes=[*routes, *_routes()],
        lifespan=whole_lifespan,
        exception_handlers={
            ServiceError: _explain,
            HTTPException: _explain_http,
            ClientDisconnect: _gone,
            Exception: _failed,
        },
    )
    app.router.redirect_slashes = False
    app.state.settings = settings
    app.state.stopping = False
    app.state.service = Service(Reader(settings.model, threads=1), room=settings.queue)
    app.state.intake = Intake(settings.max_bytes)
    app.state.metrics = Metrics()
    app.state.description = description_of(app.state.service.reader, settings)
    return app


class _App(Starlette):
    """An app whose every answer, also to its own faults, is counted and has security headers."""

    def build_middleware_stack(self) -> ASGIApp:
        paths = {route.path for route in self.routes if isinstance(route, Route)}
        guarded = Guard(super().build_middleware_stack(), self.state.settings)
        return Metered(guarded, self.state.metrics, paths)


def _routes() -> list[Route]:
    """Return the service's own paths, those first that are asked for most."""
    model = "/v2/models/{model}"
    version = model + "/versions/{version}"
    return [
        Route("/predict", pictures.predict, methods=["POST"]),
        Route("/read", pictures.read, methods=["POST"]),
        Route(f"{model}/infer", inference.infer, methods=["POST"]),
        Route(f"{version}/infer", inference.infer, methods=["POST"]),
        Route("/healthz", _alive),
        Route("/readyz", _ready),
        Route("/metrics", metrics),
        Route("/", _to_docs),
        Route("/docs", docs_page),
        Route("/openapi.json", description),
        Route("/v2", inference.server_metadata),
        Route("/v2/health/live", inference.healthy),
        Route("/v2/health/ready", inference.ready),
        Route(model, inference.model_metadata),
        Route(version, inference.model_metadata),
        Route(f"{model}/ready", inference.model_ready),
        Route(f"{version}/ready", inference.model_ready),
    ]


async def _alive(request: Request) -> Response:
    """Answer 200: the model is loaded before the service listens."""
    return json_reply({"status": "ok"})


async def _ready(request: Request) -> Response:
    """Answer 200, or 503 once it was asked to stop."""
    check_ready(request.app)
    return await _alive(request)


async def _to_docs(request: Request) -> Response:
    return RedirectResponse("/docs")


async def _explain(request: Request, error: Exception) -> Response:
    assert isinstance(error, ServiceError)
    return error_reply(error)


async def _explain_http(request: Request, error: Exception) -> Response:
    """Report a path or a method that does not exist."""
    assert isinstance(error, HTTPException)
    sentence = error.detail
    headers = dict(error.headers or {})
    path = ascii(request.url.path[:80])
    if error.status_code == 404:
        sentence = f"there is nothing at {path}: /docs lists what there is"
    elif error.status_code == 405:
        headers["Allow"] = ", ".join(sorted(headers.get("Allow", "").split(", ")))
        sentence = f"{request.method[:20]} is not possible at {path}, but {headers['Allow']}"
    return error_reply(ServiceError(error.status_code, sentence, headers))


async def _gone(request: Request, error: Exception) -> Response:
    """Answer nobody."""
    return Response(status_code=GONE)


async def _failed(request: Request, error: Exception) -> Response:
    """Answer for a fault of the program; its traceback is printed on stderr."""
    return error_reply(ServiceError(500, "the service failed; its log says why"))
