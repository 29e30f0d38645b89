"""The answer to a page."""

from dataclasses import dataclass

Box = tuple[int, int, int, int]  # x, y, width, height, in pixels of the upright picture


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDigit:
    """One digit of a page."""

    box: Box
    digit: int
    probability: float
    """Calibrated, 0 to 1."""
    unsure: bool
    """True if the probability is below the model's threshold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """All the digits of a picture, in reading order."""

    text: str
    """Lines separated by newlines, numbers by spaces; `?` for a digit that is unsure."""
    digits: tuple[ReadDigit, ...]
