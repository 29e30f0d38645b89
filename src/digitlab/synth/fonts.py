"""Printed characters, in the fonts that come with matplotlib."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageFont

from digitlab.errors import DigitlabError
from digitlab.pictures.ink import Ink

_SIZE = 64  # pixels of the font


def printed(text: str, font: str, random: Generator) -> Ink:
    """Return a text printed in a font (a file's name without `.ttf`), a little slanted and turned.

    Raises `DigitlabError` if matplotlib is missing.
    """
    loaded = _load(font)
    left, top, right, bottom = map(int, loaded.getbbox(text))
    margin = _SIZE // 3
    size = max(1, right - left) + 2 * margin, max(1, bottom - top) + 2 * margin
    paper = Image.new("L", size)
    ImageDraw.Draw(paper).text((margin - left, margin - top), text, fill=255, font=loaded)
    slant, squeeze = random.normal(0, 0.08), random.uniform(0.9, 1.25)
    middle_x, middle_y = size[0] / 2, size[1] / 2
    matrix = (squeeze, slant, middle_x * (1 - squeeze) - slant * middle_y, 0, 1, 0)
    paper = paper.transform(size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
    paper = paper.rotate(random.normal(0, 4), Image.Resampling.BILINEAR)
    return np.asarray(paper, np.float32) / np.float32(255)


@cache
def _load(font: str) -> ImageFont.FreeTypeFont:
    matplotlib = find_spec("matplotlib")
    if matplotlib is None or matplotlib.origin is None:
        raise DigitlabError(
            "text cannot be printed without matplotlib, which contains the fonts; "
            "`pip install matplotlib` installs it"
        )
    folder = Path(matplotlib.origin).parent / "mpl-data/fonts/ttf"
    return ImageFont.truetype(folder / f"{font}.ttf", _SIZE)
