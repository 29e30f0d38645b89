"""Black-and-white scans, prints and faxes. A thin stroke may break, but none disappears."""

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageFilter

from digitlab.backgrounds.fields import below, uniform, waves


def scanned(image: Image.Image, random: Generator) -> Image.Image:
    """Return a gray picture as a scanner for two colors, a printer or a fax would give it."""
    kind = random.random()
    if kind < 0.5:
        return _thresholded(image, random)
    if kind < 0.7:
        return _fax(image, random)
    if kind < 0.85:
        return _stretched(image).convert("1").convert("L")  # Floyd and Steinberg's dithering
    return _halftone(image, random)


def _stretched(image: Image.Image) -> Image.Image:
    """Stretch the contrast so that the paper is nearly white and the darkest ink nearly black."""
    gray = np.asarray(image, np.float32)
    low, high = np.percentile(gray[::4, ::4], (1, 70))
    wide = np.float32(max(high - low, 20))
    return Image.fromarray(np.clip((gray - low) * (240 / wide), 0, 255).astype(np.uint8))


def _thresholded(image: Image.Image, random: Generator) -> Image.Image:
    """Compare each pixel with its surroundings; what is darker becomes black."""
    image = image.filter(ImageFilter.BoxBlur(0.6))  # else noise alone would give many specks
    around = image.filter(ImageFilter.BoxBlur(uniform(random, 10, 25)))
    off = np.asarray(image, np.int16) - np.asarray(around, np.int16)
    darkest, lightest = np.percentile(off[::4, ::4], (1.5, 98.5))
    part = uniform(random, 0.25, 0.55)
    if lightest > -darkest:  # light writing on a dark board
        return Image.fromarray((off > lightest * part).astype(np.uint8) * np.uint8(255))
    paper = 255 if random.random() < 0.8 else 200 + below(random, 55)
    return Image.fromarray((off >= darkest * part).astype(np.uint8) * np.uint8(paper))


def _fax(image: Image.Image, random: Generator) -> Image.Image:
    """Store few and ragged lines, black and white."""
    width, height = image.size
    rows = max(round(height * uniform(random, 0.45, 0.8)), 8)
    few = _thresholded(image.resize((width, rows), Image.Resampling.BOX), random)
    return few.resize((width, height), Image.Resampling.NEAREST)


def _halftone(image: Image.Image, random: Generator) -> Image.Image:
    """Print gray as dots of several sizes."""
    gray = np.asarray(_stretched(image), np.float32)
    angle, period = random.random() * np.pi, uniform(random, 2.5, 4)
    screen = waves(gray.shape, angle, period, 0) + waves(gray.shape, angle + np.pi / 2, period, 0)
    soft = uniform(random, 0.7, 2)
    dots = 128 + (gray - 128 + screen * np.float32(55)) * np.float32(soft)
    return Image.fromarray(np.clip(dots, 0, 255).astype(np.uint8))
