"""Printed characters, a little slanted and turned, as a photograph shows them."""

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw

from digitlab.glyphs.fonts import load_font
from digitlab.pictures.ink import Ink

_SIZE = 64  # pixels of the font


def printed(text: str, font: str, random: Generator) -> Ink:
    """Return a text printed in a font (see `load_font`), a little slanted and turned.

    The ink has a margin. Raises `DigitlabError` if matplotlib is missing.
    """
    loaded = load_font(font, _SIZE)
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
