"""Cameras and scanners: what a picture goes through from the paper to the file."""

import io

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from digitlab.backgrounds.fields import Field, below, noise, smooth, to_image, uniform, waves
from digitlab.backgrounds.lights import lit
from digitlab.backgrounds.scans import scanned

_SCANNED = 0.08  # the share of crops made black and white
_INVERTED = 0.07


def seen(gray: Field, random: Generator) -> NDArray[np.uint8]:
    """Return a crop as a camera or a scanner would store it, uint8 H x W; about 1.5 ms.

    Takes brightness 0..1, float32 H x W, and changes it only so much that a person can still
    read strong writing. Nothing moves: boxes on the crop stay where they are.
    """
    clean = random.random() < 0.3  # drawn on a screen, or scanned well
    if not clean:
        gray = _toned(lit(gray, random), random)
    if random.random() < _INVERTED:
        gray = 1 - gray
    image = to_image(gray)
    if not clean:
        image = _focused(image, random)
        if random.random() < 0.8:
            image = _noisy(image, random)
    if random.random() < 0.12:
        image = _sharpened(image, random)
    if random.random() < _SCANNED:
        image = scanned(image, random)
    if random.random() < (0.2 if clean else 0.6):
        image = _as_jpeg(image, random)
    return np.asarray(image)


def _toned(gray: Field, random: Generator) -> Field:
    """Expose, and change gamma and contrast; a dull picture is gray in gray."""
    if random.random() < 0.7:  # cameras make a dark picture lighter
        lightest = max(float(gray[::5, ::5].max()), 0.2)
        gray = gray * np.float32(uniform(random, min(0.65, lightest), 1) / lightest)
    if random.random() < 0.3:
        # A table with 1,024 steps is faster than a power for each pixel.
        table = np.linspace(0, 1, 1024, dtype=np.float32) ** np.float32(uniform(random, 0.6, 1.6))
        gray = np.take(table, (gray * np.float32(1023)).astype(np.intp), mode="clip")
    if random.random() < 0.25:
        contrast = uniform(random, 0.45, 1)
        gray = gray * np.float32(contrast) + np.float32(random.random() * (1 - contrast))
    elif random.random() < 0.15:  # overexposed, or the blacks cut off
        gray = gray * np.float32(uniform(random, 1, 1.25)) - np.float32(uniform(random, 0, 0.08))
    return gray


def _focused(image: Image.Image, random: Generator) -> Image.Image:
    """Blur: out of focus, moved, or stored with fewer pixels and enlarged again."""
    kind = random.random()
    if kind < 0.3:
        radius = uniform(random, 0.3, 1) if random.random() < 0.75 else uniform(random, 1, 2)
        return image.filter(ImageFilter.GaussianBlur(radius))
    if kind < 0.38:
        return image.filter(_motion(random))
    if kind < 0.58:
        part = uniform(random, 0.4, 0.9)
        small = (max(round(image.width * part), 8), max(round(image.height * part), 8))
        ways = (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.BOX)
        smaller = image.resize(small, ways[below(random, 3)])
        if random.random() < 0.3:
            smaller = _as_jpeg(smaller, random)
        return smaller.resize(image.size, ways[below(random, 2 if part < 0.6 else 3)])
    return image


def _motion(random: Generator) -> ImageFilter.Kernel:
    """Return a blur over up to 5 pixels in one direction."""
    angle, kernel = random.random() * np.pi, np.zeros((5, 5))
    for step in np.linspace(-1, 1, 9) * uniform(random, 0.6, 2):
        kernel[round(2 + step * np.sin(angle)), round(2 + step * np.cos(angle))] += 1
    return ImageFilter.Kernel((5, 5), kernel.ravel().tolist(), kernel.sum())


def _noisy(image: Image.Image, random: Generator) -> Image.Image:
    """Add the sensor's noise, and sometimes moire, streaks, dust or wrong pixels."""
    gray = np.asarray(image, np.float32)
    few = gray[::5, ::5]  # noise that hides all writing would teach nothing
    strength = min(255 * 0.06 * random.random() ** 2, 0.15 * float(few.max() - few.min()) + 1)
    grain = noise(gray.shape, random)
    if random.random() < 0.3:  # noise that the camera has smoothed is coarse
        grain = smooth(gray.shape, random, uniform(random, 1.3, 2.5))
    if random.random() < 0.4:  # more photons, more noise
        grain = grain * np.sqrt(gray * np.float32(1 / 255) + np.float32(0.02))
    gray = gray + grain * np.float32(strength)
    if random.random() < 0.06:
        period, strength = uniform(random, 2.2, 7), 255 * uniform(random, 0.01, 0.05)
        wave = waves(gray.shape, random.random() * np.pi, period, random.random() * 6)
        gray += wave * np.float32(strength)
    if random.random() < 0.06:
        _streak(gray, random)
    if random.random() < 0.08:
        _speckle(gray, random)
    image = Image.fromarray(np.clip(gray, 0, 255).astype(np.uint8))
    return _dusty(image, random) if random.random() < 0.1 else image


def _streak(gray: Field, random: Generator) -> None:
    """Draw the streaks of a dirty scanner over the whole height, or width."""
    lines = gray if random.random() < 0.5 else gray.T
    for _ in range(1 + below(random, 4)):
        place, wide = below(random, lines.shape[1]), 1 + below(random, 2)
        lines[:, place : place + wide] += np.float32(uniform(random, -60, 60))


def _speckle(gray: Field, random: Generator) -> None:
    """Set single pixels to black or white."""
    count = int(gray.size * 0.004 * random.random() ** 2) + 1
    gray.reshape(-1)[random.integers(gray.size, size=count)] = 255 * random.integers(2, size=count)


def _dusty(image: Image.Image, random: Generator) -> Image.Image:
    """Lay grains of dust and hairs on the picture."""
    draw = ImageDraw.Draw(image)
    value = below(random, 90) if random.random() < 0.7 else 255
    for x, y, size in random.random((1 + below(random, 25), 3)).tolist():
        x, y, radius = x * image.width, y * image.height, 0.3 + size**3 * 1.8
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=value)
    if random.random() < 0.3:
        x, y = random.random() * image.width, random.random() * image.height
        reach = uniform(random, 5, 40)
        start = random.random() * 360
        draw.arc((x, y, x + reach, y + reach * random.random() + 1), start, start + 120, fill=value)
    return image


def _sharpened(image: Image.Image, random: Generator) -> Image.Image:
    """Sharpen so much that edges get halos."""
    radius, percent = uniform(random, 0.8, 3), int(uniform(random, 60, 250))
    return image.filter(ImageFilter.UnsharpMask(radius, percent, 2))


def _as_jpeg(image: Image.Image, random: Generator) -> Image.Image:
    """Store as JPEG, quality 15 to 95, and load again."""
    quality = 15 + below(random, 81) if random.random() < 0.6 else 60 + below(random, 36)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    stored = Image.open(file)
    stored.load()
    return stored
