"""From Python: one picture, several, an array of many; what is no picture; what is no digit."""

import io
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import digitlab
from digitlab.data.dataset import Dataset
from digitlab.reader import AT_ONCE


@pytest.fixture(scope="module")
def reader() -> digitlab.Reader:
    return digitlab.load()


def png(image: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "PNG")
    return stream.getvalue()


def test_the_test_set_through_this_door_is_the_networks_own(
    reader: digitlab.Reader, mnist: Dataset
):
    answers = reader.predict(mnist.test_images)
    own = reader.classifier.log_probabilities(mnist.test_images).argmax(axis=1)
    assert [answer.digit for answer in answers] == own.tolist()
    correct = sum(a.digit == t for a, t in zip(answers, mnist.test_labels.tolist(), strict=True))
    assert correct == reader.card.test["correct"]


def test_a_path_bytes_a_stream_an_image_and_an_array_are_answered_alike(
    reader: digitlab.Reader, mnist: Dataset, tmp_path: Path
):
    image = mnist.test_images[0]
    path = tmp_path / "seven.png"
    path.write_bytes(png(image))
    forms = [path, str(path), png(image), io.BytesIO(png(image)), Image.fromarray(image), image]
    expected = reader.predict(image)
    assert expected.digit == mnist.test_labels[0] == 7
    assert not expected.unsure
    assert expected.error is None
    assert expected.probability == pytest.approx(max(expected.probabilities))
    assert sum(expected.probabilities) == pytest.approx(1, abs=1e-5)
    for form in forms:
        assert reader.predict(form).probability == pytest.approx(expected.probability, abs=1e-5)
    together = reader.predict([path, png(image), Image.fromarray(image), image])
    assert [answer.digit for answer in together] == [7] * 4


def test_one_that_cannot_be_opened_does_not_hinder_the_rest(
    reader: digitlab.Reader, mnist: Dataset
):
    good = mnist.test_images[0]
    bad = (
        "nowhere.png", b"", b"no picture", png(good)[:60], np.full((28, 28), np.nan),
        np.zeros((3, 4, 5, 6)), np.zeros((0, 4)), np.ones((1, 1), np.uint8), "null\0byte",
    )  # fmt: skip
    answers = reader.predict([good, *bad, good])
    assert [answer.digit for answer in answers] == [7, *[None] * len(bad), 7]
    for answer in answers[1:-1]:
        assert answer.error
        assert "\n" not in answer.error
        assert answer.unsure
    for picture in bad:
        with pytest.raises(digitlab.PictureError):
            reader.predict(picture)


def test_what_pillow_and_streams_raise_is_told_too(reader: digitlab.Reader, mnist: Dataset):
    whole = png(np.random.default_rng(1).integers(0, 256, (64, 64), np.uint8))
    closed = io.BytesIO(whole)
    closed.close()
    bad = (Image.open(io.BytesIO(whole[:2000])), closed, io.StringIO("text"), None, 5)
    answers = reader.predict([*bad, mnist.test_images[0]])
    assert all(answer.error for answer in answers[:-1])
    assert answers[-1].digit == 7
    for picture in bad[1:]:
        with pytest.raises(digitlab.PictureError):
            reader.predict(picture)


def test_a_float_tiff_that_cannot_be_used_is_named(reader: digitlab.Reader, tmp_path: Path):
    Image.fromarray(np.full((30, 30), 7.5, np.float32)).save(tmp_path / "float.tif")
    for ask in (reader.predict, reader.read):
        with pytest.raises(digitlab.PictureError, match=r"float\.tif"):
            ask(tmp_path / "float.tif")


def test_threads_must_be_a_number_of_threads():
    with pytest.raises(digitlab.DigitlabError, match="threads is 0, but must be at least 1"):
        digitlab.load(threads=0)


def test_a_list_longer_than_what_is_held_at_once_keeps_its_order(
    reader: digitlab.Reader, mnist: Dataset
):
    count = 2 * AT_ONCE + 3
    images = list(mnist.test_images[:count])
    one_by_one = reader.predict(images)
    assert [a.digit for a in one_by_one] == [
        a.digit for a in reader.predict(mnist.test_images[:count])
    ]


def test_no_more_pictures_are_held_than_told(reader: digitlab.Reader, mnist: Dataset):
    taken = 0

    def pictures():
        nonlocal taken
        for image in mnist.test_images[: 3 * AT_ONCE]:
            taken += 1
            yield image

    answers = reader.predict_each(pictures())
    next(answers)
    assert taken <= AT_ONCE


def test_nothing_asked_nothing_answered(reader: digitlab.Reader):
    assert reader.predict([]) == []
    assert reader.predict(np.zeros((0, 28, 28), np.uint8)) == []


def test_blank_paper_holds_no_digit(reader: digitlab.Reader):
    for level in (0, 128, 255):
        answer = reader.predict(np.full((80, 60), level, np.uint8))
        assert answer == digitlab.Prediction(digit=None, probability=0.0, unsure=True)


def test_threads_change_no_answer(mnist: Dataset):
    images = mnist.test_images[:300]
    one, two = (digitlab.load(threads=count).predict(images) for count in (1, 2))
    assert [a.digit for a in one] == [a.digit for a in two]


def test_one_reader_serves_several_threads(reader: digitlab.Reader, mnist: Dataset):
    pictures = [png(image) for image in mnist.test_images[:200]] + [b"no picture"] * 20
    alone = reader.predict(pictures)
    filters = list(warnings.filters)
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(reader.predict, [[picture] for picture in pictures]))
    assert [a.digit for (a,) in together] == [a.digit for a in alone]
    assert list(warnings.filters) == filters


def test_a_folder_that_holds_no_model_is_told(tmp_path: Path):
    with pytest.raises(digitlab.DigitlabError, match="holds no model"):
        digitlab.load(tmp_path)
