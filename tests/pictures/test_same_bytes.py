"""What `prepare` returns for several hundred pictures of all kinds stays the same, byte for byte.

The shipped network was trained on, and measured with, what `prepare` makes of pictures. So a change
that only makes it faster must change no byte. If a byte is meant to change, measure again how well
pictures are read (`python -m benchmarks.pictures`), then run this file to print the new digests.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import PIL
import pytest
from PIL import Image

from digitlab.pictures.digit import prepare_and_check
from digitlab.pictures.open import Source
from testsets.pens import file, on_paper, pen, to_array
from testsets.singles import WITH_DIGIT, WITHOUT_DIGIT
from testsets.strokes import DIGITS, written

IMAGES = Path(__file__).parents[2] / "docs" / "images"
MADE_WITH = ("2.4.6", "13.0.0")  # NumPy and Pillow: others may draw or decompress differently

# fmt: off
DIGESTS: dict[str, str] = {
    "canvas, dark ink, L": "6a56fd03b0c7acc6",
    "canvas, dark ink, RGBA": "6a56fd03b0c7acc6",
    "canvas, light ink, L": "38077d2dd016e0ad",
    "canvas, light ink, RGBA": "38077d2dd016e0ad",
    "clean": "78a2af493d4025cb",
    "hairline": "77dd8405deb4db0a",
    "felt": "74b121369608a1fc",
    "mouse 28x28, dark ink": "d568be6e282dd8ec",
    "mouse 28x28, light ink": "d568be6e282dd8ec",
    "postal 16x16, light ink": "b3e9f0dd1976c37d",
    "postal 16x16, dark ink": "b3e9f0dd1976c37d",
    "forms 8x8, light ink": "daf3a3698bc7ca7a",
    "forms 8x8, dark ink": "b4f438d54dd19de4",
    "tight crop, dark ink": "030b2b2f3187e7cd",
    "tight crop, light ink": "fbe242ffb40d9588",
    "touching the border": "7be7805c3be638e6",
    "small on a page": "14c988dc1a0ef407",
    "shaded paper": "773a06f44dfce163",
    "colored": "3abb83e201729933",
    "ruled paper": "abeff7ce655f4929",
    "photograph": "f03f3ca36b958854",
    "chalk": "6a85b30a5f6726cb",
    "noisy": "e833a07381f71c44",
    "blurred": "7b73a5641724576c",
    "small hard JPEG": "fac14aa68499d163",
    "transparent": "f2a760add8829d05",
    "no digit: blank": "d03e76bcdbce1ead",
    "no digit: noise": "2705900377716042",
    "no digit: gradient": "34e286e4f7c0c1c3",
    "no digit: letters": "2dc3e6a6123757da",
    "no digit: shapes": "37f9fe2c5e3e889d",
    "no digit: scribbles": "28bb1d28f9d4223a",
    "odd arrays": "67a19e9497018e4e",
    "documents": "bc95f90af921856b",
}
# fmt: on


def canvases(*, light: bool, mode: str) -> Iterator[Source]:
    """Yield drawings as a browser's canvas saves them."""
    for seed in range(20):
        random = np.random.default_rng([seed, light])
        curves = written(DIGITS[seed % 10][0], random)
        width = random.uniform(0.05, 0.15)
        ink = pen(curves, random, pen_width=width, digit_side=160, margins=(60, 50, 30, 40))
        gray = on_paper(ink, 0, 255) if light else on_paper(ink, 255, int(random.choice([0, 51])))
        yield file(Image.fromarray(to_array(gray)).convert(mode), "PNG")


def handmade(draw: Callable[..., Source], *, digit: bool) -> Iterator[Source]:
    """Yield pictures of one of the conditions of `testsets.singles`."""
    for seed in range(10):
        random = np.random.default_rng(seed)
        yield draw(written(DIGITS[seed][0], random), random) if digit else draw(random)


def odd_arrays() -> Iterator[Source]:
    """Yield noise, slopes and bars of every size and type, also one pixel wide."""
    shapes = [(5, 1), (1, 512), (512, 3), (20, 19), (28, 28), (41, 41), (47, 300), (64, 64)]
    for index, (height, width) in enumerate(shapes):
        random = np.random.default_rng(index)
        noise = random.integers(0, 256, (height, width), np.uint8)
        slope = np.add.outer(np.linspace(0, 150, height), np.linspace(0, 105, width))
        bars = 255 - 200 * (np.arange(width) % 7 < 2) * np.ones((height, 1))
        for gray in (noise, slope.astype(np.uint8), bars.astype(np.uint8)):
            yield gray
            yield gray.astype(np.uint16) << 4
            yield (gray / 255).astype(np.float32)
            yield gray > 127
            yield Image.fromarray(np.stack([gray, gray, 255 - gray, gray], axis=-1))


def files() -> Iterator[Source]:
    """Yield the pictures of the documents, without those that are drawn anew now and then."""
    yield from sorted(it for it in IMAGES.glob("*.*") if not it.stem.startswith(("lab", "growth")))


PICTURES: dict[str, Callable[[], Iterable[Source]]] = {
    **{
        f"canvas, {'light' if light else 'dark'} ink, {mode}": partial(
            canvases, light=light, mode=mode
        )
        for light in (False, True)
        for mode in ("L", "RGBA")
    },
    **{name: partial(handmade, draw, digit=True) for name, draw in WITH_DIGIT.items()},
    **{name: partial(handmade, draw, digit=False) for name, draw in WITHOUT_DIGIT.items()},
    "odd arrays": odd_arrays,
    "documents": files,
}


def digest_of(pictures: Iterable[Source]) -> str:
    digest = hashlib.sha256()
    for picture in pictures:
        digit, several = prepare_and_check(picture)
        digest.update(digit.tobytes() + bytes([several]))
    return digest.hexdigest()[:16]


@pytest.mark.skipif((np.__version__, PIL.__version__) != MADE_WITH, reason="other versions")
@pytest.mark.parametrize("name", PICTURES)
def test_prepared_bytes_are_those_of_earlier_versions(name: str) -> None:
    assert digest_of(PICTURES[name]()) == DIGESTS[name]


if __name__ == "__main__":
    for name, pictures in PICTURES.items():
        print(f'    "{name}": "{digest_of(pictures())}",')
