"""Any picture to a 28 x 28 image of its gray levels, as it is: nothing is cropped or inverted.

This is for models whose training images were not prepared like MNIST's, such as photographs of
clothes. What they show may be anywhere in the picture, light or dark.
"""

import numpy as np
from PIL import Image

from digitlab.pictures.digit import SIDE, Digit, has_format
from digitlab.pictures.open import Source, open_picture

_LARGEST = 8 * SIDE  # pixels of the longer side to which a large picture is reduced first, at least


def plain(picture: Source) -> Digit:
    """Return a picture's luminance, uint8, 28 x 28, 0 black to 255 white.

    A picture of another size is resized, also where that changes its aspect ratio. One of 28 x 28
    keeps its gray levels byte for byte. Takes anything that `open_picture` opens, and raises what
    it raises: PictureError for a picture that is missing, damaged, too large or too small.

    >>> plain(np.full((56, 280), 7, np.uint8))[0, :3]
    array([7, 7, 7], dtype=uint8)
    """
    if has_format(picture):
        return picture.copy()  # without the time that opening it takes
    gray = open_picture(picture, largest_side=_LARGEST).luminance()
    if gray.shape != (SIDE, SIDE):
        # Bilinear, with a wider filter where the picture shrinks, so that every pixel counts.
        image = Image.fromarray(gray).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
        gray = np.asarray(image, np.uint8)
    return gray.copy()
