"""Pictures that show no digit, so that the network can learn to recognize them.

Letters, symbols and doodles are drawn with a pen, or printed; others are pieces of photographs,
are made of training images (turned, mirrored, side by side, cut up), or are blobs and textures.
All go through the preprocessing that a user's picture goes through, and some are degraded as the
copies of `degraded.py` are.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from digitlab.errors import DigitlabError
from digitlab.glyphs.choice import one_of
from digitlab.glyphs.doodles import DOODLES
from digitlab.pictures.digit import Digit, to_mnist
from digitlab.pictures.ink import Ink
from digitlab.pictures.raster import bounds
from digitlab.synth.degraded import degraded_copy
from digitlab.synth.letters import (
    LETTERS,
    PRINTED_LETTERS,
    PRINTED_SYMBOLS,
    SYMBOLS,
    printed_characters,
    written_character,
)
from digitlab.synth.pen_drawing import pen_drawing
from digitlab.synth.photographs import PHOTOGRAPHS, photograph_piece

_COUNT = 30_000  # how many are made by default: more would take longer than a minute
_DEGRADED = 0.3  # the share that is degraded
SIDEWAYS = (3, 4)  # these digits are no digits when they lie on their side or are mirrored
UPSIDE_DOWN = (3, 4, 7)  # these are none upside down

Images = NDArray[np.uint8]  # N x 28 x 28
_Labels = NDArray[np.integer]  # N


@dataclass(frozen=True, kw_only=True)
class Material:
    """What the pictures are made of."""

    images: Images
    labels: _Labels
    """Images in MNIST's format, and their digits."""
    held_out: bool = False
    """Whether faces, fonts and photographs are those that no network learns from."""


def non_digits(images: Images, labels: _Labels, *, seed: int, count: int = _COUNT) -> Images:
    """Return pictures of no digit to learn from, uint8 (count, 28, 28); about 1 ms each.

    Some are made of the training images given, uint8 (N, 28, 28). The same images and seed always
    give the same pictures. Raises DigitlabError if the images do not include every digit, or a
    package with letters, fonts or photographs is missing.
    """
    material = Material(images=images, labels=labels)
    _check(material)
    random = np.random.default_rng([seed, 2])
    shares = np.cumsum([share for share, _ in KINDS.values()])
    makers = [make for _, make in KINDS.values()]
    chosen = np.searchsorted(shares, random.random(count) * shares[-1], side="right")
    return np.stack([_picture(makers[kind], material, random) for kind in chosen])


def held_out_non_digits(
    images: Images, labels: _Labels, *, seed: int, count: int
) -> dict[str, Images]:
    """Return `count` pictures of each kind of no digit to test with, uint8 (count, 28, 28).

    Faces, fonts and photographs are others than those of `non_digits`; the images should be
    held-out ones, too. Raises as `non_digits` does.
    """
    material = Material(images=images, labels=labels, held_out=True)
    _check(material)
    random = np.random.default_rng([seed, 3])
    return {
        kind: np.stack([_picture(make, material, random) for _ in range(count)])
        for kind, (_, make) in KINDS.items()
    }


def _check(material: Material) -> None:
    if set(range(10)) - set(material.labels.tolist()):
        raise DigitlabError("pictures of no digit need all ten digits; use more training images")


def _picture(make: "_Make", material: Material, random: Generator) -> Digit:
    """Return one picture that is not blank."""
    while True:
        picture = make(material, random)
        if picture.any():
            break
    return degraded_copy(picture, random) if random.random() < _DEGRADED else picture


def _drawn(draw: "_Draw") -> "_Make":
    """Return what prepares the ink that `draw` leaves."""
    return lambda material, random: to_mnist(draw(material, random))


def _letter(material: Material, random: Generator) -> Ink:
    return written_character(LETTERS[material.held_out], random)


def _printed_letters(material: Material, random: Generator) -> Ink:
    longest = 4 if random.random() < 0.3 else 1
    return printed_characters(PRINTED_LETTERS[material.held_out], random, longest=longest)


