"""Parts: one run, several shards, several processes and a restart write the same files."""

import errno
import json
import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from digitlab.batch import rows, write
from digitlab.batch.on_ray import _Actor, write_on_ray
from digitlab.batch.parts import Part, Shard, digest_of, parts_of
from digitlab.errors import DigitlabError
from tests.batch.conftest import SIZE, write_tar

ERRORS = 1  # pictures of `inputs` that cannot be opened


@given(st.integers(0, 99), st.integers(1, 40))
def test_shards_have_every_part_once_and_are_of_similar_size(count: int, of: int):
    shares = [Shard(number, of).of_parts(range(count)) for number in range(1, of + 1)]
    assert [part for share in shares for part in share] == list(range(count))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


@pytest.mark.parametrize("text", ["3", "0/3", "4/3", "1/0", "1/3/5", "a/b", "1.0/2", "²/3"])
def test_what_is_no_shard_is_wrong_usage(call: Callable, inputs: Path, text: str):
    outcome = call("predict", inputs, "--out", inputs.parent / "out", "--shard", text)
    assert outcome.code == 2
    assert text in outcome.err
    assert not (inputs.parent / "out").exists()


def test_the_digest_notices_names_their_order_and_their_division():
    files = [Path("a"), Path("b"), Path("c\n")]
    lists = (files, files[::-1], files[:2])
    digests = {digest_of(parts_of(them, size)) for them in lists for size in (1, 2, 5)}
    assert len(digests) == 3 + 3 + 2


def test_the_rows_are_those_of_json(
    call: Callable, inputs: Path, tmp_path: Path, contents: Callable
):
    out = tmp_path / "out"
    outcome = call("predict", inputs, "--out", out, "--jobs", "1")
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err.endswith(f"4 of 4 parts are in {out}; 9 new rows, 1 with an error\n")
    files = contents(out)
    names = [f"part-00000{number}.jsonl" for number in range(4)]
    assert list(files) == ["_parts.json", *names]
    written = b"".join(files[name] for name in names).decode()
    pictures = call("predict", "--json", inputs)
    assert pictures.code == 1
    *others, first, second = written.splitlines()
    assert others == pictures.out.splitlines()
    assert [json.loads(it)["digit"] for it in (first, second)] == [9, 5]
    assert json.loads(second)["picture"] == f"{inputs}/shard.tar/8.png"


def test_shards_and_processes_write_the_same_files(
    call: Callable, inputs: Path, tmp_path: Path, contents: Callable
):
    one, shards, several = (tmp_path / name for name in ("one", "shards", "several"))
    assert call("predict", inputs, "--out", one, "--jobs", "1").code == 0
    for shard in ("2/2", "1/2"):
        words = ("predict", inputs, "--out", shards, "--shard", shard, "--jobs", "1")
        assert "2 of 2 parts" in call(*words).err
    assert call("predict", inputs, "--out", several, "--jobs", "2").code == 0
    assert contents(one) == contents(shards) == contents(several)


def test_an_actor_of_ray_reads_parts_like_any_process(
    call: Callable, inputs: Path, tmp_path: Path, contents: Callable
):
    assert call("predict", inputs, "--out", tmp_path / "one", "--jobs", "1").code == 0
    folder = tmp_path / "ray"
    folder.mkdir()
    writer = pickle.loads(pickle.dumps(write.PartWriter(rows.Task("predict"), folder, "jsonl")))
    actor = _Actor(writer, Path.cwd())
    parts = parts_of([*sorted(inputs.glob("*.png")), inputs / "shard.tar"], SIZE)
    results = [actor({"part": [pickle.dumps(part)]}) for part in parts]
    assert results[1] == {"rows": [3], "failures": [ERRORS], "problem": [""]}
    assert contents(tmp_path / "one") == contents(folder) | {
        "_parts.json": (tmp_path / "one" / "_parts.json").read_bytes()
    }


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("127.0.0.1:1", "no Ray cluster answers"),
        ("ray://[::1]:1", "no Ray cluster answers"),
        ("localhost:99999", "no Ray cluster answers"),
        (f"{'a' * 64}:6379", "no Ray cluster answers"),  # no host can have this name
        (" ", "must be HOST:PORT"),
        ("localhost", "must be HOST:PORT"),
        ("localhost:6379 ", "must be HOST:PORT"),
        ("localhost:²", "must be HOST:PORT"),
        (f"localhost:{'1' * 5000}", "must be HOST:PORT"),
    ],
)
def test_an_address_without_a_cluster_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, message: str
):
    monkeypatch.setenv("RAY_ADDRESS", address)
    writer = write.PartWriter(rows.Task("predict"), tmp_path, "jsonl")
    with pytest.raises(DigitlabError, match=message):
        next(write_on_ray(writer, [], None))


