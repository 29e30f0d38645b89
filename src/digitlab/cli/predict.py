"""`digitlab predict`: one digit per picture."""

import csv
import json
import sys
from itertools import tee
from pathlib import Path
from unicodedata import east_asian_width

from digitlab.cli.help import chinese_help
from digitlab.cli.parameters import AsCsv, AsJsonLines, ModelPath, PicturePaths
from digitlab.cli.pictures import find_pictures, print_error, reason_of, source_of
from digitlab.errors import DigitlabError, printable
from digitlab.models.probability import cut_off, percent
from digitlab.pictures.formats import suffixes_with
from digitlab.reader import Prediction, Reader


@chinese_help(
    "输出每张图片是哪个数字、概率多大、是否没有把握。\n\n"
    "用 --json 时，每行输出一个对象：picture、digit（没有找到数字时为 null）、probability、"
    "unsure、several（图中像是有几个连着的数字时为 true）、probabilities（每个数字的概率）；"
    "或者 picture、error。如果模型的类别不是数字，`label` 代替 `digit`，并且没有 `several`。"
    "有图片打不开时，退出码为 1。"
)
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
    unsure, several (true if there seem to be several digits in a row), probabilities (of each digit
    by its name); or picture, error. With a model of other classes, `label` takes the place of
    `digit`, and `several` is left out. The exit code is 1 if a picture could not be opened.
    """
    if as_json and as_csv:
        raise DigitlabError("--json and --csv exclude each other: give one of them")
    reader = Reader(model)
    table = csv.writer(sys.stdout, lineterminator="\n")
    if as_csv:
        answer_name = "digit" if reader.reads_digits else "label"
        table.writerow(("picture", answer_name, "probability", "unsure", "error"))
    lines = _Lines(reader)
    failures = 0
    paths, names = tee(find_pictures(pictures, suffixes_with("heic")))
    for path, answer in zip(names, reader.predict_each(map(source_of, paths)), strict=True):
        failures += answer.error is not None
        if as_csv:
            table.writerow(_csv_cells(path, answer))
        elif answer.error is not None:
            print_error(path, answer.error, as_json=as_json)
        elif as_json:
            print(json.dumps({"picture": str(path)} | reader.record(answer)))
        else:
            lines.print(path, answer)
    return min(failures, 1)


def _csv_cells(path: Path, answer: Prediction) -> tuple[object, ...]:
    if answer.error is not None:
        return path, None, None, None, reason_of(path, answer.error)
    unsure = "true" if answer.unsure else "false"
    return path, answer.label, f"{cut_off(answer.probability):.6f}", unsure, None


class _Lines:
    """The table for people: its heading is printed with the first answer."""

    def __init__(self, reader: Reader) -> None:
        self.is_first = True
        self.is_of_digits = reader.reads_digits
        self.width = max(map(_columns, ("digit", *reader.card.classes)))

    def print(self, path: Path, answer: Prediction) -> None:
        """Print the line of one picture."""
        if self.is_first:
            print(f"{self._cell('digit' if self.is_of_digits else 'class')}  probability  picture")
            self.is_first = False
        if answer.label is None:
            nothing = "no digit found" if self.is_of_digits else "blank"
            print(f"{self._cell('-')}            -  {printable(path)}  {nothing}")
            return
        remarks = "  unsure" * answer.unsure
        remarks += "  several digits: try `digitlab read`" * answer.several
        figure = f"{percent(answer.probability):>11}"
        print(f"{self._cell(answer.label)}  {figure}  {printable(path)}{remarks}")

    def _cell(self, text: str) -> str:
        return " " * (self.width - _columns(text)) + text


def _columns(text: str) -> int:
    """Return how wide a terminal shows a name: East Asian characters take two columns."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
