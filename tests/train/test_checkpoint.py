"""A checkpoint is whole or it is not one; and the one before it is always there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from digitlab.errors import DigitlabError
from digitlab.train.checkpoint import (
    Checkpoint,
    CheckpointError,
    from_bytes,
    load_checkpoint,
    read_checkpoint,
    save_checkpoint,
    to_bytes,
)


def made(number: int) -> Checkpoint:
    """Return a small checkpoint; `record` holds what could be taken for the file's own digest."""
    tensors = {"a.b": torch.full((3, 2), float(number)), "c": torch.arange(5, dtype=torch.uint8)}
    return Checkpoint(tensors=tensors, record={"number": number, "sha256": "0" * 64, "x": '"'})


WHOLE = to_bytes(made(7))


def test_what_is_saved_is_read(tmp_path: Path):
    save_checkpoint(tmp_path, made(3))
    found, rejected = load_checkpoint(tmp_path)
    assert rejected == {}
    assert found.record == made(3).record
    assert found.tensors.keys() == made(3).tensors.keys()
    for name, tensor in made(3).tensors.items():
        assert torch.equal(found.tensors[name], tensor)
        assert found.tensors[name].dtype == tensor.dtype


@given(st.integers(0, len(WHOLE) * 8 - 1))
def test_one_flipped_bit_anywhere_is_found(bit: int):
    content = bytearray(WHOLE)
    content[bit // 8] ^= 1 << bit % 8
    with pytest.raises(CheckpointError):
        from_bytes(bytes(content), "flipped")


@given(st.integers(0, len(WHOLE) - 1))
def test_a_file_cut_short_anywhere_is_found(size: int):
    with pytest.raises(CheckpointError):
        from_bytes(WHOLE[:size], "short")


@given(st.binary(max_size=300))
def test_other_files_are_no_checkpoints(content: bytes):
    with pytest.raises(CheckpointError, match="not a digitlab checkpoint"):
        from_bytes(content, "other")


def test_the_one_before_is_kept_and_taken_where_the_last_is_damaged(tmp_path: Path):
    for number in (1, 2, 3):
        save_checkpoint(tmp_path, made(number))
    last = tmp_path / "last.safetensors"
    last.write_bytes(last.read_bytes()[:-1])
    found, rejected = load_checkpoint(tmp_path)
    assert found.record["number"] == 2
    assert rejected.keys() == {last}
    assert str(last) in rejected[last]
    assert "damaged" in rejected[last]


def test_one_that_does_not_belong_is_passed_over(tmp_path: Path):
    def check(checkpoint: Checkpoint) -> None:
        if checkpoint.record["number"] == 2:
            raise DigitlabError("of another run")

    save_checkpoint(tmp_path, made(1))
    save_checkpoint(tmp_path, made(2))
    found, rejected = load_checkpoint(tmp_path, check)
    assert found.record["number"] == 1
    last = tmp_path / "last.safetensors"
    assert rejected == {last: f"{last}: of another run"}


def test_where_both_are_damaged_both_are_told(tmp_path: Path):
    for number in (1, 2):
        save_checkpoint(tmp_path, made(number))
    for name in ("last", "previous"):
        (tmp_path / f"{name}.safetensors").write_bytes(b"rubbish")
    with pytest.raises(CheckpointError, match=r"last\.safetensors.*previous\.safetensors"):
        load_checkpoint(tmp_path)


def test_an_empty_folder_is_told(tmp_path: Path):
    with pytest.raises(CheckpointError, match="holds no checkpoint"):
        load_checkpoint(tmp_path)


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_fault_while_saving_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
):
    for number in (1, 2):
        save_checkpoint(tmp_path, made(number))

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(*(("os.fsync", fail) if broken == "fsync" else (Path, "replace", fail)))
        with pytest.raises(CheckpointError, match=r"No space left.*intact"):
            save_checkpoint(tmp_path, made(3))
    assert load_checkpoint(tmp_path)[0].record["number"] == 2
    assert read_checkpoint(tmp_path / "previous.safetensors").record["number"] == 1
    assert not (tmp_path / "saving.safetensors").exists() or broken == "replace"


def test_what_the_disk_does_not_give_back_is_not_taken_for_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    save_checkpoint(tmp_path, made(1))
    real_fsync = os.fsync

    def spoil(descriptor: int) -> None:
        os.pwrite(descriptor, b"\0", 100)
        real_fsync(descriptor)

    monkeypatch.setattr("os.fsync", spoil)
    with pytest.raises(CheckpointError, match="damaged"):
        save_checkpoint(tmp_path, made(2))
    assert load_checkpoint(tmp_path)[0].record["number"] == 1


SAVE_FOR_EVER = """
import sys
from pathlib import Path
import torch
from digitlab.train.checkpoint import Checkpoint, save_checkpoint
number = 0
while True:
    number += 1
    tensors = {"w": torch.full((300, 300), float(number))}
    save_checkpoint(Path(sys.argv[1]), Checkpoint(tensors=tensors, record={"number": number}))
    print(number, flush=True)
"""


def test_a_process_killed_at_any_moment_leaves_a_whole_checkpoint(tmp_path: Path):
    process = subprocess.Popen(
        [sys.executable, "-c", SAVE_FOR_EVER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    told = [process.stdout.readline() for _ in range(20)]
    process.kill()
    told += process.stdout.readlines()
    process.wait()
    process.stdout.close()
    said_to_be_saved = int(told[-1])
    found, _ = load_checkpoint(tmp_path)
    assert found.record["number"] in (said_to_be_saved, said_to_be_saved + 1)
    assert (found.tensors["w"] == found.record["number"]).all()
