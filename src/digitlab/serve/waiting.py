"""Wait for an answer, but only as long as it may take, and as its caller stays."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request

from digitlab.serve.replies import ServiceError

Answer = TypeVar("Answer")
_watching: set[asyncio.Task[None]] = set()  # the event loop alone would not keep them


async def unless_gone(request: Request, work: Coroutine[Any, Any, Answer]) -> Answer:
    """Return the result of some work, whose body has been received.

    Raises `ServiceError` 504 after the time limit of a request, and `ClientDisconnect` when the
    caller goes away; in both cases the work is cancelled.
    """
    seconds = request.app.state.settings.seconds
    here = asyncio.current_task()
    assert here is not None
    is_gone = False

    async def watch() -> None:
        nonlocal is_gone
        await request.receive()  # after the body, only the end of the connection is received
        if not is_done:
            is_gone = True
            here.cancel()

    is_done = False
    watching = asyncio.get_running_loop().create_task(watch())
    _watching.add(watching)
    watching.add_done_callback(_watching.discard)
    try:
        async with asyncio.timeout(seconds):
            return await work
    except TimeoutError:
        raise ServiceError(
            504,
            f"there was no answer within {seconds:g} seconds: send less, or fewer requests at a "
            "time",
        ) from None
    except asyncio.CancelledError:
        if is_gone and here.uncancel() == 0:
            raise ClientDisconnect from None
        raise
    finally:
        is_done = True
