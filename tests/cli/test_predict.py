"""`digitlab predict`: tables for people, JSON and CSV for programs, every picture answered."""

import csv
import io
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digitlab.data.dataset import Dataset
from tests.models.brightness import write_brightness_model


@pytest.fixture
def pictures(tmp_path: Path, mnist: Dataset) -> Path:
    """Return a folder with a 7, a broken file, a blank page, and a 2 in a folder of its own."""
    (tmp_path / "inner").mkdir()
    Image.fromarray(mnist.test_images[0]).save(tmp_path / "a.png")
    (tmp_path / "b.JPG").write_bytes(b"no picture")
    Image.new("RGB", (40, 40), "white").save(tmp_path / "c.bmp")
    Image.fromarray(mnist.test_images[1]).save(tmp_path / "inner" / "d.webp", lossless=True)
    (tmp_path / "notes.txt").write_text("not a picture")
    (tmp_path / ".hidden.png").write_text("hidden")
    return tmp_path


def test_a_folder_answers_all_it_can_and_exits_with_1(call: Callable, pictures: Path):
    outcome = call("predict", pictures)
    assert outcome.code == 1
    lines = outcome.out.splitlines()
    assert lines[0].split() == ["digit", "probability", "picture"]
    assert len(lines) == 4
    assert re.match(r"    7 +\d\d\.\d\d%  ", lines[1])
    assert lines[1].endswith("a.png")
    assert lines[2].split()[:2] == ["-", "-"]
    assert lines[2].endswith("c.bmp  no digit found")
    assert re.match(r"    2 +\d\d\.\d\d%  ", lines[3])
    assert outcome.err.count("\n") == 1
    assert "b.JPG is not a picture of a known format" in outcome.err


def test_json_is_an_object_a_line(call: Callable, pictures: Path):
    outcome = call("predict", "--json", pictures, pictures / "nowhere.png")
    assert outcome.code == 1
    first, second, third, fourth, fifth = map(json.loads, outcome.out.splitlines())
    assert list(first) == list(third) == [
        "picture", "digit", "probability", "unsure", "is_digit", "several", "runner_up",
        "probabilities",
    ]  # fmt: skip
    assert list(first["probabilities"]) == list("0123456789")
    assert first["probabilities"]["7"] == first["probability"]
    assert 0.9999 < sum(first["probabilities"].values()) < 1
    assert third["probabilities"] == {}
    assert first["picture"] == str(pictures / "a.png")
    assert first["digit"] == 7
    assert 0.5 < first["probability"] <= 1
    assert first["unsure"] is False
    others = {name: it for name, it in first["probabilities"].items() if name != "7"}
    assert str(first["runner_up"]) == max(others, key=others.__getitem__)
    assert (third["is_digit"], third["runner_up"]) == (None, None)
    assert second.keys() == {"picture", "error"}
    assert (third["digit"], third["probability"], third["unsure"]) == (None, 0, True)
    assert fourth["digit"] == 2
    assert "no such file" in fifth["error"]
    assert outcome.err == ""


def test_csv_has_a_row_a_picture(call: Callable, pictures: Path):
    rows = list(csv.DictReader(io.StringIO(call("predict", pictures, "--csv").out)))
    assert [row["digit"] for row in rows] == ["7", "", "", "2"]
    assert [bool(row["error"]) for row in rows] == [False, True, False, False]
    assert [row["unsure"] for row in rows] == ["false", "", "true", "false"]
    assert [bool(row["is_digit"]) for row in rows] == [True, False, False, True]
    assert rows[0]["runner_up"] in set("012345689")


def test_all_good_exits_with_0_and_stdin_is_a_dash(
    call: Callable, pictures: Path, monkeypatch: pytest.MonkeyPatch
):
    assert call("predict", pictures / "a.png").code == 0
    with (pictures / "a.png").open("rb") as stream:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))
        outcome = call("predict", "-", "--json")
    assert outcome.code == 0
    record = json.loads(outcome.out)
    assert (record["picture"], record["digit"]) == ("-", 7)


