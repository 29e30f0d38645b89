"""Pictures that show no digit, so that the network can learn to be unsure.

A part is drawn (`doodles.py`), a part is made of training images: turned, mirrored, squeezed side
by side, cut up; the rest is blobs and textures. All go through the recipe that restores pictures
for the network, as a user's pictures would.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from digitlab.errors import DigitlabError
from digitlab.pictures.digit import to_mnist
from digitlab.pictures.raster import bounds
from digitlab.synth.doodles import DOODLES, Ink, Random, drawn

Images = NDArray[np.uint8]  # N x 28 x 28
Labels = NDArray[np.int64]  # N

COUNT = 20_000  # how many are made: a minute's work is the limit
TURNABLE = (3, 4)  # digits that are none when they lie on their side, or in a mirror
UPSET = (3, 4, 7)  # digits that are none upside down


def non_digits(images: Images, labels: Labels, *, seed: int, count: int = COUNT) -> Images:
    """Return pictures of no digit, uint8 (count, 28, 28); about 0.7 ms each.

    Parameters
    ----------
    images, labels
        uint8 (N, 28, 28) and (N,): the training images that some are made of.
    seed
        The same seed and images give the same pictures.
    count
        How many, 1 or more.

    Raises
    ------
    DigitlabError
        If the images are too few to hold every digit.
    """
    if set(range(10)) - set(labels.tolist()):
        raise DigitlabError("pictures of no digit are made of all ten: give more training images")
    random = np.random.default_rng([seed, 2])
    made: list[NDArray[np.uint8]] = []
    while len(made) < count:
        if random.random() < 0.6:
            doodle = DOODLES[int(random.integers(len(DOODLES)))]
            ink = drawn(doodle(random), random)
        else:
            make = OTHERS[int(random.integers(len(OTHERS)))]
            ink = make(images, labels, random)
        picture = to_mnist(ink)
        if picture.any():
            made.append(picture)
    return np.stack(made)


def one_of(images: Images, labels: Labels, digits: tuple[int, ...], random: Random) -> Ink:
    """Return a training image of one of these digits, cut to its ink."""
    while True:
        index = int(random.integers(len(images)))
        if labels[index] in digits:
            top, bottom, left, right = bounds(images[index] > 0)
            digit = images[index, top:bottom, left:right]
            return digit.astype(np.float32) / np.float32(255)


def lying(images: Images, labels: Labels, random: Random) -> Ink:
    """Lay a digit on its side, or look at it in a mirror."""
    digit = one_of(images, labels, TURNABLE, random)
    quarters = int(random.integers(3))
    return digit[:, ::-1] if quarters == 0 else np.rot90(digit, 2 * quarters - 1)


def upset(images: Images, labels: Labels, random: Random) -> Ink:
    """Turn a digit upside down."""
    return one_of(images, labels, UPSET, random)[::-1, ::-1]


def squeezed(images: Images, labels: Labels, random: Random) -> Ink:
    """Write two or three digits into the place of one."""
    parts = []
    for _ in range(int(random.choice([2, 2, 3]))):
        digit = one_of(images, labels, tuple(range(10)), random)
        space = random.integers(0, 14, 2) // 5
        parts.append(np.pad(digit, ((0, 20 - min(20, len(digit))), tuple(space)))[:20])
    return np.concatenate(parts, axis=1)


def mosaic(images: Images, labels: Labels, random: Random) -> Ink:
    """Put quarters of four images together, each in a place that is not its own."""
    quarters = []
    for place in random.permutation(4):
        row, column = divmod(int(place), 2)
        image = images[int(random.integers(len(images)))]
        quarters.append(image[4 + 10 * row : 14 + 10 * row, 4 + 10 * column : 14 + 10 * column])
    whole = np.block([[quarters[3], quarters[2]], [quarters[1], quarters[0]]])
    return whole.astype(np.float32) / np.float32(255)


def blob(_images: Images, _labels: Labels, random: Random) -> Ink:
    """Let ink run into patches, large or small."""
    return (cloudy(random) > random.uniform(0.5, 0.75)).astype(np.float32)


def texture(_images: Images, _labels: Labels, random: Random) -> Ink:
    """Return light and shadow that hold no stroke: a cloud, a slope, or both with noise."""
    x, y = np.meshgrid(np.linspace(-1, 1, 40), np.linspace(-1, 1, 40))
    slope = x * random.normal() + y * random.normal()
    gray = random.random() * cloudy(random) + random.random() * slope
    gray = gray + random.uniform(0, 0.5) * random.normal(size=gray.shape)
    low, high = np.quantile(gray, [0.3, 0.98])
    ink: Ink = np.clip((gray - low) / (high - low), 0, 1).astype(np.float32)
    return ink


def cloudy(random: Random) -> Ink:
    """Return a cloud of a random grain: float32, 40 x 40, from 0 to 1."""
    speckles = Image.fromarray(random.integers(0, 256, (40, 40), dtype=np.uint8))
    soft = speckles.filter(ImageFilter.GaussianBlur(random.uniform(0.8, 5)))
    cloud = np.asarray(soft, np.float32)
    scaled: Ink = (cloud - cloud.min()) / max(1, cloud.max() - cloud.min())
    return scaled


OTHERS: tuple[Callable[[Images, Labels, Random], Ink], ...] = (
    *(lying, upset, squeezed, mosaic),
    *(blob, texture),
)
"""What is not drawn with a pen, each used as often as any other."""
