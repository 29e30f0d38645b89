"""Letters and symbols as single strokes of a pen: the faces of Hershey (1967).

A face is what a printer calls a font. The package Hershey-Fonts contains them.
"""

from collections.abc import Mapping
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.random import Generator

from digitlab.errors import DigitlabError
from digitlab.synth.doodles import Points, smooth

_CAPITAL = 21.0  # the height of a capital letter in the faces' unit
_SHARP = 0.5  # cosine: a stroke that turns by more than 60 degrees at a point has a corner there


@cache
def strokes_of(face: str) -> Mapping[str, list[Points]]:
    """Return the strokes of each character of a face, in heights of a capital letter.

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
    font.load_default_font(face)
    return {
        character: [_rounded(np.array(stroke, np.float64) / _CAPITAL) for stroke in glyph.strokes]
        for character, glyph in font.all_glyphs.items()
        if glyph.strokes
    }


def _rounded(stroke: Points) -> Points:
    """Return the stroke with curves instead of polygons; its corners stay."""
    if len(stroke) < 3:
        return stroke
    steps = np.diff(stroke, axis=0)
    steps /= np.maximum(np.linalg.norm(steps, axis=1, keepdims=True), 1e-9)
    corners = np.flatnonzero((steps[:-1] * steps[1:]).sum(axis=1) < _SHARP) + 1
    ends = [0, *corners.tolist(), len(stroke) - 1]
    return np.concatenate([smooth(stroke[a : b + 1], 4) for a, b in pairwise(ends)])


def handwritten(strokes: list[Points], random: Generator) -> list[Points]:
    """Return the strokes as a hand places them: each a little off, all bent by slow waves."""
    waves, phases = random.normal(0, 4, (2, 2)), random.uniform(0, 2 * np.pi, 2)
    strength, spread = random.uniform(0, 0.05), random.uniform(0, 0.04)
    moved = (points + random.normal(0, spread, 2) for points in strokes)
    return [points + strength * np.sin(points @ waves + phases) for points in moved]
