"""What a reader answers."""

from dataclasses import dataclass

Box = tuple[int, int, int, int]  # x, y, width, height, in pixels of the upright picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """The answer to a picture of one digit."""

    digit: int | None
    """The likeliest digit, 0 to 9; None if the picture is blank or could not be opened."""
    probability: float
    """How likely it is to be that digit, 0 to 1, calibrated as the model's card tells."""
    unsure: bool
    """True where the probability is below the model's threshold, or there is no digit."""
    probabilities: tuple[float, ...] = ()
    """Of all ten digits; empty where there is none."""
    error: str | None = None
    """Why the picture could not be opened; only in the answer to several pictures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDigit:
    """One digit of a page."""

    box: Box
    digit: int
    probability: float
    """Calibrated, 0 to 1."""
    unsure: bool
    """True where the probability is below the model's threshold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """All the digits of a picture, in reading order."""

    text: str
    """Lines joined by newlines, numbers by spaces; `?` for a digit that is unsure."""
    digits: tuple[ReadDigit, ...]
