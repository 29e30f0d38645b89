"""Pieces of photographs, prepared as a picture of a digit is: none of them shows one."""

from functools import cache

import numpy as np
from numpy.random import Generator
from PIL import Image

from digitlab.backgrounds.photographs import read_photograph
from digitlab.glyphs.choice import one_of
from digitlab.pictures.digit import Digit, prepare

_LEARNED = "brick", "cell", "chelsea", "clock_motion", "grass", "horse", "ihc", "moon"

PHOTOGRAPHS: tuple[tuple[str, ...], tuple[str, ...]] = (
    (
        *(f"skimage/data/{name}.png" for name in _LEARNED),
        "skimage/data/retina.jpg",
        "matplotlib/mpl-data/sample_data/grace_hopper.jpg",
    ),
    tuple(f"skimage/data/{name}.png" for name in ("astronaut", "camera", "coffee", "gravel")),
)
"""Those to learn from, and others to test with: see `read_photograph`."""

_read = cache(read_photograph)
_LEAST, _LARGEST = 24, 64  # pixels per side to which a piece is reduced, at least and at most


def photograph_piece(names: tuple[str, ...], random: Generator) -> Digit:
    """Return a piece of one of these photographs, prepared as a picture of a digit is.

    It is all black if nothing in the piece is taken for ink. Raises `DigitlabError` if the package
    that contains the photograph is missing.
    """
    photograph = _read(one_of(names, random))
    height, width = photograph.shape
    side = min(int(np.exp(random.uniform(np.log(_LEAST), np.log(400)))), height, width)
    wide = min(width, round(side * random.uniform(0.7, 1.4)))
    top, left = int(random.integers(height - side + 1)), int(random.integers(width - wide + 1))
    piece = Image.fromarray(photograph[top : top + side, left : left + wide])
    piece.thumbnail((_LARGEST, _LARGEST), Image.Resampling.BOX)
    return prepare(np.rot90(np.asarray(piece), int(random.integers(4))).copy())
