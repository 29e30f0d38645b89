"""From any picture to MNIST's 28 x 28: pass-through, the recipe's own properties, bad input."""

import contextlib
import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from digitlab.data.dataset import Dataset
from digitlab.errors import PictureError
from digitlab.pictures.digit import has_ink, is_mnist, prepare, to_mnist
from digitlab.pictures.ink import ink_is_light, ink_of
from digitlab.pictures.open import MAX_PIXELS, open_picture
from digitlab.pictures.raster import find_blobs, stroke_width

Gray = NDArray[np.uint8]


def seven(side: int = 120, *, pen: int = 12, margin: int = 30, light: bool = False) -> Gray:
    """Draw a 7 with straight strokes: dark on white, or light on black."""
    image = Image.new("L", (side + 2 * margin, side + 2 * margin), 255)
    places = [(0.1, 0.05), (0.9, 0.05), (0.4, 0.95)]
    line = [(margin + x * side, margin + y * side) for x, y in places]
    ImageDraw.Draw(image).line(line, fill=0, width=pen, joint="curve")
    gray = np.asarray(image, np.uint8)
    return 255 - gray if light else gray


def file(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def apart(a: Gray, b: Gray) -> float:
    """Return the share of ink in which two images differ."""
    return float(np.abs(a.astype(int) - b).sum() / max(1, int(a.sum()), int(b.sum())))


# --- MNIST's own images ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mnist_test_images(mnist: Dataset) -> Gray:
    return mnist.test_images


def test_every_test_image_of_mnist_passes_unchanged(mnist_test_images: Gray) -> None:
    assert len(mnist_test_images) == 10_000
    assert is_mnist(mnist_test_images).all()
    for image in mnist_test_images:
        assert np.array_equal(prepare(image), image)


def test_passes_unchanged_as_any_lossless_file_and_reversed(mnist_test_images: Gray) -> None:
    for image in mnist_test_images[:40]:
        picture = Image.fromarray(image)
        wide = image.astype(np.uint16) * 257
        for same in (
            file(picture), file(picture.convert("RGB"), "BMP"),
            file(picture, "TIFF"), file(picture, "GIF"),
            file(picture.convert("RGBA")), file(picture.convert("RGB"), "WEBP", lossless=True),
            file(Image.fromarray(wide)), wide, image.astype(np.uint16), image / 255, picture,
            np.stack([image] * 3, axis=-1), 255 - image,
        ):  # fmt: skip
            assert np.array_equal(prepare(same), image)


def test_enlarged_and_moved_comes_back_nearly_the_same(mnist_test_images: Gray) -> None:
    differences = []
    for image in mnist_test_images[:60]:
        large = Image.fromarray(255 - image).resize((280, 280), Image.Resampling.BICUBIC)
        page = Image.new("L", (500, 420), 255)
        page.paste(large, (170, 40))
        differences.append(apart(prepare(page), image))
    assert np.median(differences) < 0.25  # a shift by one pixel: 0.6 or more


def test_is_mnist_sees_what_is_not() -> None:
    digit = to_mnist(ink_of(seven()))
    assert is_mnist(digit[None]).tolist() == [True]
    moved = [np.roll(digit, 1, axis=0), np.roll(digit, 1, axis=1)]
    wrong = np.stack([*moved, digit // 2, 255 - digit, digit * 0])
    assert not is_mnist(wrong).any()


# --- the recipe --------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    side=st.integers(20, 400), pen=st.floats(0.02, 0.2), margin=st.floats(0, 1),
    light=st.booleans(), paper=st.integers(0, 60),
)  # fmt: skip
def test_result_is_sized_and_centerd_as_mnist(
    side: int, pen: float, margin: float, light: bool, paper: int
) -> None:
    gray = seven(side, pen=max(1, round(pen * side)), margin=round(margin * side), light=light)
    gray = np.clip(gray, paper, 255 - paper)
    digit = prepare(gray)
    rows, columns = np.flatnonzero(digit.any(axis=1)), np.flatnonzero(digit.any(axis=0))
    assert digit.max() == 255
    assert max(np.ptp(rows), np.ptp(columns)) + 1 in (19, 20)
    place = np.arange(28)
    middle_row = digit.sum(axis=1) @ place / digit.sum()
    assert (
        abs(middle_row - 14) < 0.53 or rows[-1] == 27
    )  # so heavy above that it would leave the image
    assert abs(digit.sum(axis=0) @ place / digit.sum() - 14) < 0.53


@settings(max_examples=30, deadline=None)
@given(
    hnp.arrays(
        np.uint8,
        st.tuples(st.integers(5, 70), st.integers(1, 70)),
        elements=st.sampled_from([0, 1, 100, 254, 255]),
    )
)
def test_any_array_at_all_gives_an_image_or_nothing(array: Gray) -> None:
    digit = prepare(array)
    assert digit.shape == (28, 28)
    assert digit.dtype == np.uint8
    assert digit.max() in (0, *range(250, 256))
    assert has_ink(digit) == (digit.max() > 0)


@pytest.mark.parametrize("margin", [0, 40])
@pytest.mark.parametrize("light", [False, True])
def test_same_digit_whatever_side_the_ink_is_on(margin: int, light: bool) -> None:
    assert apart(prepare(seven(margin=margin, light=light)), prepare(seven())) < 0.05


def test_strokes_of_any_pen_come_near_to_mnists() -> None:
    widths = [stroke_width(prepare(seven(400, pen=pen)) > 127) for pen in (2, 6, 20, 50, 90)]
    assert all(1.3 < width < 5.0 for width in widths), widths
    assert stroke_width(np.pad(np.ones((6, 200), bool), 9)) == pytest.approx(
        6 * 4 / np.pi, rel=0.05
    )


def test_tiny_crops_with_soft_edges() -> None:
    large = seven(128, pen=20, margin=0, light=True)
    for side in (8, 16):
        small = np.asarray(Image.fromarray(large).resize((side, side), Image.Resampling.BOX))
        for crop in (small, 255 - small):
            assert apart(prepare(crop), prepare(large)) < 0.5  # another digit: 1 and more


def test_shaded_paper_and_a_shadow() -> None:
    gray = seven(200, margin=100).astype(float)
    y, x = np.mgrid[0 : 1 : gray.shape[0] * 1j, 0 : 1 : gray.shape[1] * 1j]
    light = (1 - 0.6 * x) * (1 - 0.3 * (y > 0.7))
    dark_ink, light_ink = gray * 0.7 + 60, 255 - gray * 0.7
    for paper in (dark_ink, light_ink):
        assert apart(prepare((paper * light).astype(np.uint8)), prepare(seven(200))) < 0.15


def test_ruled_lines_and_specks_go() -> None:
    gray = seven(200, margin=80).copy()
    gray[25::50][gray[25::50] > 130] = 130
    gray[5:9, 5:9] = 0
    assert apart(prepare(gray), prepare(seven(200))) < 0.2


def test_bar_of_a_five_apart_from_its_body_stays() -> None:
    image = Image.new("L", (100, 100), 255)
    draw = ImageDraw.Draw(image)
    draw.line([(40, 10), (80, 10)], fill=0, width=6)
    draw.line([(30, 18), (30, 50), (70, 60), (60, 90), (20, 90)], fill=0, width=6)
    digit = prepare(image)
    assert find_blobs(digit > 100).areas.size == 2


def test_polarity_is_read_from_corners_when_ink_fills_the_crop() -> None:
    ring = np.full((8, 8), 255, np.float32)
    ring[2:6, 3:5] = 0
    ring[[0, 0, -1, -1], [0, -1, 0, -1]] = 0
    assert ink_is_light(ring)
    assert not ink_is_light(255 - ring)


@pytest.mark.parametrize("shape", [(8, 8), (28, 28), (300, 200)])
def test_blank_paper_has_no_ink(shape: tuple[int, int]) -> None:
    y = np.linspace(0, 1, shape[0])[:, None] + np.zeros(shape)
    noise = np.random.default_rng(1).normal(0, 1.5, shape)
    assert not has_ink(prepare(np.full(shape, 200, np.uint8)))
    if max(shape) > 40:
        assert not has_ink(prepare((180 - 80 * y + noise).astype(np.uint8)))


def test_find_blobs_agrees_with_flooding() -> None:
    random = np.random.default_rng(2)
    for density in (0.2, 0.5, 0.7):
        inked = random.random((23, 31)) < density
        labels, areas = find_blobs(inked)
        assert np.array_equal(labels > 0, inked)
        assert np.array_equal(np.bincount(labels.ravel(), minlength=len(areas) + 1)[1:], areas)
        left, count = np.pad(inked, 1), 0
        for start in zip(*np.nonzero(left), strict=True):
            if left[start]:
                count += 1
                stack = [start]
                while stack:
                    y, x = stack.pop()
                    if left[y, x]:
                        left[y, x] = False
                        stack += [(y + i, x + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
        assert count == len(areas)


# --- every kind of picture ---------------------------------------------------------------------


def test_modes_and_files_give_the_same_digit() -> None:
    image, expected = Image.fromarray(seven()), prepare(seven())
    clear = Image.merge("LA", (Image.new("L", image.size, 0), Image.fromarray(255 - seven())))
    light = Image.merge("LA", (Image.new("L", image.size, 255), Image.fromarray(255 - seven())))
    yellow = np.stack([np.full_like(seven(), 255), np.full_like(seven(), 255), seven()], axis=-1)
    for picture in (
        file(image.convert("P")), file(image.convert("1")), file(image.convert("CMYK"), "TIFF"),
        file(image, "JPEG", quality=90), file(image.convert("RGB"), "WEBP", quality=90),
        file(clear), file(light), clear, yellow,
        file(Image.fromarray(seven().astype(np.uint16) * 257)),
        io.BytesIO(file(image)), seven() / 255, seven() > 127,
        np.dstack([np.zeros((180, 180, 3), np.uint8), 255 - seven()]),
    ):  # fmt: skip
        assert apart(prepare(picture), expected) < 0.06


def test_exif_rotation_is_undone() -> None:
    turned = Image.fromarray(seven()).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned 90 degrees clockwise
    assert apart(prepare(file(turned, "JPEG", quality=95, exif=exif)), prepare(seven())) < 0.05


def test_large_photograph_is_reduced_and_a_hairline_on_it_stays() -> None:
    gray = seven(2600, pen=4, margin=200)
    assert max(open_picture(gray, largest_side=512).shape) in range(512, 1024)
    assert open_picture(gray).shape == gray.shape
    assert apart(prepare(gray), prepare(seven(200, pen=8))) < 0.4


def test_callers_image_and_array_stay_as_they_are() -> None:
    array = seven()
    image = Image.fromarray(array)
    prepare(image)
    prepare(array)
    assert np.array_equal(array, seven())
    assert np.array_equal(np.asarray(image), seven())


# --- bad input: one sentence each --------------------------------------------------------------


def bomb() -> bytes:
    """Return a PNG of a few bytes that claims 30,000 x 30,000 pixels."""
    body = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    chunk = (
        struct.pack(">I", len(body))
        + b"IHDR"
        + body
        + struct.pack(">I", zlib.crc32(b"IHDR" + body))
    )
    empty = struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    return b"\x89PNG\r\n\x1a\n" + chunk + empty


def animation(kind: str) -> bytes:
    frames = [Image.fromarray(seven()).rotate(90 * turn) for turn in range(3)]
    return file(frames[0], kind, save_all=True, append_images=frames[1:])


noise_image = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8))


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("/no/such/file.png", "no such file"),
        ("/tmp", "is a folder"),
        ("a\0b", "cannot be read"),
        ("/dev/zero", "larger than 20 MB"),
        ("/dev/null", "is empty"),
        (b"", "is empty"),
        (b"these are words, not a picture", "not a picture of a known format"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not a picture of a known format"),
        (file(noise_image)[:-2000], "is damaged"),
        (file(noise_image, "JPEG")[:-2000], "is damaged"),
        (animation("GIF"), "several pages (3)"),
        (animation("WEBP"), "several pages (3)"),
        (animation("TIFF"), "several pages (3)"),
        (animation("PNG"), "several pages (3)"),
        (bomb(), "megapixels"),
        (file(Image.new("1", (5000, 4000))), "20.0 megapixels"),
        (file(Image.new("L", (1, 1))), "only 1x1"),
        (np.zeros((1, 1), np.uint8), "only 1x1"),
        (np.zeros((9,), np.uint8), "height x width"),
        (np.zeros((9, 9, 2), np.uint8), "height x width"),
        (np.zeros((9, 9, 9, 3), np.uint8), "height x width"),
        (np.zeros((0, 9), np.uint8), "is empty"),
        (np.full((9, 9), np.nan), "without NaN"),
        (np.full((9, 9), 255.0), "0..1"),
        (np.full((9, 9), -1), "0..65535"),
        (np.full((9, 9), "a"), "must be of"),
        (np.broadcast_to(np.uint8(0), (MAX_PIXELS + 1, 1)), "megapixels"),
    ],
)
def test_bad_input_is_told_in_one_sentence(source: object, words: str) -> None:
    with pytest.raises(PictureError) as told:
        prepare(source)  # type: ignore[arg-type]
    assert words in str(told.value)
    assert "\n" not in str(told.value)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 3), st.data())
def test_damaged_files_never_raise_anything_else(kind: int, data: st.DataObject) -> None:
    content = bytearray(file(noise_image, ("PNG", "JPEG", "GIF", "TIFF")[kind]))
    for _ in range(3):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(PictureError):
        assert prepare(bytes(content)).shape == (28, 28)
