"""From Python: one picture, several, an array of many; damaged pictures and blank ones."""

import ast
import io
import itertools
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import digitlab
from digitlab.data.dataset import Dataset
from digitlab.models.card import write_model
from digitlab.models.page_card import read_page_model, write_page_model
from digitlab.models.probability import percent
from digitlab.pictures.many import AT_ONCE
from digitlab.prediction import Prediction
from digitlab.reader import PRETRAINED
from tests.models.brightness import CLASSES, write_brightness_model
from tests.pictures.drawn import seven


@pytest.fixture(scope="module")
def reader() -> digitlab.Reader:
    return digitlab.load()


def png(image: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "PNG")
    return stream.getvalue()


def digits(predictions: list[Prediction]) -> list[int | None]:
    return [prediction.digit for prediction in predictions]


def test_the_test_set_through_the_reader_gives_the_networks_own_answers(
    reader: digitlab.Reader, mnist: Dataset
):
    answers = reader.predict_many(mnist.test_images)
    own = reader.classifier.log_probabilities(mnist.test_images).argmax(axis=1)
    assert digits(answers) == own.tolist()
    correct = sum(a == t for a, t in zip(digits(answers), mnist.test_labels.tolist(), strict=True))
    assert correct == reader.card.test["correct"]


def test_every_kind_of_picture_gives_the_same_answer(
    reader: digitlab.Reader, mnist: Dataset, tmp_path: Path
):
    image = mnist.test_images[0]
    path = tmp_path / "seven.png"
    path.write_bytes(png(image))
    forms = [path, str(path), png(image), io.BytesIO(png(image)), Image.fromarray(image), image]
    expected = reader.predict(image)
    assert expected.digit == mnist.test_labels[0] == 7
    assert expected.label == "7"
    assert not expected.unsure
    assert expected.error is None
    assert expected.probability == pytest.approx(max(expected.probabilities))
    assert sum(expected.probabilities) == pytest.approx(1, abs=1e-5)
    for form in forms:
        assert reader.predict(form).probability == pytest.approx(expected.probability, abs=1e-5)
    together = reader.predict_many([path, png(image), Image.fromarray(image), image])
    assert digits(together) == [7] * 4


MANY = 2 * AT_ONCE + 3


@pytest.mark.parametrize(
    "form",
    [
        list,
        tuple,
        iter,
        lambda images: (image for image in images),
        lambda images: [png(image) for image in images],
        lambda images: images,
        lambda images: images.reshape(len(images), 784),
        lambda images: images.astype(np.float32) / 255,
        lambda images: (images / 255).reshape(len(images), 784),
        np.asfortranarray,
    ],
)
def test_several_pictures_are_answered_in_order_in_whatever_form(
    reader: digitlab.Reader, mnist: Dataset, form: Callable[[np.ndarray], Any]
):
    images = mnist.test_images[:MANY]
    answers = reader.predict_many(form(images))
    assert isinstance(answers, list)
    assert answers == reader.predict_many(images)
    assert digits(answers) == digits([reader.predict(image) for image in images])