def _symbol(material: Material, random: Generator) -> Ink:
    if random.random() < 0.4:
        return printed_characters(PRINTED_SYMBOLS[material.held_out], random)
    return written_character(SYMBOLS[material.held_out], random)


def _photograph(material: Material, random: Generator) -> Digit:
    return photograph_piece(PHOTOGRAPHS[material.held_out], random)


def _doodle(_material: Material, random: Generator) -> Ink:
    return pen_drawing(one_of(DOODLES, random)(random), random)


def _random_digit(material: Material, digits: tuple[int, ...], random: Generator) -> Ink:
    """Return a training image of one of these digits, cut to its ink."""
    while True:
        index = int(random.integers(len(material.images)))
        if material.labels[index] in digits:
            top, bottom, left, right = bounds(material.images[index] > 0)
            cut: Ink = material.images[index, top:bottom, left:right].astype(np.float32)
            return cut / np.float32(255)


def turned(material: Material, random: Generator) -> Ink:
    """Turn a digit by a quarter or upside down, or mirror it, where that makes it no digit."""
    if random.random() < 0.5:
        return _random_digit(material, UPSIDE_DOWN, random)[::-1, ::-1]
    digit = _random_digit(material, SIDEWAYS, random)
    quarters = int(random.integers(3))
    return digit[:, ::-1] if quarters == 0 else np.rot90(digit, 2 * quarters - 1)


def _several(material: Material, random: Generator) -> Ink:
    """Put two or three digits side by side in the place of one."""
    parts = []
    for _ in range(int(random.choice([2, 2, 3]))):
        digit = _random_digit(material, tuple(range(10)), random)
        space = random.integers(0, 14, 2) // 5
        parts.append(np.pad(digit, ((0, 20 - min(20, len(digit))), tuple(space)))[:20])
    return np.concatenate(parts, axis=1)


def _parts(material: Material, random: Generator) -> Ink:
    """Cut a digit off, or combine quarters of four images, each in a corner not its own."""
    if random.random() < 0.4:
        digit = _random_digit(material, (2, 3, 4, 5, 8), random)  # of others, a digit might be left
        height, width = digit.shape
        keep = random.uniform(0.3, 0.55)
        if random.random() < 0.5:
            rows = round(keep * height)
            return digit[:rows] if random.random() < 0.5 else digit[-rows:]
        columns = max(2, round(keep * width))
        return digit[:, :columns] if random.random() < 0.5 else digit[:, -columns:]
    quarters = []
    for place in random.permutation(4):
        row, column = divmod(int(place), 2)
        image = material.images[int(random.integers(len(material.images)))]
        quarters.append(image[4 + 10 * row : 14 + 10 * row, 4 + 10 * column : 14 + 10 * column])
    whole = np.block([[quarters[3], quarters[2]], [quarters[1], quarters[0]]])
    return whole.astype(np.float32) / np.float32(255)


def _texture(_material: Material, random: Generator) -> Ink:
    """Return patches of ink, or light and shadow without strokes: a cloud, a slope and noise."""
    if random.random() < 0.5:
        return (_cloud(random) > random.uniform(0.5, 0.75)).astype(np.float32)
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


_Draw = Callable[[Material, Generator], Ink]
_Make = Callable[[Material, Generator], Digit]

KINDS: dict[str, tuple[float, _Make]] = {
    "letters": (0.27, _drawn(_letter)),
    "printed letters": (0.12, _drawn(_printed_letters)),
    "symbols": (0.16, _drawn(_symbol)),
    "doodles": (0.15, _drawn(_doodle)),
    "photographs": (0.12, _photograph),
    "digits on their side": (0.05, _drawn(turned)),
    "several digits": (0.05, _drawn(_several)),
    "parts of digits": (0.05, _drawn(_parts)),
    "textures": (0.03, _drawn(_texture)),
}
"""Each kind's share of the pictures to learn from, and what makes one: all black is no picture."""
