"""Drawings are prepared in the page as in Python, to the byte."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.random import default_rng
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from digitlab.pictures.digit import prepare
from testsets.strokes import DIGITS, scribble, written

FINER = 4  # drawn larger and reduced, so that edges are soft as a canvas draws them


def drawing(seed: int, side: int) -> NDArray[np.uint8]:
    """Return a drawing, black on white; the seed decides what is unusual about it."""
    random = default_rng(seed)
    large = side * FINER
    image = Image.new("L", (large, large), 255)
    canvas = ImageDraw.Draw(image)
    kind = ["blank", "tiny", "huge", "thin", "thick", "specks", "dot", "pale", "scribble"][seed % 9]
    variants = DIGITS[seed % 10]
    curves = written(variants[random.integers(len(variants))], random)
    size = large * random.uniform(0.25, 0.85)
    pen = large * random.choice([0.01, 0.03, 0.05, 0.07, 0.1])
    x, y = random.uniform(0, large - size, 2)
    if kind in ("blank", "dot"):
        curves = []
    if kind == "tiny":
        size, pen = large * random.uniform(0.04, 0.12), large * 0.01
    if kind == "huge":
        size, x, y = large * random.uniform(0.9, 1.1), 0, 0
    if kind in ("thin", "thick"):
        pen = FINER if kind == "thin" else large * 0.2
    if kind == "scribble":
        curves = scribble(random)
    for curve in curves:
        points = [(float(x + 0.8 * size * a), float(y + size * b)) for a, b in curve]
        canvas.line(points, fill=0, width=round(pen))
        for a, b in points:
            canvas.circle((a, b), pen / 2, fill=0)
    for _ in range({"specks": 3, "dot": 1}.get(kind, 0)):
        canvas.circle(tuple(random.uniform(0, large, 2)), random.uniform(1, 5) * FINER, fill=0)
    gray = np.asarray(image.resize((side, side), Image.Resampling.BOX))
    if kind == "pale":
        gray = (255 - (255 - gray.astype(int)) * random.uniform(0.2, 0.9)).astype(np.uint8)
    return gray


@pytest.mark.parametrize(
    "seeds", [range(36), pytest.param(range(36, 400), marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_a_drawing_becomes_the_same_28x28_pixels(seeds: range, node: Callable[..., Any]):
    sides = [560 if seed % 4 == 3 else 280 for seed in seeds]
    drawings = [drawing(seed, side) for seed, side in zip(seeds, sides, strict=True)]
    pixels = np.concatenate([it.ravel() for it in drawings])
    found = node("digits", pixels=pixels, sides=sides)
    blank = 0
    for seed, gray, steps in zip(seeds, drawings, found, strict=True):
        digit = prepare(gray)
        assert steps["digit"] == digit.ravel().tolist(), f"drawing {seed}"
        assert steps["blank"] == (not digit.any())
        blank += steps["blank"]
        shrunk = Image.fromarray(255 - gray).resize((28, 28), Image.Resampling.BOX)
        assert steps["plain"] == np.asarray(shrunk).ravel().tolist()
        if not steps["blank"]:
            check_steps(steps, gray)
    assert 0 < blank < len(drawings) / 3


def test_a_shadow_along_a_side_is_no_ink(node: Callable[..., Any]):
    slope = np.tile(np.linspace(255, 40, 280).round(), (280, 1))
    strip = np.where(np.arange(280) < 200, 255, 255 - 1.5 * (np.arange(280) - 200))
    gutter = 1 - 0.75 * np.exp(-np.arange(280) / 30)
    drawn = drawing(4, 280)
    beside = [drawn * (0.6 + slope / 640), drawn * gutter, drawn * gutter[::-1]]
    pictures = [slope, 255 - slope, slope.T, np.tile(strip, (280, 1)), *beside]
    pixels = [it.astype(np.uint8) for it in pictures]
    sides = [280] * len(pixels)
    found = node("digits", pixels=np.concatenate([it.ravel() for it in pixels]), sides=sides)
    for gray, steps in zip(pixels, found, strict=True):
        assert steps["digit"] == prepare(gray).ravel().tolist()
    assert [it["blank"] for it in found] == [True] * 4 + [False] * 3


def check_steps(steps: dict[str, Any], gray: NDArray[np.uint8]) -> None:
    """Check that the steps lead to the digit: where the ink was cut, and where it is put."""
    place, box = steps["place"], steps["box"]
    small = np.reshape(steps["small"], (place["height"], place["width"]))
    digit = np.zeros((28, 28), int)
    top, left = place["top"], place["left"]
    digit[top : top + place["height"], left : left + place["width"]] = small
    assert steps["digit"] == digit.ravel().tolist()
    assert max(small.shape) == 20
    mass = small.sum()
    center = [(small.sum(1) @ np.arange(len(small))) / mass,
              (small.sum(0) @ np.arange(small.shape[1])) / mass]  # fmt: skip
    np.testing.assert_allclose(steps["center"], center)
    # The drawing's own pixel at the middle of the box is where the middle of the digit comes from.
    assert -4 * gray.shape[0] / 28 < box["left"] < box["left"] + box["width"] < 1.2 * gray.shape[1]
    assert box["height"] / box["width"] == pytest.approx(small.shape[0] / small.shape[1], rel=0.35)
