"""EMNIST digits, QMNIST and KMNIST: small files in their formats, served on this machine."""

import gzip
import hashlib
import io
import os
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from digitlab.data.catalog import CATALOG, Archive, CatalogEntry
from digitlab.data.dataset import Dataset
from digitlab.data.load import load_dataset
from digitlab.errors import DigitlabError
from torture.mirror_server import Mirror

RANDOM = np.random.default_rng(11)
TRAIN, TEST = (RANDOM.integers(0, 256, (count, 28, 28), np.uint8) for count in (7, 4))
TRAIN_LABELS, TEST_LABELS = np.array([3, 1, 9, 0, 3, 2, 5]), np.array([9, 0, 1, 1])

Serve = Callable[..., dict[str, bytes]]


def idx(array: np.ndarray, kind: int = 8) -> bytes:
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, kind, array.ndim]) + sizes + array.tobytes()


@pytest.fixture
def serve(mirror: Mirror, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Serve:
    """Return a function that gives an entry of the catalog small files, and serves them.

    They keep their names and format. It returns them, compressed, by name.
    """
    monkeypatch.chdir(tmp_path)

    def serve(name: str, contents: tuple[bytes, ...]) -> dict[str, bytes]:
        entry = CATALOG[name]
        served = {
            file.name: gzip.compress(content)
            for file, content in zip(entry.files, contents, strict=True)
        }
        small = [
            replace(
                file,
                size=len(content),
                gzip_sha256=file.gzip_sha256 and digest(served[file.name]),
            )
            for file, content in zip(entry.files, contents, strict=True)
        ]
        roles = ("train_images", "train_labels", "test_images", "test_labels")
        changed = dict(zip(roles, small, strict=True))
        mirror.served = {f"/{name}.gz": content for name, content in served.items()}
        if entry.archive is not None:
            packed = zip_of({f"gzip/{name}.gz": content for name, content in served.items()})
            mirror.served = {f"/{entry.archive.name}": packed}
            changed["archive"] = archive_of(entry, packed)
        monkeypatch.setitem(CATALOG, name, replace(entry, mirrors=(mirror.address,), **changed))
        return served

    return serve


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def zip_of(contents: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return packed.getvalue()


def archive_of(entry: CatalogEntry, packed: bytes) -> Archive:
    assert entry.archive is not None
    return replace(entry.archive, size=len(packed), sha256=digest(packed))


def load(name: str, console: Console | None = None) -> Dataset:
    return load_dataset(name, data_dir="data", console=console or Console(quiet=True))


def labels_of_mnist() -> tuple[bytes, bytes]:
    return tuple(idx(labels.astype(np.uint8)) for labels in (TRAIN_LABELS, TEST_LABELS))


def kmnist_files() -> tuple[bytes, ...]:
    train, test = labels_of_mnist()
    return idx(TRAIN), train, idx(TEST), test


def emnist_files() -> tuple[bytes, ...]:
    train, test = labels_of_mnist()
    return idx(TRAIN.transpose(0, 2, 1)), train, idx(TEST.transpose(0, 2, 1)), test


def qmnist_files() -> tuple[bytes, ...]:
    tables = []
    for labels in (TRAIN_LABELS, TEST_LABELS):
        table = RANDOM.integers(0, 281_770, (len(labels), 8)).astype(">i4")
        table[:, 0] = labels
        tables.append(idx(table, kind=12))
    return idx(TRAIN), tables[0], idx(TEST), tables[1]


FILES = {"kmnist": kmnist_files, "qmnist": qmnist_files, "emnist-digits": emnist_files}


@pytest.mark.parametrize("name", FILES)
def test_a_dataset_is_fetched_once_and_read_in_its_format(serve: Serve, mirror: Mirror, name: str):
    serve(name, FILES[name]())
    for _ in range(2):
        loaded = load(name)
        assert np.array_equal(loaded.train_images, TRAIN)
        assert np.array_equal(loaded.test_images, TEST)
        assert loaded.train_labels.tolist() == TRAIN_LABELS.tolist()
        assert loaded.test_labels.tolist() == TEST_LABELS.tolist()
        assert loaded.train_labels.dtype == np.uint8
        assert loaded.train_images.flags.writeable
        assert loaded.mean == pytest.approx((TRAIN / 255).mean())
        assert loaded.std == pytest.approx((TRAIN / 255).std())
        assert len(loaded.digests) == 4
        requests = 1 if name == "emnist-digits" else 4
        assert len(mirror.asked) == requests


def test_the_format_of_each_is_the_published_one():
    """Sizes after decompression, from each dataset's description."""
    emnist, qmnist, kmnist = (CATALOG[name] for name in ("emnist-digits", "qmnist", "kmnist"))
    assert [file.size for file in emnist.files] == [
        *(16 + 240_000 * 784, 8 + 240_000, 16 + 40_000 * 784, 8 + 40_000)
    ]
    assert [file.size for file in qmnist.files] == [
        *(16 + 60_000 * 784, 12 + 60_000 * 8 * 4, 16 + 60_000 * 784, 12 + 60_000 * 8 * 4)
    ]
    assert [file.size for file in kmnist.files] == [
        *(16 + 60_000 * 784, 8 + 60_000, 16 + 10_000 * 784, 8 + 10_000)
    ]


def test_only_the_files_that_are_needed_are_kept_of_an_archive(serve: Serve, tmp_path: Path):
    served = serve("emnist-digits", emnist_files())
    load("emnist-digits")
    kept = sorted(path.name for path in (tmp_path / "data" / "emnist-digits").iterdir())
    assert kept == sorted([".lock", "SHA256SUMS", *served])


def test_a_damaged_file_of_an_archive_is_noticed(serve: Serve, mirror: Mirror, tmp_path: Path):
    serve("emnist-digits", emnist_files())
    before = load("emnist-digits")
    path = tmp_path / "data" / "emnist-digits" / "emnist-digits-test-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    printed = io.StringIO()
    after = load("emnist-digits", Console(file=printed, width=1000))
    assert after.digests == before.digests
    assert f"{path} is not used: {path.name} is altered" in printed.getvalue()
    (path.parent / "SHA256SUMS").write_bytes(b"\xff damaged")
    assert load("emnist-digits").digests == before.digests
    assert len(mirror.asked) == 3
    (path.parent / "SHA256SUMS").unlink()
    os.mkfifo(path.parent / "SHA256SUMS")
    with pytest.raises(DigitlabError, match="SHA256SUMS is not a file"):
        load("emnist-digits")


def test_an_archive_that_was_brought_by_hand_is_used(serve: Serve, mirror: Mirror, tmp_path: Path):
    serve("emnist-digits", emnist_files())
    home = tmp_path / "data" / "emnist-digits"
    home.mkdir(parents=True)
    (home / "gzip.zip").write_bytes(mirror.served["/gzip.zip"])
    assert load("emnist-digits").train_labels.tolist() == TRAIN_LABELS.tolist()
    assert mirror.asked == []


@pytest.mark.parametrize(
    ("packed", "message"),
    [
        (b"no archive", "gzip.zip cannot be read"),
        (zip_of({"other": b""}), "gzip.zip cannot be read .*emnist-digits-train-images"),
        (None, "gzip.zip is altered"),
    ],
    ids=["no archive", "other files", "another digest"],
)
def test_a_faulty_archive_is_a_source_that_failed(
    serve: Serve,
    mirror: Mirror,
    monkeypatch: pytest.MonkeyPatch,
    packed: bytes | None,
    message: str,
):
    serve("emnist-digits", emnist_files())
    entry = CATALOG["emnist-digits"]
    if packed is None:
        mirror.served["/gzip.zip"] = mirror.served["/gzip.zip"][:-1] + b"x"
    else:
        mirror.served["/gzip.zip"] = packed
        changed = replace(entry, archive=archive_of(entry, packed))
        monkeypatch.setitem(CATALOG, "emnist-digits", changed)
    with pytest.raises(DigitlabError, match=message) as caught:
        load("emnist-digits")
    expected = CATALOG["emnist-digits"].archive.sha256
    assert f"gzip.zip, SHA-256 {expected}" in str(caught.value)


def test_only_the_compressed_file_is_trusted_if_only_its_digest_is_known(
    serve: Serve, mirror: Mirror, tmp_path: Path
):
    served = serve("kmnist", kmnist_files())
    raw = tmp_path / "data" / "KMNIST" / "raw"
    raw.mkdir(parents=True)
    for name, content in served.items():
        (raw / name).write_bytes(gzip.decompress(content))
    (raw / "t10k-labels-idx1-ubyte.gz").write_bytes(served["t10k-labels-idx1-ubyte"])
    load("kmnist")
    assert mirror.asked == [f"/{name}.gz" for name in served if name != "t10k-labels-idx1-ubyte"]
    home = tmp_path / "data" / "kmnist"
    altered = home / "train-labels-idx1-ubyte.gz"
    altered.write_bytes(gzip.compress(gzip.decompress(altered.read_bytes()), 1))
    load("kmnist")
    assert mirror.asked[3:] == ["/train-labels-idx1-ubyte.gz"]


def test_where_no_source_answers_the_compressed_files_are_asked_for(serve: Serve, mirror: Mirror):
    serve("qmnist", qmnist_files())
    mirror.served.clear()
    entry = CATALOG["qmnist"]
    with pytest.raises(DigitlabError) as caught:
        load("qmnist")
    for file in entry.files:
        assert f"  - {file.name}.gz, SHA-256 {file.gzip_sha256}\n" in f"{caught.value}\n"


def test_the_catalogs_images_cannot_be_prepared_otherwise():
    with pytest.raises(DigitlabError, match="MNIST is published with 28x28 pixels"):
        load_dataset("mnist", preparation="as-is")
