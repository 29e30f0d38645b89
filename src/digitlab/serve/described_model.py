"""The description of the Open Inference Protocol's paths, with a true answer."""

from typing import Any

import msgspec

from digitlab.models.card import ANSWERS, IMAGES
from digitlab.pictures.digit import SIDE, prepare
from digitlab.reader import Reader
from digitlab.serve.described_pictures import example_picture
from digitlab.serve.inference import SERVER, answers_of, metadata_of, output_shapes
from digitlab.serve.operation import Json, operation
from digitlab.serve.tensors import MAX_IMAGES, MODEL, VERSION, answer_to, asked_of


def model_paths(reader: Reader) -> Json:
    """Return the paths below `/v2`."""
    paths: Json = {
        "/v2": {"get": operation("server", "The server's name and version", answer=_any(SERVER))},
        "/v2/health/live": {"get": operation("server_live", "Whether the process runs")},
        "/v2/health/ready": {
            "get": operation("server_ready", "Whether it takes requests", errors=(503,))
        },
    }
    model = {"name": "model", "in": "path", "required": True, "schema": {"const": MODEL}}
    version = {"name": "version", "in": "path", "required": True, "schema": {"const": VERSION}}
    metadata = _any(metadata_of(reader.card))
    for path, prefix, parameters in (
        ("/v2/models/{model}", "", [model]),
        ("/v2/models/{model}/versions/{version}", "version_", [model, version]),
    ):
        shared = {"parameters": parameters}
        about = operation(
            f"{prefix}metadata", "The model's inputs and outputs", answer=metadata, errors=(404,)
        )
        ready = operation(f"{prefix}ready", "Whether the model is loaded", errors=(404,))
        paths[path] = shared | {"get": about}
        paths[f"{path}/ready"] = shared | {"get": ready}
        paths[f"{path}/infer"] = shared | {"post": _infer(f"{prefix}infer", reader)}
    return paths


def _infer(name: str, reader: Reader) -> Json:
    image = prepare(example_picture())
    given = {
        "name": IMAGES,
        "shape": [1, SIDE, SIDE],
        "datatype": "UINT8",
        "data": image.ravel().tolist(),
    }
    request = {"inputs": [given], "outputs": [{"name": ANSWERS}]}
    asked = asked_of(msgspec.json.encode(request), None, output_shapes(reader.card))
    answers = answers_of(*reader.classifier.outputs(image[None]), reader.card)
    content, _ = answer_to(asked, answers)
    schema = _request_schema(reader)
    return operation(
        name,
        "What the network gives for some images",
        f"The images are 28 x 28 as the network takes them: pictures are not prepared here. Up to "
        f"{MAX_IMAGES:,} may come together, with the shape [N, 28, 28] and N x 784 numbers. With "
        "the binary tensor extension, the images' bytes follow the JSON, whose length is in the "
        "header Inference-Header-Content-Length.",
        body={"application/json": {"schema": schema, "example": request}},
        answer={
            **_any(msgspec.json.decode(content)),
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
        errors=(404,),
    )


def _request_schema(reader: Reader) -> Json:
    """Return the schema of a request for one image: for more, a schema cannot count the data."""
    pixels = SIDE * SIDE
    pixel = {"type": "integer", "minimum": 0, "maximum": 255}
    given: Json = {
        "type": "object",
        "properties": {
            "name": {"const": IMAGES},
            "shape": {"const": [1, SIDE, SIDE]},
            "datatype": {"const": "UINT8"},
            "data": {"type": "array", "items": pixel, "minItems": pixels, "maxItems": pixels},
        },
        "required": ["name", "shape", "datatype", "data"],
    }
    output = {
        "type": "object",
        "properties": {"name": {"enum": list(output_shapes(reader.card))}},
        "required": ["name"],
    }
    return {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "inputs": {"type": "array", "items": given, "minItems": 1, "maxItems": 1},
            "outputs": {"type": "array", "items": output},
        },
        "required": ["inputs"],
    }


def _any(example: Any) -> Json:
    """Return a content of JSON that is described by an example."""
    return {"application/json": {"schema": {"type": "object"}, "example": example}}
