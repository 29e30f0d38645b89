"""`/lab/read`: a picture read as a page and as one digit, with the pixels that the network saw."""

import base64
from functools import partial

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response

from digitlab.errors import PictureError
from digitlab.pictures.digit import has_ink, prepare
from digitlab.reader import Reader
from digitlab.serve.pictures import check_reads_pages, status_of
from digitlab.serve.pixels import TooManyPixelsError, limited
from digitlab.serve.replies import ServiceError, json_reply
from digitlab.serve.waiting import unless_gone


async def read_page(request: Request) -> Response:
    """Answer with everything in the picture that is the request's body.

    It has what `/read` answers (the boxes are in pixels of the upright picture, whose `width` and
    `height` are there too), and `single`, which is what `/predict` answers. Each digit has
    `pixels`, 28x28 bytes in base64, row by row, 0 = background to 255 = ink; `single` has none if
    the picture is blank. With them the page shows how the network came to its answer.
    """
    state = request.app.state
    check_reads_pages(request)
    body = await state.intake.body(request)
    try:
        picture = limited(body, state.settings.max_pixels)
        if isinstance(picture, TooManyPixelsError):
            raise picture
        read = state.service.slowly(partial(_read, state.service.reader), picture)
        return json_reply(await unless_gone(request, read))
    except PictureError as error:
        raise ServiceError(status_of(error), str(error)) from error
    finally:
        state.intake.release(body)


def _read(reader: Reader, picture: bytes) -> dict[str, object]:
    page, pixels = reader.read(picture), prepare(picture)
    seen = {"pixels": _encoded(pixels)} if has_ink(pixels) else {}
    return page.record() | {
        "digits": [it.record() | {"pixels": _encoded(it.image)} for it in page.digits],
        "single": reader.record(reader.predict(picture)) | seen,
    }


def _encoded(pixels: NDArray[np.uint8] | None) -> str:
    assert pixels is not None
    return base64.b64encode(pixels.tobytes()).decode()
