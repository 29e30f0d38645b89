"""`/predict` and `/read` answer what the command line prints, however the picture is sent."""

import base64
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
from PIL import Image

from digitlab.pictures.digit import prepare
from digitlab.serve.pixels import TooManyPixelsError, limited
from digitlab.serve.queue import BatchQueue
from digitlab.serve.settings import Settings
from tests.models.brightness import write_brightness_model
from tests.pictures.test_documents import heic, pages
from tests.serve.conftest import Live

PAGE = Path(__file__).parents[2] / "docs" / "images" / "page.jpg"
JSON = {"Content-Type": "application/json"}


def printed(call: Callable, *words: object) -> dict:
    record = json.loads(call(*words).out)
    del record["picture"]
    return record


def assert_same(answer: dict, expected: dict) -> None:
    """In a batch the last bits differ, and with them the sixth decimal."""
    assert answer.keys() == expected.keys()
    assert answer["digit"] == expected["digit"]
    assert answer["probabilities"] == pytest.approx(expected["probabilities"], abs=2e-6)


@pytest.mark.parametrize(
    "kind", ["image/png", "application/octet-stream", "application/x-www-form-urlencoded", None]
)
def test_a_picture_as_the_body(kind: str | None, live: Live, seven: bytes, seven_file, call):
    reply = live.post("/predict", seven, headers={"Content-Type": kind} if kind else {})
    assert reply.status_code == 200
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.content.endswith(b"}\n")
    expected = printed(call, "predict", "--json", seven_file)
    assert list(reply.json()) == list(expected)
    assert reply.json()["digit"] == 7
    assert_same(reply.json(), expected)


def test_a_form_with_one_file(live: Live, seven: bytes):
    reply = live.post("/predict", files={"anything": ("my seven.png", seven)})
    assert reply.json()["picture"] == "my seven.png"
    assert reply.json()["digit"] == 7
    reply = live.post("/read", files={"picture": ("seven.png", seven, "image/png")})
    assert (reply.json()["picture"], reply.json()["text"]) == ("seven.png", "7")


def test_a_form_with_several_files_and_other_fields(live: Live, seven: bytes):
    files = [("a", ("a.png", seven)), ("a", ("b.png", b"x")), ("c", ("c.png", b""))]
    reply = live.post("/predict", {"note": "hello"}, files=files)
    first, second, third = reply.json()["answers"]
    assert reply.status_code == 200
    assert (first["picture"], first["digit"]) == ("a.png", 7)
    assert second["picture"] == "b.png"
    assert "not a picture" in second["error"]
    assert third == {"picture": "c.png", "error": "c.png is empty"}


def test_many_pictures_as_json(live: Live, seven: bytes):
    image = prepare(seven)
    text = base64.b64encode(seven).decode()
    pictures = [
        text,
        f"data:image/png;base64,{text}",
        image.tolist(),
        (image / 255).tolist(),
        "aGVsbG8=",
        "https://example.org/seven.png",
        "",
        "data:image/png,7",
    ]
    answers = live.post("/predict", json={"pictures": pictures}).json()["answers"]
    assert [answer.get("digit") for answer in answers] == [7, 7, 7, 7, None, None, None, None]
    reasons = [answer.get("error") for answer in answers[4:]]
    assert "not a picture of a known format" in reasons[0]
    assert reasons[1] == "the picture is a text that is not base64"
    assert reasons[2] == "the picture is empty"
    assert "without ;base64" in reasons[3]


def test_a_thousand_pictures_are_answered_and_one_more_is_refused(live: Live, seven: bytes):
    image = np.zeros((28, 28), int).tolist()
    reply = live.post("/predict", json={"pictures": [image] * 1000})
    assert len(reply.json()["answers"]) == 1000
    assert reply.json()["answers"][0]["digit"] is None
    reply = live.post("/predict", json={"pictures": [image] * 1001})
    assert reply.status_code == 422
    assert "1,001 entries" in reply.json()["error"]


