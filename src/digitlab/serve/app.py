"""The service as an ASGI app: its paths, and what they share.

`digitlab lab` offers the same app with more paths.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager

from starlette.applications import Starlette
from starlette.routing import BaseRoute

from digitlab.serve.settings import Settings

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]


def build_app(
    settings: Settings, *, routes: Sequence[BaseRoute] = (), lifespan: Lifespan | None = None
) -> Starlette:
    """Return the app.

    While it runs, its `state` has `settings`, `service` (with the `reader`), and `closing`, an
    `asyncio.Event` that is set when the server is asked to stop: event streams must end then.

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
        async with lifespan(app) if lifespan else contextlib.nullcontext():
            yield

    app = Starlette(routes=[*routes], lifespan=whole_lifespan)
    app.state.settings = settings
    return app
