"""The paths of the Open Inference Protocol, version 2: `/v2/...`.

The model is offered as it is: `images` in; `log_probabilities`, `is_digit` (if the model has it)
and inner layers out, as in `model.onnx`; and also `probabilities`, which are calibrated. Pictures
are not prepared here.
"""

import asyncio
from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from digitlab.models.calibration import LogProbabilities, temperature_scaled
from digitlab.models.card import ANSWERS, IMAGES, IS_DIGIT, ModelCard
from digitlab.models.classifier import Probabilities
from digitlab.pictures.digit import SIDE
from digitlab.serve.bodies import in_thread_if_long
from digitlab.serve.replies import JSON, ServiceError, check_ready, json_reply
from digitlab.serve.tensors import (
    JSON_LENGTH,
    MODEL,
    PROBABILITIES,
    VERSION,
    Asked,
    Tensors,
    answer_to,
    asked_of,
)
from digitlab.serve.waiting import unless_gone
from digitlab.version import __version__

SERVER = {
    "name": "digitlab",
    "version": __version__,
    "extensions": ["binary_tensor_data"],
}


async def server_metadata(request: Request) -> Response:
    """Answer with the server's name and version."""
    return json_reply(SERVER)


async def healthy(request: Request) -> Response:
    """Answer 200: the process runs, and the model is loaded before it listens."""
    return Response(status_code=200)


async def ready(request: Request) -> Response:
    """Answer 200, or 503 once the server was asked to stop."""
    check_ready(request.app)
    return Response(status_code=200)


async def model_metadata(request: Request) -> Response:
    """Answer with the model's inputs and outputs."""
    _check_model(request)
    return json_reply(metadata_of(request.app.state.service.reader.card))


async def model_ready(request: Request) -> Response:
    """Answer 200 for the model that is served."""
    _check_model(request)
    return Response(status_code=200)


async def infer(request: Request) -> Response:
    """Answer what the network gives for some images."""
    _check_model(request)
    state = request.app.state
    body = await state.intake.body(request)
    try:
        shapes = output_shapes(state.service.reader.card)
        asked = await in_thread_if_long(asked_of, body, request.headers.get(JSON_LENGTH), shapes)
        tensors = await unless_gone(request, _computed(request, asked))
    finally:
        state.intake.release(body)
    content, json_length = await asyncio.to_thread(answer_to, asked, tensors)
    if json_length is None:
        return Response(content, media_type=JSON)
    headers = {JSON_LENGTH: str(json_length)}
    return Response(content, headers=headers, media_type="application/octet-stream")


def metadata_of(card: ModelCard) -> dict[str, Any]:
    """Return the model's name, version, inputs and outputs."""
    return {
        "name": MODEL,
        "versions": [VERSION],
        "platform": "onnx_onnxv1",
        "inputs": [{"name": IMAGES, "datatype": "UINT8", "shape": [-1, SIDE, SIDE]}],
        "outputs": [
            {"name": name, "datatype": "FP32", "shape": [-1, *shape]}
            for name, shape in output_shapes(card).items()
        ],
    }


def answers_of(
    log_probabilities: LogProbabilities, is_digit: Probabilities | None, card: ModelCard
) -> Tensors:
    """Return the outputs that are answers, from the network's own."""
    calibrated = temperature_scaled(log_probabilities, card.calibration.temperature)
    answers: Tensors = {ANSWERS: log_probabilities, PROBABILITIES: np.exp(calibrated)}
    return answers if is_digit is None else answers | {IS_DIGIT: is_digit}


def output_shapes(card: ModelCard) -> dict[str, list[int]]:
    """Return the shape of every output for one image; the answers come first."""
    classes = [len(card.classes)]
    detected: dict[str, list[int]] = {} if card.is_digit is None else {IS_DIGIT: []}
    return {ANSWERS: classes, PROBABILITIES: classes, **detected, **card.layers}


def _check_model(request: Request) -> None:
    name = request.path_params["model"]
    version = request.path_params.get("version", VERSION)
    if (name, version) != (MODEL, VERSION):
        raise ServiceError(
            404,
            f"there is no model {name[:60]!a}, version {version[:20]!a}: the only one is "
            f"{MODEL!r}, version {VERSION!r}",
        )


async def _computed(request: Request, asked: Asked) -> Tensors:
    service = request.app.state.service
    tensors: Tensors = {}
    card = service.reader.card
    layers = asked.outputs.keys() & card.layers.keys()
    if asked.outputs.keys() - layers:
        answers, is_digit = await service.outputs(asked.images)
        tensors = answers_of(answers, is_digit, card)
    if layers:
        tensors |= await service.layers(asked.images)
    return tensors
