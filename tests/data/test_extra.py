"""Extra pictures: found in both kinds of folder, prepared as the dataset is, no test images."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from digitlab.data import extra as extra_module
from digitlab.data.corrections import Corrections
from digitlab.data.dataset import Dataset
from digitlab.data.extra import Extra, load_extra
from digitlab.errors import DigitlabError
from digitlab.pictures.digit import prepare
from tests.pictures.drawn import file, seven

PICTURES = [(file(seven(pen=pen)), label) for pen, label in ((6, "7"), (12, "7"), (20, "1"))]


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGITLAB_DATA_DIR", str(tmp_path / "data"))


@pytest.fixture
def corrected(tmp_path: Path) -> Path:
    store = Corrections(tmp_path / "corrections")
    for picture, label in PICTURES:
        store.add(picture, label=label)
    return store.folder


def save(folder: Path, label: str, name: str, picture: bytes) -> None:
    (folder / label).mkdir(parents=True, exist_ok=True)
    (folder / label / name).write_bytes(picture)


def same(one: Extra, other: Extra) -> bool:
    return one.sha256 == other.sha256 and np.array_equal(one.images, other.images)


def test_both_kinds_of_folder_give_the_prepared_pictures(
    corrected: Path, small_mnist: Dataset, tmp_path: Path
):
    loaded = load_extra(corrected, small_mnist)
    assert loaded.folder == str(corrected)
    expected = {(prepare(picture).tobytes(), int(label)) for picture, label in PICTURES}
    pairs = zip(loaded.images, loaded.labels.tolist(), strict=True)
    assert {(image.tobytes(), label) for image, label in pairs} == expected
    for names in ("abc", "cab"):
        folder = tmp_path / names
        for name, (picture, label) in zip(names, PICTURES, strict=True):
            save(folder, label, f"{name}.png", picture)
        assert same(load_extra(folder, small_mnist), loaded)
    save(folder, "1", "d.png", PICTURES[0][0])
    assert not same(load_extra(folder, small_mnist), loaded)


def test_one_class_is_enough(small_mnist: Dataset, tmp_path: Path):
    save(tmp_path / "mine", "7", "a.png", PICTURES[0][0])
    assert load_extra(tmp_path / "mine", small_mnist).labels.tolist() == [7]


def test_blank_pictures_and_test_images_are_left_out(small_mnist: Dataset, tmp_path: Path):
    folder = tmp_path / "mine"
    blank = file(np.full((60, 60), 255, np.uint8))
    tested = file(Image.fromarray(255 - small_mnist.test_images[3]))
    save(folder, "7", "a.png", blank)
    save(folder, "7", "b.png", tested)
    with pytest.raises(DigitlabError, match="no picture to learn from"):
        load_extra(folder, small_mnist, console=Console(quiet=True))
    save(folder, "7", "c.png", PICTURES[0][0])
    console = Console(file=io.StringIO(), width=500)
    assert len(load_extra(folder, small_mnist, console=console).images) == 1
    assert "2 pictures are left out, because blank or a test image" in console.file.getvalue()


def test_what_cannot_be_learned_is_one_sentence(
    corrected: Path, small_mnist: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with pytest.raises(DigitlabError, match="there is no folder"):
        load_extra(tmp_path / "nowhere", small_mnist)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DigitlabError, match="at least one class is needed"):
        load_extra(tmp_path / "empty", small_mnist)
    save(tmp_path / "broken", "7", "a.png", PICTURES[0][0][:300])
    with pytest.raises(DigitlabError, match="is damaged"):
        load_extra(tmp_path / "broken", small_mnist)
    Corrections(corrected).add(PICTURES[0][0], label="cat")
    with pytest.raises(DigitlabError, match="pictures of 'cat', which is no class of MNIST"):
        load_extra(corrected, small_mnist)
    (corrected / "corrections.jsonl").unlink()
    with pytest.raises(
        DigitlabError, match=r"has no corrections\.jsonl, but pictures of 'pictures'"
    ):
        load_extra(corrected, small_mnist)
    Corrections(corrected).delete_all()
    (corrected / "corrections.jsonl").touch()
    with pytest.raises(DigitlabError, match="has no corrections that can be read"):
        load_extra(corrected, small_mnist)
    monkeypatch.setattr(extra_module, "MAX_EXTRA", 0)
    save(tmp_path / "many", "7", "a.png", PICTURES[0][0])
    with pytest.raises(DigitlabError, match="1 pictures, but at most 0"):
        load_extra(tmp_path / "many", small_mnist)
