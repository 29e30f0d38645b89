"""Letters and symbols as single strokes of a pen: the faces of A. V. Hershey (1967).

A face is what a printer calls a font. The package Hershey-Fonts contains them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np

from digitlab.errors import DigitlabError
from digitlab.glyphs.strokes import Points, smooth

CAPITAL, TOP = 21.0, -12.0
"""The height of a capital letter, and y at its top, in the faces' unit."""

_SHARP = 0.5  # cosine: a stroke that turns by more than 60 degrees at a point has a corner there


@dataclass(frozen=True, slots=True)
class Character:
    """A character of a face, in the face's unit."""

    strokes: list[Points]
    """Polygons: `rounded` makes curves of them."""
    left: float
    """x where the character begins."""
    width: float
    """From there to where the next character begins."""


@cache
def load_face(name: str) -> Mapping[str, Character]:
    """Return all characters of a face that have strokes.

    Raises `DigitlabError` if the package Hershey-Fonts is missing.
    """
    try:
        from HersheyFonts import HersheyFonts  # here: it is installed for training only
    except ImportError as error:
        raise DigitlabError(
            "letters cannot be drawn without the package Hershey-Fonts; "
            "`pip install Hershey-Fonts` installs it"
        ) from error
    font = HersheyFonts()
    font.load_default_font(name)
    return {
        character: Character(
            [np.array(stroke, np.float64) for stroke in glyph.strokes],
            glyph.left_offset,
            glyph.char_width,
        )
        for character, glyph in font.all_glyphs.items()
        if glyph.strokes
    }


def rounded(stroke: Points, steps: int) -> list[Points]:
    """Return the curves, with `steps` points for each segment, from each corner to the next one."""
    if len(stroke) < 3:
        return [stroke]
    directions = np.diff(stroke, axis=0)
    directions /= np.maximum(np.linalg.norm(directions, axis=1, keepdims=True), 1e-9)
    corners = np.flatnonzero((directions[:-1] * directions[1:]).sum(axis=1) < _SHARP) + 1
    ends = [0, *corners.tolist(), len(stroke) - 1]
    return [smooth(stroke[a : b + 1], steps) for a, b in pairwise(ends)]
