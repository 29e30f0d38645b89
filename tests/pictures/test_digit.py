"""From a picture of one digit to MNIST's 28 x 28: MNIST's own images stay, others become alike."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image, ImageDraw, ImageFilter

from digitlab.data.dataset import Dataset
from digitlab.errors import PictureError
from digitlab.pictures.digit import MAX_STACK, has_ink, is_mnist, prepare, prepare_stack, to_mnist
from digitlab.pictures.ink import ink_is_light, ink_of
from digitlab.pictures.raster import find_blobs, stroke_width
from tests.pictures.drawn import Gray, apart, file, seven
from torture.mutation import mutated

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
def test_result_is_sized_and_centered_as_mnist(
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


@pytest.mark.parametrize("light", [False, True])
def test_thin_strokes_from_side_to_side_are_no_printed_lines(light: bool) -> None:
    image = Image.new("L", (90, 150), 255)
    ImageDraw.Draw(image).line([(2, 2), (87, 2), (87, 147)], fill=0, width=2)
    tight = np.asarray(image, np.uint8)
    page = np.pad(tight, 60, constant_values=255)
    if light:
        tight, page = ~tight, ~page
    for axis, least in ((0, 11), (1, 19)):
        for picture in (tight, page):
            inked = np.flatnonzero((prepare(picture) > 100).any(axis=axis))
            assert np.ptp(inked) + 1 >= least  # columns of the bar, rows of the stem


def test_the_frame_of_a_forms_box_goes() -> None:
    gray = seven(120, margin=40).copy()
    plain = prepare(gray)
    gray[2:5], gray[:, -4:] = 0, 0
    assert apart(prepare(gray), plain) < 0.1


def test_a_digit_out_of_focus_on_shaded_paper_is_no_shadow() -> None:
    image = Image.fromarray(seven(80, pen=10, margin=40)).filter(ImageFilter.GaussianBlur(9))
    shaded = np.asarray(image) * np.linspace(0.6, 1, image.width)
    assert has_ink(prepare(shaded.astype(np.uint8)))


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


# --- many images in one array ------------------------------------------------------------------


def test_a_stack_of_any_type_is_prepared_as_its_images_are(mnist_test_images: Gray) -> None:
    bytes_ = np.concatenate([mnist_test_images[:9], 255 - mnist_test_images[9:12]])
    bytes_[3] = np.roll(bytes_[3], 4, axis=0)
    before = bytes_.copy()
    expected = np.stack([prepare(image) for image in bytes_])
    assert (prepare_stack(bytes_) == expected).all()
    assert (bytes_ == before).all()
    for same in (bytes_ / 255, (bytes_ / 255).astype(np.float32), bytes_.astype(np.int64)):
        prepared = prepare_stack(same)
        assert prepared.dtype == np.uint8
        assert (prepared == expected).all()
    drawn = bytes_ > 127
    assert (prepare_stack(drawn) == np.stack([prepare(image) for image in drawn])).all()
    assert prepare_stack(np.zeros((0, 28, 28))).shape == (0, 28, 28)


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (np.broadcast_to(np.uint8(0), (10**9, 28, 28)), "1,000,000,000 images is too large"),
        (np.broadcast_to(np.float64(0), (MAX_STACK + 1, 28, 28)), "at most 1,000,000 at a time"),
        (np.full((2, 28, 28), 255.0), "between 0 and 1"),
        (np.full((2, 28, 28), np.nan), "without NaN"),
    ],
)
def test_a_stack_that_cannot_be_used_is_refused(images: Gray, words: str) -> None:
    with pytest.raises(PictureError, match=words):
        prepare_stack(images)


def test_rows_of_784_values_are_no_picture_if_they_are_images(mnist_test_images: Gray) -> None:
    rows = mnist_test_images[:200].reshape(-1, 784)
    for flat in (rows, rows / 255, rows.astype(np.int64), rows[:1]):
        with pytest.raises(PictureError, match=r"reshape\(-1, 28, 28\)"):
            prepare(flat)
    wide = np.full((100, 784), 255, np.uint8)
    wide[:, 300:400] = seven(80, margin=10)
    assert apart(prepare(wide), prepare(seven(80, margin=10))) < 0.05


def test_a_picture_whose_ink_is_as_light_as_its_paper_is_blank():
    """One of 100,000 mutated pictures: it made NumPy warn of a division by zero."""
    assert not has_ink(prepare(mutated("BMP", 973)))
