"""Snapshots are read back as they were written, and damaged ones are refused in one sentence."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from digitlab.errors import DigitlabError
from digitlab.records.snapshots import list_snapshots, read_snapshot, write_snapshot

WEIGHTS = {"fc.weight": np.array([[1.0, 1e6], [-1e6, 0.1]], np.float32), "fc.bias": np.zeros(2)}


def test_weights_are_read_back_as_float16(tmp_path: Path):
    for step in (1024, 0, 8):
        write_snapshot(tmp_path, step, WEIGHTS)
    (tmp_path / "note.npz").write_bytes(b"")
    assert list_snapshots(tmp_path) == [0, 8, 1024]
    assert list_snapshots(tmp_path / "none") == []
    weights = read_snapshot(tmp_path, 8)
    assert {name: values.dtype for name, values in weights.items()} == {
        "fc.weight": np.float16,
        "fc.bias": np.float16,
    }
    np.testing.assert_array_equal(weights["fc.weight"], np.float16([[1, 65504], [-65504, 0.1]]))
    assert (tmp_path / "000000008.npz").read_bytes() == (tmp_path / "000001024.npz").read_bytes()


def npz(**arrays: object) -> bytes:
    content = io.BytesIO()
    np.savez(content, **arrays)
    return content.getvalue()


def bomb() -> bytes:
    """Return a small file with an array of 200 MB, compressed."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            header, {"descr": "<f2", "fortran_order": False, "shape": (100_000_000,)}
        )
        with file.open("a.npy", "w") as stream:
            stream.write(header.getvalue())
            for _ in range(200):
                stream.write(bytes(1_000_000))
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (bytes, "not an npz file"),
        (lambda: b"PK\x03\x04 and nothing", "not an npz file"),
        (npz, "empty"),
        (lambda: npz(a=np.zeros(3, np.float32)), "float32"),
        (lambda: npz(a=np.array([np.nan], np.float16)), "not finite"),
        (lambda: npz(a=np.array([{}], object)), "pickle"),
        (lambda: npz(a=np.zeros(3, np.float16))[:-40], "not an npz file"),
        (bomb, "values"),
    ],
    ids=["nothing", "no zip", "empty", "float32", "NaN", "pickle", "cut", "bomb"],
)
def test_a_damaged_snapshot_is_refused(tmp_path: Path, content: Callable[[], bytes], reason: str):
    (tmp_path / "000000004.npz").write_bytes(content())
    with pytest.raises(DigitlabError, match=rf"000000004.npz cannot be read .*{reason}"):
        read_snapshot(tmp_path, 4)


def test_a_missing_snapshot_is_reported_with_those_there_are(tmp_path: Path):
    with pytest.raises(DigitlabError, match="no snapshot after 7 steps; it has none"):
        read_snapshot(tmp_path, 7)
    write_snapshot(tmp_path, 0, WEIGHTS)
    write_snapshot(tmp_path, 64, WEIGHTS)
    with pytest.raises(DigitlabError, match="no snapshot after 7 steps; there are 2, from 0 to 64"):
        read_snapshot(tmp_path, 7)
    (tmp_path / "000000007.npz").mkdir()
    with pytest.raises(DigitlabError, match="not a file"):
        read_snapshot(tmp_path, 7)
