"""Digits drawn with a pen, in forms that the writers of MNIST rarely used.

Much of the world writes a one with a flag, a seven with a bar, a four that is open at the top and
a nine whose stem curls. A network that has never seen a one with a flag reads it as a seven. The
drawn digits have the same pen as the drawn pictures of no digit, so the pen does not show which of
the two a picture is.
"""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from digitlab.pictures.ink import Ink
from digitlab.synth.doodles import Points, pen_drawing, smooth
from digitlab.synth.faces import handwritten
from digitlab.synth.fonts import printed

FONTS = (
    "DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono", "DejaVuSerif", "DejaVuSerif-BoldItalic",
    "STIXGeneral", "STIXGeneralItalic", "cmr10", "cmss10", "cmti10", "cmtt10",
)  # fmt: skip
"""The fonts of printed digits."""

_JITTER = 0.045  # the standard deviation by which each corner is moved

# The strokes of each form of a digit. The first letter says how its corners are connected: by a
# curve (C) or by straight lines (L).
_FORMS: dict[int, tuple[str, ...]] = {
    0: (
        "C .45 0 .12 .3 .12 .7 .5 1 .88 .7 .85 .3 .5 0",
        "C .6 .03 .2 .2 .1 .65 .45 1 .85 .7 .8 .2 .45 .02",
    ),
    1: (
        "L .5 0 .5 1",
        "L .2 .34 .6 0 .6 1",
        "L .12 .42 .6 0 .6 1",
        "L .3 .2 .55 0 .55 1",
        "L .2 .3 .5 0 .5 1; L .2 1 .8 1",
    ),
    2: (
        "C .1 .25 .35 .02 .75 .1 .75 .35 .45 .68 .08 1; L .08 1 .9 1",
        "C .1 .22 .4 0 .75 .2 .55 .65 .22 .95 .05 .9 .2 .76 .5 .92 .95 .98",
        "C .12 .2 .45 0 .78 .25 .5 .62 .1 .98; C .1 .98 .4 .92 .7 1 .95 .9",
    ),
    3: (
        "C .12 .12 .45 0 .78 .2 .4 .45; C .4 .45 .85 .68 .55 1 .05 .88",
        "L .12 .02 .8 .02 .4 .42; C .4 .42 .85 .6 .7 .93 .1 .95",
        "C .1 .1 .5 .02 .75 .22 .5 .42 .35 .48 .55 .5 .85 .72 .5 .98 .05 .9",
    ),
    4: (
        "L .65 0 .06 .65 .95 .65; L .65 0 .65 1",
        "L .2 0 .1 .52 .9 .52; L .72 .15 .65 1",
        "C .15 0 .08 .35 .3 .55 .75 .45; L .8 0 .72 1",
        "L .3 0 .05 .6 .9 .6; L .6 .35 .55 1",
    ),
    5: (
        "L .8 .02 .22 0 .16 .45; C .16 .45 .5 .34 .86 .65 .6 .97 .05 .92",
        "L .22 0 .16 .42; C .16 .42 .55 .36 .84 .68 .5 1 .06 .92; L .22 0 .85 .02",
    ),
    6: (
        "C .75 .04 .32 .32 .1 .72 .42 1 .82 .78 .52 .55 .15 .72",
        "C .5 0 .18 .45 .12 .8 .45 1 .75 .8 .5 .6 .16 .78",
    ),
    7: (
        "L .1 .02 .85 0 .4 1",
        "L .1 .02 .85 0 .4 1; L .3 .5 .8 .48",
        "L .1 .15 .1 .02 .88 .02 .45 1; L .28 .5 .85 .5",
        "C .08 .12 .25 .02 .55 .08 .88 0; L .88 0 .4 1",
        "C .08 .12 .25 .02 .55 .08 .88 0; L .88 0 .45 1; L .35 .5 .85 .5",
    ),
    8: (
        "C .72 .1 .42 0 .2 .2 .5 .46 .84 .76 .5 1 .12 .78 .45 .46 .78 .22 .64 .04",
        "C .5 0 .2 .2 .5 .45 .8 .2 .5 0; C .5 .45 .12 .72 .5 1 .88 .72 .5 .45",
    ),
    9: (
        "C .78 .2 .45 .02 .12 .28 .42 .52 .78 .24; L .8 .12 .74 1",
        "C .78 .2 .45 .02 .12 .28 .42 .52 .78 .24; C .8 .12 .84 .68 .55 1 .12 .88",
        "C .75 .08 .3 .05 .15 .35 .5 .5 .78 .2 .82 .6 .5 1 .2 .9",
    ),
}  # fmt: skip


def pen_digit(digit: int, random: Generator) -> Ink:
    """Draw a digit in one of its forms with `pen_drawing`."""
    forms = _FORMS[digit]
    form = forms[int(random.integers(len(forms)))]
    return pen_drawing(handwritten([_stroke(it, random) for it in form.split(";")], random), random)


def printed_digit(digit: int, random: Generator) -> Ink:
    """Print a digit in one of the fonts of `fonts.py`."""
    return printed(str(digit), FONTS[int(random.integers(len(FONTS)))], random)


def _stroke(described: str, random: Generator) -> Points:
    kind, *numbers = described.split()
    corners: NDArray[np.float64] = np.array(numbers, np.float64).reshape(-1, 2)
    corners += random.normal(0, _JITTER, corners.shape)
    return smooth(corners) if kind == "C" else corners
