"""A checkpoint is complete or refused, and the one before it is always there."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from digitlab.errors import DigitlabError
from digitlab.recipe import Recipe
from digitlab.train.checkpoint import (
    Checkpoint,
    CheckpointError,
    Progress,
    SaveError,
    from_bytes,
    load_checkpoint,
    read_checkpoint,
    save_checkpoint,
    to_bytes,
)
from digitlab.train.tensor_file import pack


def made(number: int) -> Checkpoint:
    """Return a small checkpoint, with text in it that looks like the file's own digest."""
    tensors = {"a.b": torch.full((3, 2), float(number)), "c": torch.arange(5, dtype=torch.uint8)}
    progress = Progress(
        recipe=Recipe(), dataset=f'"sha256":"{"0" * 64}"', classes=["a", "b"],
        mean=0.1, std=0.3, seed=number, device="cpu",
        threads=1, epochs_done=0, batches_done=3, seconds=0.5, history=[],
    )  # fmt: skip
    return Checkpoint(tensors=tensors, progress=progress)


WHOLE = to_bytes(made(7))


def test_what_is_saved_is_read(tmp_path: Path):
    save_checkpoint(tmp_path, made(3))
    found, rejected = load_checkpoint(tmp_path)
    assert rejected == {}
    assert found.progress == made(3).progress
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
    assert found.progress.seed == 2
    assert rejected.keys() == {last}
    assert str(last) in rejected[last]
    assert "damaged" in rejected[last]


def test_one_that_does_not_belong_is_passed_over(tmp_path: Path):
    def check(checkpoint: Checkpoint) -> None:
        if checkpoint.progress.seed == 2:
            raise CheckpointError("of another run")

    save_checkpoint(tmp_path, made(1))
    save_checkpoint(tmp_path, made(2))
    found, rejected = load_checkpoint(tmp_path, check)
    assert found.progress.seed == 1
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
    with pytest.raises(CheckpointError, match="has no checkpoint"):
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
        with pytest.raises(SaveError, match=r"No space left.*intact"):
            save_checkpoint(tmp_path, made(3))
    assert load_checkpoint(tmp_path)[0].progress.seed == 2
    assert read_checkpoint(tmp_path / "previous.safetensors").progress.seed == 1
    assert {path.name for path in tmp_path.iterdir()} == {
        "last.safetensors",
        "previous.safetensors",
    }


def test_what_the_disk_does_not_give_back_is_not_taken_for_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    save_checkpoint(tmp_path, made(1))
    replace = Path.replace

    def corrupt(path: Path, target: Path) -> Path:
        """Rename a file, and lose a byte of it, as a failing disk may."""
        path.write_bytes(path.read_bytes()[:-1] + b"?")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", corrupt)
    with pytest.raises(SaveError, match="do not match its checksum"):
        save_checkpoint(tmp_path, made(2))
    assert load_checkpoint(tmp_path)[0].progress.seed == 1
    assert [path.name for path in tmp_path.iterdir()] == ["last.safetensors"]


def test_a_file_that_cannot_be_read_is_an_error_and_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for number in (1, 2):
        save_checkpoint(tmp_path, made(number))

    def deny(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", deny)
    with pytest.raises(DigitlabError, match=r"cannot be read \(Permission denied\)") as raised:
        load_checkpoint(tmp_path)
    assert not isinstance(raised.value, CheckpointError)


@pytest.mark.parametrize(
    "record",
    [b"[]", b"{}", b"[" * 100_000, b'{"recipe": 3}', b"null"],
)
def test_odd_contents_with_a_correct_digest_are_refused_in_one_sentence(record: bytes):
    content = pack({"a": torch.zeros(1)}, msgspec.Raw(record))
    with pytest.raises(CheckpointError) as raised:
        from_bytes(content, "odd")
    assert str(raised.value).startswith("odd is ")
    assert "\n" not in str(raised.value)


SAVE_FOR_EVER = """
import sys
from pathlib import Path
import torch
from digitlab.recipe import Recipe
from digitlab.train.checkpoint import Checkpoint, Progress, save_checkpoint
number = 0
while True:
    number += 1
    progress = Progress(
        recipe=Recipe(), dataset="mnist", classes=["a", "b"], mean=0.1, std=0.3,
        seed=number, device="cpu", threads=1,
        epochs_done=0, batches_done=0, seconds=0.0, history=[],
    )
    tensors = {"w": torch.full((300, 300), float(number))}
    save_checkpoint(Path(sys.argv[1]), Checkpoint(tensors=tensors, progress=progress))
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
    assert found.progress.seed in (said_to_be_saved, said_to_be_saved + 1)
    assert (found.tensors["w"] == found.progress.seed).all()
