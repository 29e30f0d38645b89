"""The folder of corrections: what is added comes back, whatever else happens to the folder."""

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digitlab.data import corrections
from digitlab.data.correction import Correction
from digitlab.data.corrections import Corrections
from digitlab.errors import DigitlabError, PictureError
from digitlab.pictures.digit import prepare
from tests.pictures.drawn import file, seven

DRAWING = file(Image.fromarray(seven()).convert("RGBA"))
SHA256 = "ab" * 32


@pytest.fixture
def store(tmp_path: Path) -> Corrections:
    return Corrections(tmp_path / "mine")


def test_what_is_added_comes_back(store: Corrections) -> None:
    assert store.all() == []
    assert not store.folder.exists()
    first = store.add(DRAWING, label="7", answer="1", probability=0.93, model=SHA256)
    second = store.add(DRAWING, label="cat")
    assert Corrections(store.folder).all() == [first, second]
    assert (first.label, first.answer, first.probability, first.model) == ("7", "1", 0.93, SHA256)
    assert (second.label, second.answer) == ("cat", None)
    with Image.open(io.BytesIO(store.picture(first.id))) as image:
        assert (image.format, image.mode) == ("PNG", "L")
        assert np.array_equal(np.asarray(image), seven())


def test_large_picture_is_stored_as_prepare_uses_it(store: Corrections) -> None:
    large = file(seven(1400, pen=90, margin=200))
    added = store.add(large, label="7")
    assert max(Image.open(io.BytesIO(store.picture(added.id))).size) < 1024
    assert np.array_equal(prepare(store.picture(added.id)), prepare(large))


def test_deleting_one_and_all(store: Corrections) -> None:
    first, second, third = (store.add(DRAWING, label=label) for label in "123")
    other = store.folder / "pictures" / "mine.png"
    other.write_bytes(DRAWING)
    store.delete(second.id)
    assert store.all() == [first, third]
    with pytest.raises(DigitlabError, match="no correction"):
        store.delete(second.id)
    with pytest.raises(DigitlabError, match="no correction"):
        store.picture(second.id)
    assert store.delete_all() == 2
    assert store.all() == []
    assert list((store.folder / "pictures").iterdir()) == [other]
    assert store.delete_all() == 0


def test_damaged_lines_and_missing_pictures_are_skipped_and_kept(store: Corrections) -> None:
    first, second, third = (store.add(DRAWING, label=label) for label in "123")
    lines = store.folder / "corrections.jsonl"
    damaged = b'{"id": "../../x", "label": "1", "time": ""}\n\xff\xfe\n\n[1]\n{"id": "0'
    lines.write_bytes(lines.read_bytes() + damaged)  # the last as of a writer that was killed
    (store.folder / "pictures" / f"{second.id}.png").unlink()
    (store.folder / "pictures" / f"{'0' * 16}.png").write_bytes(DRAWING)  # killed before its line
    assert store.all() == [first, third]
    fourth = store.add(DRAWING, label="4")
    assert store.all() == [first, third, fourth]
    store.delete(first.id)
    assert store.all() == [third, fourth]
    assert damaged in lines.read_bytes()


def test_several_processes_at_once(store: Corrections) -> None:
    code = (
        "import sys; from pathlib import Path; from digitlab.data.corrections import Corrections\n"
        "for _ in range(8): Corrections(sys.argv[1]).add(Path(sys.argv[2]).read_bytes(), label='7')"
    )
    picture = store.folder.parent / "seven.png"
    picture.write_bytes(DRAWING)
    command = [sys.executable, "-c", code, str(store.folder), str(picture)]
    processes = [subprocess.Popen(command) for _ in range(3)]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert len(store.all()) == 24
    assert (store.folder / "corrections.jsonl").read_bytes().count(b"\n") == 24


@pytest.mark.parametrize("id_", ["../../secret", "", "ABCDEF0123456789", "0" * 16, "/etc/passwd"])
def test_an_id_cannot_leave_the_folder(store: Corrections, id_: str) -> None:
    store.add(DRAWING, label="7")
    (store.folder.parent / "secret.png").write_bytes(b"secret")
    for use in (store.picture, store.delete):
        with pytest.raises(DigitlabError, match="no correction"):
            use(id_)
    assert (store.folder.parent / "secret.png").exists()


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (b"", "empty"),
        (b"not a picture", "not a picture of a known format"),
        (DRAWING[:300], "damaged"),
        (file(np.full((50, 50), 255, np.uint8)), "shows nothing"),
        (bytes(2_000_000), "2.0 MB, but the limit is 1 MB"),
    ],
)
def test_a_picture_that_cannot_be_used_is_refused(
    store: Corrections, picture: bytes, words: str
) -> None:
    with pytest.raises(PictureError, match=words):
        store.add(picture, label="7")
    assert store.all() == []


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"label": ""}, "label must be a printable name"),
        ({"label": "a\nb"}, "label must be"),
        ({"label": "x" * 101}, "1 to 100 characters"),
        ({"label": 7}, r"label"),
        ({"label": "7", "answer": "\x00"}, "answer must be"),
        ({"label": "7", "probability": 1.5}, "from 0 to 1"),
        ({"label": "7", "probability": float("nan")}, "from 0 to 1"),
        ({"label": "7", "model": "../x"}, "SHA-256"),
    ],
)
def test_impossible_values_are_refused(store: Corrections, values: dict, words: str) -> None:
    with pytest.raises(DigitlabError, match=words):
        store.add(DRAWING, **values)
    assert store.all() == []


def test_number_is_limited(store: Corrections, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corrections, "MAX_CORRECTIONS", 2)
    for _ in range(2):
        store.add(DRAWING, label="7")
    with pytest.raises(DigitlabError, match="2 corrections, the limit: delete some"):
        store.add(DRAWING, label="7")


def test_a_file_in_place_of_the_folder_is_one_sentence(store: Corrections) -> None:
    store.folder.write_bytes(b"")
    for use in (store.all, store.delete_all, lambda: store.add(DRAWING, label="7")):
        with pytest.raises(DigitlabError, match="mine"):
            use()


def test_a_pipe_in_place_of_a_picture_is_not_waited_for(store: Corrections) -> None:
    added = store.add(DRAWING, label="7")
    store.path_of(added.id).unlink()
    os.mkfifo(store.path_of(added.id))
    assert store.all() == []
    with pytest.raises(DigitlabError, match="is not a file"):
        store.picture(added.id)


def test_zip_unpacks_to_the_same_corrections(store: Corrections, tmp_path: Path) -> None:
    added: list[Correction] = [store.add(DRAWING, label=label) for label in "12"]
    (store.folder / "pictures" / f"{added[0].id}.png").unlink()
    with zipfile.ZipFile(io.BytesIO(store.to_zip())) as archive:
        archive.extractall(tmp_path / "again")
    assert Corrections(tmp_path / "again").all() == added[1:]