def test_picture_files_of_28x28_are_answered_like_each_alone(
    reader: digitlab.Reader, mnist: Dataset
):
    """Those that may be MNIST's are compared with it together; the others one by one."""
    image = mnist.test_images[0]
    pictures = [image, ~image, np.roll(image, 3, axis=1), ~np.roll(image, 3, axis=0), image // 2]
    pictures += [np.zeros_like(image), image.repeat(3, 0).repeat(3, 1), mnist.test_images[1]]
    files: list[bytes] = []
    for it in pictures:
        stream = io.BytesIO()
        Image.fromarray(it).save(stream, "PNG")
        files.append(stream.getvalue())
    answers = reader.predict_many([files[0], b"damaged", *files[1:]])
    assert answers.pop(1).error is not None
    for answer, file in zip(answers, files, strict=True):
        alone = reader.predict(file)
        assert (answer.digit, answer.several) == (alone.digit, alone.several)
        assert answer.probabilities == pytest.approx(alone.probabilities, abs=1e-5)


def test_black_ink_on_white_in_an_array_of_several_is_read_like_one_picture(
    reader: digitlab.Reader, mnist: Dataset
):
    images = np.concatenate([mnist.test_images[:3], 255 - mnist.test_images[:3]])
    assert digits(reader.predict_many(images)) == [7, 2, 1, 7, 2, 1]


def test_a_picture_that_cannot_be_opened_does_not_affect_the_others(
    reader: digitlab.Reader, mnist: Dataset
):
    good = mnist.test_images[0]
    bad = (
        "nowhere.png", b"", b"no picture", png(good)[:60], np.full((28, 28), np.nan),
        np.zeros((3, 4, 5, 6)), np.zeros((0, 4)), np.ones((1, 1), np.uint8), "null\0byte",
    )  # fmt: skip
    answers = reader.predict_many([good, *bad, good])
    assert digits(answers) == [7, *[None] * len(bad), 7]
    for answer in answers[1:-1]:
        assert answer.error
        assert "\n" not in answer.error
        assert answer.unsure
    for picture in bad:
        with pytest.raises(digitlab.PictureError):
            reader.predict(picture)


def test_one_nan_in_an_array_of_several_is_reported_for_its_picture(
    reader: digitlab.Reader, mnist: Dataset
):
    stack = mnist.test_images[:3] / 255
    stack[1, 5, 5] = np.nan
    answers = reader.predict_many(stack)
    assert digits(answers) == [7, None, 1]
    assert "NaN" in str(answers[1].error)


def test_what_pillow_and_streams_raise_is_reported_too(reader: digitlab.Reader, mnist: Dataset):
    whole = png(np.random.default_rng(1).integers(0, 256, (64, 64), np.uint8))
    closed = io.BytesIO(whole)
    closed.close()
    bad = (Image.open(io.BytesIO(whole[:2000])), closed, io.StringIO("text"), None, 5)
    answers = reader.predict_many([*bad, mnist.test_images[0]])
    assert all(answer.error for answer in answers[:-1])
    assert answers[-1].digit == 7
    for picture in bad[1:]:
        with pytest.raises(digitlab.PictureError):
            reader.predict(picture)


@pytest.mark.parametrize(
    ("pictures", "found"),
    [
        (["a.png", "b.png"], "a list of them"),
        (("a.png",), "a tuple of them"),
        (iter(["a.png"]), "a list_iterator of them"),
        ((name for name in ["a.png"]), "a generator of them"),
        (np.zeros((5, 28, 28), np.uint8), "5 of them"),
        (np.zeros((1, 28, 28)), "1 of them"),
    ],
)
def test_predict_names_the_method_for_several_pictures(
    reader: digitlab.Reader, pictures: Any, found: str
):
    message = f"predict takes one picture, not {found}: use predict_many or predict_each"
    with pytest.raises(digitlab.PictureError, match=message):
        reader.predict(pictures)


@pytest.mark.parametrize("has_pictures", [True, False])
def test_predict_does_not_call_a_folder_a_picture(
    reader: digitlab.Reader, tmp_path: Path, mnist: Dataset, has_pictures: bool
):
    if has_pictures:
        (tmp_path / "a.png").write_bytes(png(mnist.test_images[0]))
    for folder in (tmp_path, str(tmp_path)):
        with pytest.raises(digitlab.PictureError, match=r"not the folder '.*': use predict_many"):
            reader.predict(folder)
    assert digits(reader.predict_many(sorted(tmp_path.iterdir()))) == [7] * has_pictures


@pytest.mark.parametrize(
    ("picture", "found"),
    [
        ("seven.png", "not one str"),
        (Path("seven.png"), "not one PosixPath"),
        (b"bytes", "not one bytes"),
        (io.BytesIO(b"bytes"), "not one BytesIO"),
        (Image.new("L", (28, 28)), "not one Image"),
        (None, "not one NoneType"),
        (np.zeros((28, 28), np.uint8), r"N x 28 x 28 or N x 784, not \(28, 28\)"),
        (np.zeros((28, 28, 3), np.uint8), r"not \(28, 28, 3\)"),
        (np.zeros(784), r"not \(784,\)"),
    ],
)
def test_one_picture_in_place_of_several_is_refused_at_once(
    reader: digitlab.Reader, picture: Any, found: str
):
    for ask in (reader.predict_many, reader.predict_each):
        with pytest.raises(digitlab.PictureError, match=f"{found}.*use predict for one"):
            ask(picture)


def test_an_array_of_100_rows_of_784_is_one_picture_to_predict(reader: digitlab.Reader):
    picture = np.zeros((100, 784), np.uint8)
    assert reader.predict(picture).digit is None
    assert len(reader.predict_many(picture)) == 100


def test_a_float_tiff_that_cannot_be_used_is_named(reader: digitlab.Reader, tmp_path: Path):
    Image.fromarray(np.full((30, 30), 7.5, np.float32)).save(tmp_path / "float.tif")
    for ask in (reader.predict, reader.read):
        with pytest.raises(digitlab.PictureError, match=r"float\.tif"):
            ask(tmp_path / "float.tif")


def test_threads_must_be_a_number_of_threads():
    with pytest.raises(digitlab.DigitlabError, match="threads is 0, but must be at least 1"):
        digitlab.load(threads=0)


def test_no_more_pictures_are_in_memory_than_promised(reader: digitlab.Reader, mnist: Dataset):
    taken = 0

    def pictures() -> Iterator[np.ndarray]:
        nonlocal taken
        for image in mnist.test_images[: 3 * AT_ONCE]:
            taken += 1
            yield image

    answers = reader.predict_each(pictures())
    next(answers)
    assert taken <= AT_ONCE


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_an_array_larger_than_the_memory_is_answered_piece_by_piece(
    reader: digitlab.Reader, mnist: Dataset, kind: type
):
    image = (mnist.test_images[0] / (1 if kind is np.uint8 else 255)).astype(kind)
    billion = np.broadcast_to(image, (10**9, 28, 28))  # a view: 784 GB as uint8
    answers = reader.predict_each(billion)
    assert digits(list(itertools.islice(answers, AT_ONCE + 1))) == [7] * (AT_ONCE + 1)


def test_no_pictures_give_no_answers(reader: digitlab.Reader):
    assert reader.predict_many([]) == []
    assert reader.predict_many(np.zeros((0, 28, 28), np.uint8)) == []
    assert reader.predict_many(np.zeros((0, 784))) == []


def test_blank_paper_shows_no_digit(reader: digitlab.Reader):
    for level in (0, 128, 255):
        answer = reader.predict(np.full((80, 60), level, np.uint8))
        assert answer == digitlab.Prediction(label=None, probability=0.0, unsure=True)


def test_threads_change_no_answer(mnist: Dataset):
    images = mnist.test_images[:300]
    one, two = (digitlab.load(threads=count).predict_many(images) for count in (1, 2))
    assert digits(one) == digits(two)


def test_one_reader_serves_several_threads(reader: digitlab.Reader, mnist: Dataset):
    pictures = [png(image) for image in mnist.test_images[:200]] + [b"no picture"] * 20
    alone = reader.predict_many(pictures)
    filters = list(warnings.filters)
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(reader.predict_many, [[picture] for picture in pictures]))
    assert [a.digit for (a,) in together] == digits(alone)
    assert list(warnings.filters) == filters


