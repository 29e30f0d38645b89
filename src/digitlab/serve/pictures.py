"""`/predict` and `/read`: pictures in, the command line's JSON out."""

from starlette.requests import Request
from starlette.responses import Response

from digitlab.errors import DigitlabError, PictureError
from digitlab.pictures.documents import NoSuchPageError
from digitlab.prediction import Prediction
from digitlab.serve.pixels import TooManyPixelsError
from digitlab.serve.replies import ServiceError, json_reply
from digitlab.serve.uploads import Upload, upload_of
from digitlab.serve.waiting import unless_gone


async def predict(request: Request) -> Response:
    """Answer which digit each picture shows."""
    state = request.app.state
    body = await state.intake.body(request)
    try:
        upload = await _upload(request, body, takes_json=True)
        return await unless_gone(request, _predicted(request, upload))
    finally:
        state.intake.release(body)


async def read(request: Request) -> Response:
    """Answer with all the digits and signs in a picture, or on a page of a document."""
    state = request.app.state
    check_reads_pages(request)
    number = _page_number(request)
    body = await state.intake.body(request)
    try:
        upload = await _upload(request, body, takes_json=False)
        return await unless_gone(request, _read(request, upload, number))
    finally:
        state.intake.release(body)


async def _predicted(request: Request, upload: Upload) -> Response:
    reader = request.app.state.service.reader
    usable = [it for it in upload.pictures if not isinstance(it, PictureError)]
    answers = iter(await request.app.state.service.predict(usable) if usable else ())
    records = []
    for picture, name in zip(upload.pictures, upload.names, strict=True):
        is_error = isinstance(picture, PictureError)
        answer = Prediction(error=str(picture)) if is_error else next(answers)
        records.append(_named(name) | reader.record(answer))
    if upload.is_many:
        return json_reply({"answers": records})
    return json_reply(records[0], status_of(upload.pictures[0]) if "error" in records[0] else 200)


def _page_number(request: Request) -> int | None:
    """Return which page is asked for, from 1; None if none is."""
    text = request.query_params.get("page")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) > 0):
        raise ServiceError(422, f"page is {text[:60]!a}, but must be a whole number from 1")
    return int(text)


async def _read(request: Request, upload: Upload, number: int | None) -> Response:
    if upload.is_many:
        raise ServiceError(
            422, f"the form has {len(upload.pictures)} files, but /read takes one picture"
        )
    (picture,), (name,) = upload.pictures, upload.names
    try:
        if isinstance(picture, PictureError):
            raise picture
        page = await request.app.state.service.read(picture, number)
    except PictureError as error:
        return json_reply(_named(name) | {"error": str(error)}, status_of(error))
    return json_reply(_named(name) | page.record())


def _named(name: str | None) -> dict[str, object]:
    return {} if name is None else {"picture": name}


async def _upload(request: Request, body: bytes, *, takes_json: bool) -> Upload:
    kind = request.headers.get("content-type", "")
    most = request.app.state.settings.max_pixels
    return await upload_of(kind, body, takes_json=takes_json, max_pixels=most)


def check_reads_pages(request: Request) -> None:
    """Raise `ServiceError` 501 if the model reads no pages."""
    try:
        request.app.state.service.reader.check_reads_pages()
    except DigitlabError as error:
        raise ServiceError(501, str(error)) from error


def status_of(picture: object) -> int:
    """Return the status that reports one picture that cannot be used, or the error that says so."""
    if isinstance(picture, NoSuchPageError):
        return 404
    return 413 if isinstance(picture, TooManyPixelsError) else 422
