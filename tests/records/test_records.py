"""The files of a run: each is checked when it is read, and refused with one sentence."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError
from digitlab.recipe import Recipe
from digitlab.records import provenance
from digitlab.records.claim import only_one_process
from digitlab.records.folder import RunFolder
from digitlab.records.history import HeldOutPoint, TestPoint, TrainPoint, to_json_lines
from digitlab.records.provenance import code_digest, command_given
from digitlab.records.report import make_report
from digitlab.records.run_record import RunRecord

RECORD = RunRecord(
    recipe=Recipe(),
    recipe_name="tutorial",
    seed=1,
    dataset="mnist",
    data_dir=None,
    data_sha256={"train": "00"},
    device="cpu",
    machine="a computer",
    threads=2,
    versions={"torch": "2"},
    checkpoint_steps=0,
    parameters=21_840,
    commands=[command_given(["train", "--run", "a b"])],
)
POINTS = [
    TestPoint(epoch=0, examples=0, loss=2.3, correct=1, total=10, classes_answered=3, seconds=0.5),
    TrainPoint(
        epoch=1,
        examples_in_epoch=0,
        epoch_size=10,
        examples=0,
        loss=2.0,
        learning_rate=0.01,
        seconds=0.5,
    ),
    HeldOutPoint(
        epoch=1, examples=10, loss=1.0, correct=9, total=10, classes_answered=3, seconds=1.5
    ),
]
TEST_LINE, TRAIN_LINE = to_json_lines(POINTS[:2]).decode().splitlines()
IMAGES = np.arange(3 * 28 * 28, dtype=np.uint8).reshape(3, 28, 28)
REPORT = make_report(
    np.log(np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]], np.float32)),
    Dataset.from_arrays(
        train_images=IMAGES, train_labels=[0, 1, 1], test_images=IMAGES, test_labels=[0, 1, 1]
    ),
    model="a run",
    epochs=1,
)


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path)
    folder.write_record(RECORD)
    folder.write_history(POINTS)
    return folder


def fields_of(value: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Return the path of every field in nested dictionaries, except those inside `versions` etc."""
    if not isinstance(value, dict) or path in [("data_sha256",), ("versions",)]:
        return [path] if path else []
    inner = [field for name, it in value.items() for field in fields_of(it, (*path, name))]
    return [path, *inner] if path else inner


def changed(record: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """Return a copy of the record with one field replaced, or removed if `value` is ...."""
    copy = json.loads(json.dumps(record))
    place = copy
    for name in path[:-1]:
        place = place[name]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return copy


def refusal(folder: RunFolder) -> str:
    """Return the error for a damaged `run.json`: always one line that names the file."""
    with pytest.raises(DigitlabError) as raised:
        folder.read_record()
    message = str(raised.value)
    assert str(folder.run_json) in message
    assert "\n" not in message
    return message


def test_what_is_written_is_read(folder: RunFolder):
    assert folder.read_record() == RECORD
    assert folder.read_history() == POINTS
    assert RECORD.commands[0].command == "digitlab train --run 'a b'"


def names_field(message: str, path: tuple[str, ...]) -> bool:
    """Return whether an error message names exactly this field, or a value inside it."""
    dotted = re.escape(".".join(path))
    return any(
        re.search(pattern, message)
        for pattern in (
            rf"at `\$\.{dotted}(\[.*\])?`",  # of a wrong type
            rf"missing required field `{re.escape(path[-1])}`",
            rf"unknown field '{dotted}\.\w+'",
            rf": {re.escape(path[-1])} is \S+, but must be ",  # an impossible setting
        )
    )


@pytest.mark.parametrize("wrong", [[1], {"a": 1}, True, "text", 1.5, -1, None, ...])
def test_every_field_of_a_wrong_type_is_refused_by_name(folder: RunFolder, wrong: Any):
    whole = json.loads(folder.run_json.read_text())
    refused = 0
    for path in fields_of(whole):
        folder.run_json.write_text(json.dumps(changed(whole, path, wrong)))
        try:
            read = folder.read_record()
        except DigitlabError:
            message = refusal(folder)
            assert names_field(message, path), f"{path}: {message}"
            refused += 1
        else:  # the field allows this value, or has a default
            assert isinstance(read, RunRecord)
    assert refused >= (12 if wrong is not ... else 9)


def test_a_setting_of_another_version_is_refused(folder: RunFolder):
    whole = json.loads(folder.run_json.read_text())
    folder.run_json.write_text(json.dumps(changed(whole, ("recipe", "warp"), 9)))
    assert "unknown field 'recipe.warp'" in refusal(folder)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("seed",), -1),
        (("seed",), 10**30),
        (("parameters",), 10**30),
        (("threads",), 0),
        (("data_dir",), ""),
        (("data_dir",), "a\0b"),
        (("commands",), [{"command": "digitlab 'x", "time": "", "folder": ""}]),
    ],
)
def test_impossible_values_are_refused(folder: RunFolder, path: tuple[str, ...], value: Any):
    whole = json.loads(folder.run_json.read_text())
    folder.run_json.write_text(json.dumps(changed(whole, path, value)))
    refusal(folder)


def test_an_impossible_setting_is_refused(folder: RunFolder):
    whole = json.loads(folder.run_json.read_text())
    folder.run_json.write_text(json.dumps(changed(whole, ("recipe", "dropout"), 1.0)))
    assert "dropout is 1.0" in refusal(folder)


