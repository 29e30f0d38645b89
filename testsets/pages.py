r"""Pages of handwriting with known text: MNIST's digits, arranged as numbers on generated paper.

Each digit is a MNIST image, enlarged smoothly and sharpened to the edge of a pen. Lines hold
numbers of 1 to 12 digits. Each page has one difficulty; `DIFFICULTIES` lists them.

    for sheet in composed(images, labels, count_per_difficulty=20, seed=1):
        sheet.picture     # bytes of a file, or a uint8 array: what a user would pass
        sheet.text        # "4096 17\n355"
        sheet.difficulty  # "clean", "touching", ...
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from testsets.pens import Gray, Ink, blur, jpeg, noise, on_paper, phone_jpeg, to_array
from testsets.sheet import Sheet

FINE = 8  # MNIST's 28 x 28 are enlarged by this factor before they are scaled to their size


@dataclass(frozen=True, kw_only=True)
class Hand:
    """How a page is written, lit and photographed."""

    lines: tuple[int, int] = (1, 3)
    """The least and the greatest number of lines."""
    touching: float = 0.0
    """The share of digits that touch the digit before them."""
    broken: float = 0.0
    """The share of digits that are broken in two."""
    slant: float = 0.0
    """The greatest slant to the right, in pixels per pixel of height; to the left, 0.4 times it."""
    sizes: float = 0.08
    """Digits are larger or smaller by up to this share."""
    slope: float = 0.01
    """The greatest rise or fall of a line, in pixels per pixel of width."""
    shadow: bool = False
    ruled: bool = False
    squared: bool = False
    specks: bool = False
    photo: bool = False
    light: bool = False


DIFFICULTIES: dict[str, Hand] = {
    "clean": Hand(),
    "shadow": Hand(shadow=True),
    "ruled": Hand(ruled=True),
    "squared": Hand(ruled=True, squared=True),
    "specks": Hand(specks=True),
    "touching": Hand(touching=0.5),
    "broken": Hand(broken=0.5),
    "slanted": Hand(slant=0.5),
    "mixed sizes": Hand(sizes=0.35),
    "phone photo, JPEG": Hand(photo=True),
    "light on dark": Hand(light=True),
    "several lines, sloping": Hand(lines=(4, 8), slope=0.06),
    "all of it": Hand(
        lines=(2, 5), touching=0.15, broken=0.1, slant=0.3, sizes=0.2, slope=0.04,
        shadow=True, ruled=True, specks=True, photo=True,
    ),
}  # fmt: skip


def composed(
    images: NDArray[np.uint8],
    labels: NDArray[np.integer],
    *,
    count_per_difficulty: int,
    seed: int,
    difficulties: Collection[str] = tuple(DIFFICULTIES),
) -> Iterator[Sheet]:
    """Yield pages of some difficulties; the same images and seed give the same pages.

    `images` are MNIST's digits, uint8 (N, 28, 28), and `labels` the digit on each, shape (N,).
    """
    for number, (difficulty, hand) in enumerate(DIFFICULTIES.items()):
        if difficulty not in difficulties:
            continue
        for index in range(count_per_difficulty):
            random = np.random.default_rng([seed, number, index])
            ink, text, height = written_page(images, labels, hand, random)
            yield Sheet(photographed(ink, height, hand, random), text, difficulty)


# --- writing -----------------------------------------------------------------------------------


def pen_drawn(image: NDArray[np.uint8], height: float, slant: float) -> Ink:
    """Return a MNIST digit as if drawn with a pen, cropped; MNIST's 20 pixels become `height`.

    It is enlarged by bicubic interpolation, blurred to remove the pixel squares, and steepened to
    the edge of a pen.
    """
    side = 28 * FINE
    large = Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)
    large = large.filter(ImageFilter.GaussianBlur(FINE * 0.35))
    wide = Image.new("L", (2 * side, side))
    wide.paste(large, (side // 2, 0))
    if slant:
        wide = wide.transform(
            wide.size, Image.Transform.AFFINE, (1, slant, -slant * side / 2, 0, 1, 0),
            Image.Resampling.BILINEAR,
        )  # fmt: skip
    scale = height / (20 * FINE)
    size = max(1, round(wide.width * scale)), max(1, round(wide.height * scale))
    soft = np.asarray(wide.resize(size, Image.Resampling.BOX), np.float32) / 255
    steep = min(4.0, 1 + height / 30)  # a small picture has soft edges
    ink = np.clip((soft - 0.45) * steep + 0.5, 0, 1) * (soft > 0.02)
    rows, columns = np.flatnonzero((ink > 0.3).any(1)), np.flatnonzero((ink > 0.3).any(0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def broken(ink: Ink, random: Generator) -> Ink:
    """Return a digit in two pieces, as if the pen skipped along a narrow band at any angle."""
    height, width = ink.shape
    y, x = np.mgrid[0:height, 0:width]
    angle = random.uniform(0, np.pi)
    middle = random.uniform(0.35, 0.65) * height, random.uniform(0.35, 0.65) * width
    off = (y - middle[0]) * np.cos(angle) + (x - middle[1]) * np.sin(angle)
    band = max(1.2, random.uniform(0.03, 0.07) * height)
    return ink * np.clip(np.abs(off) - band / 2 + 0.5, 0, 1).astype(np.float32)


def written_number(
    images: list[NDArray[np.uint8]], height: float, hand: Hand, slant: float, random: Generator
) -> Ink:
    """Return a number: its digits side by side on a line, some of them touching."""
    canvas = np.zeros((int(2.4 * height), int((len(images) + 1) * 1.7 * height)), np.float32)
    right = 0  # one past the last digit
    for image in images:
        size = height * random.uniform(1 - hand.sizes, 1 + hand.sizes)
        digit = pen_drawn(image, size, slant)
        if random.random() < hand.broken:
            digit = broken(digit, random)
        rows, columns = digit.shape
        foot = 1.6 * height + random.normal(0, 0.04 * height)  # the row under the digit
        top = min(max(0, round(foot - rows)), canvas.shape[0] - rows)
        band = canvas[top : top + rows]
        touches = right > 0 and random.random() < hand.touching
        gap = 0.0 if touches else random.uniform(0.08, 0.35) * height
        left = left_edge(band, digit, right, gap)
        if touches:
            left = max(0, left - max(1, round(random.uniform(0.01, 0.05) * height)))
        place = band[:, left : left + columns]
        np.maximum(place, digit, out=place)
        right = left + columns
    return canvas[:, : right + 1]


def left_edge(band: Ink, digit: Ink, right: int, gap: float) -> int:
    """Return the column of a digit's left edge, `gap` pixels of paper behind the ink before it."""
    if right == 0:
        return 0
    far = 10**6  # stands for a row without ink
    end = np.where((band > 0.3).any(1), band.shape[1] - (band[:, ::-1] > 0.3).argmax(1), -far)
    start = np.where((digit > 0.3).any(1), (digit > 0.3).argmax(1), far)
    padded = np.pad(end, 2, constant_values=-far)
    near = np.max([padded[i : i + len(end)] for i in range(5)], axis=0)  # up to two rows away
    left = int((near - start).max())
    if left < -far // 10:  # no row in common
        left = right
    return min(max(0, left + round(gap)), band.shape[1] - digit.shape[1])