def test_a_page(live: Live, call: Callable):
    reply = live.post("/read", PAGE.read_bytes())
    expected = printed(call, "read", "--json", PAGE)
    del expected["page"]
    assert list(reply.json()) == list(expected)
    assert reply.json()["lines"] == expected["lines"]
    assert list(reply.json()["digits"][0]) == list(expected["digits"][0])


def test_a_page_of_a_document(live: Live, seven: bytes):
    image = Image.open(io.BytesIO(seven))
    two, kind = pages("PDF", Image.new("L", (90, 90), 255), image), "application/pdf"
    reply = live.post("/read?page=2", two, headers={"Content-Type": kind})
    assert (reply.status_code, reply.json()["text"]) == (200, "7")
    refused = live.post("/read", two)
    assert refused.status_code == 422
    assert "has 2 pages: ask for one with ?page=1" in refused.json()["error"]
    assert live.post("/read?page=3", files={"a": ("two.pdf", two)}).status_code == 404
    assert "page is '0'" in live.post("/read?page=0", two).json()["error"]
    assert live.post("/read?page=1", seven).json()["text"] == "7"
    assert live.post("/predict", pages("PDF", image)).json()["digit"] == 7


def test_a_photo_of_a_phone(live: Live, seven: bytes):
    photo = heic(Image.open(io.BytesIO(seven)).convert("RGB"))
    reply = live.post("/predict", photo, headers={"Content-Type": "image/heic"})
    assert reply.json()["digit"] == 7
    too_large = limited(heic(Image.new("L", (1_100, 1_000))), 1_000_000)
    assert isinstance(too_large, TooManyPixelsError)
    assert "has 1.1 megapixels (1100x1000), more than 1 megapixels" in str(too_large)


def test_a_photograph_goes_through_the_other_queue(live: Live, seven: bytes, monkeypatch):
    passed = []
    for queue in (live.service.quick, live.service.slow):

        def answers(*work: Any, queue: BatchQueue = queue, real: Callable = queue.answers) -> Any:
            passed.append(queue)
            return real(*work)

        monkeypatch.setattr(queue, "answers", answers)
    photograph = PAGE.with_name("photograph.jpg").read_bytes()
    assert [live.post("/predict", it).json()["digit"] for it in (photograph, seven)] == [7, 7]
    assert passed == [live.service.slow, live.service.quick]


def test_a_blank_picture_has_no_digit(live: Live):
    file = io.BytesIO()
    Image.new("L", (60, 60), 255).save(file, "PNG")
    answer = live.post("/predict", file.getvalue()).json()
    assert (answer["digit"], answer["unsure"], answer["probabilities"]) == (None, True, {})


def test_a_model_of_other_classes(start: Callable, tmp_path: Path, seven: bytes):
    live = start(Settings(model=write_brightness_model(tmp_path)))
    answer = live.post("/predict", seven).json()
    assert answer["label"] == "bright"
    assert "digit" not in answer
    assert "several" not in answer
    reply = live.post("/read", seven)
    assert reply.status_code == 501
    assert "dark, half gray, bright" in reply.json()["error"]
    assert "/read" not in live.get("/openapi.json").json()["paths"]
    assert live.get("/v2/models/digitlab").json()["outputs"][0]["shape"] == [-1, 3]


def numbers(value: object) -> str:
    return json.dumps({"pictures": [[[value] * 28] * 28]})


