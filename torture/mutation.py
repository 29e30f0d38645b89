"""Small pictures in many formats, and mutations of their bytes, each from its number alone."""

import io
import random
import struct
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec

import numpy as np
from PIL import Image, ImageDraw

_EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_HEADER = 200
"""Bytes at the beginning, where most of what decides how a file is decoded is found."""


def _drawing(mode: str = "L", size: tuple[int, int] = (60, 48)) -> Image.Image:
    """Return a 7 on paper with a little noise."""
    noise = np.random.default_rng(0).integers(200, 256, size[::-1], np.uint8)
    image = Image.fromarray(noise)
    ImageDraw.Draw(image).line([(14, 10), (44, 10), (24, 40)], fill=20, width=5)
    return image.convert(mode)


def _file(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


@cache
def sound_pictures() -> dict[str, list[bytes]]:
    """Return files without a fault, by format: only of those that can be read here."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a description"
    tiffs = (
        ("L", "raw"), ("L", "tiff_lzw"), ("RGB", "tiff_adobe_deflate"), ("RGBA", "packbits"),
        ("1", "group3"), ("1", "group4"), ("RGB", "jpeg"), ("F", "tiff_lzw"), ("I;16", "raw"),
    )  # fmt: skip
    files = {
        "PNG": [
            *(_file(_drawing(mode), "PNG") for mode in ("L", "RGB", "RGBA", "P", "1", "LA")),
            _file(_drawing().convert("I;16"), "PNG"),
            _file(_drawing(), "PNG", exif=exif, dpi=(300, 300)),
            _file(_drawing("RGB"), "PNG", **_more()),
        ],
        "JPEG": [
            *(_file(_drawing(mode), "JPEG") for mode in ("L", "RGB", "CMYK")),
            _file(_drawing("RGB"), "JPEG", progressive=True, exif=exif, icc_profile=bytes(500)),
            _file(_drawing("RGB"), "MPO", **_more()),
        ],
        "TIFF": [
            *(_file(_drawing(mode), "TIFF", compression=it, exif=exif) for mode, it in tiffs),
            _file(_drawing(), "TIFF", **_more()),
        ],
        "GIF": [_file(_drawing("P"), "GIF"), _file(_drawing("P"), "GIF", **_more())],
        "WebP": [
            _file(_drawing("RGB"), "WEBP"),
            _file(_drawing("RGBA"), "WEBP", lossless=True, exif=exif),
            _file(_drawing("RGB"), "WEBP", **_more()),
        ],
        "BMP": [_file(_drawing(mode), "BMP") for mode in ("1", "L", "P", "RGB")],
    }
    if find_spec("pillow_heif"):
        files["HEIC"] = [_heic(_drawing("RGB")), _heic(_drawing("L"))]
    if find_spec("pypdfium2"):
        files["PDF"] = [_file(_drawing("RGB"), "PDF"), _file(_drawing("1"), "PDF", **_more())]
    return files


def _more() -> dict[str, object]:
    """Return how a file gets two more pages; the images are new, because saving changes them."""
    return {"save_all": True, "append_images": [_drawing(), _drawing()]}


def _heic(image: Image.Image) -> bytes:
    from pillow_heif import from_pillow

    stream = io.BytesIO()
    from_pillow(image).save(stream)
    return stream.getvalue()


def mutated(kind: str, number: int) -> bytes:
    """Return one mutated picture; the same for the same format and number."""
    chance = random.Random(f"{kind} {number}")
    files = sound_pictures()[kind]
    content = bytearray(chance.choice(files))
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        change = chance.choice(_CHANGES)
        if content:
            change(content, chance, files)
    return bytes(content)


Change = Callable[[bytearray, random.Random, list[bytes]], None]


def _place(content: bytearray, chance: random.Random) -> int:
    limit = min(len(content), chance.choice((16, _HEADER, len(content))))
    place = chance.randrange(limit)
    return place if chance.random() < 0.8 else len(content) - 1 - place


def _flip(content: bytearray, chance: random.Random, _: list[bytes]) -> None:
    content[_place(content, chance)] ^= 1 << chance.randrange(8)


def _set(content: bytearray, chance: random.Random, _: list[bytes]) -> None:
    content[_place(content, chance)] = chance.randrange(256)


def _extreme(content: bytearray, chance: random.Random, _: list[bytes]) -> None:
    """Put the smallest or largest number of 1, 2 or 4 bytes somewhere."""
    value, size = chance.choice(_EXTREMES), chance.choice((1, 2, 4))
    packed = struct.pack(chance.choice("<>") + "I", value)
    place = _place(content, chance)
    content[place : place + size] = packed[:size] if chance.random() < 0.5 else packed[-size:]


def _cut(content: bytearray, chance: random.Random, _: list[bytes]) -> None:
    del content[_place(content, chance) :]


def _remove(content: bytearray, chance: random.Random, _: list[bytes]) -> None:
    place = _place(content, chance)
    del content[place : place + chance.choice((1, 4, 50))]


def _double(content: bytearray, chance: random.Random, _: list[bytes]) -> None:
    """Repeat a piece: tags, chunks and frames that exist twice."""
    place = _place(content, chance)
    piece = content[place : place + chance.choice((4, 12, 100))]
    content[place:place] = piece * chance.choice((1, 2, 100))


def _splice(content: bytearray, chance: random.Random, files: list[bytes]) -> None:
    """Continue with the rest of another file of the format."""
    other = chance.choice(files)
    place = _place(content, chance)
    content[place:] = other[chance.randrange(len(other)) :]


def _noise(content: bytearray, chance: random.Random, _: list[bytes]) -> None:
    place = _place(content, chance)
    content[place : place + 20] = chance.randbytes(20)


_CHANGES: tuple[Change, ...] = (
    *(_flip, _set, _set, _extreme, _extreme, _cut, _remove, _double, _splice, _noise),
)
