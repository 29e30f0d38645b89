"""Where a page lies before the camera: on a dark desk, or at the black edge of a book."""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

from testsets.layout import Page
from testsets.paper import Color
from testsets.pens import to_array


def on_desk(page: Page, random: Generator) -> Page:
    """Return a page on a dark desk, tilted by up to 14 degrees and seen a little askew."""
    width, height = page.paper.size
    margin = random.uniform(0.05, 0.3, 4) * max(60, min(width, height))
    angle = np.radians(random.uniform(-14, 14))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], float) @ turn.T
    corners += random.uniform(-0.02, 0.02, (4, 2)) * [width, height]
    corners += margin[:2] - corners.min(0)
    size = np.ceil(corners.max(0) + margin[2:]).astype(int)
    dark = random.uniform(8, 75)
    color = dark, dark * random.uniform(0.7, 1), dark * random.uniform(0.5, 1)
    desk = _grained(int(size[0]), int(size[1]), color, random)
    return Page(page.paper.moved(corners, desk), page.text)


def beside_black(page: Page, random: Generator) -> Page:
    """Return a page that ends within the picture: one or two sides show the black desk."""
    width, height = page.paper.size
    before, behind = random.choice([0, 1], 2, p=(0.4, 0.6)) * random.uniform(0.08, 0.4, 2) * width
    if before + behind == 0:
        behind = 0.2 * width
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], float)
    corners[:, 0] += before
    size = round(width + before + behind), height
    desk: NDArray[np.uint8] = _grained(*size, (18, 18, 20), random)
    return Page(page.paper.moved(corners, desk), page.text)


def _grained(width: int, height: int, color: Color, random: Generator) -> NDArray[np.uint8]:
    """Return a desk with a grain, dark or light: uint8, height x width x 3."""
    coarse = random.normal(0, 1, (max(2, height // 3), max(2, width // 60)))
    grain = np.asarray(
        Image.fromarray(coarse.astype(np.float32)).resize((width, height), Image.Resampling.BICUBIC)
    )
    return to_array(np.array(color) * (1 + 0.25 * grain[..., None]))
