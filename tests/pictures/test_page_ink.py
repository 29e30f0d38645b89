"""A page's ink: printed lines go, small writing stays, light and dark are told apart."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from digitlab.pictures.ink import Ink
from digitlab.pictures.open import open_picture
from digitlab.pictures.page_ink import page_ink, skewness
from digitlab.pictures.raster import dilated
from digitlab.pictures.rules import without_printed_lines

Gray = NDArray[np.uint8]


def scrawl(height: int, width: int, strokes: int = 30, pen: int = 3) -> Gray:
    """Draw short strokes in all directions: dark on light."""
    random = np.random.default_rng(3)
    image = Image.new("L", (width, height), 235)
    draw = ImageDraw.Draw(image)
    for x, y, dx, dy in random.uniform((20, 20, -15, -15), (width - 20, height - 20, 15, 15),
                                       (strokes, 4)):  # fmt: skip
        draw.line((x, y, x + dx, y + dy), fill=40, width=pen)
    return np.asarray(image)


def ink_on(page: Gray) -> Ink:
    return page_ink(open_picture(page))


@pytest.mark.parametrize("degrees", [-4.0, -1.3, 0.0, 0.4, 2.7, 4.5])
@pytest.mark.parametrize("squared", [False, True])
def test_printed_lines_go_and_strokes_stay(degrees: float, squared: bool) -> None:
    bare = scrawl(500, 700)
    slope = np.tan(np.radians(degrees))
    y, x = np.mgrid[0:500, 0:700]
    lines = (y - slope * x) % 45 < 2
    if squared:
        lines |= (x + slope * y) % 45 < 2
    ruled = np.minimum(bare, np.where(lines, 165, 255)).astype(np.uint8)
    expected, found = ink_on(bare) > 0.5, ink_on(ruled) > 0.5
    nearby = dilated(expected, 5, 5)
    assert (found & ~nearby).sum() < 0.02 * expected.sum()
    assert (found & expected).sum() > 0.93 * expected.sum()


def test_a_bent_line_is_followed() -> None:
    y, x = np.mgrid[0:400, 0:600]
    depth = (np.abs(y - 200 - 2.5 * np.sin(x / 90)) < 1.2).astype(np.float32) * 0.3
    assert (without_printed_lines(depth, 0.05) > 0.1).mean() < 0.02 * (depth > 0.1).mean()


def test_short_strokes_and_blank_paper_are_no_lines() -> None:
    depth = np.zeros((300, 400), np.float32)
    assert not without_printed_lines(depth, 0.05).any()
    depth[150:153, 100:250] = 0.5  # a bar across three eighths
    assert np.array_equal(without_printed_lines(depth, 0.05), depth)


def test_small_writing_on_a_large_page_stays() -> None:
    page = np.full((1600, 1200), 235, np.uint8)
    page[700:760, 500:560] = scrawl(60, 60, strokes=3)
    ink = ink_on(page)
    assert (ink > 0.5).sum() == pytest.approx((page < 130).sum(), rel=0.1)


def test_skewness_tells_which_is_the_ink() -> None:
    page = scrawl(400, 600)
    assert skewness(page) < -2
    assert skewness(255 - page) > 2
    assert np.abs(ink_on(page) - ink_on(255 - page)).mean() < 0.01
