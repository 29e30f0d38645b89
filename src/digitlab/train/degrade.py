"""Training images as they come back from other people's scanners and paint programs.

Each is made small, soft, black and white or of few greys, and then restored by
`digitlab.core.image.prepare`, through which every picture goes that the network is to read. So the
network learns what such pictures look like at the moment when it sees them.

Some ones get the flag and the foot that much of the world writes them with, and that the writers
of MNIST left out: without them every such one is taken for a seven.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from digitlab.core.image import bounds, has_ink, prepare, stroke_width

Random = np.random.Generator
Pixels = NDArray[np.float32]  # height x width, 0 = paper to 1 = ink

FINE = 48  # pixels of the digit's longer side while it is drawn again: as a scanner sees it
SIDES = (8, 16, 10, 12, 14, 18, 20, 24, 28)  # pixels of the longer side at which it is kept
HOW_OFTEN = (0.25, 0.25, 0.1, 0.1, 0.08, 0.06, 0.06, 0.05, 0.05)  # forms are 8, post is 16
GREYS = 16  # steps from paper to ink in the forms' digits
FLAGGED = 0.4  # the share of the ones that get a flag
FINER = 4  # times as fine as the image is the grid on which the flag is drawn


def degraded_copies(
    images: NDArray[np.uint8], labels: NDArray[np.integer], *, seed: int
) -> NDArray[np.uint8]:
    """Return one degraded copy of each image, uint8 (N, 28, 28); about 0.8 ms each.

    Parameters
    ----------
    images, labels
        uint8 (N, 28, 28) and (N,), of MNIST's kind.
    seed
        Image number i of the same array and seed always becomes the same copy.
    """
    random = np.random.default_rng([seed, 1])
    return np.stack(
        [
            degraded(flagged(image, random) if label == 1 else image, random)
            for image, label in zip(images, labels, strict=True)
        ]
    )


def flagged(image: NDArray[np.uint8], random: Random) -> NDArray[np.uint8]:
    """Return a one with a short stroke down to the left from its top, and now and then a foot."""
    if random.random() >= FLAGGED:
        return image
    inked = image > 127
    top, bottom, _, _ = bounds(inked)
    height, pen = (bottom - top) * FINER, max(1, round(stroke_width(inked) * FINER))
    first, last = ((np.flatnonzero(inked[row]).mean() + 0.5) * FINER for row in (top, bottom - 1))
    large = Image.fromarray(image).resize(
        (image.shape[1] * FINER, image.shape[0] * FINER), Image.Resampling.BICUBIC
    )
    draw = ImageDraw.Draw(large)
    stem = np.degrees(np.arctan2(height, last - first))  # 90: straight down; above: to the left
    angle = np.radians(min(145, stem + random.uniform(30, 75)))  # 180 would be a seven's bar
    length = random.uniform(0.2, 0.45) * height
    y = top * FINER + pen / 2
    end = first + length * np.cos(angle), y + length * np.sin(angle)
    draw.line([(first, y), end], fill=255, width=pen)
    if stem < 105 and random.random() < 0.35:  # leaning more, it would be a two
        y = bottom * FINER - pen / 2
        before, after = random.uniform(0.1, 0.35, 2) * height
        draw.line([(last - before, y), (last + after, y)], fill=255, width=pen)
    return np.asarray(large.resize(image.shape[::-1], Image.Resampling.BOX))


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
    soft = np.asarray(cut, np.float32) / np.float32(255)
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
    small = np.asarray(soft.resize(size, Image.Resampling.BOX), np.float32) / np.float32(255)
    if side >= 16 and random.random() < 0.4:  # a paint program knows no grey
        small = (small > random.uniform(0.3, 0.6)).astype(np.float32)
    elif random.random() < 0.5:
        small = np.rint(small * GREYS) / np.float32(GREYS)
    if random.random() < 0.5:  # in the middle of a square
        spare = max(small.shape) - np.array(small.shape)
        small = np.pad(small, [(n // 2, n - n // 2) for n in spare.tolist()])
    if random.random() < 0.4:  # a margin on some sides
        small = np.pad(small, random.integers(0, 3, (2, 2)).tolist())
    return small
