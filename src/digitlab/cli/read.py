"""`digitlab read`: all the digits in pictures, in the format that is wanted."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from digitlab.batch.rows import Task
from digitlab.cli.help import chinese_help, help_text
from digitlab.cli.marked import Marked
from digitlab.cli.page_answers import Answer
from digitlab.cli.page_formats import PageFormat, format_of_suffix, printer_of
from digitlab.cli.parameters import AsCsv, AsJsonLines, ModelPath, PicturePaths, whole_number
from digitlab.cli.parts import NO_PARTS, InParts, read_in_parts, refuse_without_folder
from digitlab.cli.pictures import are_same, find_pictures, source_of
from digitlab.cli.progress import Report, progress
from digitlab.errors import DigitlabError, PictureError, printable
from digitlab.files import whole_file
from digitlab.pages.answers import Page
from digitlab.pages.read import LARGEST_SIDE
from digitlab.pictures.documents import open_document
from digitlab.pictures.formats import suffixes_with
from digitlab.pictures.open import Picture
from digitlab.reader import Reader

_DOCUMENTS = (".pdf", ".tif", ".tiff")  # may have many pages


@chinese_help(
    "逐行输出每张图片里的所有数字和符号，没有把握的数字写成 `?`。PDF 和 TIFF 文件逐页读取。\n\n"
    "--json 为每一页输出一个对象：picture、page（从 1 数起）、"
    "text（行之间是换行符，词之间是空格）、width、height、turned、lines、numbers、digits、"
    "signs、ignored（没有读的墨迹）；或者 picture、error。"
    "其中每一项都有以像素为单位的 box [x, y, width, height]。--csv 为每个数输出一行。"
    "有图片或页打不开时，退出码为 1。\n\n"
    "用 --out 文件夹时，把 --json 的各个对象分成多个部分写入；只要所有部分都已写好，"
    "退出码就是 0，即使有图片打不开。"
)
def read(
    pictures: PicturePaths,
    /,
    *,
    format: Annotated[
        PageFormat | None,
        Parameter(
            help=help_text(
                "text, json (one object per page and line), csv (one row per number), hocr "
                "(version 1.2) or alto (version 4). Default: as the name of --out ends, or text.",
                "text、json（每页一个对象，占一行）、csv（每个数一行）、hocr（1.2 版）或 alto（4 "
                "版）。默认：由 --out 的文件名结尾决定，否则是 text。",
            )
        ),
    ] = None,
    as_json: AsJsonLines = False,
    as_csv: AsCsv = False,
    digits_only: Annotated[
        bool,
        Parameter(
            help=help_text(
                "Leave out the signs: 12/03/2026 becomes 12032026.",
                "不输出符号：12/03/2026 变成 12032026。",
            ),
            negative="",
            show_default=False,
        ),
    ] = False,
    out: Annotated[
        Path | None,
        Parameter(
            help=help_text(
                "Write the answers to this file, completely or not at all, instead of stdout. An "
                "existing folder, or a new one with --jobs, --shard, --engine or --parquet, gets "
                "them in parts, as JSON Lines or Parquet. Tar and Parquet files are read as well, "
                "and the same command continues where it stopped.",
                "把结果写进这个文件（要么完整写入，要么完全不写），而不是标准输出。"
                "如果是已有的文件夹，或者与 --jobs、--shard、--engine 或 --parquet "
                "一起给出的新文件夹，就分成多个部分写成 JSON Lines 或 Parquet。也读取 tar 和 "
                "Parquet 文件；再次运行同一命令，会从停下的地方继续。",
            )
        ),
    ] = None,
    boxes: Annotated[
        Path | None,
        Parameter(
            help=help_text(
                "Save a copy of the picture with the digits marked; of several pictures or pages, "
                "a copy of each in this folder, which must exist.",
                "另存一张标出了各个数字的图片；有多张图片或多页时，给出一个已有的文件夹，"
                "每张各存一份。",
            )
        ),
    ] = None,
    model: ModelPath = None,
    jobs: Annotated[
        int | None,
        Parameter(
            converter=whole_number,
            help=help_text(
                "With --out FOLDER: how many processes read pictures; default: one per core.",
                "与 --out 文件夹一起用：用多少个进程读取图片；默认每个核心一个。",
            ),
        ),
    ] = None,
    parts: InParts = NO_PARTS,
) -> int:
    """Print all the digits and signs in each picture, line by line, with `?` where it is unsure.

    PDF and TIFF files are read page by page. With --json, print one object per page: picture, page
    (from 1), text (lines separated by newlines, words by spaces), width, height, turned, lines,
    numbers, digits, signs, ignored (ink that was not read); or picture, error. Each of their
    entries has a box [x, y, width, height] in pixels. With --csv, print one row per number. The
    exit code is 1 if a picture or a page could not be opened.

    With --out FOLDER, the objects of --json are written in parts, and the exit code is 0 once all
    parts are there, even if pictures could not be opened.
    """
    asked = "--jobs" if jobs is not None else parts.first
    if out is not None and (asked or out.is_dir()):
        if boxes or as_csv or format not in (None, "json"):
            raise DigitlabError("a folder of parts has JSON Lines or Parquet, and no --boxes")
        task = Task("read", model, digits_only, parts.column)
        return read_in_parts(pictures, task, out, parts, jobs)
    refuse_without_folder(asked, pictures)
    paths = list(find_pictures(pictures, suffixes_with("heic", "pdf")))
    printer = printer_of(_one_format(format, as_json, as_csv, out))
    if out is not None and any(are_same(out, path) for path in paths):
        raise DigitlabError(f"--out would overwrite a picture, {printable(out)}")
    marked = None if boxes is None else Marked(boxes, paths)
    reader = Reader(model)
    reader.check_reads_pages()
    reading = _Reading(reader, marked, digits_only)
    # On a terminal, the answers themselves show how far it has come.
    is_silent = out is not None or not sys.stdout.isatty()
    is_long = len(paths) > 1 or paths[0].suffix.lower() in _DOCUMENTS
    with _opened(out) as write, progress(len(paths), is_wanted=is_silent and is_long) as report:
        for piece in printer(reading.answers(paths, report), paths):
            write(piece)
    return min(reading.failures, 1)


def _one_format(
    name: PageFormat | None, as_json: bool, as_csv: bool, out: Path | None
) -> PageFormat:
    """Return the format that was asked for; raise `DigitlabError` for several."""
    asked: list[PageFormat] = [name] if name else []
    if as_json:
        asked.append("json")
    if as_csv:
        asked.append("csv")
    if len(set(asked)) > 1:
        flags = [f"--format {name}"] * bool(name) + ["--json"] * as_json + ["--csv"] * as_csv
        raise DigitlabError(f"{' and '.join(flags)} exclude each other: give one of them")
    if asked:
        return asked[0]
    return "text" if out is None else format_of_suffix(out)


@contextmanager
def _opened(out: Path | None) -> Iterator[Callable[[str], object]]:
    """Yield what writes to stdout, or to a file that is written completely or not at all."""
    if out is None:
        yield sys.stdout.write
        return
    with whole_file(out) as stream:
        yield lambda text: stream.write(text.encode("utf-8", "backslashreplace"))


@dataclass
class _Reading:
    """Reads files one after another, and counts those that could not be opened."""

    reader: Reader
    marked: Marked | None
    digits_only: bool
    failures: int = 0

    def answers(self, paths: list[Path], report: Report) -> Iterator[Answer]:
        """Yield the answer to each page of each file, or why it could not be opened."""
        for place, path in enumerate(paths, 1):
            report(place - 1, printable(path))
            try:
                with open_document(source_of(path), largest_side=LARGEST_SIDE) as document:
                    if self.marked:
                        self.marked.check_pages(path, document.pages)
                    for number, picture in enumerate(document, 1):
                        page = self._page(picture)
                        answer = Answer(path, place, number, document.pages, page)
                        yield answer
                        if self.marked and not isinstance(picture, PictureError):
                            self.marked.save(picture, answer)
                        report(place - 1 + number / document.pages, answer.name)
            except PictureError as error:
                yield Answer(path, place, 0, 1, self._page(error))

    def _page(self, picture: Picture | PictureError) -> Page:
        page = self.reader.read_or_explain(picture)
        self.failures += page.error is not None
        return page.without_signs() if self.digits_only else page
