"""`/lab/read`: what `/read` answers, and of each digit the pixels that the network saw."""

import base64

from starlette.requests import Request
from starlette.responses import Response

from digitlab.errors import DigitlabError, PictureError
from digitlab.pages.answers import ReadDigit
from digitlab.serve.replies import ServiceError, json_reply
from digitlab.serve.waiting import unless_gone


async def read_page(request: Request) -> Response:
    """Answer with all the digits in the picture that is the request's body.

    Each has `pixels`, 784 bytes in base64: 28x28, row by row, 0 = background to 255 = ink. So the
    page can show how the network came to its answer.
    """
    state = request.app.state
    try:
        state.service.reader.check_reads_pages()
    except DigitlabError as error:
        raise ServiceError(501, str(error)) from error
    body = await state.intake.body(request)
    try:
        page = await unless_gone(request, state.service.read(body))
    except PictureError as error:
        raise ServiceError(422, str(error)) from error
    finally:
        state.intake.release(body)
    return json_reply({"text": page.text, "digits": [_record(it) for it in page.digits]})


def _record(found: ReadDigit) -> dict[str, object]:
    assert found.image is not None
    return found.record() | {"pixels": base64.b64encode(found.image.tobytes()).decode()}
