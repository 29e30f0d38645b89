"""Pictures that take a reader as much time and memory as pictures can: mazes, noise, full pages.

They are drawn from a seed at any size, and are small as files: a maze of 1600 x 1600 takes 190 kB.

    for name, content in worst_pictures(side=1600):
        content     # bytes of a PNG or JPEG
"""

import io
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Black = NDArray[np.bool_]  # height x width, True = ink


def checkerboard(side: int, square: int) -> Black:
    """Return squares that touch at their corners, so that all of them are one region."""
    index = np.arange(side) // square
    return np.add.outer(index, index) % 2 == 0


def spiral(side: int, pitch: int) -> Black:
    """Return one line that runs from the border to the middle: few pixels connect much."""
    black = np.zeros((side, side), bool)
    low, high, line = 0, side - 1, max(1, pitch // 2)
    while high - low > 2 * pitch:
        black[low : low + line, max(0, low - pitch) : high + 1] = True
        black[low : high + 1, high - line + 1 : high + 1] = True
        black[high - line + 1 : high + 1, low : high + 1] = True
        low += pitch
        black[low : high + 1, low - pitch : low - pitch + line] = True
        high -= pitch
    return black


def comb(side: int, pitch: int) -> Black:
    """Return teeth that are joined at their lower ends only, each with the next one."""
    black = np.zeros((side, side), bool)
    black[:, ::pitch] = True
    for start in (0, pitch):
        row = -1 if start else -3
        for left in range(start, side - pitch, 2 * pitch):
            black[row, left : left + pitch + 1] = True
    return black


def hilbert(side: int) -> Black:
    """Return a Hilbert curve: one line that fills the square and never meets itself."""
    order = max(1, (side // 2).bit_length() - 1)
    path = np.array([[0, 0]])
    for level in range(order):
        far = 2**level
        path = np.concatenate(
            [
                path[:, ::-1],
                path + np.array([0, far]),
                path + far,
                [2 * far - 1, far - 1] - path[:, ::-1],
            ]
        )
    black = np.zeros((side, side), bool)
    places = 2 * path
    black[places[:, 0], places[:, 1]] = True
    between = (places[1:] + places[:-1]) // 2
    black[between[:, 0], between[:, 1]] = True
    return black


def maze(side: int, cell: int, seed: int) -> Black:
    """Return the walls of a maze: every wall hangs together with every other, by one way only.

    Each post of a grid is joined with one that is nearer to the border, chosen at random.
    """
    random = np.random.default_rng(seed)
    count = side // cell
    black = np.zeros((side, side), bool)
    black[:1], black[-1:], black[:, :1], black[:, -1:] = True, True, True, True
    goes_up = random.random((count, count)) < 0.5
    ups, others = (np.stack(np.nonzero(it)) * cell for it in (goes_up, ~goes_up))  # 2 x N
    for back in range(cell + 1):
        black[np.maximum(ups[0] - back, 0), ups[1]] = True
        black[others[0], np.maximum(others[1] - back, 0)] = True
    return black


def walls(side: int, seed: int) -> Black:
    """Return pixels at random, at the density at which they just hang together."""
    return np.random.default_rng(seed).random((side, side)) < 0.407


def digits(side: int, height: int, seed: int) -> Black:
    """Return a page full of printed digits, in words of six."""
    random = np.random.default_rng(seed)
    page = Image.new("1", (side, side), 1)
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(1.4 * height)
    for top in range(height, side - 2 * height, round(1.5 * height)):
        for place, left in enumerate(range(height, side - 2 * height, height)):
            if place % 7 != 6:
                draw.text((left, top), str(random.integers(10)), 0, font)
    return ~np.asarray(page)


def png(black: Black) -> bytes:
    """Return a PNG of one bit per pixel."""
    stream = io.BytesIO()
    Image.fromarray(~black).save(stream, "PNG")
    return stream.getvalue()


def noise(side: int, seed: int) -> bytes:
    """Return a PNG of gray noise."""
    stream = io.BytesIO()
    gray = np.random.default_rng(seed).integers(0, 256, (side, side), np.uint8)
    Image.fromarray(gray).save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def photograph(megapixels: float, seed: int) -> bytes:
    """Return a JPEG as phones save them: colored, noisy, unevenly lit, with one large digit."""
    random = np.random.default_rng(seed)
    width, height = round((megapixels * 4e6 / 3) ** 0.5), round((megapixels * 3e6 / 4) ** 0.5)
    small = np.add.outer(np.linspace(0, -60, 300), np.linspace(140, 230, 400))
    small[60:240, 190:210] = 40
    paper = Image.fromarray(small.astype(np.uint8)).resize((width, height))
    tile = random.integers(-12, 13, (512, 512), np.int16)
    grain = np.tile(tile, (-(-height // 512), -(-width // 512)))[:height, :width]
    gray = np.clip(np.asarray(paper) + grain, 0, 255).astype(np.uint8)
    channels = [Image.fromarray(gray).point(lambda v, f=f: v * f) for f in (1.0, 0.95, 0.85)]
    stream = io.BytesIO()
    Image.merge("RGB", channels).save(stream, "JPEG", quality=90)
    return stream.getvalue()


WORST: dict[str, Callable[[int], bytes]] = {
    "maze": lambda side: png(maze(side, 2, 1)),
    "wide maze": lambda side: png(maze(side, max(2, side // 200), 1)),
    "spiral": lambda side: png(spiral(side, 2)),
    "comb": lambda side: png(comb(side, 2)),
    "Hilbert curve": lambda side: png(hilbert(side)),
    "checkerboard": lambda side: png(checkerboard(side, 1)),
    "coarse checkerboard": lambda side: png(checkerboard(side, max(1, side // 512))),
    "random walls": lambda side: png(walls(side, 1)),
    "digits": lambda side: png(digits(side, max(8, side // 80), 1)),
    "small digits": lambda side: png(digits(side, max(8, side // 130), 1)),
    "noise": lambda side: noise(side, 1),
}


def worst_pictures(side: int) -> Iterator[tuple[str, bytes]]:
    """Yield each kind of picture, `side` pixels wide and high, with its name."""
    for name, make in WORST.items():
        yield name, make(side)
