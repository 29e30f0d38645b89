"""Tar and Parquet files: every picture has a row, and damage is never silent."""

import gzip
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from digitlab.batch.tar import pictures_in_tar
from digitlab.data.dataset import Dataset
from digitlab.errors import PictureError
from tests.batch.conftest import png, write_tar

SUFFIXES = (".png", ".jpg")
MEMBERS = [
    ("./a/1.png", b"one"), ("a/1.cls", b"7"), ("a/._1.png", b"of a Mac"), ("2.JPG", b"two" * 400),
    (f"{'long/' * 40}3.png", b"three"), ("README", b"no picture"),
]  # fmt: skip


def found(path: Path) -> list[tuple[str, Any]]:
    start = f"{path}/"
    pairs = pictures_in_tar(str(path), SUFFIXES)
    return [(name.removeprefix(start), str(it) if isinstance(it, PictureError) else it)
            for name, it in pairs]  # fmt: skip


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz"])
def test_pictures_of_a_tar_file_in_their_order(tmp_path: Path, mode: str):
    write_tar(tmp_path / "a.tar", MEMBERS, mode)
    assert found(tmp_path / "a.tar") == [
        ("a/1.png", b"one"), ("2.JPG", b"two" * 400), (f"{'long/' * 40}3.png", b"three"),
    ]  # fmt: skip


def test_a_tar_file_that_was_cut_or_damaged_says_so_at_every_place(tmp_path: Path):
    path = tmp_path / "a.tar"
    write_tar(path, MEMBERS)
    whole = path.read_bytes()
    end = len(whole.rstrip(b"\0")) // 512 * 512 + 512  # of the last member
    for length in range(0, end, 100):
        path.write_bytes(whole[:length])
        name, reason = found(path)[-1]
        assert name == str(path)
        assert "is damaged after" in reason
    for place in range(100, end, 512):  # in every header, and in some contents
        path.write_bytes(whole[:place] + b"\xff" * 9 + whole[place + 9 :])
        names = [name for name, _ in found(path)]
        assert names[-1] == str(path) or len(names) == 3


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
def test_a_compressed_file_that_was_cut_or_damaged_says_so_at_every_place(
    tmp_path: Path, mode: str
):
    path = tmp_path / "a.tar"
    write_tar(path, MEMBERS, mode)
    whole = path.read_bytes()
    for length in range(6, len(whole), 7):
        path.write_bytes(whole[:length])
        name, reason = found(path)[-1]
        assert (name, "is damaged after" in reason) == (str(path), True)
    for place in range(len(whole) // 3, len(whole) - 8, 7):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        name, reason = found(path)[-1]
        assert (name, "is damaged after" in reason) == (str(path), True)


def test_a_gzip_file_may_have_several_members(tmp_path: Path):
    path = tmp_path / "a.tar"
    write_tar(path, MEMBERS)
    whole = path.read_bytes()
    path.write_bytes(gzip.compress(whole[:700]) + gzip.compress(whole[700:]))
    assert [name for name, _ in found(path)] == ["a/1.png", "2.JPG", f"{'long/' * 40}3.png"]


def test_a_number_in_an_extended_header_that_is_none_is_damage(tmp_path: Path):
    path = tmp_path / "a.tar"
    write_tar(path, [("1.png", b"one")])
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, 512
    record = b"24 GNU.sparse.size=many\n"
    extended = header.tobuf(tarfile.USTAR_FORMAT) + record.ljust(512, b"\0")
    path.write_bytes(extended + path.read_bytes())
    ((name, reason),) = found(path)
    assert (name, "is damaged after 0 pictures" in reason) == (str(path), True)


def test_a_tar_file_without_a_picture_says_so(tmp_path: Path):
    write_tar(tmp_path / "a.tar", [("README", b"text")])
    ((_, reason),) = found(tmp_path / "a.tar")
    assert reason.endswith("a.tar has no picture (.png, .jpg)")


def write_parquet(path: Path, images: Any, *, nested: bool) -> None:
    import pyarrow
    from pyarrow.parquet import write_table

    cells = [None if it is None else {"bytes": png(it), "path": None} if nested else png(it)
             for it in images]  # fmt: skip
    table = pyarrow.table({"image": cells, "label": list(range(len(cells)))})
    write_table(table, path, row_group_size=2)


@pytest.mark.parametrize("nested", [False, True])
def test_parquet_files_are_read_and_written(
    call: Callable, tmp_path: Path, inputs: Path, mnist: Dataset, nested: bool
):
    pytest.importorskip("pyarrow")
    from pyarrow.parquet import read_table

    file = tmp_path / "mnist.parquet"
    write_parquet(file, [*mnist.test_images[:7], None], nested=nested)
    out = tmp_path / "out"
    assert call("predict", file, inputs, "--out", out, "--jobs", "1", "--parquet").code == 0
    assert sorted(it.name for it in out.glob("part*"))[-1] == "part-000005.parquet"
    rows = [row for path in sorted(out.glob("part*")) for row in read_table(path).to_pylist()]
    assert [row["picture"] for row in rows[:8]] == [f"{file}/{it}" for it in range(8)]
    assert [row["digit"] for row in rows[:7]] == [7, 2, 1, 0, 4, 1, 4]
    assert [row["digit"] for row in rows[15:]] == [9, 5]  # of the tar file
    assert rows[7]["error"] == f"{file}/7: the cell is empty"
    expected = [json.loads(row) for row in call("predict", "--json", inputs).out.splitlines()]
    assert len(expected) == 7  # without --out, archives are not read
    for row, wanted in zip(rows[8:15], expected, strict=True):
        assert {name: value for name, value in row.items() if name in wanted} == wanted
        assert all(value is None for name, value in row.items() if name not in wanted)


def test_pages_are_written_as_parquet(call: Callable, tmp_path: Path, inputs: Path):
    pytest.importorskip("pyarrow")
    from pyarrow.parquet import read_table

    out = tmp_path / "out"
    files = (inputs / "0.png", inputs / "4.png")
    assert call("read", *files, "--out", out, "--jobs", "1", "--parquet").code == 0
    page, failed = read_table(out / "part-000000.parquet").to_pylist()
    assert page.pop("error") is None
    assert page == json.loads(call("read", "--json", files[0]).out)
    assert failed["error"] == json.loads(call("read", "--json", files[1]).out)["error"]


def test_a_parquet_file_that_cannot_be_used(call: Callable, tmp_path: Path, mnist: Dataset):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow.parquet import write_table

    file, out = tmp_path / "a.parquet", tmp_path / "out"
    write_table(pyarrow.table({"one": [b""], "two": [b""], "n": [1]}), file)
    outcome = call("predict", file, "--out", out, "--jobs", "1")
    assert outcome.code == 1
    assert "a.parquet has one, two: give --column NAME\n" in outcome.err
    outcome = call("predict", file, "--out", tmp_path / "n", "--jobs", "1", "--column", "n")
    assert "--column n is not a column of bytes: " in outcome.err
    write_parquet(file, mnist.test_images[:4], nested=False)
    whole = file.read_bytes()
    for content in (whole[:-9], b"", whole[:200] + b"\xff" * 300 + whole[500:]):
        file.write_bytes(content)
        out = tmp_path / f"out{len(content)}"
        assert call("predict", file, "--out", out, "--jobs", "1").code == 0
        rows = [row for path in sorted(out.glob("part*")) for row in path.read_text().splitlines()]
        assert any("a.parquet" in json.loads(row).get("error", "") for row in rows)
