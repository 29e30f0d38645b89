"""`digitlab read`: text for people, JSON for programs, boxes for eyes."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digitlab.data.dataset import Dataset


@pytest.fixture
def page(tmp_path: Path, mnist: Dataset) -> Path:
    """Return a picture of 72 over 1, large dark digits of MNIST on white paper."""
    sheet = np.full((500, 400), 255, np.uint8)
    for index, (top, left) in zip((0, 1, 2), ((30, 30), (30, 150), (270, 60)), strict=True):
        large = Image.fromarray(255 - mnist.test_images[index]).resize((168, 168))
        place = sheet[top : top + 168, left : left + 168]
        np.minimum(place, np.asarray(large), out=place)
    path = tmp_path / "page.png"
    Image.fromarray(sheet).save(path)
    return path


def test_lines_from_top_to_bottom(call: Callable, page: Path):
    outcome = call("read", page)
    assert (outcome.code, outcome.out, outcome.err) == (0, "72\n1\n", "")


def test_json_tells_every_digit_and_its_box(call: Callable, page: Path):
    record = json.loads(call("read", "--json", page).out)
    assert record.keys() == {"picture", "text", "digits"}
    assert (record["picture"], record["text"]) == (str(page), "72\n1")
    assert [found["digit"] for found in record["digits"]] == [7, 2, 1]
    ink = np.asarray(Image.open(page)) < 128
    for found in record["digits"]:
        assert found.keys() == {"box", "digit", "probability", "unsure"}
        assert 0.5 < found["probability"] <= 1
        assert found["unsure"] is False
        x, y, width, height = found["box"]
        # The box holds ink at each of its four sides, give or take a soft edge.
        inside = ink[y : y + height, x : x + width]
        assert inside[:4].any()
        assert inside[-4:].any()
        assert inside[:, :4].any()
        assert inside[:, -4:].any()
        ink[max(0, y - 3) : y + height + 3, max(0, x - 3) : x + width + 3] = False
    assert not ink.any()


def test_boxes_are_drawn_on_the_picture(call: Callable, page: Path, tmp_path: Path):
    assert call("read", page, "--boxes", tmp_path / "boxes.png").code == 0
    drawn, plain = Image.open(tmp_path / "boxes.png"), Image.open(page)
    assert drawn.size == plain.size
    changed = (np.asarray(drawn) != np.asarray(plain.convert("RGB"))).any(axis=2)
    assert 0.005 < changed.mean() < 0.3


def test_boxes_are_for_one_picture_and_need_a_known_suffix(
    call: Callable, page: Path, tmp_path: Path
):
    several = call("read", page, page, "--boxes", tmp_path / "boxes.png")
    assert several.code == 1
    assert "--boxes draws one picture, but 2 were given" in several.err
    odd = call("read", page, "--boxes", tmp_path / "boxes.odd")
    assert odd.code == 1
    assert "name it .png or .jpg" in odd.err
    nowhere = call("read", page, "--boxes", tmp_path / "nowhere" / "boxes.png")
    assert nowhere.code == 1
    assert "cannot be written" in nowhere.err


def test_several_are_told_apart_and_a_bad_one_hinders_none(
    call: Callable, page: Path, tmp_path: Path
):
    Image.new("L", (90, 90), 255).save(tmp_path / "blank.png")
    outcome = call("read", page, tmp_path / "nowhere.png", tmp_path / "blank.png")
    assert outcome.code == 1
    assert outcome.out == f"{page}:\n72\n1\n{tmp_path / 'blank.png'}:\n"
    assert "nowhere.png: no such file" in outcome.err
    assert "blank.png: no digit found" in outcome.err
    told = call("read", "--json", tmp_path / "nowhere.png", tmp_path / "blank.png")
    bad, blank = map(json.loads, told.out.splitlines())
    assert bad.keys() == {"picture", "error"}
    assert (blank["text"], blank["digits"]) == ("", [])
    assert (told.code, told.err) == (1, "")


def test_stdin_is_a_dash(call: Callable, page: Path, monkeypatch: pytest.MonkeyPatch):
    with page.open("rb") as stream:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))
        assert call("read", "-").out == "72\n1\n"


def test_the_picture_itself_is_not_drawn_over(call: Callable, page: Path):
    before = page.read_bytes()
    outcome = call("read", page, "--boxes", page)
    assert outcome.code == 1
    assert "--boxes would overwrite the picture itself" in outcome.err
    assert page.read_bytes() == before


def test_boxes_end_within_the_picture(call: Callable, page: Path, tmp_path: Path):
    large = Image.open(page).crop((0, 0, 400, 230)).resize((4801, 3203))
    cut = large.crop((0, 0, 2401, 3203))
    cut.save(tmp_path / "large.png")
    record = json.loads(call("read", "--json", tmp_path / "large.png").out)
    assert record["digits"]
    for found in record["digits"]:
        x, y, width, height = found["box"]
        assert x + width <= 2401
        assert y + height <= 3203