@pytest.mark.parametrize("model", ["", Path("nowhere")])
def test_a_model_that_does_not_exist_is_refused(model: str | Path):
    message = "the path of the model is empty" if model == "" else "nowhere contains no model"
    for load in (digitlab.load, digitlab.Reader):
        with pytest.raises(digitlab.DigitlabError, match=message):
            load(model)


@pytest.mark.parametrize("threshold", [1.0, 0.0])
def test_at_threshold_1_every_answer_is_unsure(
    reader: digitlab.Reader, mnist: Dataset, tmp_path: Path, threshold: float
):
    card, weights = reader.card, (PRETRAINED / "model.onnx").read_bytes()
    calibration = replace(card.calibration, threshold=threshold, temperature=0.05)
    write_model(tmp_path, weights, replace(card, calibration=calibration))
    finder, page_card = read_page_model(PRETRAINED)
    confidence = replace(page_card.confidence, threshold=threshold)
    write_page_model(tmp_path, finder, replace(page_card, confidence=confidence))
    strict = digitlab.load(tmp_path / "model.onnx")  # the page network next to it is used as well
    answer = strict.predict(mnist.test_images[0])
    assert (answer.digit, answer.probability) == (7, 1.0)
    assert answer.unsure == (threshold == 1.0)
    assert strict.read(mnist.test_images[0]).text == ("?" if threshold == 1.0 else "7")


