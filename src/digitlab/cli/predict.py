"""`digitlab predict`: one digit per picture."""

import csv
import json
import math
import sys
from itertools import tee
from pathlib import Path

from digitlab.cli.parameters import AsCsv, AsJsonLines, ModelPath, PicturePaths
from digitlab.cli.pictures import cut_off, find_pictures, print_error, reason_of, source_of
from digitlab.errors import DigitlabError, printable
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
    table = csv.writer(sys.stdout, lineterminator="\n")
    if as_csv:
        table.writerow(("picture", "digit", "probability", "unsure", "error"))
    heading = "digit  probability  picture\n"  # printed with the first answer
    failures = 0
    paths, names = tee(find_pictures(pictures))
    for path, answer in zip(names, reader.predict_each(map(source_of, paths)), strict=True):
        failures += answer.error is not None
        if as_csv:
            table.writerow(_csv_cells(path, answer))
        elif answer.error is not None:
            print_error(path, answer.error, as_json=as_json)
        elif as_json:
            print(_json_line(path, answer))
        else:
            print(heading + _table_line(path, answer))
            heading = ""
    return min(failures, 1)


def _csv_cells(path: Path, answer: Prediction) -> tuple[object, ...]:
    if answer.error is not None:
        return path, None, None, None, reason_of(path, answer.error)
    unsure = "true" if answer.unsure else "false"
    return path, answer.digit, f"{cut_off(answer.probability):.6f}", unsure, None


def _json_line(path: Path, answer: Prediction) -> str:
    probability = cut_off(answer.probability)
    record = {"picture": str(path), "digit": answer.digit, "probability": probability}
    return json.dumps(record | {"unsure": answer.unsure})


def _table_line(path: Path, answer: Prediction) -> str:
    if answer.digit is None:
        return f"    -            -  {printable(path)}  no digit found"
    percent = math.floor(cut_off(answer.probability) * 10_000) / 100
    remark = "  unsure" if answer.unsure else ""
    return f"    {answer.digit}      {percent:5.2f} %  {printable(path)}{remark}"
