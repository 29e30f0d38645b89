"""Every kind of picture opens, and what cannot be opened is refused in one sentence."""

import contextlib
import io
import os
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from digitlab.errors import PictureError
from digitlab.pictures.content import MAX_BYTES
from digitlab.pictures.digit import prepare
from digitlab.pictures.open import MAX_PIXELS, open_picture
from tests.pictures.drawn import apart, file, seven

# --- every kind of picture ---------------------------------------------------------------------


def test_modes_and_files_give_the_same_digit() -> None:
    image, expected = Image.fromarray(seven()), prepare(seven())
    clear = Image.merge("LA", (Image.new("L", image.size, 0), Image.fromarray(255 - seven())))
    light = Image.merge("LA", (Image.new("L", image.size, 255), Image.fromarray(255 - seven())))
    yellow = np.stack([np.full_like(seven(), 255), np.full_like(seven(), 255), seven()], axis=-1)
    for picture in (
        file(image.convert("P")), file(image.convert("1")), file(image.convert("CMYK"), "TIFF"),
        file(image, "JPEG", quality=90), file(image.convert("RGB"), "WEBP", quality=90),
        file(clear), file(light), clear, clear.convert("La"), yellow,
        file(Image.fromarray(seven().astype(np.uint16) * 257)),
        io.BytesIO(file(image)), seven() / 255, seven() > 127, seven().astype(np.int64),
        np.dstack([np.zeros((180, 180, 3), np.uint8), 255 - seven()]),
    ):  # fmt: skip
        assert apart(prepare(picture), expected) < 0.06


class BytesPath:
    """A path that is bytes, as `os.scandir(b".")` gives."""

    def __init__(self, path: Path) -> None:
        self.path = os.fsencode(path)

    def __fspath__(self) -> bytes:
        return self.path


def test_any_path_opens(tmp_path: Path) -> None:
    path = tmp_path / "seven.png"
    path.write_bytes(file(seven()))
    for source in (path, str(path), BytesPath(path)):
        assert np.array_equal(prepare(source), prepare(seven()))
    with pytest.raises(PictureError, match="nowhere: no such file"):
        prepare(BytesPath(tmp_path / "nowhere"))


def test_exif_rotation_is_undone() -> None:
    turned = Image.fromarray(seven()).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned 90 degrees clockwise
    assert apart(prepare(file(turned, "JPEG", quality=95, exif=exif)), prepare(seven())) < 0.05


def test_large_photograph_is_reduced_and_a_hairline_on_it_stays() -> None:
    gray = seven(2600, pen=4, margin=200)
    assert max(open_picture(gray, largest_side=512).gray().shape) in range(512, 1024)
    assert open_picture(gray).gray().shape == gray.shape
    assert apart(prepare(gray), prepare(seven(200, pen=8))) < 0.4


@pytest.mark.parametrize(
    ("size", "largest_side", "decoded"),
    [
        ((4000, 3000), 1600, (2000, 1500)),
        ((3000, 4000), 1600, (1500, 2000)),
        ((4096, 300), 512, (512, 38)),
        ((3199, 2400), 1600, (3199, 2400)),
        ((1600, 3), 200, (800, 2)),
        ((511, 511), 512, (511, 511)),
    ],
)
def test_a_large_jpeg_is_reduced_while_it_is_decoded(
    size: tuple[int, int], largest_side: int, decoded: tuple[int, int]
) -> None:
    content = file(Image.new("L", size), "JPEG")
    picture = open_picture(content, largest_side=largest_side)
    assert picture.image.size == decoded
    assert picture.size == size
    assert max(picture.gray().shape) >= min(largest_side, max(size))
    assert open_picture(content).image.size == size
    exif = Image.Exif()
    exif[0x0112] = 8  # to be turned 90 degrees counterclockwise
    turned = open_picture(file(Image.new("L", size), "JPEG", exif=exif), largest_side=largest_side)
    assert turned.image.size == decoded[::-1]
    assert turned.size == size[::-1]


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_photo_of_50_megapixels_opens(kind: str) -> None:
    photo = Image.new("L", (8160, 6120), 240)
    photo.paste(Image.fromarray(seven(800, pen=90, margin=100)).resize((5000, 5000)), (900, 700))
    assert (
        apart(prepare(file(photo, kind)), prepare(seven(800, pen=90, margin=100))) < 0.3
    )  # a shift by one pixel: 0.6


def test_callers_image_and_array_stay_as_they_are() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    content = file(seven(600, margin=500), "JPEG", exif=exif)
    for image in (Image.fromarray(seven()), Image.open(io.BytesIO(content))):
        before = image.size, image.copy().tobytes(), image.getexif().get(0x0112)
        prepare(image)
        assert (image.size, image.tobytes(), image.getexif().get(0x0112)) == before
    array = seven()
    prepare(array)
    assert np.array_equal(array, seven())


