"""What the lab's paths have in common: work in a thread, errors as statuses, JSON in and out."""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from digitlab.data.corrections import NoSuchCorrectionError
from digitlab.errors import DigitlabError
from digitlab.lab.hand import NoConsentError
from digitlab.lab.networks import NoSuchNetworkError
from digitlab.lab.runs import NoSuchRunError
from digitlab.lab.trainings import BusyError
from digitlab.serve.bodies import decoded
from digitlab.serve.replies import ServiceError, json_reply

Answer = TypeVar("Answer")

FRESH = {"Cache-Control": "no-store"}


async def reply(work: Callable[[], Any], *, status: int = 422, done: int = 200) -> Response:
    """Return what a function returns as JSON. It runs in a thread, because it may read files."""
    return json_reply(await answer(work, status=status), done, FRESH)


async def answer(work: Callable[[], Answer], *, status: int = 422) -> Answer:
    """Return what a function returns; its errors become statuses, `status` if nothing fits."""
    try:
        return await run_in_threadpool(work)
    except (NoSuchRunError, NoSuchNetworkError, NoSuchCorrectionError) as error:
        raise ServiceError(404, str(error)) from error
    except NoConsentError as error:
        raise ServiceError(403, str(error)) from error
    except BusyError as error:
        raise ServiceError(409, str(error)) from error
    except DigitlabError as error:
        raise ServiceError(status, str(error)) from error


async def body_of(request: Request, kind: type[Answer]) -> Answer:
    """Return the record in a request's body, or raise `ServiceError`."""
    intake = request.app.state.intake
    body = await intake.body(request)
    try:
        return decoded(msgspec.json.Decoder(kind), body or b"{}")
    finally:
        intake.release(body)


def check_own_page(request: Request) -> None:
    """Raise `ServiceError` unless a request that changes something comes from the lab's own page.

    The service refuses the origin of any other page; browsers state it with every such request.
    """
    if "origin" not in request.headers:
        raise ServiceError(
            403,
            "this changes something, so it needs the header `Origin` with the lab's own address, "
            "which browsers send",
        )
