"""The answer to a page."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from digitlab.models.probability import cut_off, percent

Box = tuple[int, int, int, int]  # x, y, width, height, in pixels of the upright picture


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ReadDigit:
    """One digit of a page."""

    box: Box
    digit: int
    probability: float
    """Calibrated, 0 to 1."""
    unsure: bool
    """True if the probability is below the model's threshold."""
    image: NDArray[np.uint8] | None = field(default=None, compare=False)
    """The digit as the network saw it, 28 x 28, 0 = background to 255 = ink."""

    def record(self) -> dict[str, object]:
        """Return the digit as JSON shows it."""
        return {
            "box": list(self.box),
            "digit": self.digit,
            "probability": cut_off(self.probability),
            "unsure": self.unsure,
        }

    def __repr__(self) -> str:
        remark = ", unsure" * self.unsure
        return f"ReadDigit({self.digit}, {percent(self.probability)}{remark}, box={self.box})"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Page:
    """All the digits of a picture, in reading order. Printed, it is their text."""

    text: str
    """Lines separated by newlines, numbers by spaces; `?` for a digit that is unsure."""
    digits: tuple[ReadDigit, ...]

    def record(self) -> dict[str, object]:
        """Return the page as JSON shows it, on the command line and over HTTP."""
        return {"text": self.text, "digits": [digit.record() for digit in self.digits]}

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        unsure = sum(digit.unsure for digit in self.digits)
        return f"Page({self.text!r}, {len(self.digits)} digits, {unsure} unsure)"
