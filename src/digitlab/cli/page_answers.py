"""What `digitlab read` found on one page of one file, and what all its formats do with it."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from digitlab.cli.pictures import reason_of
from digitlab.errors import printable
from digitlab.pages.answers import Page


@dataclass(frozen=True, slots=True)
class Answer:
    """What was read on one page of one picture file."""

    path: Path
    place: int
    """Which of the picture files it is, from 1."""
    number: int
    """Which page of it, from 1; 0 if the file could not be opened."""
    pages: int
    """How many it has."""
    page: Page
    """Its `error` is why the page, or the file, could not be opened."""

    @property
    def name(self) -> str:
        """What people call the page."""
        page = f", page {self.number}" if self.pages > 1 else ""
        return f"{printable(self.path)}{page}"


Answers = Iterable[Answer]
Printer = Callable[[Answers, Sequence[Path]], Iterator[str]]
"""Takes the answers, and the files that they are about."""


def opened(answers: Answers) -> Iterator[Answer]:
    """Yield the answers of pages that could be opened, and report the others on stderr."""
    for answer in answers:
        if answer.page.error is None:
            yield answer
        else:
            print(f"digitlab: {reason_of(answer.path, answer.page.error)}", file=sys.stderr)


def ascii_only(xml: str) -> str:
    """Return XML that means the same in every encoding that stdout may have.

    >>> ascii_only("€")
    '&#8364;'
    """
    return xml.encode("ascii", "xmlcharrefreplace").decode()
