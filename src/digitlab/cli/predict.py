"""`digitlab predict`: one digit per picture."""

import csv
import json
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import chain, islice, tee
from pathlib import Path
from typing import Annotated
from unicodedata import east_asian_width

from cyclopts import Parameter

from digitlab.batch.rows import Task
from digitlab.cli.help import chinese_help, help_text
from digitlab.cli.parameters import (
    STDIN,
    AsCsv,
    AsJsonLines,
    ModelPath,
    PicturePaths,
    whole_number,
)
from digitlab.cli.parts import NO_PARTS, InParts, read_in_parts, refuse_without_folder
from digitlab.cli.pictures import find_pictures, print_error, reason_of, source_of
from digitlab.errors import DigitlabError, printable
from digitlab.models.probability import cut_off, percent
from digitlab.pictures.formats import suffixes_with
from digitlab.prediction import Prediction
from digitlab.processes import cores
from digitlab.reader import Reader

_MANY = 500  # pictures from which other processes are worth their start
_REPORT_SECONDS = 0.5


@chinese_help(
    "输出每张图片是哪个数字、概率多大、是否没有把握。"
    "如果图片很可能根本不是数字，也算没有把握，并输出 `no digit?`。\n\n"
    "用 --json 时，每行输出一个对象：picture、digit（没有找到数字时为 null）、probability、"
    "unsure、is_digit（图中确实是数字的概率，模型有这个输出时才有）、"
    "several（图中像是有几个连着的数字时为 true）、runner_up（第二可能的数字）、"
    "probabilities（每个数字的概率）；或者 picture、error。"
    "如果模型的类别不是数字，`label` 代替 `digit`，并且没有 `several`。"
    "--csv 的列名相同，没有 probabilities。有图片打不开时，退出码为 1。\n\n"
    "用 --out 文件夹时，把 --json 的各个对象写成 JSON Lines 或 Parquet；只要所有部分都已写好，"
    "退出码就是 0，即使有图片打不开。"
)
def predict(
    pictures: PicturePaths,
    /,
    *,
    model: ModelPath = None,
    jobs: Annotated[
        int | None,
        Parameter(
            converter=whole_number,
            help=help_text(
                f"How many processes open and prepare pictures; default: one per core from {_MANY} "
                "pictures on, and with --out.",
                f"用多少个进程打开和预处理图片；默认：达到 {_MANY} 张时，或用 --out "
                "时，每个核心一个。",
            ),
        ),
    ] = None,
    as_json: AsJsonLines = False,
    as_csv: AsCsv = False,
    out: Annotated[
        Path | None,
        Parameter(
            help=help_text(
                "Write the answers into this folder, in parts, instead of to stdout. Tar and "
                "Parquet files are read as well, and the same command continues where it stopped.",
                "把结果分成多个部分写进这个文件夹，而不是标准输出。也读取 tar 和 Parquet "
                "文件；再次运行同一命令，会从停下的地方继续。",
            )
        ),
    ] = None,
    parts: InParts = NO_PARTS,
) -> int:
    """Print which digit each picture shows, how likely that is, and whether it is unsure.

    A picture is also unsure if it probably shows no digit at all: then `no digit?` is printed.

    With --json, print one object per line: picture, digit (null if none was found), probability,
    unsure, is_digit (the probability that it is a digit at all, if the model has this output),
    several (true if there seem to be several digits in a row), runner_up (the second most likely
    digit), probabilities (of each digit by its name); or picture, error. With a model of other
    classes, `label` takes the place of `digit`, and `several` is left out. --csv has the same
    names, without probabilities. The exit code is 1 if a picture could not be opened.

    With --out FOLDER, the objects of --json are written as JSON Lines or Parquet, and the exit code
    is 0 once all parts are there, even if pictures could not be opened.
    """
    if as_json and as_csv:
        raise DigitlabError("--json and --csv exclude each other: give one of them")
    if out is not None:
        if as_csv:
            raise DigitlabError("--csv is for stdout: --out writes JSON Lines, or --parquet")
        return read_in_parts(
            pictures, Task("predict", model, column=parts.column), out, parts, jobs
        )
    refuse_without_folder(parts.first, pictures)
    found = find_pictures(pictures, suffixes_with("heic"))
    first = list(islice(found, _MANY))
    if jobs is None:
        jobs = cores() if len(first) == _MANY else 1
    # A process of its own would need its own stdin, and the network is faster than its pictures.
    jobs = 1 if STDIN in pictures else jobs
    reader = Reader(model, threads=1 if jobs > 1 else None)
    show = (_JsonLines if as_json else _Table if as_csv else _Lines)(reader)
    failures = 0
    paths, names = tee(chain(first, found))
    with closing(reader.predict_each(map(source_of, paths), jobs=jobs)) as answers:
        for path, answer in _reported(zip(names, answers, strict=True)):
            failures += answer.error is not None
            show.print(path, answer)
    return min(failures, 1)