WRONG = {
    "nothing": (b"", {}, 422, "the body is empty"),
    "not a picture": (b"hello", {}, 422, "is not a picture of a known format"),
    "half a PDF document": (b"%PDF-1.7", {}, 422, "is damaged"),
    "half a picture": ("half", {}, 422, "is damaged"),
    "too large a picture": ("huge", {}, 413, "has 100.0 megapixels (10000x10000), more than 30"),
    "text": (b"7", {"Content-Type": "text/plain"}, 415, "text/plain' must|text/plain', but must"),
    "compressed": (b"7", {"Content-Encoding": "gzip"}, 415, "is compressed"),
    "JSON that is not named": (b' {"pictures": []}', {}, 415, "Content-Type: application/json"),
    "not JSON": (b"{", JSON, 400, "is not JSON"),
    "not UTF-8": (b'{"pictures": ["\xff"]}', JSON, 400, "is not JSON"),
    "NaN": (numbers("x").replace('"x"', "NaN"), JSON, 400, "is not JSON"),
    "a number that is too large": (numbers("x").replace('"x"', "1e999"), JSON, 422, "out of range"),
    "a long number": (numbers(10**30), JSON, 422, "0 to 255"),
    "a negative number": (numbers(-1), JSON, 422, "0 to 255"),
    "a float above 1": (numbers(1.5), JSON, 422, "0.0 to 1.0"),
    "true": (numbers(True), JSON, 422, "not what is expected"),
    "100,000 brackets": (b"[" * 100_000, JSON, 422, "not what is expected"),
    "brackets inside": (b'{"pictures":' + b"[" * 100_000, JSON, 422, "not what is expected"),
    "brackets in what is ignored": (b'{"a":' + b"[" * 100_000, JSON, 422, "unknown field"),
    "another shape": (json.dumps({"pictures": [[[1, 2], [3, 4]]]}), JSON, 422, "28 rows of 28"),
    "a list": (b"[]", JSON, 422, "not what is expected"),
    "another field": (b'{"pictures": ["a"], "url": "b"}', JSON, 422, "unknown field `url`"),
    "no pictures": (b'{"pictures": []}', JSON, 422, "0 entries"),
    "no boundary": (b"x", {"Content-Type": "multipart/form-data"}, 400, "no boundary"),
    "half a form": (
        b'--b\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\nabc',
        {"Content-Type": "multipart/form-data; boundary=b"},
        400,
        "without its last boundary",
    ),
    "another form": (
        b"hello", {"Content-Type": "multipart/form-data; boundary=b"}, 400, "form is damaged"
    ),
    "a form without a file": (
        b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nabc\r\n--b--\r\n',
        {"Content-Type": "multipart/form-data; boundary=b"},
        422,
        "0 files",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_one_sentence(name: str, live: Live, seven: bytes):
    body, headers, status, sentence = WRONG[name]
    if body == "half":
        body = seven[:100]
    if body == "huge":  # 100 megapixels in 100 kB
        file = io.BytesIO()
        Image.new("1", (10_000, 10_000)).save(file, "PNG")
        body = file.getvalue()
    reply = live.post("/predict", body, headers=headers)
    assert reply.status_code == status, reply.text
    assert list(reply.json()) == ["error"]
    assert "\n" not in reply.json()["error"]
    assert any(part in reply.json()["error"] for part in sentence.split("|")), reply.text


def test_one_of_many_pictures_with_too_many_pixels_is_left_out(live: Live, seven: bytes):
    file = io.BytesIO()
    Image.new("1", (6_000, 6_000)).save(file, "PNG")
    pictures = [base64.b64encode(it).decode() for it in (seven, file.getvalue())]
    first, second = live.post("/predict", json={"pictures": pictures}).json()["answers"]
    assert first["digit"] == 7
    assert "36.0 megapixels" in second["error"]
    assert live.post("/read", file.getvalue()).status_code == 413


def test_read_takes_one_picture_and_no_json(live: Live, seven: bytes):
    assert live.post("/read", b"{}", headers=JSON).status_code == 415
    reply = live.post("/read", files=[("a", ("a", seven)), ("b", ("b", seven))])
    assert reply.status_code == 422
    assert "has 2 files" in reply.json()["error"]
    reply = live.post("/read", files={"a": ("a.png", b"hello")})
    assert (reply.status_code, reply.json()["picture"]) == (422, "a.png")


def test_random_bytes_never_break_it(live: Live, seven: bytes):
    random = np.random.default_rng(1)
    kinds = ["image/png", "application/json", "multipart/form-data; boundary=b", "\x00", "a/b;" * 9]
    with requests.Session() as session:
        for _ in range(200):
            damaged = bytearray(seven)
            for place in random.integers(0, len(seven), 4):
                damaged[place] = random.integers(256)
            headers = {"Content-Type": str(random.choice(kinds))}
            reply = session.post(f"{live.url}/predict", bytes(damaged), headers=headers)
            assert reply.status_code in (200, 400, 415, 422), reply.text
            assert reply.json()
