"""The answer to a page: its text, and where every digit, sign, number and line of it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from digitlab.models.probability import cut_off, percent

Box = tuple[int, int, int, int]
"""x, y, width, height, in pixels of the picture as it was given, upright by its EXIF data."""

_DIGITS = "0123456789?"  # in a text; every other character of a word is a sign


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ReadDigit:
    """One digit of a page."""

    box: Box
    digit: int
    """The most likely digit, 0 to 9, also where it is unsure."""
    probability: float
    """Calibrated, 0 to 1."""
    unsure: bool
    """True if the probability is below the model's threshold."""
    probabilities: tuple[float, ...] = ()
    """The probability of each digit, 0 to 9."""
    line: int = 0
    """Which of the page's `lines` it is in."""
    number: int = 0
    """Which of the page's `numbers` it belongs to."""
    image: NDArray[np.uint8] | None = field(default=None, compare=False)
    """The digit as the network saw it, 28 x 28, 0 = background to 255 = ink."""

    @property
    def runner_up(self) -> int | None:
        """The second most likely digit; None if the page's reader gave no probabilities."""
        others = [it for it in range(len(self.probabilities)) if it != self.digit]
        return max(others, key=self.probabilities.__getitem__, default=None)

    @property
    def character(self) -> str:
        """What stands for it in the text: the digit, or `?` if it is unsure."""
        return "?" if self.unsure else str(self.digit)

    def record(self) -> dict[str, object]:
        """Return the digit as JSON shows it."""
        return {
            "box": list(self.box),
            "digit": self.digit,
            "probability": cut_off(self.probability),
            "unsure": self.unsure,
            "line": self.line,
            "number": self.number,
            "runner_up": self.runner_up,
            "probabilities": {str(i): cut_off(it) for i, it in enumerate(self.probabilities)},
        }

    def __repr__(self) -> str:
        remark = ", unsure" * self.unsure
        return f"ReadDigit({self.digit}, {percent(self.probability)}{remark}, box={self.box})"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ReadSign:
    """One sign of a page, such as the slash in a date."""

    box: Box
    sign: str
    """One of `/ - . , : ( ) + = $ € % #`; a dash of any length is `-`."""
    probability: float
    """0 to 1."""
    line: int = 0
    """Which of the page's `lines` it is in."""

    @property
    def character(self) -> str:
        """What stands for it in the text."""
        return self.sign

    def record(self) -> dict[str, object]:
        """Return the sign as JSON shows it."""
        probability = cut_off(self.probability)
        return {
            "box": list(self.box), "sign": self.sign, "probability": probability, "line": self.line
        }  # fmt: skip

    def __repr__(self) -> str:
        return f"ReadSign({self.sign!r}, {percent(self.probability)}, box={self.box})"


