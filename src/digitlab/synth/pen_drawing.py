"""Draw strokes with a pen so that they fill a square, for the pictures of single glyphs."""

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw

from digitlab.glyphs.strokes import Points
from digitlab.pictures.ink import Ink

CANVAS = 96  # pixels per side


def handwritten(strokes: list[Points], random: Generator) -> list[Points]:
    """Return the strokes as a hand places them: each a little off, all bent by slow waves."""
    waves, phases = random.normal(0, 4, (2, 2)), random.uniform(0, 2 * np.pi, 2)
    strength, spread = random.uniform(0, 0.05), random.uniform(0, 0.04)
    moved = (points + random.normal(0, spread, 2) for points in strokes)
    return [points + strength * np.sin(points @ waves + phases) for points in moved]


def pen_drawing(strokes: list[Points], random: Generator) -> Ink:
    """Draw the strokes, slanted, turned, squeezed, and with a pen of any usual width.

    Returns 96 x 96 pixels. The strokes fill them along their longer side, except for a margin.
    """
    turn, slant = random.normal(0, 0.12), random.normal(0, 0.18)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    change = rotation @ np.array([[random.uniform(0.5, 1), -slant], [0, 1]])
    placed = [points @ change.T for points in strokes]
    everything = np.concatenate(placed)
    low, size = everything.min(axis=0), np.ptp(everything, axis=0).max()
    pen = random.uniform(0.05, 0.14) * CANVAS
    canvas = Image.new("L", (CANVAS, CANVAS))
    draw = ImageDraw.Draw(canvas)
    for points in placed:
        pixels = (points - low) / size * (CANVAS - 2 * pen) + pen
        corners = [(x, y) for x, y in pixels.tolist()]
        draw.line(corners, fill=255, width=max(2, round(pen)), joint="curve")
        for x, y in (corners[0], corners[-1]):  # round ends
            draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=255)
    return np.asarray(canvas, np.float32) / np.float32(255)
