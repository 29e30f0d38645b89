"""MNIST's own digits as other collections would store them: tightly cropped and very small.

"16x16" has soft grays, as post-code collections do. "8x8" counts the set pixels in the 4 x 4 blocks
of a 32 x 32 bitmap, which gives 17 grays, as form collections do. Each size comes in two versions:
with the digit's aspect kept, and stretched to the whole square (except slim digits: a one would
become a solid block). Nothing is random, and no code of `digitlab.synth.degraded` is used.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from testsets.singles import Case

Pixels = NDArray[np.uint8]


def cropped(image: Pixels) -> Pixels:
    """Return the bounding box of the ink."""
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    return image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def squared(image: Pixels) -> Pixels:
    """Return the cropped digit, padded to a square."""
    image = cropped(image)
    spare = max(image.shape) - np.array(image.shape)
    return np.pad(image, [(n // 2, n - n // 2) for n in spare.tolist()])


def stretchable(image: Pixels) -> Pixels:
    """Return the cropped digit, padded only if it is slim."""
    height, width = cropped(image).shape
    return cropped(image) if height < 2 * width else squared(image)


def resized(image: Pixels, side: int, filter_: Image.Resampling) -> Pixels:
    """Return the image resized to side x side."""
    return np.asarray(Image.fromarray(image).resize((side, side), filter_))


def form(image: Pixels) -> Pixels:
    """Return 8 x 8 pixels, light on dark."""
    bitmap = resized(image, 32, Image.Resampling.BICUBIC) > 127
    counts = bitmap.reshape(8, 4, 8, 4).sum(axis=(1, 3))
    return (counts * 255 // 16).astype(np.uint8)


CONDITIONS: dict[str, Callable[[Pixels], Pixels]] = {
    "as it is": lambda image: image,
    "at 16x16": lambda image: resized(squared(image), 16, Image.Resampling.BOX),
    "at 16x16, stretched": lambda image: resized(stretchable(image), 16, Image.Resampling.BOX),
    "at 8x8": lambda image: form(squared(image)),
    "at 8x8, stretched": lambda image: form(stretchable(image)),
}


def small_digits(name: str, images: Pixels, labels: NDArray[np.uint8]) -> Iterator[Case]:
    """Yield every image, uint8 (N, 28, 28), under each condition, named "`name` CONDITION"."""
    for condition, convert in CONDITIONS.items():
        for image, label in zip(images, labels, strict=True):
            yield Case(convert(image), int(label), f"{name} {condition}")