def _reported(answers: Iterable[tuple[Path, Prediction]]) -> Iterator[tuple[Path, Prediction]]:
    """Yield the answers; show on stderr how many there are while stdout is not on the terminal."""
    if not sys.stderr.isatty() or sys.stdout.isatty():
        yield from answers
        return
    start = last = time.monotonic()
    shown = False
    for count, answer in enumerate(answers):
        now = time.monotonic()
        if now - last > _REPORT_SECONDS:
            rate = count / (now - start)
            print(f"\r{count:,} pictures, {rate:,.0f}/s ", end="", file=sys.stderr, flush=True)
            last, shown = now, True
        yield answer
    if shown:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


class _JsonLines:
    """One object per picture."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def print(self, path: Path, answer: Prediction) -> None:
        """Print the line of one picture."""
        if answer.error is not None:
            print_error(path, answer.error, as_json=True)
        else:
            print(json.dumps({"picture": str(path)} | self.reader.record(answer)))


class _Table:
    """Comma-separated values: the heading, and one row per picture."""

    def __init__(self, reader: Reader) -> None:
        self.writer = csv.writer(sys.stdout, lineterminator="\n")
        self.is_of_digits = reader.reads_digits
        self.detects = reader.card.is_digit is not None
        answer = ["digit" if self.is_of_digits else "label", "probability", "unsure"]
        answer += ["is_digit"] * self.detects + ["several"] * self.is_of_digits + ["runner_up"]
        self.columns = len(answer)
        self.writer.writerow(("picture", *answer, "error"))

    def print(self, path: Path, answer: Prediction) -> None:
        """Print the row of one picture."""
        if answer.error is not None:
            row: tuple[object, ...] = (None,) * self.columns
            self.writer.writerow((path, *row, reason_of(path, answer.error)))
            return
        is_digit = "" if answer.is_digit is None else f"{cut_off(answer.is_digit):.6f}"
        probability = f"{cut_off(answer.probability):.6f}"
        row = (
            answer.label, probability, _written(answer.unsure), *[is_digit] * self.detects,
            *[_written(answer.several)] * self.is_of_digits, answer.runner_up,
        )  # fmt: skip
        self.writer.writerow((path, *row, None))


def _written(flag: bool) -> str:
    return "true" if flag else "false"


class _Lines:
    """The table for people: its heading is printed with the first answer."""

    def __init__(self, reader: Reader) -> None:
        self.is_first = True
        self.is_of_digits = reader.reads_digits
        self.width = max(map(_columns, ("digit", *reader.card.classes)))

    def print(self, path: Path, answer: Prediction) -> None:
        """Print the line of one picture, or to stderr why there is none."""
        if answer.error is not None:
            print_error(path, answer.error, as_json=False)
            return
        if self.is_first:
            print(f"{self._cell('digit' if self.is_of_digits else 'class')}  probability  picture")
            self.is_first = False
        if answer.label is None:
            nothing = "no digit found" if self.is_of_digits else "blank"
            print(f"{self._cell('-')}            -  {printable(path)}  {nothing}")
            return
        remarks = "  no digit?" if answer.refused else "  unsure" * answer.unsure
        if answer.several:
            remarks += "  several digits: try `digitlab read`"
        elif answer.unsure and not answer.refused and answer.runner_up is not None:
            second = sorted(answer.probabilities)[-2]
            remarks += f", or {answer.runner_up} ({percent(second)})"
        figure = f"{percent(answer.probability):>11}"
        print(f"{self._cell(answer.label)}  {figure}  {printable(path)}{remarks}")

    def _cell(self, text: str) -> str:
        return " " * (self.width - _columns(text)) + text


def _columns(text: str) -> int:
    """Return how wide a terminal shows a name: East Asian characters take two columns."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
