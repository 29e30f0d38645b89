"""Pieces of photographs: of people, animals, things, textures, the sky and cells.

The photographs come with scikit-image and matplotlib.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

from digitlab.errors import DigitlabError
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
"""Those to learn from, and others to test with."""

_LEAST, _LARGEST = 24, 64  # pixels per side to which a piece is reduced, at least and at most


def photograph_piece(names: tuple[str, ...], random: Generator) -> Digit:
    """Return a piece of one of these photographs, prepared as a picture of a digit is.

    It is all black where nothing in the piece is taken for ink. Raises `DigitlabError` if the
    package that contains the photograph is missing.
    """
    photograph = _gray(names[int(random.integers(len(names)))])
    height, width = photograph.shape
    side = min(int(np.exp(random.uniform(np.log(_LEAST), np.log(400)))), height, width)
    wide = min(width, round(side * random.uniform(0.7, 1.4)))
    top, left = int(random.integers(height - side + 1)), int(random.integers(width - wide + 1))
    piece = Image.fromarray(photograph[top : top + side, left : left + wide])
    piece.thumbnail((_LARGEST, _LARGEST), Image.Resampling.BOX)
    return prepare(np.rot90(np.asarray(piece), int(random.integers(4))).copy())


@cache
def _gray(name: str) -> NDArray[np.uint8]:
    package, _, path = name.partition("/")
    found = find_spec(package)
    if found is None or found.origin is None:
        pip_name = {"skimage": "scikit-image"}.get(package, package)
        raise DigitlabError(
            f"photographs of no digit need {pip_name}, which contains them; "
            f"`pip install {pip_name}` installs it"
        )
    with Image.open(Path(found.origin).parent / path) as picture:
        return np.asarray(picture.convert("L"))
