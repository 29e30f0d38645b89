"""Training images as they come back from other people's scanners and paint programs.

Each is made small, blurred, black and white or reduced to a few grays, and then restored by
`digitlab.pictures.digit.prepare`, which every picture passes through before the network reads it.
So the network learns what such pictures look like when it sees them.

Some ones get the flag and the foot, and some sevens the bar, with which much of the world writes
them and the writers of MNIST seldom did: a network that has not seen a one with a flag takes it
for a seven.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from digitlab.pictures.digit import SIDE, has_ink, prepare
from digitlab.pictures.raster import bounds, stroke_width

Random = np.random.Generator
Image28 = NDArray[np.uint8]  # 28 x 28
Spot = tuple[float, float]  # x and y
Pixels = NDArray[np.float32]  # height x width, 0 = paper to 1 = ink

FINE = 48  # pixels of the digit's longer side while it is drawn again: as a scanner sees it
SIDES = (8, 16, 10, 12, 14, 18, 20, 24, 28)  # pixels of the longer side at which it is kept
HOW_OFTEN = (0.25, 0.25, 0.1, 0.1, 0.08, 0.06, 0.06, 0.05, 0.05)  # forms are 8, post is 16
GREYS = 16  # steps from paper to ink in the forms' digits
FLAGGED, BARRED = 0.4, 0.2  # the shares of the ones that get a flag, of the sevens that get a bar
FINER = 4  # times as fine as the image is the grid on which they are drawn


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
            degraded(written_elsewhere(image, int(label), random), random)
            for image, label in zip(images, labels, strict=True)
        ]
    )


def written_elsewhere(image: Image28, label: int, random: Random) -> Image28:
    """Return a one with a flag, or a seven with a bar; most of them and all others as they are."""
    if random.random() >= {1: FLAGGED, 7: BARRED}.get(label, 0):
        return image
    inked = image > 127
    top, bottom, _, _ = bounds(inked)
    height, pen = (bottom - top) * FINER, max(1, round(stroke_width(inked) * FINER))
    large = Image.fromarray(image).resize((SIDE * FINER, SIDE * FINER), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(large)
    for begin, end in (flag if label == 1 else bar)(inked, top * FINER, height, pen, random):
        draw.line([begin, end], fill=255, width=pen)
    return np.asarray(large.resize((SIDE, SIDE), Image.Resampling.BOX))


def flag(
    inked: NDArray[np.bool_], top: int, height: int, pen: int, random: Random
) -> list[tuple[Spot, Spot]]:
    """Return a stroke down to the left from a one's top, and now and then one along its foot."""
    first, last = stem_at(inked, 0.0), stem_at(inked, 1.0)
    leaning = np.degrees(np.arctan2(height, last - first))  # 90: upright; above: to the right
    angle = np.radians(min(145, leaning + random.uniform(30, 75)))  # 180 would be a seven's bar
    length = random.uniform(0.2, 0.45) * height
    y = top + pen / 2
    strokes = [((first, y), (first + length * np.cos(angle), y + length * np.sin(angle)))]
    if leaning < 105 and random.random() < 0.35:  # one that leans more would be a two
        before, after = random.uniform(0.1, 0.35, 2) * height
        y = top + height - pen / 2
        strokes.append(((last - before, y), (last + after, y)))
    return strokes


def bar(
    inked: NDArray[np.bool_], top: int, height: int, _pen: int, random: Random
) -> list[tuple[Spot, Spot]]:
    """Return a stroke across a seven's stem."""
    place = random.uniform(0.4, 0.6)
    x, y = stem_at(inked, place), top + place * height
    before, after = random.uniform(0.18, 0.35, 2) * height
    tilt = random.uniform(-0.2, 0.2)
    return [((x - before, y + tilt * before), (x + after, y - tilt * after))]


def stem_at(inked: NDArray[np.bool_], place: float) -> float:
    """Return the ink's middle in one row, finely: from the top row (place 0) to the last (1)."""
    top, bottom, _, _ = bounds(inked)
    columns = np.flatnonzero(inked[top + round(place * (bottom - 1 - top))])
    return float(columns.mean() + 0.5) * FINER if len(columns) else SIDE * FINER / 2


def degraded(image: Image28, random: Random) -> Image28:
    """Return one degraded copy; the image itself if too little of it is left to be found."""
    small = kept_small(drawn_again(image, random), random)
    ink, paper = random.uniform(0.7, 1), random.uniform(0, 0.15)
    gray = 255 * (paper + (ink - paper) * small)
    if random.random() < 0.5:  # dark on light
        gray = 255 - gray
    restored = prepare(np.rint(gray).astype(np.uint8))
    return restored if has_ink(restored) else image


def drawn_again(image: Image28, random: Random) -> Pixels:
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
    if side >= 16 and random.random() < 0.4:  # a paint program knows no gray
        small = (small > random.uniform(0.3, 0.6)).astype(np.float32)
    elif random.random() < 0.5:
        small = np.rint(small * GREYS) / np.float32(GREYS)
    if random.random() < 0.5:  # in the middle of a square
        spare = max(small.shape) - np.array(small.shape)
        small = np.pad(small, [(n // 2, n - n // 2) for n in spare.tolist()])
    if random.random() < 0.4:  # a margin on some sides
        small = np.pad(small, random.integers(0, 3, (2, 2)).tolist())
    return small
