import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from digitlab.data.catalog import CATALOG, MNIST, CatalogEntry, DataFile
from digitlab.data.dataset import Dataset
from digitlab.data.load import default_data_dir, load_dataset
from digitlab.errors import DigitlabError


def test_mnist_is_what_the_world_knows(mnist: Dataset):
    assert mnist.train_images.shape == (60_000, 28, 28)
    assert mnist.test_images.shape == (10_000, 28, 28)
    assert mnist.train_labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert mnist.test_labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert np.bincount(mnist.test_labels).tolist() == [
        *(980, 1135, 1032, 1010, 982),
        *(892, 958, 1028, 974, 1009),
    ]


def test_mean_and_deviation_are_those_of_the_training_pixels(mnist: Dataset):
    pixels = mnist.train_images / 255
    assert mnist.mean == pytest.approx(pixels.mean(), abs=5e-5)
    assert mnist.std == pytest.approx(pixels.std(), abs=5e-5)


def test_an_unknown_dataset_is_reported_with_those_that_there_are():
    with pytest.raises(DigitlabError, match="mnist, fashion-mnist"):
        load_dataset("cifar")


def test_every_entry_is_complete():
    for name, entry in CATALOG.items():
        assert entry.name == name
        assert len(entry.classes) == 10
        digests = [file.digest for file in entry.files]
        if entry.archive is not None:
            assert digests == [None] * 4
            digests = [entry.archive.sha256]
        assert len(set(digests)) == len(digests)
        assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in digests)


def test_the_variable_names_the_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("DIGITLAB_DATA_DIR", str(tmp_path))
    assert default_data_dir() == tmp_path
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DIGITLAB_DATA_DIR", "~/data")
    assert default_data_dir() == tmp_path / "data"
    monkeypatch.setenv("DIGITLAB_DATA_DIR", "")
    assert default_data_dir().name == "digitlab"
    monkeypatch.delenv("DIGITLAB_DATA_DIR")
    assert default_data_dir().name == "digitlab"


def test_an_unknown_user_in_the_variable_is_an_error(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DIGITLAB_DATA_DIR", "~nouser/x")
    with pytest.raises(DigitlabError, match="DIGITLAB_DATA_DIR is ~nouser/x, but"):
        load_dataset("mnist")


def idx(array: np.ndarray) -> bytes:
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.astype(np.uint8).tobytes()


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., CatalogEntry]:
    """Return a function that writes a dataset of 5 and 3 images in 2 classes into the catalog."""

    def make(**changed: bytes) -> CatalogEntry:
        contents = {
            "train_images": idx(np.arange(5 * 28 * 28).reshape(5, 28, 28) % 256),
            "train_labels": idx(np.array([0, 1, 1, 0, 1])),
            "test_images": idx(np.zeros((3, 28, 28))),
            "test_labels": idx(np.array([1, 1, 0])),
        }
        files = {}
        folder = tmp_path / "data" / "made"
        folder.mkdir(parents=True)
        for name, content in (contents | changed).items():
            (folder / name).write_bytes(content)
            digest = hashlib.sha256(content).hexdigest()
            files[name] = DataFile(name=name, size=len(content), sha256=digest)
        entry = replace(MNIST, name="made", title="Made", classes=("a", "b"), **files)
        monkeypatch.setitem(CATALOG, "made", entry)
        return entry

    return make


def test_a_dataset_of_any_size_is_loaded(
    made: Callable[..., CatalogEntry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    made()
    monkeypatch.chdir(tmp_path)
    dataset = load_dataset("made", data_dir="data")
    assert dataset.data_dir == tmp_path / "data"
    assert dataset.folder == tmp_path / "data" / "made"
    assert dataset.train_images[4, 27, 27] == (5 * 28 * 28 - 1) % 256
    assert dataset.test_labels.tolist() == [1, 1, 0]
    monkeypatch.setenv("DIGITLAB_DATA_DIR", str(tmp_path / "data"))
    assert load_dataset("made").data_dir == tmp_path / "data"  # from the variable


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"train_labels": idx(np.zeros(4))}, r"train_labels .* \(4,\), .* 5 images"),
        ({"test_labels": idx(np.zeros((3, 1)))}, r"test_labels .* \(3, 1\), .* 3 images"),
        ({"test_labels": idx(np.full(3, 2))}, "test_labels has the label 2, .* 2 classes"),
        ({"train_images": idx(np.zeros((5, 27, 28)))}, r"train_images .* \(5, 27, 28\)"),
        ({"test_images": idx(np.zeros(3))}, r"test_images has shape \(3,\)"),
        ({"test_images": b"text"}, "Made cannot be read: not an IDX file"),
    ],
)
def test_files_that_do_not_match_are_an_error(
    made: Callable[..., CatalogEntry], tmp_path: Path, changed: dict[str, bytes], message: str
):
    made(**changed)
    with pytest.raises(DigitlabError, match=message):
        load_dataset("made", data_dir=tmp_path / "data")


def test_an_empty_data_folder_is_an_error():
    with pytest.raises(DigitlabError, match="empty"):
        load_dataset("mnist", data_dir="")


def test_fashion_mnist_reads_where_the_system_has_it():
    (folder,) = CATALOG["fashion-mnist"].system_folders
    if not Path(folder).exists():
        pytest.skip("the system's package dataset-fashion-mnist is not installed")
    fashion = load_dataset("fashion-mnist")
    assert fashion.train_images.shape == (60_000, 28, 28)
    assert fashion.mean == pytest.approx((fashion.train_images / 255).mean(), abs=5e-5)
    assert fashion.std == pytest.approx((fashion.train_images / 255).std(), abs=5e-5)
