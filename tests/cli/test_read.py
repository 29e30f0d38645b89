"""`digitlab read`: text for people, JSON for programs, boxes for eyes."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
from PIL import Image

import digitlab.pages.read as read_module
import digitlab.pictures.open as open_module
from digitlab.data.dataset import Dataset
from tests.pictures.drawn import seven


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
        # There is ink at each of the four sides of the box, except for soft edges.
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
    assert "boxes.odd cannot be written: name it .png or .jpg" in odd.err
    assert odd.out == ""
    two_lines = call("read", page, "--boxes", "a\nb")
    assert two_lines.err == "digitlab: a\\nb cannot be written: name it .png or .jpg\n"
    nowhere = call("read", page, "--boxes", tmp_path / "nowhere" / "boxes.png")
    assert nowhere.code == 1
    assert "boxes.png cannot be written (No such file or directory)" in nowhere.err
    assert list(tmp_path.iterdir()) == [page]


def test_boxes_replace_a_file_whatever_the_picture_comes_from(
    call: Callable, page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    boxes = tmp_path / "boxes.png"
    boxes.write_text("something old")
    with page.open("rb") as stream:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))
        outcome = call("read", "-", "--boxes", boxes)
    assert (outcome.code, outcome.out, outcome.err) == (0, "72\n1\n", "")
    with Image.open(boxes) as drawn:
        assert (drawn.format, drawn.size) == ("PNG", (400, 500))
    missing = call("read", "--json", tmp_path / "nowhere.png", "--boxes", boxes)
    assert missing.code == 1
    assert "no such file" in json.loads(missing.out)["error"]


@pytest.mark.parametrize("suffix", ["png", "PNG", "tif"])
def test_boxes_are_written_whole_or_not_at_all(page: Path, tmp_path: Path, suffix: str):
    """A file that may not grow beyond 4 KB stands for a disk that is full."""
    boxes = tmp_path / "out" / f"boxes.{suffix}"
    boxes.parent.mkdir()
    for before in (None, b"something old"):
        if before is not None:
            boxes.write_bytes(before)
        result = subprocess.run(
            ["bash", "-c", 'ulimit -f 4; exec "$@"', "bash", sys.executable, "-m", "digitlab",
             "read", str(page), "--boxes", str(boxes)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (result.returncode, result.stdout) == (1, "72\n1\n")
        assert result.stderr == f"digitlab: {boxes} cannot be written (File too large)\n"
        assert list(boxes.parent.iterdir()) == ([] if before is None else [boxes])
        assert before is None or boxes.read_bytes() == before


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


# --- once: the picture is decoded, and its ink is found ----------------------------------------


@dataclass
class Work:
    """How often pictures were decoded, and the shapes of the gray levels whose ink was found."""

    decoded: int = 0
    inked: list[tuple[int, ...]] = field(default_factory=list)
    pages: int = 0


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    work = Work()
    decoder, ink_of, page_ink = PIL.Image._getdecoder, open_module.ink_of, read_module.page_ink

    def counted_decoder(mode: str, name: str, *arguments: object) -> object:
        work.decoded += name != "raw"  # which only copies, from an array for example
        return decoder(mode, name, *arguments)

    def counted_ink(gray: np.ndarray) -> np.ndarray:
        work.inked.append(gray.shape)
        return ink_of(gray)

    def counted_page(picture: open_module.Picture) -> np.ndarray:
        work.pages += 1
        return page_ink(picture)

    monkeypatch.setattr(PIL.Image, "_getdecoder", counted_decoder)
    monkeypatch.setattr(open_module, "ink_of", counted_ink)
    monkeypatch.setattr(read_module, "page_ink", counted_page)
    return work


@pytest.mark.parametrize(
    ("command", "side", "kind", "boxes", "inked"),
    [
        ("predict", 90, "png", False, [90]),
        ("predict", 300, "png", False, [300]),
        ("predict", 3000, "jpg", False, [750]),
        ("read", 30, "png", False, [30]),
        ("read", 90, "png", True, [90]),
        ("read", 300, "png", False, [300]),
        ("read", 300, "png", True, [300]),
        ("read", 900, "png", True, [300, 900]),
        ("read", 2000, "png", True, [286, 667, 2000]),
        ("read", 4000, "jpg", False, [286, 667, 2000]),
        ("read", 4000, "jpg", True, [286, 667, 2000]),
    ],
)
def test_a_digit_is_decoded_and_its_ink_found_once(
    call: Callable, work: Work, tmp_path: Path,
    command: str, side: int, kind: str, boxes: bool, inked: list[int],
):  # fmt: skip
    path = tmp_path / f"digit.{kind}"
    margin = round(0.15 * side)
    Image.fromarray(seven(side - 2 * margin, pen=side // 12, margin=margin)).save(path)
    drawn = ["--boxes", tmp_path / "boxes.png"] if boxes else []
    outcome = call(command, path, "--json", *drawn)
    record = json.loads(outcome.out)
    assert record.get("digit", record.get("text")) in (7, "7")
    assert work.decoded == 1
    assert sorted(work.inked) == [(size, size) for size in inked]
    assert work.pages == (command == "read")


@pytest.mark.parametrize("drawn", [[], ["--boxes", "boxes.png"]])
def test_a_page_is_decoded_and_its_ink_found_once(
    call: Callable, work: Work, page: Path, monkeypatch: pytest.MonkeyPatch, drawn: list[str]
):
    monkeypatch.chdir(page.parent)
    assert call("read", page, *drawn).out == "72\n1\n"
    assert work.decoded == 1
    assert len(work.inked) == len(set(work.inked)) <= 1  # to decide whether the writing is large
    assert work.pages == 1
