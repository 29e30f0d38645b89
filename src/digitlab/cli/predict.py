"""`digitlab predict`: one digit per picture."""

import csv
import json
import math
import sys
from collections.abc import Callable
from itertools import tee
from pathlib import Path

from digitlab.cli.parameters import AsCsv, AsJsonLines, ModelPath, PicturePaths
from digitlab.cli.pictures import cut_off, find_pictures, print_error, reason_of, source_of
from digitlab.errors import DigitlabError
from digitlab.pictures.content import printable
from digitlab.reader import Prediction, Reader


def predict(
    pictures: PicturePaths,
    /,
    *,
    model: ModelPath = None,
    as_json: AsJsonLines = False,
    as_csv: AsCsv = False,
) -> int:
    """Print which digit each picture shows, how likely that is, and whether it is unsure.

    With --json, print one object per line: picture, digit (null if none was found), probability,
    unsure; or picture, error. The exit code is 1 if a picture could not be opened.
    """
    if as_json and as_csv:
        raise DigitlabError("--json and --csv exclude each other: give one of them")
    reader = Reader(model)
    show = _show_json if as_json else _csv_printer() if as_csv else _table_printer()
    paths, names = tee(find_pictures(pictures))
    failures = 0
    for path, answer in zip(names, reader.predict_each(map(source_of, paths)), strict=True):
        show(path, answer)
        failures += answer.error is not None
    return min(failures, 1)


def _table_printer() -> Callable[[Path, Prediction], None]:
    """Return a function that prints a table row by row, since there may be very many pictures."""
    heading = ["digit  probability  picture"]

    def show(path: Path, answer: Prediction) -> None:
        if answer.error is not None:
            print_error(path, answer.error, as_json=False)
            return
        if heading:
            print(heading.pop())
        if answer.digit is None:
            print(f"    -            -  {printable(path)}  no digit found")
        else:
            percent = math.floor(cut_off(answer.probability) * 10_000) / 100
            remark = "  unsure" if answer.unsure else ""
            print(f"    {answer.digit}      {percent:5.2f} %  {printable(path)}{remark}")

    return show


def _show_json(path: Path, answer: Prediction) -> None:
    if answer.error is not None:
        print_error(path, answer.error, as_json=True)
        return
    record = {
        "picture": str(path),
        "digit": answer.digit,
        "probability": cut_off(answer.probability),
        "unsure": answer.unsure,
    }
    print(json.dumps(record))


def _csv_printer() -> Callable[[Path, Prediction], None]:
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(("picture", "digit", "probability", "unsure", "error"))

    def show(path: Path, answer: Prediction) -> None:
        if answer.error is None:
            unsure = "true" if answer.unsure else "false"
            table.writerow((path, answer.digit, f"{cut_off(answer.probability):.6f}", unsure, None))
        else:
            table.writerow((path, None, None, None, reason_of(path, answer.error)))

    return show
