"""One page of a test set: its picture, and what is on it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SIGNS = "/-.,:()+=$€%#"
"""What is read besides digits."""

Box = tuple[float, float, float, float]  # x, y, width, height, in pixels of the picture


@dataclass(frozen=True)
class Mark:
    """A digit, a sign or a word on a page, and where it is."""

    text: str
    box: Box

    @property
    def is_digit(self) -> bool:
        """Whether it is a digit: "7", but neither "1845" nor "Total"."""
        return len(self.text) == 1 and self.text in "0123456789"

    @property
    def is_sign(self) -> bool:
        """Whether it is a sign, such as "/", and not a letter."""
        return len(self.text) == 1 and self.text in SIGNS


@dataclass(frozen=True)
class Sheet:
    """One page, its text, and the name of its difficulty."""

    picture: bytes | NDArray[np.uint8]
    text: str
    difficulty: str
    marks: tuple[Mark, ...] = ()
    """The digits and signs of the text in its order, and the words that are not part of it;
    empty if it is not known where they are."""
