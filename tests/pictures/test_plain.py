"""Pictures taken as they are: in gray, 28 x 28, nothing cropped or inverted."""

import io

import numpy as np
import pytest
from PIL import Image

from digitlab.errors import PictureError
from digitlab.pictures.plain import plain


def png(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture
def scene() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (28, 28), np.uint8)


def test_a_picture_of_28x28_keeps_every_byte(scene: np.ndarray):
    image = Image.fromarray(scene)
    colored = np.stack([scene] * 3, axis=2)
    for form in (scene, image, png(image), io.BytesIO(png(image)), colored, scene / 255):
        assert np.array_equal(plain(form), scene)
    result = plain(scene)
    result[:] = 0  # the caller's array is not changed
    assert scene.any()


def test_nothing_is_cropped_or_inverted():
    large = np.full((112, 280), 200, np.uint8)
    large[56:, 140:] = 10  # the lower right quarter is dark
    small = plain(png(Image.fromarray(large)))
    assert (small.shape, small.dtype) == ((28, 28), np.uint8)
    assert (small[:13] == 200).all()
    assert (small[15:, :13] == 200).all()
    assert (small[15:, 15:] == 10).all()


def test_shrinking_averages_all_pixels():
    stripes = np.zeros((280, 280), np.uint8)
    stripes[:, ::2] = 200
    assert (abs(plain(stripes)[:, 1:-1].astype(int) - 100) <= 1).all()


def test_a_color_is_its_luminance():
    blue = Image.new("RGB", (60, 40), "black")
    blue.paste((0, 0, 255), (0, 0, 30, 40))  # the blue channel alone would be 255
    assert plain(blue)[0, 0] == 29
    assert plain(blue.quantize())[0, 0] == 29


def test_a_blank_picture_is_a_picture():
    assert (plain(Image.new("L", (50, 50), 77)) == 77).all()


@pytest.mark.parametrize(
    "bad", ["nowhere.png", b"no picture", np.zeros((2, 2)), np.full((9, 9), 7.5), np.zeros((0, 4))]
)
def test_what_cannot_be_opened_is_a_picture_error(bad: object):
    with pytest.raises(PictureError):
        plain(bad)