def test_dir_and_help_show_what_there_is():
    program = (
        "import digitlab, pydoc, sys; print(dir(digitlab)); assert 'numpy' not in sys.modules; "
        "print(pydoc.render_doc(digitlab, renderer=pydoc.plaintext))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    listed, _, text = done.stdout.partition("\n")
    assert set(digitlab.__all__) <= set(ast.literal_eval(listed))
    for name in digitlab.__all__:
        described = getattr(digitlab, name)
        assert f"class {name}(" in text or f"    {name}(" in text
        assert described.__doc__.partition("\n")[0] in text


def test_what_a_reader_and_its_answers_look_like(
    reader: digitlab.Reader, mnist: Dataset, tmp_path: Path
):
    test, threshold = reader.card.test, reader.card.calibration.threshold
    facts = f"{test['accuracy'] * 100:.2f}% on mnist, unsure below {percent(threshold)}"
    assert repr(reader) == f"Reader(the installed model: {facts})"
    calibration = replace(reader.card.calibration, threshold=1.0)
    card = replace(reader.card, test={}, calibration=calibration)
    write_model(tmp_path, (PRETRAINED / "model.onnx").read_bytes(), card)
    bare = digitlab.load(tmp_path)
    assert repr(bare) == f"Reader({str(tmp_path)!r}: trained on mnist, always unsure)"
    answer = reader.predict(mnist.test_images[0])
    assert repr(answer) == f"Prediction(7, {percent(answer.probability)})"
    unsure = repr(bare.predict(mnist.test_images[0]))
    assert unsure == f"Prediction(7, {percent(answer.probability)}, unsure)"
    assert repr(Prediction()) == "Prediction(blank)"
    assert repr(Prediction(error="no")) == "Prediction(error='no')"
    assert repr(Prediction(label="bag", several=True)).startswith("Prediction('bag', 0.00%")
    page = reader.read(mnist.test_images[0])
    assert (str(page), repr(page)) == ("7", "Page('7', 1 digits, 0 unsure)")
    assert repr(page.digits[0]).startswith("ReadDigit(7, 99.")


def test_a_model_of_other_classes_takes_pictures_as_they_are(tmp_path: Path):
    reader = digitlab.load(write_brightness_model(tmp_path))
    black, gray, white = (np.full((40, 90), level, np.uint8) for level in (0, 128, 255))
    pictures = [white, png(black), Image.fromarray(gray), "nowhere.png", black[:28, :28]]
    answers = reader.predict_many(pictures)
    dark, half_gray, bright = CLASSES
    assert [it.label for it in answers] == [bright, dark, half_gray, None, dark]
    assert [bool(it.error) for it in answers] == [False, False, False, True, False]
    assert all(it.digit is None and not it.several for it in answers)
    assert not answers[1].unsure  # a black picture is not special
    assert len(answers[1].probabilities) == 3
    stack = np.zeros((3, 28, 28), np.uint8)
    stack[1:] += np.array([128, 255], np.uint8)[:, None, None]
    for form in (stack, stack / 255, stack.reshape(3, 784)):
        assert [it.label for it in reader.predict_many(form)] == list(CLASSES)
    strip = np.tile(255 - seven(), (1, 3))
    assert not reader.predict(strip).several


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        ({}, "the classes of '.*' are dark, half gray, bright"),
        ({"classes": ["0", "1", "2"]}, "the classes of '.*' are 0, 1, 2"),
        ({"classes": list("0123456789"), "preparation": "as-is"}, "'.*' takes pictures as-is"),
        ({"classes": list("9876543210")}, "are 9, 8, 7, 6, 5, 4, 3, 2, 1, 0"),
    ],
)
def test_pages_are_read_with_the_ten_digits_only(
    reader: digitlab.Reader, tmp_path: Path, card: dict, reason: str
):
    if len(card.get("classes", ())) == 10:
        write_model(
            tmp_path, (PRETRAINED / "model.onnx").read_bytes(), replace(reader.card, **card)
        )
    else:
        write_brightness_model(tmp_path, **card)
    with pytest.raises(digitlab.DigitlabError, match=f"the ten digits.*{reason}"):
        digitlab.load(tmp_path).read(seven())


@pytest.mark.parametrize(
    ("label", "digit"), [("7", 7), ("0", 0), ("12", None), ("bag", None), ("\u0663", None)]
)
def test_a_label_of_one_digit_is_a_digit(label: str, digit: int | None):
    assert Prediction(label=label).digit == digit


def test_several_digits_in_a_row_are_reported(reader: digitlab.Reader, mnist: Dataset):
    strip = np.hstack(list(mnist.train_images[:4]))
    for form in (strip, 255 - strip, png(strip), Image.fromarray(strip)):
        assert reader.predict(form).several
    assert [it.several for it in reader.predict_many([strip, seven()])] == [True, False]
