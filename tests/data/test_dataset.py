from pathlib import Path

import numpy as np
import pytest

from digitlab.data.catalog import CATALOG, find_entry
from digitlab.data.dataset import Dataset, default_data_dir, load_dataset
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
    assert mnist.entry.mean == pytest.approx(pixels.mean(), abs=5e-5)
    assert mnist.entry.std == pytest.approx(pixels.std(), abs=5e-5)


def test_an_unknown_dataset_is_told_with_those_that_there_are():
    with pytest.raises(DigitlabError, match="mnist, fashion-mnist"):
        find_entry("cifar")


def test_every_entry_is_complete():
    for name, entry in CATALOG.items():
        assert entry.name == name
        assert len(entry.classes) == 10
        assert len({file.sha256 for file in entry.files}) == 4
        assert all(len(file.sha256) == 64 for file in entry.files)


def test_the_variable_names_the_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("DIGITLAB_DATA_DIR", str(tmp_path))
    assert default_data_dir() == tmp_path
    monkeypatch.delenv("DIGITLAB_DATA_DIR")
    assert default_data_dir().name == "digitlab"


def test_fashion_mnist_reads_where_the_system_has_it():
    (folder,) = CATALOG["fashion-mnist"].system_folders
    if not Path(folder).exists():
        pytest.skip("the system's package dataset-fashion-mnist is not installed")
    fashion = load_dataset("fashion-mnist")
    assert fashion.train_images.shape == (60_000, 28, 28)
    assert fashion.entry.mean == pytest.approx((fashion.train_images / 255).mean(), abs=5e-5)
    assert fashion.entry.std == pytest.approx((fashion.train_images / 255).std(), abs=5e-5)
