"""Whole pages: order, numbers, boxes, cuts and joins, and what must not be read.

The digits are those of Pillow's own typeface, read by the installed models; the last test reads
MNIST's digits.
"""

import io
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from digitlab.data.dataset import Dataset
from digitlab.errors import PictureError
from digitlab.pages.answers import Page
from digitlab.pages.read import Networks, read_page
from digitlab.pictures.digit import prepare
from digitlab.reader import Reader

Gray = NDArray[np.uint8]


# --- a page and a classifier -------------------------------------------------------------------


@cache
def glyph(text: str, height: int, weight: float = 0.1) -> NDArray[np.float32]:
    """Return a character as ink, cut to its bounds, drawn by a pen of a share of its height."""
    font = ImageFont.load_default(round(height * 1.4))
    canvas = Image.new("L", (3 * height, 3 * height))
    pen = max(0, round(height * (weight - 0.08) / 2))
    ImageDraw.Draw(canvas).text((height, height), text, fill=255, font=font, stroke_width=pen)
    ink = np.asarray(canvas.crop(canvas.getbbox()), np.float32) / 255
    size = max(1, round(ink.shape[1] * height / ink.shape[0])), height
    scaled = Image.fromarray(ink).resize(size, Image.Resampling.BILINEAR)
    return np.asarray(scaled, np.float32)


@cache
def networks() -> Networks:
    return Reader(threads=1).networks


def read(source: object) -> Page:
    return read_page(source, networks())  # type: ignore[arg-type]


def best(page: Page) -> str:
    """Return the text with the most likely digit where the answer is unsure."""
    digits = (str(digit.digit) for digit in page.digits)
    return "".join(next(digits) if it in "0123456789?" else it for it in page.text)


def write(
    lines: list[str],
    height: int = 40,
    *,
    gap: float = 0.2,
    space: float = 1.0,
    margin: int = 30,
    pitch: float = 1.8,
) -> tuple[Gray, list[tuple[int, int, int, int]]]:
    """Return a page with dark digits on white, and the box of each."""
    canvas = np.zeros((int((len(lines) * pitch) * height) + 2 * margin, 3000), np.float32)
    boxes = []
    for number, line in enumerate(lines):
        x, y = margin, margin + int(number * pitch * height)
        for character in line:
            if character == " ":
                x += int((space - gap) * height)
                continue
            ink = glyph(character, height)
            place = canvas[y : y + height, x : x + ink.shape[1]]
            np.maximum(place, ink, out=place)
            boxes.append((x, y, ink.shape[1], height))
            x += ink.shape[1] + int(gap * height)
    right = max(x + width for x, _, width, _ in boxes) + margin
    return np.rint(255 - 235 * canvas[:, :right]).astype(np.uint8), boxes


