"""The Open Inference Protocol: tritonclient passes, and what is wrong is one sentence."""

import json

import numpy as np
import pytest
import requests
import tritonclient.http as triton

import digitlab
from digitlab.data.dataset import Dataset
from digitlab.reader import Reader
from tests.serve.conftest import Live
from tests.waiting import PATIENCE

INFER = "/v2/models/digitlab/infer"


@pytest.fixture(scope="module")
def reader() -> Reader:
    return digitlab.load(threads=1)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("as_bytes", [True, False])
def test_tritons_client_gets_the_networks_answers(
    as_bytes: bool, live: Live, mnist: Dataset, reader: Reader
):
    images = mnist.test_images[:20]
    with triton.InferenceServerClient(live.url.removeprefix("http://")) as client:
        assert client.is_server_live()
        assert client.is_server_ready()
        assert client.is_model_ready("digitlab")
        assert client.is_model_ready("digitlab", "1")
        assert not client.is_model_ready("another")
        assert client.get_server_metadata()["extensions"] == ["binary_tensor_data"]
        metadata = client.get_model_metadata("digitlab")
        assert metadata["inputs"] == [
            {"name": "images", "datatype": "UINT8", "shape": [-1, 28, 28]}
        ]
        given = triton.InferInput("images", [len(images), 28, 28], "UINT8")
        given.set_data_from_numpy(images, binary_data=as_bytes)
        wanted = [
            triton.InferRequestedOutput(name, binary_data=as_bytes)
            for name in ("log_probabilities", "probabilities", "conv1")
        ]
        result = client.infer("digitlab", [given], outputs=wanted, request_id="some id")
        assert result.get_response()["id"] == "some id"
        expected = reader.classifier.log_probabilities(images)
        assert np.allclose(result.as_numpy("log_probabilities"), expected, atol=1e-4)
        calibrated = np.exp(reader.classifier.classify(images))
        assert np.allclose(result.as_numpy("probabilities"), calibrated, atol=1e-4)
        layers = reader.classifier.layers(images)
        assert np.allclose(result.as_numpy("conv1"), layers["conv1"], atol=1e-4)
        everything = client.infer("digitlab", [given])  # no outputs named: in bytes
        assert (
            everything.as_numpy("probabilities").argmax(axis=1) == expected.argmax(axis=1)
        ).all()


def asked(**changes: object) -> dict:
    given = {"name": "images", "shape": [1, 28, 28], "datatype": "UINT8", "data": [0] * 784}
    return {"inputs": [{**given, **changes}]}


@pytest.mark.parametrize("content_type", [None, "application/json", "text/plain"])
def test_the_content_type_does_not_matter(content_type: str | None, live: Live):
    headers = {"Content-Type": content_type} if content_type else {}
    reply = live.post(INFER, json.dumps(asked()), headers=headers)
    assert reply.status_code == 200
    assert [it["name"] for it in reply.json()["outputs"]] == ["log_probabilities", "probabilities"]
    assert sum(reply.json()["outputs"][1]["data"]) == pytest.approx(1, abs=1e-5)


def test_rows_and_flat_numbers_mean_the_same(live: Live):
    image = np.arange(784).reshape(1, 28, 28) % 256
    replies = [
        live.post("/v2/models/digitlab/versions/1/infer", json=asked(data=data)).json()
        for data in (image.tolist(), image.ravel().tolist(), image[0].tolist())
    ]
    assert replies[0] == replies[1] == replies[2]


BINARY = {"data": None, "parameters": {"binary_data_size": 784}}
WRONG = {
    "not JSON": (b"{", {}, 400, "is not JSON"),
    "not UTF-8": (b'{"id": "\xff"}', {}, 400, "is not JSON"),
    "100,000 brackets": (b'{"x":' + b"[" * 100_000, {}, 400, "is not JSON"),
    "no inputs": ({}, {}, 422, "missing required field `inputs`"),
    "no input": ({"inputs": []}, {}, 422, "one input"),
    "another input": (asked(name="image"), {}, 422, "one input, 'images'"),
    "another type": (asked(datatype="FP32"), {}, 422, "must be UINT8"),
    "another shape": (asked(shape=[28, 28]), {}, 422, "must have [N, 28, 28]"),
    "no shape": (asked(shape=[]), {}, 422, "must have [N, 28, 28]"),
    "no images": (asked(shape=[0, 28, 28], data=[]), {}, 422, "from 1 to 1,000"),
    "too many images": (asked(shape=[10**12, 28, 28]), {}, 422, "from 1 to 1,000"),
    "too few values": (asked(data=[1]), {}, 422, "has 1 values"),
    "no data": (asked(data=None), {}, 422, "has 1 values"),
    "mixed values": (asked(data=[[1], 2]), {}, 422, "mixes numbers and lists"),
    "too large a value": (asked(data=[256] * 784), {}, 422, "from 0 to 255"),
    "a float": (asked(data=[0.5] * 784), {}, 422, "whole numbers"),
    "bytes that are not there": (asked(**BINARY), {}, 422, "0 bytes after the JSON"),
    "bytes and numbers": (asked(parameters={"binary_data_size": 784}), {}, 422, "has both"),
    "another output": (asked() | {"outputs": [{"name": "x"}]}, {}, 422, "there is no output 'x'"),
    "too large an answer": (
        asked(shape=[250, 28, 28], data=[0] * 250 * 784) | {"outputs": [{"name": "conv1"}]},
        {}, 422, "would have 2,304,000 numbers, but at most 2,000,000",
    ),
    "classification": (
        asked() | {"outputs": [{"name": "conv1", "parameters": {"classification": 3}}]},
        {}, 422, "classification extension",
    ),
    "a length that is no number": (b"{}", {"Inference-Header-Content-Length": "-1"}, 400, "'-1'"),
    "a length that is too large": (b"{}", {"Inference-Header-Content-Length": "9" * 50}, 400, "99"),
    "bytes of no input": (
        json.dumps(asked()).encode() + b"xyz",
        {"Inference-Header-Content-Length": str(len(json.dumps(asked())))},
        422, "3 bytes after the JSON belong to no input",
    ),
    "compressed": (b"x", {"Content-Encoding": "gzip"}, 415, "is compressed"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_one_sentence(name: str, live: Live):
    body, headers, status, sentence = WRONG[name]
    content = body if isinstance(body, bytes) else json.dumps(body)
    reply = live.post(INFER, content, headers=headers)
    assert reply.status_code == status, reply.text
    assert sentence in reply.json()["error"]


def test_other_models_do_not_exist(live: Live):
    for path in ("other", "digitlab/versions/2", "digitlab/config", "..%2f..%2fetc"):
        reply = live.get(f"/v2/models/{path}")
        assert reply.status_code == 404
        assert reply.json()["error"]
    for method, path in (("POST", "/v2/models/other/infer"), ("GET", "/v2/models/other/ready")):
        assert requests.request(method, live.url + path, timeout=PATIENCE).status_code == 404
