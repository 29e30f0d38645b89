"""Pen, paper, light, camera and file: what `handmade.py` makes its pictures of."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from testsets.strokes import Path

Random = np.random.Generator
Ink = NDArray[np.float64]  # height x width, 0 = bare paper, 1 = full ink

# --- the pen ---------------------------------------------------------------------------------


def pen(
    paths: list[Path],
    random: Random,
    *,
    pen_width: float,
    digit_side: int,
    margins: tuple[int, int, int, int] | None = None,
    hard: bool = False,
) -> Ink:
    """Draw strokes with a round pen: a digit of ``digit_side`` pixels, its pen's width included.

    ``pen_width`` is a share of the digit's longer side. ``margins`` (left, top, right, bottom)
    are pixels of bare paper around the ink, negative where the picture cuts into it. ``hard``
    leaves pixels without soft edges, as a paint program does.
    """
    fine = max(1, round(400 / digit_side))  # draw this many times larger, then average
    inner = digit_side * fine * (1 - pen_width)
    radius = digit_side * fine * pen_width / 2
    size = np.ceil(np.vstack(paths).max(0) * inner + 2 * radius).astype(int) + 1
    canvas = Image.new("L", (int(size[0]), int(size[1])))
    draw = ImageDraw.Draw(canvas)
    for path in paths:
        waves, phase = random.uniform(0.5, 2), random.uniform(0, 6.28)
        pressure = 1 + 0.12 * np.sin(6.28 * waves * np.linspace(0, 1, len(path)) + phase)
        spots = path * inner + radius
        for (x0, y0), (x1, y1), r in zip(spots, spots[1:], pressure[1:] * radius, strict=False):
            draw.line((x0, y0, x1, y1), fill=255, width=max(1, round(2 * r)))
            draw.ellipse((x1 - r, y1 - r, x1 + r, y1 + r), fill=255)
        x, y = spots[0]
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    left, top, right, bottom = margins or (0, 0, 0, 0)
    width, height = (max(1, round(s / fine)) for s in size)
    small = canvas.resize((width, height), Image.Resampling.BOX)
    small = small.crop((-left, -top, width + right, height + bottom))
    ink = np.asarray(small, float) / 255
    return np.asarray(ink > 0.45, float) if hard else ink


def around(random: Random, digit_side: int, low: float, high: float) -> tuple[int, int, int, int]:
    """Return four random margins, each ``low`` to ``high`` times the digit's side."""
    left, top, right, bottom = (round(digit_side * random.uniform(low, high)) for _ in range(4))
    return left, top, right, bottom


# --- paper, light, camera, file --------------------------------------------------------------


def on_paper(ink: Ink, paper: float = 255, ink_gray: float = 20) -> NDArray[np.float64]:
    """Lay ink of one gray on paper of another: gray levels 0..255."""
    return paper + (ink_gray - paper) * ink


def shade(gray: NDArray[np.float64], random: Random, depth: float) -> NDArray[np.float64]:
    """Let the light fall off to one side and, with one soft shadow, in one corner."""
    y, x = np.mgrid[0 : 1 : gray.shape[0] * 1j, 0 : 1 : gray.shape[1] * 1j]
    angle = random.uniform(0, 6.28)
    slope = np.cos(angle) * (x - 0.5) + np.sin(angle) * (y - 0.5)
    cx, cy = random.uniform(0, 1, 2)
    spot = np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 0.15)
    shade_of = gray * (1 - depth * (0.5 + 0.6 * slope)) * (1 - 0.5 * depth * spot)
    return np.asarray(shade_of, float)


def blur(gray: NDArray[np.float64], radius: float) -> NDArray[np.float64]:
    """Blur as a lens out of focus does."""
    return np.asarray(to_image(gray).filter(ImageFilter.GaussianBlur(radius)), float)


def noise(gray: NDArray[np.float64], random: Random, level: float) -> NDArray[np.float64]:
    """Add a sensor's noise (standard deviation in gray levels)."""
    return gray + random.normal(0, level, gray.shape)


def to_array(gray: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return whole gray levels, uint8."""
    return np.clip(np.rint(gray), 0, 255).astype(np.uint8)


def to_image(gray: NDArray[np.float64]) -> Image.Image:
    """Return a Pillow image of whole gray levels."""
    return Image.fromarray(to_array(gray))


def file(image: Image.Image, kind: str, **options: int) -> bytes:
    """Return the bytes of an image file."""
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def jpeg(gray: NDArray[np.float64], quality: int) -> bytes:
    """Return the bytes of a JPEG file."""
    return file(to_image(gray), "JPEG", quality=quality)


def medium(random: Random) -> float:
    """Return a ball pen's to a marker's width, as a share of the digit's longer side."""
    return float(random.uniform(0.07, 0.15))
