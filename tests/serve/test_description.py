"""The description is true: its examples, the page made of it, and what schemathesis tries."""

import base64
import re
from pathlib import Path

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case

from digitlab.serve.described_pictures import example_picture
from tests.serve.conftest import Live
from tests.waiting import PATIENCE


def test_the_examples_are_true_answers(live: Live, seven: bytes):
    description = live.get("/openapi.json").json()
    post = description["paths"]["/predict"]["post"]
    shown = post["responses"]["200"]["content"]["application/json"]["examples"]
    assert live.post("/predict", seven).json() == shown["one"]["value"]
    sent = post["requestBody"]["content"]["application/json"]["examples"]
    assert base64.b64decode(sent["files"]["value"]["pictures"][0]) == seven
    for example in sent.values():
        assert live.post("/predict", json=example["value"]).json() == shown["many"]["value"]
    page = description["paths"]["/read"]["post"]["responses"]["200"]["content"]
    assert live.post("/read", seven).json() == page["application/json"]["example"]
    infer = description["paths"]["/v2/models/{model}/infer"]["post"]
    asked = infer["requestBody"]["content"]["application/json"]["example"]
    answer = infer["responses"]["200"]["content"]["application/json"]["example"]
    assert live.post("/v2/models/digitlab/infer", json=asked).json() == answer
    for path, methods in description["paths"].items():
        if "get" in methods and "{" not in path:
            assert live.get(path).status_code == 200
            content = methods["get"]["responses"]["200"].get("content", {})
            if "example" in content.get("application/json", {}):
                assert live.get(path).json() == content["application/json"]["example"]


def test_the_page_names_every_path_and_needs_nothing_from_elsewhere(live: Live):
    reply = live.get("/docs")
    assert reply.headers["Content-Type"].startswith("text/html")
    for path in live.get("/openapi.json").json()["paths"]:
        assert f"<code>{path}</code>" in reply.text
    links = re.findall(r'(?:src|href|url\()="?([^")]+)', reply.text)
    assert links == ["/openapi.json"]
    assert "<script" not in reply.text
    assert "style-src 'sha256-" in reply.headers["Content-Security-Policy"]
    front = live.get("/", allow_redirects=False)
    assert (front.status_code, front.headers["Location"]) == (307, "/docs")


def test_head_and_options_and_wrong_methods(live: Live):
    for path in ("/healthz", "/docs", "/metrics", "/v2/models/digitlab"):
        head = requests.head(live.url + path, timeout=PATIENCE)
        assert (head.status_code, head.content) == (200, b"")
    for method, path, allowed in (
        ("GET", "/predict", "POST"),
        ("PUT", "/healthz", "GET, HEAD"),
        ("OPTIONS", "/predict", "POST"),
        ("TRACE", "/docs", "GET, HEAD"),
    ):
        reply = requests.request(method, live.url + path, timeout=PATIENCE)
        assert (reply.status_code, reply.headers["Allow"]) == (405, allowed)
        assert path in reply.json()["error"]
    reply = live.get("/nothing")
    assert (reply.status_code, list(reply.json())) == (404, ["error"])


def test_metrics_count_what_happened(live: Live, seven: bytes):
    def counted() -> float:
        text = live.get("/metrics").text
        found = re.search(r'digitlab_requests_total\{path="/read",status="200"\} (\S+)', text)
        return float(found[1]) if found else 0

    before = counted()
    live.post("/predict", seven)
    live.post("/read", seven)
    assert counted() == before + 1
    for number in range(30):
        live.get(f"/{number}")
    text = live.get("/metrics").text
    assert 'path="other",status="404"' in text
    assert 'path="/29"' not in text
    assert 'digitlab_request_seconds_bucket{le="0.001",path="/predict"}' in text
    assert "process_resident_memory_bytes" in text


def pictures() -> st.SearchStrategy[bytes]:
    """Return real files: what the schema can only call bytes."""
    chalk = Path(__file__).parents[2] / "docs" / "images" / "chalk.jpg"
    return st.sampled_from([example_picture(), chalk.read_bytes()])


for media in ("png", "jpeg", "webp", "bmp", "tiff", "gif", "heic"):
    schemathesis.openapi.media_type(f"image/{media}", pictures())
for media in ("pdf", "octet-stream"):
    schemathesis.openapi.media_type(f"application/{media}", pictures())


def check(live: Live, examples: int) -> None:
    schema = schemathesis.openapi.from_url(f"{live.url}/openapi.json")

    for result in schema.get_all_operations():
        operation = result.ok()

        @given(case=operation.as_strategy())
        @settings(
            max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck),
            database=None,
        )  # fmt: skip
        def test(case: Case) -> None:
            case.call_and_validate(timeout=PATIENCE)

        test()


@pytest.mark.filterwarnings("ignore")
def test_schemathesis_finds_nothing(live: Live):
    check(live, 3)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_schemathesis_finds_nothing_in_many_examples(live: Live):
    check(live, 100)