def file(gray: Gray, kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(gray).save(stream, kind, **options)
    return stream.getvalue()


def turned(gray: Gray, degrees: float) -> Gray:
    image = Image.fromarray(gray).rotate(degrees, Image.Resampling.BICUBIC, fillcolor=255)
    return np.asarray(image)


def with_rules(gray: Gray, step: int, slope: float, *, squared: bool) -> Gray:
    y, x = np.mgrid[0 : gray.shape[0], 0 : gray.shape[1]]
    lines = (y - slope * x) % step < 2
    if squared:
        lines |= (x + slope * y) % step < 2
    return np.minimum(gray, np.where(lines, 160, 255)).astype(np.uint8)


def in_shadow(gray: Gray) -> Gray:
    y, x = np.mgrid[0 : 1 : gray.shape[0] * 1j, 0 : 1 : gray.shape[1] * 1j]
    light = (1 - 0.4 * y) * (1 - 0.5 / (1 + np.exp(-(x + 0.5 * y - 0.7) / 0.02)))
    return (gray * light).astype(np.uint8)


# --- order, numbers, boxes ---------------------------------------------------------------------


@pytest.mark.parametrize("height", [20, 45, 110])
def test_lines_numbers_and_boxes(height: int) -> None:
    lines = ["3 14159 26535", "8979", "3238 4 626433832795"]
    gray, boxes = write(lines, height)
    page = read(gray)
    assert best(page) == "\n".join(lines)
    assert [str(digit.digit) for digit in page.digits] == list("".join(lines).replace(" ", ""))
    off = np.abs(np.array([digit.box for digit in page.digits]) - boxes)
    assert off.max() <= 2  # the soft edges of the ink


LINES = ["40 736", "2 51908", "66 7"]


@pytest.mark.parametrize(
    "change",
    [
        lambda gray: 255 - gray,
        in_shadow,
        lambda gray: in_shadow(np.clip(290 - gray.astype(int), 60, 230)),
        lambda gray: turned(gray, 3),
        lambda gray: turned(gray, -3),
        lambda gray: with_rules(gray, 60, 0.0, squared=False),
        lambda gray: with_rules(gray, 60, 0.04, squared=False),
        lambda gray: with_rules(gray, 25, -0.03, squared=True),
        lambda gray: file(gray, "JPEG", quality=30),
        lambda gray: np.where(
            np.random.default_rng(0).random(gray.shape) < 0.002, 60, gray
        ).astype(np.uint8),
        lambda gray: np.clip(
            gray + np.random.default_rng(0).normal(0, 12, gray.shape), 0, 255
        ).astype(np.uint8),
    ],
    ids=["light on dark", "shadow", "light in shadow", "turned left", "turned right", "ruled",
         "ruled aslant", "squared aslant", "JPEG", "dust", "noise"],
)  # fmt: skip
def test_same_text_whatever_the_paper(change: Callable[[Gray], object]) -> None:
    gray, _ = write(LINES, 48)
    page = read(change(gray))
    kept = [
        " ".join(word for word in line.split(" ") if word.strip("?"))
        for line in page.text.split("\n")
    ]
    assert [line for line in kept if line] == LINES


def test_mixed_sizes_stand_in_one_line() -> None:
    canvas = np.full((140, 600), 255, np.uint8)
    x = 20
    for digit, height in zip("82935", (80, 50, 70, 55, 80), strict=True):
        ink = glyph(digit, height)
        canvas[110 - height : 110, x : x + ink.shape[1]] -= (200 * ink).astype(np.uint8)
        x += ink.shape[1] + 14
    assert best(read(canvas)) == "82935"


def test_crop_without_any_margin() -> None:
    for light in (False, True):
        gray, boxes = write(["20459"], 50)
        crop = gray[30 : 30 + 50, 30 : boxes[-1][0] + boxes[-1][2]]
        page = read(255 - crop if light else crop)
        assert best(page) == "20459"
        assert page.digits[0].box[:2] in {(0, 0), (0, 1), (1, 0), (1, 1)}


def test_exif_rotation_is_undone_and_boxes_are_upright() -> None:
    gray, boxes = write(["427"], 60)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned 90 degrees clockwise
    sideways = np.ascontiguousarray(np.rot90(gray))
    page = read(file(sideways, "JPEG", quality=95, exif=exif))
    assert best(page) == "427"
    assert np.abs(np.array([digit.box for digit in page.digits]) - boxes).max() <= 2


# --- cuts and joins ----------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["47", "35", "82", "690", "2743"])
def test_digits_that_touch_are_parted(text: str) -> None:
    parts = [glyph(digit, 80) for digit in text]
    canvas = np.zeros((160, 600), np.float32)
    x = 40
    for part in parts:
        place = canvas[40:120, x : x + part.shape[1]]
        np.maximum(place, part, out=place)
        x += part.shape[1] - 3
    gray = (255 - 220 * canvas).astype(np.uint8)
    page = read(gray)
    assert "".join(str(digit.digit) for digit in page.digits) == text


def test_a_bar_apart_belongs_to_its_five() -> None:
    gray, boxes = write(["1502"], 80)
    x, y, width, _ = boxes[1]
    broken = gray.copy()
    broken[y + 12 : y + 16, x : x + width] = 255  # the pen left the paper under the bar
    page = read(broken)
    assert best(page) == "1502"
    assert np.abs(np.array(page.digits[1].box) - boxes[1]).max() <= 1


def test_a_digit_in_two_halves_is_one() -> None:
    gray, boxes = write(["6884"], 80)
    x, y, width, height = boxes[1]
    broken = gray.copy()
    broken[y + height // 2 - 2 : y + height // 2 + 2, x : x + width] = 255
    assert best(read(broken)) == "6884"


# --- what is not to be read --------------------------------------------------------------------


@pytest.mark.parametrize("level", [0, 128, 255])
def test_blank_page_has_no_text(level: int) -> None:
    assert read(np.full((700, 500), level, np.uint8)) == Page(text="", size=(500, 700))


def test_light_and_grain_are_no_text() -> None:
    y = np.linspace(0, 1, 900)[:, None] + np.zeros((900, 700))
    grain = np.random.default_rng(4).normal(0, 4, y.shape)
    assert read((220 - 120 * y + grain).astype(np.uint8)).text == ""


def dots(count: int) -> Gray:
    random = np.random.default_rng(5)
    image = Image.new("L", (2000, 1500), 240)
    draw = ImageDraw.Draw(image)
    for x, y, radius in random.uniform((0, 0, 1), (2000, 1500, 3), (count, 3)):
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=40)
    return np.asarray(image)


@pytest.mark.parametrize(
    "gray",
    [
        dots(10_000),
        np.random.default_rng(1).integers(0, 256, (1500, 2000)).astype(np.uint8),
        (np.random.default_rng(2).random((1500, 2000)) < 0.5).astype(np.uint8) * 255,
        ((np.indices((1500, 2000)).sum(0) // 20 % 2) * 200).astype(np.uint8),
    ],
    ids=["10,000 dots", "noise", "black and white noise", "squares that meet at corners"],
)
def test_noise_gives_few_sure_digits(gray: Gray) -> None:
    page = read(gray)
    assert sum(not digit.unsure for digit in page.digits) < 40


def test_letters_are_unsure_or_left_out() -> None:
    gray, _ = write(["WXMH"], 80)
    page = read(gray)
    assert set(page.text) <= set("? \n")
    assert all(digit.unsure for digit in page.digits)


def test_pictures_that_cannot_be_opened_say_why() -> None:
    with pytest.raises(PictureError, match="no such file"):
        read("/no/such/file.png")


# --- large and small pictures ------------------------------------------------------------------


def test_photo_of_12_megapixels() -> None:
    gray, boxes = write(["2 7182818", "284590 45"], 150, margin=400)
    page_gray = np.full((3000, 4000), 255, np.uint8)
    page_gray[: gray.shape[0], : gray.shape[1]] = gray
    photo = file(in_shadow(page_gray), "JPEG", quality=85)
    page = read(photo)
    assert best(page) == "2 7182818\n284590 45"
    assert np.abs(np.array([digit.box for digit in page.digits]) - boxes).max() <= 4


def test_mnists_own_images_are_answered_as_prepared(small_mnist: Dataset) -> None:
    for image in small_mnist.test_images[:40]:
        (digit,) = read(image).digits
        scores, is_digit = networks().classify(prepare(image)[None])
        assert is_digit is not None
        assert digit.digit == scores.argmax()
        assert digit.probability == pytest.approx(np.exp(scores.max()) * is_digit[0])


def test_digit_that_fills_the_picture_is_answered_as_prepared() -> None:
    for digit in "0123456789":
        ink = np.pad(glyph(digit, 300, 0.14), 30)
        gray = (250 - 220 * ink).astype(np.uint8)
        page = read(gray)
        assert best(page) == digit
        scores, _ = networks().classify(prepare(gray)[None])
        assert page.digits[0].digit == scores.argmax()


def test_an_array_of_flat_images_is_no_page(small_mnist: Dataset) -> None:
    with pytest.raises(PictureError, match="reshape"):
        read(small_mnist.test_images[:20].reshape(-1, 784))


# --- the model that is shipped -----------------------------------------------------------------


def test_shipped_model_reads_mnist_in_lines(mnist: Dataset) -> None:
    right = total = 0
    for start in range(0, 200, 40):
        page_gray = np.full((4 * 70 + 40, 10 * 60 + 40), 240, np.uint8)
        for place, image in enumerate(mnist.test_images[start : start + 40]):
            large = np.asarray(Image.fromarray(image).resize((56, 56), Image.Resampling.BICUBIC))
            y, x = 20 + place // 10 * 70, 20 + place % 10 * 60
            page_gray[y : y + 56, x : x + 56] -= (large * 0.8).astype(np.uint8)
        page = read(page_gray)
        lines = [line.replace(" ", "") for line in page.text.split("\n")]
        truth = mnist.test_labels[start : start + 40]
        assert len(lines) == 4
        total += len(truth)
        right += sum(d.digit == t for d, t in zip(page.digits, truth, strict=True))
    assert right >= 0.97 * total
