"""The answer to a picture of one digit, or of what else the model was trained on."""

from dataclasses import dataclass

from digitlab.models.probability import percent

DIGITS = "0123456789"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Prediction:
    """The answer to a picture: of one digit, or of what else the model was trained on."""

    label: str | None = None
    """The name of the most likely class, such as "7"; None if the picture is blank or could not be
    opened."""
    probability: float = 0.0
    """The calibrated probability that it is this class, 0 to 1."""
    unsure: bool = True
    """True if the probability is below the model's threshold, the picture is refused because
    `is_digit` is below its own threshold, the picture seems to show several digits, or there is no
    answer."""
    is_digit: float | None = None
    """The probability that the picture shows a digit at all, 0 to 1; None if the model has no such
    output, or there is no answer."""
    refused: bool = False
    """True if `is_digit` is below the threshold in the model's `card.is_digit`."""
    several: bool = False
    """True if the picture seems to show several digits in a row: try `Reader.read`."""
    runner_up: str | None = None
    """The name of the second most likely class; None if there is no answer."""
    probabilities: tuple[float, ...] = ()
    """The probability of each class, in the order of the model's `card.classes`, so of digit 0 to 9
    for digits; empty if there is no answer."""
    error: str | None = None
    """Why the picture could not be opened; only set by `predict_many` and `predict_each`."""

    @property
    def digit(self) -> int | None:
        """The most likely digit, 0 to 9; None if there is no answer, or it is not a digit."""
        return int(self.label) if self.label is not None and is_digit(self.label) else None

    def __repr__(self) -> str:
        if self.error is not None:
            return f"Prediction(error={self.error!r})"
        if self.label is None:
            return "Prediction(blank)"
        label = self.label if is_digit(self.label) else repr(self.label)
        remarks = ", unsure" * self.unsure + ", no digit?" * self.refused
        remarks += ", several digits" * self.several
        return f"Prediction({label}, {percent(self.probability)}{remarks})"


def is_digit(name: str) -> bool:
    """Return whether a class's name is a single digit.

    >>> [is_digit(name) for name in ("7", "10", "bag")]
    [True, False, False]
    """
    return len(name) == 1 and name in DIGITS