def test_a_restart_reads_only_what_is_missing(
    call: Callable, inputs: Path, tmp_path: Path, contents: Callable
):
    out = tmp_path / "out"
    words = ("predict", inputs, "--out", out, "--jobs", "1")
    assert call(*words).code == 0
    first = contents(out)
    (out / "part-000001.jsonl").unlink()
    (out / "part-000002.jsonl").write_bytes(b"kept")
    again = call(*words)
    assert again.err.endswith("3 of them from before; 3 new rows, 1 with an error\n")
    assert contents(out) == first | {"part-000002.jsonl": b"kept"}
    assert "; 0 new rows" in call(*words).err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_it_keeps_what_is_finished_and_nothing_half(
    call: Callable, inputs: Path, tmp_path: Path, contents: Callable, number: signal.Signals,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    def stopped(part: Part, *arguments: object) -> Iterator[rows.Row]:
        for row in rows.rows_of(part, *arguments):
            yield row
            if part.number == 1:
                os.kill(os.getpid(), number)

    out = tmp_path / "out"
    words = ("predict", inputs, "--out", out, "--jobs", "1")
    with monkeypatch.context() as patched:
        patched.setattr(write, "rows_of", stopped)
        outcome = call(*words)
    assert outcome.code == 128 + number
    assert outcome.err.startswith(f"digitlab: stopped: 1 of 4 parts are in {out}; 3 new rows")
    assert outcome.err.endswith("run the same command again to continue\n")
    assert list(contents(out)) == ["_parts.json", "part-000000.jsonl"]
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    assert "3 new rows" not in call(*words).err


def test_an_archive_that_the_system_cannot_read_is_tried_again(
    call: Callable, inputs: Path, tmp_path: Path, contents: Callable,
    monkeypatch: pytest.MonkeyPatch,
):  # fmt: skip
    def broken(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    out = tmp_path / "out"
    words = ("predict", inputs, "--out", out, "--jobs", "1")
    with monkeypatch.context() as patched:
        patched.setattr("tarfile.open", broken)
        outcome = call(*words)
    assert outcome.code == 1
    assert "shard.tar cannot be read: Input/output error\n" in outcome.err
    assert "3 of 4 parts" in outcome.err
    assert len(contents(out)) == 4
    assert call(*words).code == 0
    assert len(contents(out)) == 5


def test_a_folder_of_other_parts_is_not_mixed_with(
    call: Callable, inputs: Path, tmp_path: Path, contents: Callable
):
    out = tmp_path / "out"
    assert call("predict", inputs, "--out", out, "--jobs", "1").code == 0
    before = contents(out)
    assert (
        "other settings (command, model)" in call("read", inputs, "--out", out, "--jobs", "1").err
    )
    (inputs / "9.png").write_bytes(b"new")
    refused = call("predict", inputs, "--out", out)
    assert (refused.code, refused.err.count("\n")) == (1, 1)
    assert "made with other settings (input)" in refused.err
    assert "give --out a new folder" in refused.err
    assert contents(out) == before
    (out / "_parts.json").write_text("[[[")
    assert "_parts.json is damaged" in call("predict", inputs, "--out", out).err


def test_what_cannot_work_is_refused_in_one_sentence(
    call: Callable, inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    out, empty = tmp_path / "out", tmp_path / "empty"
    empty.mkdir()
    file, pipe = inputs / "0.png", tmp_path / "pipe.tar"
    os.mkfifo(pipe)
    for words, sentence in {
        ("predict", file, "--shard", "1/2"): "--shard needs --out FOLDER",
        ("predict", file, "--engine", "ray"): "--engine needs --out FOLDER",
        ("read", file, "--jobs", "2"): "--jobs needs --out FOLDER",
        ("predict", inputs / "shard.tar"): "shard.tar needs --out FOLDER",
        ("predict", file, "--csv", "--out", out): "--csv is for stdout",
        ("read", file, "--csv", "--out", empty): "a folder of parts has JSON Lines or Parquet",
        ("predict", "-", "--out", out): "not stdin",
        ("predict", file, "--out", tmp_path / "a.csv"): "a.csv is named like a file, but parts",
        ("predict", file, "--out", tmp_path / "a.tar.gz"): "a.tar.gz is named like a file",
        ("predict", pipe, "--out", out): "pipe.tar is neither a file nor a folder",
        ("predict", tmp_path / "nowhere", "--out", out): "no such file or folder",
        ("predict", empty, "--out", out): "empty has no file named .png",
        ("predict", file, "--out", inputs): "has other files (0.png): give --out a new folder",
        ("predict", file, "--out", file): "0.png is a file: give a folder for the parts",
        ("predict", inputs, "--out", inputs / "out", "--parquet"): "give a folder elsewhere",
        ("predict", file, "--out", out, "--jobs", "0"): "jobs is 0, but must be at least 1",
        ("predict", file, "--out", out, "--model", empty): "contains no model",
    }.items():
        outcome = call(*words)
        assert (outcome.code, outcome.out, outcome.err.count("\n")) == (1, "", 1)
        assert sentence in outcome.err
    assert not out.exists()
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    outcome = call("predict", file, "--out", out, "--parquet")
    assert outcome.err.startswith("digitlab: this command needs pyarrow: run `pip install '.[ray]'")


def test_pages_are_those_of_read_json(
    call: Callable, inputs: Path, tmp_path: Path, contents: Callable
):
    """Also those of a document of several pages, in a folder and in a tar file."""
    pages = [Image.open(inputs / f"{it}.png").resize((84, 84)) for it in (0, 1)]
    for path in inputs.iterdir():
        if path.name != "4.png":
            path.unlink()
    pages[0].save(inputs / "scan.tif", save_all=True, append_images=pages[1:])
    single = call("read", "--json", inputs).out.splitlines()
    assert [json.loads(row).get("text", "error") for row in single] == ["error", "7", "2"]
    write_tar(tmp_path / "scans.tar", [("scan.tif", (inputs / "scan.tif").read_bytes())])
    out = tmp_path / "out"
    out.mkdir()
    assert call("read", inputs, tmp_path / "scans.tar", "--out", out, "--jobs", "1").code == 0
    files = contents(out)
    assert files["part-000000.jsonl"].decode().splitlines() == single
    in_tar = files["part-000001.jsonl"].decode().replace(f"{tmp_path}/scans.tar", str(inputs))
    assert in_tar.splitlines() == single[1:]