def test_a_folder_without_a_picture_is_told(call: Callable, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    outcome = call("predict", tmp_path / "empty")
    assert outcome.code == 1
    assert "empty is a folder without a picture (named .png" in outcome.err
    assert "error" in json.loads(call("predict", "--json", tmp_path / "empty").out)
    (tmp_path / "empty" / "a.tar").touch()
    outcome = call("predict", tmp_path / "empty")
    assert outcome.err.endswith("its tar and Parquet files need --out FOLDER\n")


def test_wrong_usage(call: Callable, pictures: Path):
    assert call("predict").code == 2
    for command in ("predict", "read"):
        mistyped = call(command, "--jsno", pictures / "a.png")
        assert mistyped.code == 2
        assert mistyped.out == ""
        sentence = "There is no option --jsno, and no file of that name; --help lists the options."
        assert mistyped.err.splitlines()[1].strip("│ ") == sentence
    both = call("predict", "--json", "--csv", pictures / "a.png")
    assert both.code == 1
    assert "--json and --csv exclude each other" in both.err
    assert "contains no model" in call("predict", "--model", pictures, pictures / "a.png").err


def test_a_row_of_digits_gets_a_remark(call: Callable, tmp_path: Path, mnist: Dataset):
    strip = np.hstack(list(mnist.train_images[:3]))
    Image.fromarray(strip).save(tmp_path / "strip.png")
    line = call("predict", tmp_path / "strip.png").out.splitlines()[1]
    assert line.endswith("several digits: try `digitlab read`")
    assert json.loads(call("predict", "--json", tmp_path / "strip.png").out)["several"] is True
    (row,) = csv.DictReader(io.StringIO(call("predict", "--csv", tmp_path / "strip.png").out))
    assert (row["several"], row["unsure"]) == ("true", "true")


def test_a_model_of_other_classes(call: Callable, tmp_path: Path):
    model = write_brightness_model(tmp_path / "model", classes=["dark", "half gray", "明るい"])
    folder = tmp_path / "pictures"
    folder.mkdir()
    for level in (0, 128, 255):
        Image.new("L", (40, 40), level).save(folder / f"{level:03}.png")
    words = ("predict", folder, "--model", model)
    black, gray, white = (folder / f"{level:03}.png" for level in (0, 128, 255))
    assert call(*words).out.splitlines() == [
        "    class  probability  picture",
        f"     dark       99.99%  {black}",
        f"half gray       99.99%  {gray}",
        f"   明るい       99.99%  {white}",
    ]
    records = list(map(json.loads, call(*words, "--json").out.splitlines()))
    assert [record["label"] for record in records] == ["dark", "half gray", "明るい"]
    assert list(records[0]) == [
        "picture", "label", "probability", "unsure", "runner_up", "probabilities",
    ]  # fmt: skip
    assert records[0]["runner_up"] == "half gray"
    assert list(records[0]["probabilities"]) == ["dark", "half gray", "明るい"]
    rows = list(csv.DictReader(io.StringIO(call(*words, "--csv").out)))
    assert [row["label"] for row in rows] == ["dark", "half gray", "明るい"]
    refused = call("read", black, "--model", model)
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.startswith("digitlab: pages are read with a model of the ten digits")
    assert refused.err.count("\n") == 1


def animation(path: Path) -> None:
    frames = [Image.new("L", (20, 20), level) for level in (0, 99)]
    frames[0].save(path, "GIF", save_all=True, append_images=frames[1:])


def truncated(path: Path, kind: str) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (64, 64), np.uint8)
    stream = io.BytesIO()
    Image.fromarray(noise).save(stream, kind)
    path.write_bytes(stream.getvalue()[: len(stream.getvalue()) // 2])


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda path: None, "no such file"),
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_text("no picture"), "is not a picture of a known format"),
        (lambda path: path.write_text("<svg/>"), "is an SVG drawing: export it as PNG first"),
        (lambda path: truncated(path, "PNG"), "is damaged"),
        (lambda path: truncated(path, "JPEG"), "is damaged"),
        (animation, "is an animation or has several pages"),
        (lambda path: Image.new("L", (1, 1)).save(path, "PNG"), "only 1x1 pixels"),
        (
            lambda path: Image.new("1", (10_000, 9000)).save(path, "PNG"),
            "90.0 megapixels (10000x9000), more than 80 megapixels, the limit: make it smaller",
        ),
        (lambda path: path.write_bytes(bytes(100_000_001)), "larger than 100 MB"),
    ],
)
@pytest.mark.parametrize("command", ["predict", "read"])
def test_bad_pictures_are_told_in_one_line_and_the_rest_goes_on(
    call: Callable, tmp_path: Path, mnist: Dataset, make: Callable, told: str, command: str
):
    make(tmp_path / "bad.png")
    Image.fromarray(mnist.test_images[0]).resize((90, 90)).save(tmp_path / "good.png")
    outcome = call(command, tmp_path / "bad.png", tmp_path / "good.png")
    assert outcome.code == 1
    assert outcome.err.count("\n") == 1
    assert outcome.err.startswith("digitlab: ")
    assert "bad.png" in outcome.err
    assert told in outcome.err
    record = json.loads(call(command, "--json", tmp_path / "good.png").out)
    assert record.get("digit", record.get("text")) in (7, "7")
    assert "good.png" in outcome.out


def test_odd_names_are_names(
    call: Callable, tmp_path: Path, mnist: Dataset, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    names = ("[a].png", '["b.png"]', "-c.png", "d\ne.png", "\u00fc.png")
    for name in names:
        Image.fromarray(mnist.test_images[0]).save(tmp_path / "plain.png")
        (tmp_path / "plain.png").rename(tmp_path / name)
        outcome = call("predict", name)
        assert outcome.code == 0, outcome.err
        assert len(outcome.out.splitlines()) == 2
    missing = call("predict", "no\nsuch.png")
    assert (missing.code, missing.err) == (1, "digitlab: no\\nsuch.png: no such file\n")
    too_long = call("predict", "--json", "x" * 300 + ".png", names[0])
    first, second = map(json.loads, too_long.out.splitlines())
    assert too_long.code == 1
    assert "cannot be read" in first["error"]
    assert second["digit"] == 7


def test_a_folder_that_cannot_be_looked_into_is_told(
    call: Callable, pictures: Path, monkeypatch: pytest.MonkeyPatch
):
    closed = pictures / "inner"
    real = os.scandir

    def scandir(path: str) -> object:
        if Path(path) == closed:
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    (pictures / "b.JPG").unlink()
    outcome = call("predict", pictures)
    assert outcome.code == 1
    assert str(closed) in outcome.err


def test_a_pipe_in_a_folder_is_passed_over(call: Callable, pictures: Path):
    (pictures / "b.JPG").unlink()
    os.mkfifo(pictures / "pipe.png")
    assert call("predict", pictures).code == 0


def test_nothing_is_wholly_sure(call: Callable, pictures: Path):
    record = json.loads(call("predict", "--json", pictures / "a.png").out)
    assert record["probability"] < 1
    assert "100" not in call("predict", pictures / "a.png").out.splitlines()[1].split("%")[0]
