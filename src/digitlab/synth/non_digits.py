"""Pictures that show no digit, so that the network can learn to be unsure.

Some are drawn (`doodles.py`), some are made of training images (turned, mirrored, squeezed side by
side, cut up), and the rest are blobs and textures. All go through the recipe that prepares a
user's picture for the network.
"""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from digitlab.errors import DigitlabError
from digitlab.pictures.digit import to_mnist
from digitlab.pictures.ink import Ink
from digitlab.pictures.raster import bounds
from digitlab.synth.doodles import DOODLES, pen_drawing

_COUNT = 20_000  # how many are made by default: more would take longer than a minute
SIDEWAYS = (3, 4)  # these digits are no digits when they lie on their side or are mirrored
UPSIDE_DOWN = (3, 4, 7)  # these are none upside down

_Images = NDArray[np.uint8]  # N x 28 x 28
_Labels = NDArray[np.int64]  # N


def non_digits(images: _Images, labels: _Labels, *, seed: int, count: int = _COUNT) -> _Images:
    """Return pictures of no digit, uint8 (count, 28, 28); about 0.7 ms each.

    Some are made of the training images given, uint8 (N, 28, 28). The same images and seed always
    give the same pictures. Raises DigitlabError if the images do not include every digit.
    """
    if set(range(10)) - set(labels.tolist()):
        raise DigitlabError("pictures of no digit need all ten digits; use more training images")
    random = np.random.default_rng([seed, 2])
    made: list[NDArray[np.uint8]] = []
    while len(made) < count:
        if random.random() < 0.6:
            doodle = DOODLES[int(random.integers(len(DOODLES)))]
            ink = pen_drawing(doodle(random), random)
        else:
            make = OTHERS[int(random.integers(len(OTHERS)))]
            ink = make(images, labels, random)
        if (picture := to_mnist(ink)).any():
            made.append(picture)
    return np.stack(made)


def _random_digit(
    images: _Images, labels: _Labels, digits: tuple[int, ...], random: Generator
) -> Ink:
    """Return a training image of one of these digits, cut to its ink."""
    while True:
        index = int(random.integers(len(images)))
        if labels[index] in digits:
            top, bottom, left, right = bounds(images[index] > 0)
            return images[index, top:bottom, left:right].astype(np.float32) / np.float32(255)


def _sideways(images: _Images, labels: _Labels, random: Generator) -> Ink:
    """Turn a digit by a quarter, or mirror it."""
    digit = _random_digit(images, labels, SIDEWAYS, random)
    quarters = int(random.integers(3))
    return digit[:, ::-1] if quarters == 0 else np.rot90(digit, 2 * quarters - 1)


def _upside_down(images: _Images, labels: _Labels, random: Generator) -> Ink:
    """Turn a digit upside down."""
    return _random_digit(images, labels, UPSIDE_DOWN, random)[::-1, ::-1]


def _squeezed(images: _Images, labels: _Labels, random: Generator) -> Ink:
    """Put two or three digits side by side in the place of one."""
    parts = []
    for _ in range(int(random.choice([2, 2, 3]))):
        digit = _random_digit(images, labels, tuple(range(10)), random)
        space = random.integers(0, 14, 2) // 5
        parts.append(np.pad(digit, ((0, 20 - min(20, len(digit))), tuple(space)))[:20])
    return np.concatenate(parts, axis=1)


def _mosaic(images: _Images, labels: _Labels, random: Generator) -> Ink:
    """Combine quarters of four images, each in a corner that is not its own."""
    quarters = []
    for place in random.permutation(4):
        row, column = divmod(int(place), 2)
        image = images[int(random.integers(len(images)))]
        quarters.append(image[4 + 10 * row : 14 + 10 * row, 4 + 10 * column : 14 + 10 * column])
    whole = np.block([[quarters[3], quarters[2]], [quarters[1], quarters[0]]])
    return whole.astype(np.float32) / np.float32(255)


def _blob(_images: _Images, _labels: _Labels, random: Generator) -> Ink:
    """Return patches of ink, large or small."""
    return (_cloud(random) > random.uniform(0.5, 0.75)).astype(np.float32)


def _texture(_images: _Images, _labels: _Labels, random: Generator) -> Ink:
    """Return light and shadow without any stroke: a cloud plus a slope plus noise."""
    x, y = np.meshgrid(np.linspace(-1, 1, 40), np.linspace(-1, 1, 40))
    slope = x * random.normal() + y * random.normal()
    gray = random.random() * _cloud(random) + random.random() * slope
    gray = gray + random.uniform(0, 0.5) * random.normal(size=gray.shape)
    low, high = np.quantile(gray, [0.3, 0.98])
    return np.asarray(np.clip((gray - low) / (high - low), 0, 1), np.float32)


def _cloud(random: Generator) -> Ink:
    """Return blurred noise, coarse or fine: 40 x 40, from 0 to 1."""
    noise = Image.fromarray(random.integers(0, 256, (40, 40), dtype=np.uint8))
    cloud = np.asarray(noise.filter(ImageFilter.GaussianBlur(random.uniform(0.8, 5))), np.float32)
    return np.asarray((cloud - cloud.min()) / max(1, np.ptp(cloud)), np.float32)


OTHERS = (_sideways, _upside_down, _squeezed, _mosaic, _blob, _texture)
"""The pictures that are not drawn with a pen; each is equally likely."""
