"""Printed text of any height, in many fonts."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageFont

from digitlab.glyphs.choice import one_of
from digitlab.glyphs.fonts import PILLOW, TEXT_FONTS, is_installed, load_font
from digitlab.pictures.ink import Ink

Box = tuple[float, float, float, float]
"""Left, top, right and bottom edge, in pixels."""

_MASTER = 96  # pixels: characters are drawn once, with digits this high, then reduced


@dataclass(frozen=True, slots=True)
class _Master:
    """A character at the size of the masters."""

    ink: Image.Image  # cropped tight
    left: int  # of the ink, from where the character begins
    top: int  # of the ink, from the top of the digits
    advance: float


def printed(text: str, height: float, random: Generator) -> tuple[Ink, list[Box]]:
    """Print a text in a random font.

    Parameters
    ----------
    text
        Any characters; those that the font lacks are taken from another one.
    height
        How high its digits are, in pixels; other characters are as high as the font has them.

    Returns
    -------
    Ink
        Cropped tight.
    list
        The box of each character that is not a space, in pixels of the ink.
    """
    font = one_of(_fonts(), random)
    spacing = max(0.0, random.normal(0, 0.12)) if random.random() < 0.5 else 0.0
    squeezed = random.uniform(0.7, 1.2) if random.random() < 0.5 else 1.0
    masters = [_master(font, character) for character in text]
    x, boxes, placed = 0.0, [], []
    for character, master in zip(text, masters, strict=True):
        if not character.isspace() and master.ink.width:
            left, top = round(x) + master.left, master.top
            boxes.append((left, top, left + master.ink.width, top + master.ink.height))
            placed.append(master.ink)
        x += master.advance + spacing * _MASTER
    if not boxes:
        return np.zeros((1, 1), np.float32), []
    return _reduced(placed, boxes, height / _MASTER, squeezed)


def symbol(character: str, height: float) -> Ink:
    """Print one character of DejaVu Sans, such as a star, in the size of digits `height` high."""
    ink = _master(_fonts()[0], character).ink
    if not ink.width:
        return np.zeros((1, 1), np.float32)
    return _reduced([ink], [(0, 0, *ink.size)], height / _MASTER, 1.0)[0]


def _reduced(
    inks: list[Image.Image], boxes: list[tuple[int, int, int, int]], scale: float, squeezed: float
) -> tuple[Ink, list[Box]]:
    """Put the characters in their boxes and reduce them together, so that they stay in line."""
    low_x, low_y = min(box[0] for box in boxes), min(box[1] for box in boxes)
    width, height = max(box[2] for box in boxes) - low_x, max(box[3] for box in boxes) - low_y
    canvas = Image.new("L", (width, height))
    for ink, box in zip(inks, boxes, strict=True):
        canvas.paste(255, (box[0] - low_x, box[1] - low_y), ink)  # they may overlap
    size = max(1, round(width * scale * squeezed)), max(1, round(height * scale))
    small = canvas.resize(size, Image.Resampling.BILINEAR)
    across, down = size[0] / width, size[1] / height
    tight = small.getbbox() or (0, 0, *size)  # a fine tip can vanish
    x, y = low_x + tight[0] / across, low_y + tight[1] / down
    places = [
        ((a - x) * across, (b - y) * down, (c - x) * across, (d - y) * down) for a, b, c, d in boxes
    ]
    return np.asarray(small.crop(tight), np.float32) / np.float32(255), places


@cache
def _fonts() -> tuple[str, ...]:
    """Return the names of the fonts that are installed, the most complete one first."""
    return (*filter(is_installed, TEXT_FONTS), PILLOW)


@cache
def _sized(name: str) -> ImageFont.FreeTypeFont:
    """Return the font in the size that makes its digits as high as the masters'."""
    _, top, _, bottom = load_font(name, 200, ImageFont.Layout.BASIC).getbbox("0")
    return load_font(name, 200 * _MASTER / (bottom - top), ImageFont.Layout.BASIC)


@cache
def _lacks(name: str, character: str) -> bool:
    """Return whether the font draws its box for missing characters, or a pound for a dollar."""
    if (name, character) == ("cmti10", "$"):
        return True
    font = _sized(name)
    missing = font.getmask("\ue0ff")
    return bytes(font.getmask(character)) == bytes(missing)


@cache
def _master(name: str, character: str) -> _Master:
    """Draw a character once; a font that lacks it borrows it."""
    if not character.isspace() and _lacks(name, character) and name != _fonts()[0]:
        name = _fonts()[0]
    font = _sized(name)
    left, top, _, _ = font.getbbox(character)
    mask = font.getmask(character)
    ink = Image.frombytes("L", mask.size, bytes(mask)) if all(mask.size) else Image.new("L", (0, 0))
    tight = ink.getbbox() or (0, 0, 0, 0)
    below = int(top - font.getbbox("0")[1])
    return _Master(
        ink.crop(tight), int(left) + tight[0], below + tight[1], font.getlength(character)
    )
