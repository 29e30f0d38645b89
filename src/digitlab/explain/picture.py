"""What preprocessing did to a picture: from any file to the 28x28 numbers that a network takes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitlab.errors import DigitlabError
from digitlab.pictures.digit import LARGEST, has_ink, prepare_and_check
from digitlab.pictures.open import Source, open_picture
from digitlab.pictures.plain import plain
from digitlab.pictures.preparation import Preparation
from digitlab.pictures.raster import bounds

Box = tuple[int, int, int, int]  # top, bottom, left, right, in pixels


@dataclass(frozen=True, kw_only=True, eq=False)
class PreparedPicture:
    """A picture before and after preprocessing, and what was found in it."""

    preparation: Preparation
    size: tuple[int, int]
    """Width and height of the picture, in pixels."""
    gray: NDArray[np.uint8]
    """Its gray levels, 0 black to 255 white; large pictures are reduced."""
    digit: NDArray[np.uint8]
    """What the network takes: 28 x 28, 0 = paper to 255 = ink."""
    is_unchanged: bool
    """Whether it was such an image already, or its negative."""
    ink_is_light: bool
    """Whether the ink is lighter than the paper."""
    ink_box: Box | None
    """Where the ink is in `gray`; None if nothing is cropped, or nothing was found."""
    digit_box: Box
    """Where the ink is in `digit`."""
    center: tuple[float, float]
    """Row and column of the ink's center of mass in `digit`, counted from 0."""
    several: bool
    """Whether there seem to be several digits in a row."""


def prepare_picture(source: Source, preparation: Preparation) -> PreparedPicture:
    """Prepare a picture as `digitlab predict` does, and return what was done.

    Raises `PictureError` if it cannot be opened, and `DigitlabError` if there is nothing in it.
    """
    picture = open_picture(source, largest_side=LARGEST)
    several = False
    if preparation == "mnist":
        digit, several = prepare_and_check(picture)
        if not has_ink(digit):
            raise DigitlabError(f"{picture.name}: no digit found")
    else:
        digit = plain(picture)
    gray = picture.gray(LARGEST)
    is_unchanged = gray.shape == digit.shape and any(
        np.array_equal(digit, it) for it in (gray, 255 - gray)
    )
    ink_box, ink_is_light = None, True
    if preparation == "mnist":
        ink = picture.ink(LARGEST) > 0.5
        ink_box = bounds(ink) if ink.any() and not is_unchanged else None
        ink_is_light = _is_lighter(gray, ink)
    return PreparedPicture(
        preparation=preparation,
        size=picture.size,
        gray=gray,
        digit=digit,
        is_unchanged=is_unchanged,
        ink_is_light=ink_is_light,
        ink_box=ink_box,
        digit_box=bounds(digit > 0) if digit.any() else (0, 0, 0, 0),
        center=_center_of(digit),
        several=several,
    )


def _is_lighter(gray: NDArray[np.uint8], ink: NDArray[np.bool_]) -> bool:
    if ink.all() or not ink.any():
        return True
    return float(gray[ink].mean()) > float(gray[~ink].mean())


def _center_of(digit: NDArray[np.uint8]) -> tuple[float, float]:
    total = max(1.0, float(digit.sum()))
    rows, columns = digit.sum(axis=1) @ np.arange(28), digit.sum(axis=0) @ np.arange(28)
    return float(rows) / total, float(columns) / total