def test_gray_levels_and_ink_are_computed_once() -> None:
    picture = open_picture(seven(600))
    for side in (None, 512, 256, 100):
        assert picture.gray(side) is picture.gray(side)
        assert picture.ink(side) is picture.ink(side)
    assert picture.ink(512) is picture.ink()  # no whole factor reduces 660 pixels to 512
    assert picture.gray(100).shape == (110, 110)
    assert open_picture(picture, largest_side=7) is picture


# --- memory ------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [np.int64(7), np.uint64(7), np.float64(0.5), np.bool_(True)])
def test_an_array_is_converted_without_large_copies(number: np.generic) -> None:
    array = np.broadcast_to(number, (2000, 2000, 4))  # as int64, 128 MB
    tracemalloc.start()
    try:
        open_picture(array, largest_side=512)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 60e6  # the picture in 8 bits, 16 MB, up to twice; and a block


# --- what cannot be opened: one sentence each --------------------------------------------------


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
        ("no\nsuch\x1b[31mfile", r"no\nsuch\x1b[31mfile: no such file"),
        ("", "path of the picture is empty"),
        ("/tmp", "is a folder"),
        ("a\0b", "cannot be read"),
        ("/dev/zero", "larger than 100 MB"),
        ("/dev/null", "is empty"),
        (b"", "is empty"),
        (b"these are words, not a picture", "not a picture of a known format"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "is a PostScript document: save the page as PNG"),
        (b"<?xml version='1.0'?>\n<!-- -->\n<svg/>", "is an SVG drawing: export it as PNG"),
        (b"\xef\xbb\xbf <SVG>", "is an SVG drawing"),
        (b"<html><body>404", "not a picture of a known format"),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf", "is an AVIF picture: convert it to PNG"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", "is a video"),
        (file(noise_image)[:-2000], "is damaged"),
        (file(noise_image, "JPEG")[:-2000], "is damaged"),
        (animation("GIF"), "several pages (3)"),
        (animation("WEBP"), "several pages (3)"),
        (animation("TIFF"), "has 3 pages, but one picture is expected"),
        (animation("PNG"), "several pages (3)"),
        (bomb(), "more than 80 megapixels"),
        (file(Image.new("1", (10_000, 8_001))), "80.0 megapixels (10000x8001), more than 80"),
        (file(Image.new("1", (10_000, 9_000))), "90.0 megapixels"),  # where Pillow warns
        (file(Image.new("L", (1, 1))), "only 1x1"),
        (Image.new("L", (0, 5)), "the image is empty"),
        (Image.new("RGBA", (5, 0)), "the image is empty"),
        (np.zeros((1, 1), np.uint8), "only 1x1"),
        (np.zeros((9,), np.uint8), "height x width"),
        (np.zeros((9, 9, 2), np.uint8), "height x width"),
        (np.zeros((9, 9, 9, 3), np.uint8), "height x width"),
        (np.zeros((0, 9), np.uint8), "is empty"),
        (np.full((9, 9), np.nan), "without NaN"),
        (np.full((9, 9), 255.0), "between 0 and 1"),
        (np.full((9, 9), -1), "0..65535"),
        (np.full((9, 9), 2**63, np.uint64), "0..65535"),
        (np.full((9, 9), "a"), "must be of"),
        (np.full((9, 9), 1j), "must be of"),
        (np.broadcast_to(np.uint8(0), (MAX_PIXELS + 1, 1)), "more than 80 megapixels"),
        (7, "not int"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_in_one_sentence(source: object, words: str) -> None:
    with pytest.raises(PictureError) as refused:
        prepare(source)  # type: ignore[arg-type]
    assert words in str(refused.value)
    assert str(refused.value).isprintable()


def test_too_little_memory_is_an_error_of_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(image: ImageFile.ImageFile) -> None:
        raise MemoryError

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)
    with pytest.raises(PictureError, match="needs more memory"):
        prepare(file(noise_image, "BMP"))


def test_at_most_the_limit_is_read_of_a_stream() -> None:
    class Endless(io.RawIOBase):
        taken = 0

        def read(self, size: int = -1) -> bytes:
            assert 0 < size <= MAX_BYTES + 1
            self.taken += size
            return bytes(size)

    endless = Endless()
    with pytest.raises(PictureError, match="larger than 100 MB"):
        prepare(endless)  # type: ignore[arg-type]
    assert endless.taken == MAX_BYTES + 1


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 3), st.data())
def test_damaged_files_never_raise_anything_else(kind: int, data: st.DataObject) -> None:
    content = bytearray(file(noise_image, ("PNG", "JPEG", "GIF", "TIFF")[kind]))
    for _ in range(3):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(PictureError):
        assert prepare(bytes(content)).shape == (28, 28)
