"""A folder of pictures as a dataset: its classes, its split, and everything that can be wrong."""

import io
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from digitlab.data import prepared
from digitlab.data.dataset import Dataset
from digitlab.data.load import load_dataset
from digitlab.errors import DigitlabError

Picture = np.ndarray  # 28 x 28, uint8


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that saves random pictures, a given number for each class, as PNG."""
    random = np.random.default_rng(7)

    def make(counts: dict[str, int], root: str = "mine") -> Path:
        for name, count in counts.items():
            folder = tmp_path / root / name
            folder.mkdir(parents=True, exist_ok=True)
            for number in range(count):
                save(folder / f"{number}.png", random.integers(0, 256, (28, 28), np.uint8))
        return tmp_path / root

    return make


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Dataset]:
    """Return a function that loads a folder with its pictures as they are."""

    def load(folder: Path, preparation: str = "as-is", console: Console | None = None) -> Dataset:
        return load_dataset(
            folder,
            data_dir=tmp_path / "data",
            preparation=preparation,
            console=console or Console(quiet=True),
        )

    return load


def save(path: Path, picture: Picture) -> None:
    Image.fromarray(picture).save(path)


def pixels(images: np.ndarray) -> set[bytes]:
    return {image.tobytes() for image in images}


def test_every_picture_is_in_one_part_with_its_class(make: Callable, load: Callable):
    folder = make({"10": 7, "9": 12, "cat": 2})
    (folder / "9" / "deep").mkdir()
    save(folder / "9" / "deep" / "x.BMP", np.full((28, 28), 9, np.uint8))
    (folder / ".hidden").mkdir()
    save(folder / "9" / ".hidden.png", np.zeros((28, 28), np.uint8))
    loaded = load(folder)
    assert loaded.classes == ("9", "10", "cat")
    assert np.bincount(loaded.train_labels).tolist() == [10, 6, 1]
    assert np.bincount(loaded.test_labels).tolist() == [3, 1, 1]
    for name, number in (("9", 0), ("10", 1), ("cat", 2)):
        found = pixels(loaded.train_images[loaded.train_labels == number]) | pixels(
            loaded.test_images[loaded.test_labels == number]
        )
        files = [path for path in (folder / name).rglob("[!.]*.*") if path.is_file()]
        assert found == {np.asarray(Image.open(path)).tobytes() for path in files}
    assert (loaded.name, loaded.title, loaded.folder) == (str(folder), "mine", folder)
    assert (loaded.split, loaded.preparation) == ("seeded", "as-is")
    assert loaded.mean == pytest.approx((loaded.train_images / 255).mean())
    assert loaded.std == pytest.approx((loaded.train_images / 255).std())
    runs = (np.diff(loaded.train_labels) == 0).sum()
    assert runs < len(loaded.train_labels) - 3  # not sorted by class


def test_the_split_depends_on_pixels_only(make: Callable, load: Callable, tmp_path: Path):
    folder = make({"a": 23, "b": 17})
    before = load(folder)
    renamed = tmp_path / "renamed"
    for number, path in enumerate(sorted(folder.rglob("*.png"), reverse=True)):
        other = renamed / path.parent.name / f"{number:03}.bmp"
        other.parent.mkdir(parents=True, exist_ok=True)
        Image.open(path).save(other)
    after = load(renamed)
    assert after.digests == before.digests
    assert np.array_equal(after.train_images, before.train_images)


def test_a_new_picture_moves_at_most_one_other(make: Callable, load: Callable):
    folder = make({"a": 22, "b": 8})
    tested = pixels(load(folder).test_images)
    random = np.random.default_rng(1)
    for number in range(12):
        added = random.integers(0, 256, (28, 28), np.uint8)
        save(folder / "a" / f"new{number}.png", added)
        now = pixels(load(folder).test_images)
        assert len((now ^ tested) - {added.tobytes()}) <= 1
        tested = now


def test_copies_stay_together_and_count_once(make: Callable, load: Callable):
    folder = make({"a": 10, "b": 4})
    before = load(folder)
    for path in list((folder / "a").iterdir()):
        for copy in range(3):
            shutil.copy(path, folder / "a" / f"copy{copy}-{path.name}")
    loaded = load(folder)
    assert len(loaded.train_images) + len(loaded.test_images) == 44
    assert pixels(loaded.test_images) == pixels(before.test_images)
    assert not pixels(loaded.train_images) & pixels(loaded.test_images)


@pytest.mark.parametrize("test_folder", ["test", "val", "Validation"])
def test_folders_named_train_and_test_are_the_split(
    make: Callable, load: Callable, test_folder: str
):
    folder = make({"train/a": 5, "train/b": 6, f"{test_folder}/a": 2, f"{test_folder}/b": 1})
    loaded = load(folder)
    assert loaded.classes == ("a", "b")
    assert np.bincount(loaded.train_labels).tolist() == [5, 6]
    assert np.bincount(loaded.test_labels).tolist() == [2, 1]
    assert loaded.split == "folders"


def test_classes_may_be_named_train_and_test(make: Callable, load: Callable):
    assert load(make({"train": 3, "test": 4, "bus": 2})).classes == ("bus", "test", "train")


def test_more_than_256_classes(make: Callable, load: Callable):
    loaded = load(make({f"{number}": 2 for number in range(300)}))
    assert loaded.classes == tuple(map(str, range(300)))
    assert sorted(loaded.test_labels.tolist()) == list(range(300))


def test_pictures_are_prepared_like_mnist_unless_asked_otherwise(
    make: Callable, load: Callable, mnist: Dataset
):
    folder = make({"a": 2, "b": 2})
    large = 255 - np.kron(mnist.train_images[0], np.ones((9, 9), np.uint8))
    for name in ("a", "b"):
        save(folder / name / "large.png", large)
    loaded = load_dataset(folder, data_dir=folder.parent / "data", console=Console(quiet=True))
    assert loaded.preparation == "mnist"
    images = np.concatenate([loaded.train_images, loaded.test_images]).astype(int)
    assert min(np.abs(image - mnist.train_images[0]).mean() for image in images) < 10
    as_is = load(folder)
    images = np.concatenate([as_is.train_images, as_is.test_images]).astype(int)
    assert min(np.abs(image - 255 + mnist.train_images[0]).mean() for image in images) < 10


def test_what_is_odd_is_reported(make: Callable, load: Callable):
    folder = make({"a": 4, "b": 4})
    (folder / "notes.txt").touch()
    (folder / "a" / "photo.heic").touch()
    for name in ("a", "b"):
        save(folder / name / "blank.png", np.zeros((28, 28), np.uint8))
    shutil.copy(folder / "a" / "0.png", folder / "b" / "same.png")
    os.mkfifo(folder / "b" / "pipe.png")
    printed = io.StringIO()
    load(folder, console=Console(file=printed, width=1000))
    lines = printed.getvalue().splitlines()
    assert lines[0].startswith(f"{folder}: 3 files, such as a/photo.heic, are not used")
    assert lines[1] == f"{folder}: 2 files, such as a/blank.png, are blank"
    assert lines[-1] in (f"{folder}: {name} is in more than one class" for name in PAIR)


PAIR = ("a/0.png", "b/same.png")


def test_a_copy_in_both_given_parts_is_reported(make: Callable, load: Callable):
    folder = make({"train/a": 2, "train/b": 2, "test/a": 1, "test/b": 1})
    shutil.copy(folder / "train/a/0.png", folder / "test/a/x.png")
    printed = io.StringIO()
    load(folder, console=Console(file=printed, width=1000))
    expected = f"{folder}: test/a/x.png is in the training and in the test images\n"
    assert printed.getvalue() == expected


def test_links_are_followed_once(make: Callable, load: Callable):
    folder = make({"a": 3, "b": 3})
    (folder / "a" / "loop").symlink_to(folder)
    (folder / "a" / "itself").symlink_to(folder / "a" / "itself")
    elsewhere = make({"c": 4}, root="elsewhere")
    (folder / "linked").symlink_to(elsewhere / "c")
    loaded = load(folder)
    counts = np.bincount(loaded.train_labels) + np.bincount(loaded.test_labels)
    assert counts.tolist() == [3, 3, 4]


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ({}, "has no subfolders, but at least two classes are needed: give a folder"),
        ({".a": 3, ".b": 3}, "has no subfolders"),
        ({"only": 3}, "has only one subfolder, only, but"),
        ({"a": 3, "empty": 0}, "empty has no picture"),
        ({"a": 3, "b": 1}, "b has only one picture, but two different ones are needed"),
        ({"train/a": 2, "train/b": 2}, "has a folder train .* no folder test"),
        ({"train/a": 1, "train/b": 1, "test/a": 1, "test/c": 1}, "test has no class b, but"),
    ],
)
def test_a_folder_that_is_no_dataset_is_one_sentence(
    make: Callable, load: Callable, tmp_path: Path, counts: dict[str, int], message: str
):
    (tmp_path / "mine").mkdir()
    with pytest.raises(DigitlabError, match=message) as caught:
        load(make(counts))
    assert "\n" not in str(caught.value)


def test_a_class_of_copies_is_an_error(make: Callable, load: Callable):
    folder = make({"a": 3, "b": 1})
    shutil.copy(folder / "b" / "0.png", folder / "b" / "1.png")
    with pytest.raises(DigitlabError, match="b has 2 pictures that are all the same, but two"):
        load(folder)


def test_blank_pictures_only_are_an_error(make: Callable, load: Callable):
    folder = make({"train/a": 0, "train/b": 0, "test/a": 0, "test/b": 0})
    for path in folder.glob("*/*"):
        save(path / "blank.png", np.full((28, 28), 255, np.uint8))
    with pytest.raises(DigitlabError, match=r"all pixels of the training images .* 255"):
        load(folder)


def test_all_damaged_pictures_are_counted_and_the_first_is_named(make: Callable, load: Callable):
    folder = make({"a": 5, "b": 5})
    (folder / "a" / "3.png").write_bytes(b"no picture")
    (folder / "b" / "link.png").symlink_to(folder / "nowhere")
    with pytest.raises(DigitlabError, match=r"a/3.png is not a picture.*; 2 of 11 pictures cannot"):
        load(folder)
    (folder / "b" / "link.png").unlink()
    with pytest.raises(DigitlabError, match=r"a/3.png is not a picture.*; this picture cannot"):
        load(folder)


def test_a_folder_that_cannot_be_read_is_one_sentence(
    make: Callable, load: Callable, monkeypatch: pytest.MonkeyPatch
):
    folder, scandir = make({"a": 2, "b": 2}), os.scandir

    def refuse(path: object) -> object:  # for root, too
        if path == folder / "b":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(DigitlabError, match=r"folder .*/b cannot be read \(Permission denied\)"):
        load(folder)


def test_odd_names_are_printable(make: Callable, load: Callable, tmp_path: Path):
    folder = make({"a\nb": 2, "c": 2})
    assert load(folder).classes == ("a\\nb", "c")
    with pytest.raises(DigitlabError, match=r"x\\ny cannot be recorded"):
        load(make({"a": 2, "b": 2}, root="x\ny"))


def test_a_picture_is_prepared_once(
    make: Callable, load: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder, opened = make({"a": 3, "b": 3}), []
    plain = prepared._PREPARE["as-is"]

    def counted(path: Path) -> np.ndarray:
        opened.append(path.name)
        return plain(path)

    monkeypatch.setitem(prepared._PREPARE, "as-is", counted)
    first = load(folder)
    assert len(opened) == 6
    assert load(folder).digests == first.digests
    assert len(opened) == 6
    changed = folder / "a" / "1.png"
    before = changed.stat()
    save(changed, np.full((28, 28), 3, np.uint8))
    changed.write_bytes(changed.read_bytes().ljust(before.st_size, b"\0"))
    os.utime(changed, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert load(folder).digests != first.digests
    assert opened[6:] == ["1.png"]
    (kept,) = (tmp_path / "data" / "pictures").iterdir()
    for damage in (b"", kept.read_bytes()[:-1], b"x" + kept.read_bytes()[1:]):
        kept.write_bytes(damage)
        opened.clear()
        load(folder)
        assert len(opened) == 6
    kept.unlink()
    os.mkfifo(kept)
    assert load(folder).digests  # and it is not waited for
    assert kept.is_fifo()


def test_without_a_place_to_keep_images_a_folder_is_read_all_the_same(
    make: Callable, tmp_path: Path
):
    (tmp_path / "file").touch()
    folder = make({"a": 3, "b": 3})
    loaded = load_dataset(folder, data_dir=tmp_path / "file", console=Console(quiet=True))
    assert len(loaded.train_images) == 4


def test_a_folder_is_found_again_from_anywhere(
    make: Callable, load: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = make({"a": 2, "b": 2})
    make({"c": 2, "d": 2}, root="mnist")
    monkeypatch.chdir(tmp_path / "mnist")
    assert load("../mine").name == str(folder)
    assert load(".").name == str(tmp_path / "mnist")
    monkeypatch.chdir(tmp_path)
    assert load_dataset("mnist").title == "MNIST"  # the catalog comes first
    assert load("./mnist").classes == ("c", "d")
