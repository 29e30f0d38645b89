"""The formats in which `digitlab read` prints pages: text, JSON and CSV. XML has two more files.

Each is a function from answers, one at a time, to pieces of text, so that any number of pages can
be printed while they are read.
"""

import csv
import io
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from digitlab.cli.page_answers import Answers, Printer, opened
from digitlab.cli.pictures import reason_of
from digitlab.models.probability import cut_off

PageFormat = Literal["text", "json", "csv", "hocr", "alto"]

_COLUMNS = (
    *("picture", "page", "line", "x", "y", "width", "height"),
    *("text", "probability", "unsure", "error"),
)


def printer_of(name: PageFormat) -> Printer:
    """Return the function that prints a format."""
    if name == "hocr":
        from digitlab.cli.hocr import hocr

        return hocr
    if name == "alto":
        from digitlab.cli.alto import alto

        return alto
    return {"text": _text, "json": _json_lines, "csv": _csv_rows}[name]


def format_of_suffix(path: Path) -> PageFormat:
    """Return the format that a file's name asks for; text if it says nothing.

    >>> [format_of_suffix(Path(name)) for name in ("a.JSON", "a.html", "a.xml", "a")]
    ['json', 'hocr', 'alto', 'text']
    """
    known: dict[str, PageFormat] = {
        ".json": "json", ".jsonl": "json", ".csv": "csv",
        ".hocr": "hocr", ".html": "hocr", ".xml": "alto", ".alto": "alto",
    }  # fmt: skip
    return known.get(path.suffix.lower(), "text")


def _text(answers: Answers, paths: Sequence[Path]) -> Iterator[str]:
    """Yield the text of each page, under its name if there are several."""
    for answer in opened(answers):
        heading = f"{answer.name}:\n" if len(paths) > 1 or answer.pages > 1 else ""
        yield f"{heading}{answer.page.text}\n" if answer.page.text else heading
        if not answer.page.digits:
            print(f"digitlab: {answer.name}: no digit found", file=sys.stderr)


def _json_lines(answers: Answers, _: Sequence[Path]) -> Iterator[str]:
    """Yield an object per page, or per file that could not be opened."""
    for answer in answers:
        named: dict[str, object] = {"picture": str(answer.path)}
        named |= {"page": answer.number} if answer.number else {}
        error = answer.page.error
        content = {"error": reason_of(answer.path, error)} if error else answer.page.record()
        yield json.dumps(named | content) + "\n"


def _csv_rows(answers: Answers, _: Sequence[Path]) -> Iterator[str]:
    """Yield a heading, then a row per number; pages and lines are counted from 1."""
    yield _row(_COLUMNS)
    for answer in answers:
        place = answer.path, answer.number or None
        if error := answer.page.error:
            yield _row((*place, *[None] * 8, reason_of(answer.path, error)))
        for it in answer.page.numbers:
            probability, unsure = f"{cut_off(it.probability):.6f}", str(it.unsure).lower()
            yield _row((*place, it.line + 1, *it.box, it.text, probability, unsure, None))


def _row(cells: Iterable[object]) -> str:
    row = io.StringIO()
    csv.writer(row, lineterminator="\n").writerow(cells)
    return row.getvalue()
