"""`/lab/read`: a picture read as a page and as one digit, with the pixels that the network saw."""

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from digitlab.errors import DigitlabError, PictureError
from digitlab.pictures.digit import has_ink, prepare
from digitlab.pictures.open import open_picture
from digitlab.serve.replies import ServiceError, json_reply
from digitlab.serve.waiting import unless_gone

_DISPLAYED_SIDE = 64  # pixels: only the size of the picture is needed


async def read_page(request: Request) -> Response:
    """Answer with everything in the picture that is the request's body.

    `text` and `digits` are what `/read` answers, `single` is what `/predict` answers, and `width`
    and `height` are those of the upright picture, in whose pixels the boxes are. Each digit has
    `pixels`, 28x28 bytes in base64, row by row, 0 = background to 255 = ink; `single` has none if
    the picture is blank. With them the page shows how the network came to its answer.
    """
    state = request.app.state
    try:
        state.service.reader.check_reads_pages()
    except DigitlabError as error:
        raise ServiceError(501, str(error)) from error
    body = await state.intake.body(request)
    try:
        return json_reply(await unless_gone(request, _read(state.service, body)))
    except PictureError as error:
        raise ServiceError(422, str(error)) from error
    finally:
        state.intake.release(body)


async def _read(service: Any, picture: bytes) -> dict[str, object]:
    page = await service.read(picture)
    (answer,) = await service.predict([picture])
    pixels, (width, height) = await run_in_threadpool(_single_and_size, picture)
    seen = {"pixels": _encoded(pixels)} if has_ink(pixels) else {}
    return {
        "width": width,
        "height": height,
        "text": page.text,
        "digits": [it.record() | {"pixels": _encoded(it.image)} for it in page.digits],
        "single": service.reader.record(answer) | seen,
    }


def _single_and_size(picture: bytes) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    return prepare(picture), open_picture(picture, largest_side=_DISPLAYED_SIDE).size


def _encoded(pixels: NDArray[np.uint8] | None) -> str:
    assert pixels is not None
    return base64.b64encode(pixels.tobytes()).decode()