def written_page(
    images: NDArray[np.uint8], labels: NDArray[np.integer], hand: Hand, random: Generator
) -> tuple[Ink, str, float]:
    """Return a page's ink, its text, and the height of its digits in pixels."""
    height = float(np.exp(random.uniform(np.log(20), np.log(120))))
    slant = random.uniform(-0.4 * hand.slant, hand.slant)
    slope = random.uniform(-hand.slope, hand.slope)
    pitch = height * random.uniform(1.7, 2.6)
    lines: list[list[tuple[int, Ink]]] = []  # each number's left edge and its ink
    texts = []
    for _ in range(int(random.integers(hand.lines[0], hand.lines[1] + 1))):
        left, words, numbers = random.uniform(0, 1.5) * height, [], []
        room = int(random.integers(1, 13))  # digits in the line
        while room > 0:
            length = min(room, int(random.integers(1, 13)))
            chosen = random.integers(0, len(images), length)
            number = written_number([images[i] for i in chosen], height, hand, slant, random)
            words.append("".join(str(labels[i]) for i in chosen))
            numbers.append((round(left), number))
            left += number.shape[1] + random.uniform(0.9, 2.0) * height
            room -= length
        lines.append(numbers)
        texts.append(" ".join(words))
    above, below, before, after = (int(random.uniform(0.3, 1.5) * height) + 4 for _ in range(4))
    width = max(left + ink.shape[1] for numbers in lines for left, ink in numbers)
    fall = int(abs(slope) * width) + 1
    rows = above + int(len(lines) * pitch + 2 * height) + 2 * fall + below
    canvas = np.zeros((rows, before + width + after), np.float32)
    strip_width = max(1, int(0.5 / max(abs(slope), 1e-3)))  # no step of a slope is above 1 pixel
    for index, numbers in enumerate(lines):
        wobble = random.normal(0, 0.15) * slope  # lines do not climb exactly alike
        for left, ink in numbers:
            for part in range(0, ink.shape[1], strip_width):
                strip = ink[:, part : part + strip_width]
                x = before + left + part
                y = above + fall + round(index * pitch + (slope + wobble) * x)
                y = min(max(0, y), canvas.shape[0] - ink.shape[0])
                place = canvas[y : y + ink.shape[0], x : x + strip.shape[1]]
                np.maximum(place, strip, out=place)
    return canvas, "\n".join(texts), height


