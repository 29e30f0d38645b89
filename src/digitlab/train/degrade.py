"""Training images as they come back from other people's scanners and paint programs.

Each is made small, soft, black and white or of few greys, and then restored by
`digitlab.core.image.prepare`, through which every picture goes that the network is to read. So the
network learns what such pictures look like at the moment when it sees them.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from digitlab.core.image import bounds, has_ink, prepare

Random = np.random.Generator
Pixels = NDArray[np.float32]  # height x width, 0 = paper to 1 = ink

FINE = 48  # pixels of the digit's longer side while it is drawn again: as a scanner sees it
SIDES = (8, 16, 10, 12, 14, 18, 20, 24, 28)  # pixels of the longer side at which it is kept
HOW_OFTEN = (0.25, 0.25, 0.1, 0.1, 0.08, 0.06, 0.06, 0.05, 0.05)  # forms are 8, post is 16
GREYS = 16  # steps from paper to ink in the forms' digits


def degraded_copies(images: NDArray[np.uint8], *, seed: int) -> NDArray[np.uint8]:
    """Return one degraded copy of each image, uint8 (N, 28, 28); about 0.8 ms each.

    Parameters
    ----------
    images
        uint8 (N, 28, 28), of MNIST's kind.
    seed
        Image number i of the same array and seed always becomes the same copy.
    """
    random = np.random.default_rng([seed, 1])
    return np.stack([degraded(image, random) for image in images])


def degraded(image: NDArray[np.uint8], random: Random) -> NDArray[np.uint8]:
    """Return one degraded copy; the image itself if too little of it is left to be found."""
    small = kept_small(drawn_again(image, random), random)
    ink, paper = random.uniform(0.7, 1), random.uniform(0, 0.15)
    grey = 255 * (paper + (ink - paper) * small)
    if random.random() < 0.5:  # dark on light
        grey = 255 - grey
    restored = prepare(np.rint(grey).astype(np.uint8))
    return restored if has_ink(restored) else image


def drawn_again(image: NDArray[np.uint8], random: Random) -> Pixels:
    """Return the digit alone, cut to its ink, smooth and large, by a pen of another width."""
    top, bottom, left, right = bounds(image > 127)
    height, width = bottom - top, right - left
    scale = FINE / max(height, width)
    size = round(width * scale), round(height * scale)
    if random.random() < 0.3:  # some forms stretch each digit until it fills its box
        narrowest = round(0.5 * FINE)
        size = FINE if size[0] > narrowest else size[0], FINE if size[1] > narrowest else size[1]
    cut = Image.fromarray(image).resize(
        (max(4, size[0]), max(4, size[1])),
        Image.Resampling.BICUBIC,
        box=(left, top, right, bottom),
    )
    soft = np.asarray(cut, np.float32) / 255
    if random.random() < 0.5:  # black and white, where the pen's edge is said to be
        return (soft > random.uniform(0.25, 0.75)).astype(np.float32)
    return soft


def kept_small(drawn: Pixels, random: Random) -> Pixels:
    """Return the digit at a few pixels a side, as forms, post and paint programs keep it."""
    side = int(random.choice(SIDES, p=HOW_OFTEN))
    soft = Image.fromarray(np.rint(255 * drawn).astype(np.uint8))
    if random.random() < 0.5:
        soft = soft.filter(ImageFilter.GaussianBlur(random.uniform(0, 0.5) * FINE / side))
    size = [max(2, round(length * side / FINE)) for length in (soft.width, soft.height)]
    small = np.asarray(soft.resize(size, Image.Resampling.BOX), np.float32) / 255
    if side >= 16 and random.random() < 0.4:  # a paint program knows no grey
        small = (small > random.uniform(0.3, 0.6)).astype(np.float32)
    elif random.random() < 0.5:
        small = np.rint(small * GREYS) / GREYS
    if random.random() < 0.5:  # in the middle of a square
        spare = max(small.shape) - np.array(small.shape)
        small = np.pad(small, [(n // 2, n - n // 2) for n in spare.tolist()])
    if random.random() < 0.4:  # a margin on some sides
        small = np.pad(small, random.integers(0, 3, (2, 2)).tolist())
    return small
