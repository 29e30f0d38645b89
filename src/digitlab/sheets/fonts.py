"""Printed text, in the faces that come with matplotlib and Pillow."""

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageFont

from digitlab.pictures.ink import Ink

Box = tuple[float, float, float, float]
"""Left, top, right and bottom edge, in pixels."""

_FACES = (  # those with digits that all have one height, and letters
    *(f"DejaVuSans{style}" for style in ("", "-Bold", "-Oblique", "Mono", "Mono-Bold")),
    *(f"DejaVuSerif{style}" for style in ("", "-Bold", "-Italic")),
    *(f"STIXGeneral{style}" for style in ("", "Bol", "Italic", "BolIta")),
    *("cmr10", "cmb10", "cmss10", "cmtt10", "cmti10"),
)
_PILLOW = "Aileron"  # Pillow's own
_MASTER = 96  # pixels: characters are drawn once, with digits this high, then reduced


@dataclass(frozen=True, slots=True)
class _Master:
    """A character at the size of the masters."""

    ink: Image.Image  # cropped tight
    left: int  # of the ink, from where the character begins
    top: int  # of the ink, from the top of the digits
    advance: float


def printed(text: str, height: float, random: Generator) -> Ink:
    """Print the text in a random face; its digits are `height` pixels high.

    Other characters are as high as the face has them. The ink is cropped tight.
    """
    return printed_with_boxes(text, height, random)[0]


def printed_with_boxes(text: str, height: float, random: Generator) -> tuple[Ink, list[Box]]:
    """Print the text as `printed` does.

    Returns the ink, and the box of each character that is no space, in pixels of the ink.
    """
    faces = _faces()
    face = faces[int(random.integers(len(faces)))]
    spacing = max(0.0, random.normal(0, 0.12)) if random.random() < 0.5 else 0.0
    squeezed = random.uniform(0.7, 1.2) if random.random() < 0.5 else 1.0
    masters = [_master(face, character) for character in text]
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
    ink = _master(_faces()[0], character).ink
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
def _faces() -> tuple[str, ...]:
    """Return the names of the faces that are installed, the most complete one first."""
    return (*(face for face in _FACES if _path(face).is_file()), _PILLOW)


def _path(face: str) -> Path:
    """Return where matplotlib keeps a face; it need not exist."""
    spec = find_spec("matplotlib")  # does not import it, which would take half a second
    folder = Path(spec.origin).parent if spec and spec.origin else Path()
    return folder / "mpl-data" / "fonts" / "ttf" / f"{face}.ttf"


@cache
def _font(face: str) -> ImageFont.FreeTypeFont:
    """Return the face in the size that makes its digits as high as the masters'."""

    def sized(size: float) -> ImageFont.FreeTypeFont:
        font = (
            ImageFont.load_default(size)
            if face == _PILLOW
            else ImageFont.truetype(_path(face), size, layout_engine=ImageFont.Layout.BASIC)
        )
        assert isinstance(font, ImageFont.FreeTypeFont)
        return font

    _, top, _, bottom = sized(200).getbbox("0")
    return sized(200 * _MASTER / (bottom - top))


@cache
def _lacks(face: str, character: str) -> bool:
    """Return whether the face draws its box for missing characters, or a pound for a dollar."""
    if (face, character) == ("cmti10", "$"):
        return True
    font = _font(face)
    missing = font.getmask("\ue0ff")
    return bytes(font.getmask(character)) == bytes(missing)


@cache
def _master(face: str, character: str) -> _Master:
    """Draw a character once; a face that lacks it borrows it."""
    if not character.isspace() and _lacks(face, character) and face != _faces()[0]:
        face = _faces()[0]
    font = _font(face)
    left, top, _, _ = font.getbbox(character)
    mask = font.getmask(character)
    ink = Image.frombytes("L", mask.size, bytes(mask)) if all(mask.size) else Image.new("L", (0, 0))
    tight = ink.getbbox() or (0, 0, 0, 0)
    below = int(top - font.getbbox("0")[1])
    return _Master(
        ink.crop(tight), int(left) + tight[0], below + tight[1], font.getlength(character)
    )