# --- paper, light, camera ----------------------------------------------------------------------


def photographed(
    ink: Ink, height: float, hand: Hand, random: Generator
) -> bytes | NDArray[np.uint8]:
    """Return the page as a picture: its paper, its light, and the camera."""
    shape = ink.shape
    paper = random.uniform(190, 255)
    gray = on_paper(ink.astype(np.float64), paper, random.uniform(10, 0.45 * paper))
    if hand.ruled:
        gray = np.minimum(gray, paper - rules(shape, height, hand, random) * paper)
    if hand.specks:
        gray = np.minimum(gray, paper * (1 - specks(shape, height, random)))
    if hand.shadow:
        gray *= light_on(shape, random)
    if hand.light:
        gray = 255 - gray * random.uniform(0.7, 1)
    if not hand.photo:
        gray = noise(gray, random, random.uniform(0, 3))
        return to_array(gray) if random.random() < 0.7 else jpeg(gray, int(random.integers(60, 95)))
    turned = Image.fromarray(gray.astype(np.float32)).rotate(
        random.uniform(-2.5, 2.5), Image.Resampling.BICUBIC, fillcolor=float(np.median(gray))
    )
    gray = np.asarray(turned, np.float64) * light_on(shape, random)
    gray = noise(blur(gray, random.uniform(0.3, 0.02 * height)), random, random.uniform(2, 7))
    return phone_jpeg(gray, random, green=0.92, blue=0.8, quality=(45, 90))


def light_on(shape: tuple[int, ...], random: Generator) -> Gray:
    """Return factors for light that falls off to one side, with the shadow of a hand or a phone."""
    y, x = np.mgrid[0 : 1 : shape[0] * 1j, 0 : 1 : shape[1] * 1j]
    angle, depth = random.uniform(0, 6.28), random.uniform(0.2, 0.55)
    slope = np.cos(angle) * (x - 0.5) + np.sin(angle) * (y - 0.5)
    turn, place = random.uniform(0, 6.28), random.uniform(-0.25, 0.25)
    across = np.cos(turn) * (x - 0.5) + np.sin(turn) * (y - 0.5) - place
    across /= random.uniform(0.01, 0.12)  # how soft the shadow's edge is
    shadow = 1 - random.uniform(0.2, 0.5) / (1 + np.exp(-np.clip(across, -30, 30)))
    return (1 - depth * (0.5 + 0.7 * slope)) * shadow


def rules(shape: tuple[int, ...], height: float, hand: Hand, random: Generator) -> Ink:
    """Return printed lines or squares, level or up to 3 degrees off: their darkness, 0 to 1."""
    tilt = random.choice([0.0, np.tan(np.radians(random.uniform(-3, 3)))])
    thick = max(1.0, height * random.uniform(0.015, 0.05))
    step = height * (random.uniform(0.4, 0.9) if hand.squared else random.uniform(1.0, 2.0))
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    lines = np.zeros(shape, np.float32)
    for along in (y - tilt * x, x + tilt * y)[: 2 if hand.squared else 1]:
        off = np.abs((along + random.uniform(0, step)) % step - step / 2)
        lines = np.maximum(lines, np.clip(thick / 2 - off + 0.5, 0, 1))
    return lines * np.float32(random.uniform(0.1, 0.45))


def specks(shape: tuple[int, ...], height: float, random: Generator) -> Ink:
    """Return dust and drops: dots up to a tenth of a digit wide, 0.5 to 3 per square of a digit."""
    dots = np.zeros(shape, np.float32)
    for _ in range(int(shape[0] * shape[1] / height**2 * random.uniform(0.5, 3))):
        radius = height * random.uniform(0.01, 0.05)
        cy, cx = random.uniform(0, shape[0]), random.uniform(0, shape[1])
        top, left = int(max(0, cy - radius - 1)), int(max(0, cx - radius - 1))
        y, x = np.mgrid[top : int(cy + radius + 2), left : int(cx + radius + 2)]
        dot = np.clip(radius - np.hypot(y - cy, x - cx) + 0.5, 0, 1) * random.uniform(0.3, 0.9)
        place = dots[top : top + dot.shape[0], left : left + dot.shape[1]]
        np.maximum(place, dot[: place.shape[0], : place.shape[1]], out=place)
    return dots