Character = ReadDigit | ReadSign
Word = Sequence[Character]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ReadNumber:
    """One word of a page that has a digit, such as `415`, `-3.5` or `12/03/2026`."""

    text: str
    """Its digits and signs; `?` for a digit that is unsure."""
    box: Box
    probability: float
    """The lowest probability of its digits."""
    unsure: bool
    """True if one of its digits is unsure."""
    line: int
    """Which of the page's `lines` it is in."""

    def record(self) -> dict[str, object]:
        """Return the number as JSON shows it."""
        return {
            "text": self.text,
            "box": list(self.box),
            "probability": cut_off(self.probability),
            "unsure": self.unsure,
            "line": self.line,
        }

    def __repr__(self) -> str:
        remark = ", unsure" * self.unsure
        return f"ReadNumber({self.text!r}, {percent(self.probability)}{remark}, box={self.box})"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLine:
    """One line of a page."""

    text: str
    """Its words, separated by spaces."""
    box: Box

    def record(self) -> dict[str, object]:
        """Return the line as JSON shows it."""
        return {"text": self.text, "box": list(self.box)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """Ink as large as a digit that was not read, such as a letter or a stamp."""

    box: Box

    def record(self) -> dict[str, object]:
        """Return the ink as JSON shows it."""
        return {"box": list(self.box)}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Page:
    """All the digits and signs of a picture, in reading order. Printed, it is their text."""

    text: str
    """Lines separated by newlines, words by spaces; `?` for a digit that is unsure. Its characters
    other than spaces and newlines are the `digits` and `signs`, each in their order."""
    digits: tuple[ReadDigit, ...] = ()
    signs: tuple[ReadSign, ...] = ()
    numbers: tuple[ReadNumber, ...] = ()
    """The words of `text` that have a digit."""
    lines: tuple[ReadLine, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    """What was not read, so that nothing is dropped without a word."""
    turned: int = 0
    """By how many degrees clockwise the picture was turned to be read: 0, 90, 180 or 270."""
    size: tuple[int, int] = (0, 0)
    """Width and height of the picture, in pixels."""
    error: str | None = None
    """Why the page could not be opened; only set by `Reader.read_pages` and `Reader.read_each`."""

    @classmethod
    def from_words(
        cls,
        lines: Iterable[Iterable[Word]],
        *,
        size: tuple[int, int],
        ignored: Iterable[Ignored] = (),
        turned: int = 0,
    ) -> "Page":
        """Return the page with these lines of words, each of digits and signs in reading order.

        The `line` and `number` of each digit and sign are set here; empty words and lines are left
        out. `size` is that of the picture: width and height, in pixels.
        """
        digits: list[ReadDigit] = []
        signs: list[ReadSign] = []
        numbers: list[ReadNumber] = []
        rows: list[ReadLine] = []
        for words in (kept for line in lines if (kept := [word for word in line if word])):
            place = len(rows)
            for word in words:
                own = [it for it in word if isinstance(it, ReadDigit)]
                digits += [replace(it, line=place, number=len(numbers)) for it in own]
                signs += [replace(it, line=place) for it in word if isinstance(it, ReadSign)]
                numbers += [_number_of(word, own, place)] if own else []
            box = around([it.box for word in words for it in word])
            rows.append(ReadLine(text=" ".join(map(text_of, words)), box=box))
        return cls(
            text="\n".join(row.text for row in rows),
            digits=tuple(digits), signs=tuple(signs), numbers=tuple(numbers), lines=tuple(rows),
            ignored=tuple(ignored), turned=turned, size=size,
        )  # fmt: skip

    @property
    def words(self) -> tuple[tuple[tuple[Character, ...], ...], ...]:
        """The digits and signs of each word of each line: what `from_words` takes."""
        digits, signs = iter(self.digits), iter(self.signs)
        return tuple(
            tuple(
                tuple(next(digits) if it in _DIGITS else next(signs) for it in word)
                for word in line.text.split(" ")
            )
            for line in self.lines
        )

    def without_signs(self) -> "Page":
        """Return the page as if it had no signs: `12/03/2026` becomes `12032026`."""
        lines = [
            [[it for it in word if isinstance(it, ReadDigit)] for word in line]
            for line in self.words
        ]
        kept = Page.from_words(lines, size=self.size, ignored=self.ignored, turned=self.turned)
        return replace(kept, error=self.error)

    @property
    def digits_only(self) -> str:
        """The text without its signs."""
        return self.without_signs().text

    def record(self) -> dict[str, object]:
        """Return the page as JSON shows it, on the command line and over HTTP."""
        if self.error is not None:
            return {"error": self.error}
        width, height = self.size
        return {
            "text": self.text,
            "width": width,
            "height": height,
            "turned": self.turned,
            "lines": [line.record() for line in self.lines],
            "numbers": [number.record() for number in self.numbers],
            "digits": [digit.record() for digit in self.digits],
            "signs": [sign.record() for sign in self.signs],
            "ignored": [ink.record() for ink in self.ignored],
        }

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        if self.error is not None:
            return f"Page(error={self.error!r})"
        unsure = sum(digit.unsure for digit in self.digits)
        facts = [repr(self.text), f"{len(self.digits)} digits", f"{unsure} unsure"]
        facts += [f"{len(self.signs)} signs"] if self.signs else []
        facts += [f"{len(self.ignored)} ignored"] if self.ignored else []
        facts += [f"turned {self.turned}"] if self.turned else []
        return f"Page({', '.join(facts)})"


def _number_of(word: Word, digits: list[ReadDigit], line: int) -> ReadNumber:
    return ReadNumber(
        text=text_of(word),
        box=around([it.box for it in word]),
        probability=min(it.probability for it in digits),
        unsure=any(it.unsure for it in digits),
        line=line,
    )


def text_of(word: Word) -> str:
    """Return what stands for a word in the page's text."""
    return "".join(it.character for it in word)


def around(boxes: Sequence[Box]) -> Box:
    """Return the smallest box that contains some boxes.

    >>> around([(2, 3, 4, 4), (5, 1, 6, 3)])
    (2, 1, 9, 6)
    """
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right = max(x + width for x, _, width, _ in boxes)
    bottom = max(y + height for _, y, _, height in boxes)
    return left, top, right - left, bottom - top
