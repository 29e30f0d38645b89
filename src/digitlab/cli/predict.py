"""`digitlab predict`: one digit a picture."""

import csv
import json
import math
import sys
from collections.abc import Callable
from itertools import tee
from pathlib import Path
from typing import Any

from digitlab.cli.parameters import AsCsv, AsJsonLines, ModelPath, PicturePaths
from digitlab.cli.pictures import cut_off, find_pictures, printable, source_of
from digitlab.errors import DigitlabError
from digitlab.reader import Prediction, Reader


def predict(
    pictures: PicturePaths,
    /,
    *,
    model: ModelPath = None,
    as_json: AsJsonLines = False,
    as_csv: AsCsv = False,
) -> int:
    """Answer which digit each picture shows, how likely that is, and where it is unsure.

    With --json, one object a line: picture, digit (null if none was found), probability, unsure;
    or picture, error. The exit code is 1 if a picture could not be opened.
    """
    if as_json and as_csv:
        raise DigitlabError("give --json or --csv, not both")
    reader = Reader(model)
    tell = _tell_json if as_json else _csv_teller() if as_csv else _row_teller()
    paths, names = tee(find_pictures(pictures))
    failures = 0
    for path, answer in zip(names, reader.predict_each(map(source_of, paths)), strict=True):
        tell(path, answer)
        failures += answer.error is not None
    return min(failures, 1)


def _row_teller() -> Callable[[Path, Prediction], None]:
    """Return what prints a table row by row: a folder may be endless, and the name stands last."""
    heading = ["digit  probability  picture"]

    def tell(path: Path, answer: Prediction) -> None:
        if answer.error is not None:
            print(f"digitlab: {printable(answer.error)}", file=sys.stderr)
            return
        if heading:
            print(heading.pop())
        if answer.digit is None:
            print(f"    -            -  {printable(path)}  no digit found")
        else:
            percent = math.floor(cut_off(answer.probability) * 10_000) / 100
            remark = "  unsure" if answer.unsure else ""
            print(f"    {answer.digit}      {percent:5.2f} %  {printable(path)}{remark}")

    return tell


def _tell_json(path: Path, answer: Prediction) -> None:
    record: dict[str, Any] = {"picture": str(path)}
    if answer.error is None:
        record["digit"] = answer.digit
        record["probability"] = cut_off(answer.probability)
        record["unsure"] = answer.unsure
    else:
        record["error"] = answer.error
    print(json.dumps(record))


def _csv_teller() -> Callable[[Path, Prediction], None]:
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(("picture", "digit", "probability", "unsure", "error"))

    def tell(path: Path, answer: Prediction) -> None:
        if answer.error is None:
            unsure = "true" if answer.unsure else "false"
            table.writerow((path, answer.digit, f"{cut_off(answer.probability):.6f}", unsure, None))
        else:
            table.writerow((path, None, None, None, answer.error))

    return tell