@pytest.mark.parametrize(
    "content", [b"", b"[" * 100_000, b'{"a":' * 100_000, b"\xff\xfe", b"NaN", b'{"seed": NaN}']
)
def test_other_contents_are_refused(folder: RunFolder, content: bytes):
    folder.run_json.write_bytes(content)
    refusal(folder)
    folder.report_json.write_bytes(content)
    assert folder.read_report() is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_one_changed_byte_is_refused_or_still_a_record(folder: RunFolder, place: int, byte: int):
    folder.write_record(RECORD)
    content = bytearray(folder.run_json.read_bytes())
    content[place % len(content)] = byte
    folder.run_json.write_bytes(content)
    try:
        read = folder.read_record()
    except DigitlabError:
        refusal(folder)
    else:
        assert isinstance(read, RunRecord)


def test_a_record_that_cannot_be_read_is_not_called_missing(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
):
    def deny(path: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", deny)
    assert "cannot be read (Permission denied)" in refusal(folder)


def test_a_pipe_is_not_waited_for(folder: RunFolder):
    folder.run_json.unlink()
    os.mkfifo(folder.run_json)
    assert "is not a file" in refusal(folder)


@pytest.mark.parametrize(
    "line",
    [
        *("rubbish", "[]", '{"kind":"train"}', '{"kind":"rest","epoch":1}', "[" * 100_000),
        TEST_LINE.replace('"total":10', '"total":0'),
        TEST_LINE.replace('"correct":1', '"correct":11'),
        TEST_LINE.replace('"examples":0', f'"examples":{10**30}'),
        TRAIN_LINE.replace('"epoch_size":10', '"epoch_size":0'),
    ],
)
def test_a_damaged_history_is_refused_with_the_remedy(folder: RunFolder, line: str):
    with folder.history_jsonl.open("a") as stream:
        stream.write(f"{line}\n")
    with pytest.raises(DigitlabError, match=r"history\.jsonl cannot be read.*digitlab resume"):
        folder.read_history()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("total",), 0),
        (("confusion",), [[1, 0], [1, -1]]),
        (("confusion",), [[1, 0], [1, 10**30]]),
        (("confusion",), [[0, 0], [0, 0]]),
        (("correct",), 3),
        (("mistakes", 0, "index"), 3),
        (("mistakes", 0, "answer"), 2),
        (("mistakes", 0, "probability"), 1e308),
        (("mistakes", 0, "truth_probability"), -0.1),
        (("predictions", 0, "index"), -1),
        (("predictions", 0, "probability"), 1.5),
        (("classes",), ["a"]),
        (("without_disputed", "total"), 0),
    ],
)
def test_a_report_with_impossible_values_counts_as_none(
    folder: RunFolder, path: tuple[Any, ...], value: Any
):
    """Otherwise `digitlab plot` would look for images that do not exist."""
    folder.write_report(REPORT)
    assert folder.read_report() == REPORT
    whole = json.loads(folder.report_json.read_text())
    folder.report_json.write_text(json.dumps(changed(whole, path, value)))
    assert folder.read_report() is None


def test_a_line_that_a_kill_cut_short_is_left_out(folder: RunFolder):
    content = folder.history_jsonl.read_bytes()
    folder.history_jsonl.write_bytes(content[:-9])
    assert folder.read_history() == POINTS[:-1]


def test_a_refused_training_leaves_no_folder(tmp_path: Path):
    new = tmp_path / "a" / "b"
    with pytest.raises(ValueError, match="refused"), only_one_process(RunFolder(new)):
        raise ValueError("refused")
    assert list(tmp_path.iterdir()) == []


def test_nor_does_it_remove_what_was_there(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match="refused"), only_one_process(RunFolder(tmp_path)):
        raise ValueError("refused")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_what_a_killed_process_left_is_removed(folder: RunFolder):
    leftover = folder.path / ".999999999-1234abcd.digitlab.tmp"
    leftover.write_text("half")
    with only_one_process(folder):
        assert not leftover.exists()


def test_the_record_says_which_code_was_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(provenance, "PACKAGE", tmp_path)
    (tmp_path / "train").mkdir()
    (tmp_path / "recipe.py").touch()
    (tmp_path / "train" / "loop.py").write_text("step()")
    before = code_digest()
    assert before == code_digest()
    (tmp_path / "train" / "loop.py").write_text("step() ")
    assert code_digest() != before
    now = provenance.versions()
    changes = RECORD.differences(
        RunRecord(
            **{it: getattr(RECORD, it) for it in RECORD.__struct_fields__} | {"versions": now}
        )
    )
    assert f"code None -> {now['code']}" in changes


@pytest.mark.parametrize("name", ["history.jsonl", "report.json", "last.safetensors", "inside.npz"])
@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_a_folder_or_a_pipe_in_place_of_a_file_is_refused(
    folder: RunFolder, name: str, make: Callable[[Path], None]
):
    (folder.path / name).unlink(missing_ok=True)
    make(folder.path / name)
    with pytest.raises(DigitlabError, match="is not a file"), only_one_process(folder):
        pass
    with pytest.raises(DigitlabError, match="is not a file"):
        folder.read_history()
