"""Pen, paper, light, camera and file format: the steps that turn strokes into a picture."""

import io

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from testsets.strokes import Curve

Ink = NDArray[np.floating]  # height x width, 0 = bare paper, 1 = full ink
Gray = NDArray[np.floating]  # height x width, 0 = black, 255 = white


def pen(
    curves: list[Curve],
    random: Generator,
    *,
    pen_width: float,
    digit_side: int,
    margins: tuple[int, ...] = (0, 0, 0, 0),
    hard: bool = False,
) -> Ink:
    """Draw strokes with a round pen whose pressure varies a little.

    The longer side of all `curves` is 1, as `testsets.strokes.written` returns them. It becomes
    `digit_side` pixels, including the pen's width, which is `pen_width` times that. `margins` are
    the pixels of bare paper on the left, top, right and bottom; negative values cut into the ink.
    With `hard`, every pixel is 0 or 1, as in a paint program.
    """
    fine = max(1, round(400 / digit_side))  # draw this many times larger, then average
    inner = digit_side * fine * (1 - pen_width)
    radius = digit_side * fine * pen_width / 2
    size = np.ceil(np.vstack(curves).max(0) * inner + 2 * radius).astype(int) + 1
    canvas = Image.new("L", (int(size[0]), int(size[1])))
    draw = ImageDraw.Draw(canvas)
    for curve in curves:
        waves, phase = random.uniform(0.5, 2), random.uniform(0, 6.28)
        pressure = 1 + 0.12 * np.sin(6.28 * waves * np.linspace(0, 1, len(curve)) + phase)
        spots = curve * inner + radius
        for (x0, y0), (x1, y1), r in zip(spots, spots[1:], pressure[1:] * radius, strict=False):
            draw.line((x0, y0, x1, y1), fill=255, width=max(1, round(2 * r)))
            draw.ellipse((x1 - r, y1 - r, x1 + r, y1 + r), fill=255)
        x, y = spots[0]
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    left, top, right, bottom = margins
    width, height = (max(1, round(s / fine)) for s in size)
    small = canvas.resize((width, height), Image.Resampling.BOX)
    small = small.crop((-left, -top, width + right, height + bottom))
    ink = np.asarray(small, float) / 255
    return np.asarray(ink > 0.45, float) if hard else ink


def random_margins(random: Generator, digit_side: int, low: float, high: float) -> tuple[int, ...]:
    """Return four margins in pixels, each ``low`` to ``high`` times the digit's side."""
    return tuple(round(digit_side * random.uniform(low, high)) for _ in range(4))


def on_paper(ink: Ink, paper: float = 255, ink_gray: float = 20) -> Gray:
    """Return gray levels, 0 to 255, of ink of one gray on paper of another."""
    return paper + (ink_gray - paper) * ink


def shade(gray: Gray, random: Generator, depth: float) -> Gray:
    """Let the light fall off toward one side, and put a soft shadow at one place."""
    y, x = np.mgrid[0 : 1 : gray.shape[0] * 1j, 0 : 1 : gray.shape[1] * 1j]
    angle = random.uniform(0, 6.28)
    slope = np.cos(angle) * (x - 0.5) + np.sin(angle) * (y - 0.5)
    cx, cy = random.uniform(0, 1, 2)
    spot = np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 0.15)
    return gray * (1 - depth * (0.5 + 0.6 * slope)) * (1 - 0.5 * depth * spot)


def blur(gray: Gray, radius: float) -> Gray:
    """Blur as a lens out of focus does."""
    return np.asarray(to_image(gray).filter(ImageFilter.GaussianBlur(radius)), float)


def noise(gray: Gray, random: Generator, level: float) -> Gray:
    """Add sensor noise whose standard deviation is ``level`` gray levels."""
    return gray + random.normal(0, level, gray.shape)


def to_array(gray: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Round to whole levels, uint8."""
    return np.clip(np.rint(gray), 0, 255).astype(np.uint8)


def to_image(gray: Gray) -> Image.Image:
    """Return a Pillow image of whole gray levels."""
    return Image.fromarray(to_array(gray))


def file(image: Image.Image, kind: str, **options: int) -> bytes:
    """Return the bytes of an image file."""
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def jpeg(gray: Gray, quality: int) -> bytes:
    """Return the bytes of a gray JPEG file."""
    return file(to_image(gray), "JPEG", quality=quality)


def phone_jpeg(
    gray: Gray, random: Generator, *, green: float, blue: float, quality: tuple[int, int]
) -> bytes:
    """Return a color JPEG with a warm tint: ``green`` and ``blue`` are the least factors."""
    tint = np.array([1.0, random.uniform(green, 1), random.uniform(blue, 1)])
    image = Image.fromarray(to_array(gray[..., None] * tint))
    return file(image, "JPEG", quality=int(random.integers(*quality)))
