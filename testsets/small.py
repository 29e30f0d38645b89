"""MNIST's own digits as other collections would have kept them: tightly cropped and very small.

Post: 16 x 16 of soft grays. Forms: a 32 x 32 bitmap whose set pixels are counted in blocks of
4 x 4, which gives 8 x 8 of 17 grays. Both with the digit's aspect kept, and stretched to the whole
square unless it is slim (a one would be a solid block). Nothing is random, and nothing is taken
from `digitlab.synth.degraded`.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from testsets.singles import Case

Pixels = NDArray[np.uint8]


def cut(image: Pixels) -> Pixels:
    """Return the image without the paper around its ink."""
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def squared(image: Pixels) -> Pixels:
    """Return the image in the middle of a square that it just fills."""
    spare = max(image.shape) - np.array(image.shape)
    return np.pad(image, [(n // 2, n - n // 2) for n in spare.tolist()])


def stretched(image: Pixels) -> Pixels:
    """Return the image to be stretched to a square, with paper beside it if it is slim."""
    height, width = image.shape
    return image if height < 2 * width else squared(image)


def resized(image: Pixels, side: int, how: Image.Resampling) -> Pixels:
    """Return the image with so many pixels a side."""
    return np.asarray(Image.fromarray(image).resize((side, side), how))


def post(image: Pixels) -> Pixels:
    """Return a digit at 16 x 16, light on dark."""
    return resized(image, 16, Image.Resampling.BOX)


def form(image: Pixels) -> Pixels:
    """Return a digit at 8 x 8, light on dark."""
    bitmap = resized(image, 32, Image.Resampling.BICUBIC) > 127
    counts = bitmap.reshape(8, 4, 8, 4).sum(axis=(1, 3))
    return (counts * 255 // 16).astype(np.uint8)


CONDITIONS: dict[str, Callable[[Pixels], Pixels]] = {
    "as it is": lambda image: image,
    "at 16x16": lambda image: post(squared(cut(image))),
    "at 16x16, stretched": lambda image: post(stretched(cut(image))),
    "at 8x8": lambda image: form(squared(cut(image))),
    "at 8x8, stretched": lambda image: form(stretched(cut(image))),
}


def small_digits(name: str, images: Pixels, labels: NDArray[np.uint8]) -> Iterator[Case]:
    """Yield every image (N, 28, 28) under each condition, which is called after `name`."""
    for condition, keep in CONDITIONS.items():
        for image, label in zip(images, labels, strict=True):
            yield Case(keep(image), int(label), f"{name} {condition}")
