"""Pictures and corrections over HTTP: what is read, and what is stored only with consent."""

import base64
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import digitlab
from digitlab.data.dataset import Dataset
from digitlab.pictures.digit import prepare
from tests.lab.conftest import Client

IMAGES = Path(__file__).parents[2] / "docs" / "images"


def drawing(mnist: Dataset, index: int = 0) -> bytes:
    """Return a test image as somebody would draw it: large, dark on white."""
    content = io.BytesIO()
    Image.fromarray(255 - mnist.test_images[index]).resize((280, 280)).save(content, "PNG")
    return content.getvalue()


def correction(picture: bytes, **more: object) -> dict[str, object]:
    text = base64.b64encode(picture).decode()
    return {"consent": True, "picture": text, "label": "1", "answer": "7"} | more


def test_a_page_is_read_with_what_the_network_saw(lab: Client):
    picture = (IMAGES / "page.jpg").read_bytes()
    found = lab.ask("POST", "/lab/read", data=picture).json()
    reader = digitlab.load()
    page = reader.read(picture)
    assert found["text"] == page.text
    assert (found["width"], found["height"]) == Image.open(io.BytesIO(picture)).size
    for shown, digit in zip(found["digits"], page.digits, strict=True):
        assert (shown["digit"], tuple(shown["box"])) == (digit.digit, digit.box)
        pixels = np.frombuffer(base64.b64decode(shown["pixels"]), np.uint8).reshape(28, 28)
        assert reader.classifier.classify(pixels[None])[0].argmax() == digit.digit


def test_one_digit_is_read_as_predict_reads_it(lab: Client, mnist: Dataset):
    picture = drawing(mnist)
    single = lab.ask("POST", "/lab/read", data=picture).json()["single"]
    predicted = lab.ask("POST", "/predict", data=picture).json()
    assert base64.b64decode(single.pop("pixels")) == prepare(picture).tobytes()
    assert single == predicted
    assert predicted["digit"] == 7
    blank = io.BytesIO()
    Image.new("L", (100, 100), 255).save(blank, "PNG")
    answer = lab.ask("POST", "/lab/read", data=blank.getvalue()).json()
    assert (answer["text"], answer["digits"]) == ("", [])
    assert (answer["single"]["digit"], "pixels" in answer["single"]) == (None, False)
    assert lab.ask("POST", "/lab/read", data=b"no picture").status_code == 422


def test_nothing_is_stored_without_consent(lab: Client, mnist: Dataset, tmp_path: Path):
    refused = correction(drawing(mnist), consent=False)
    error = lab.post("/lab/corrections", refused, status=403)["error"]
    assert error.startswith("nothing is stored without consent")
    del refused["consent"]
    assert "consent" in lab.post("/lab/corrections", refused, status=422)["error"]
    assert lab.get("/lab/corrections")["corrections"] == []
    assert not (tmp_path / "corrections").exists()


def test_corrections_are_stored_shown_packed_and_deleted(
    lab: Client, mnist: Dataset, tmp_path: Path
):
    picture = drawing(mnist)
    body = correction(picture, probability=0.93, network="shipped")
    added = [lab.post("/lab/corrections", body, status=201)["id"] for _ in range(3)]
    listed = lab.get("/lab/corrections")
    assert listed["folder"] == str(tmp_path / "corrections")
    assert str(tmp_path / "corrections") in listed["command"]
    assert [it["id"] for it in listed["corrections"]] == added
    first = listed["corrections"][0]
    assert (first["label"], first["answer"], first["probability"]) == ("1", "7", 0.93)
    assert first["model"] == digitlab.load().card.sha256
    assert base64.b64decode(first["pixels"]) == prepare(picture).tobytes()
    stored = lab.ask("GET", f"/lab/corrections/{first['id']}.png")
    assert prepare(stored.content).tobytes() == prepare(picture).tobytes()

    packed = zipfile.ZipFile(io.BytesIO(lab.ask("GET", "/lab/corrections.zip").content))
    assert len(packed.namelist()) == 4
    assert lab.ask("DELETE", f"/lab/corrections/{added[0]}").status_code == 200
    assert lab.ask("DELETE", f"/lab/corrections/{added[0]}").status_code == 404
    assert [it["id"] for it in lab.get("/lab/corrections")["corrections"]] == added[1:]
    assert lab.ask("DELETE", "/lab/corrections").json() == {"deleted": 2}
    assert lab.get("/lab/corrections")["corrections"] == []


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"picture": "%%%"}, "the picture is not in base64"),
        ({"picture": base64.b64encode(b"no picture").decode()}, ""),
        ({"label": ""}, "label is ''"),
        ({"label": "banana"}, "label is 'banana', but must be one of 0, 1,"),
        ({"probability": 7}, "probability is 7"),
        ({"network": "unknown"}, "there is no network 'unknown'"),
        ({"folder": "/etc"}, "unknown field `folder`"),
    ],
)
def test_impossible_corrections_are_refused(lab: Client, mnist: Dataset, more: dict, sentence: str):
    answer = lab.ask("POST", "/lab/corrections", json=correction(drawing(mnist)) | more)
    assert answer.status_code in (404, 422)
    assert sentence in answer.json()["error"]
    assert "\n" not in answer.json()["error"]
    assert lab.get("/lab/corrections")["corrections"] == []


@pytest.mark.parametrize("name", ["..%2F..%2Frun", "%2Fetc%2Fpasswd", "0123456789abcdef"])
def test_no_name_of_a_correction_leads_out_of_the_folder(lab: Client, name: str):
    assert lab.ask("GET", f"/lab/corrections/{name}.png").status_code == 404
    assert lab.ask("DELETE", f"/lab/corrections/{name}").status_code == 404
