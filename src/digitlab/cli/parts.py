"""`predict --out FOLDER` and `read --out FOLDER`: many pictures, written in parts."""

import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

from cyclopts import Parameter, Token

from digitlab.batch.folder import open_folder, record_of, unfinished
from digitlab.batch.parts import ARCHIVE_SUFFIXES, Shard, is_archive, parts_of
from digitlab.batch.rows import Task
from digitlab.batch.run import Engine, write_parts
from digitlab.batch.write import PartFormat, PartWriter
from digitlab.cli.help import help_text
from digitlab.cli.parameters import STDIN
from digitlab.cli.pictures import find_pictures
from digitlab.cli.progress import progress
from digitlab.errors import DigitlabError, Stopped, printable

_SIZES = {"predict": 1_000, "read": 50}
"""Picture files in a part: seconds of work, so that little is lost when it is stopped."""

_FILES = (".json", ".jsonl", ".csv", ".tsv", ".txt", *ARCHIVE_SUFFIXES)
"""Whatever ends like this is meant to be a file, not a folder."""


def _shard(_type: object, tokens: Sequence[Token]) -> Shard:
    return Shard.parse(tokens[0].value)


@dataclass(frozen=True, kw_only=True)
class PartFlags:
    """How many pictures are read in parts."""

    engine: Annotated[
        Engine | None,
        Parameter(
            help=help_text(
                "With --out FOLDER: what runs the processes. local: this machine; ray: Ray Data, "
                "on this machine, or on the cluster that the variable RAY_ADDRESS names. Default: "
                "local.",
                "与 --out 文件夹一起用：由什么来运行各进程。local：本机；ray：Ray "
                "Data，在本机，或在环境变量 RAY_ADDRESS 指定的集群上。默认：local。",
            )
        ),
    ] = None
    shard: Annotated[
        Shard | None,
        Parameter(
            converter=_shard,
            accepts_keys=False,
            n_tokens=1,
            help=help_text(
                "With --out FOLDER: read only this share of the parts, such as 3/16, the third of "
                "16. All 16 may write into one folder.",
                "与 --out 文件夹一起用：只读取这一份，例如 3/16 表示 16 份中的第 3 份。16 "
                "份可以写进同一个文件夹。",
            ),
        ),
    ] = None
    parquet: Annotated[
        bool,
        Parameter(
            negative="",
            show_default=False,
            help=help_text(
                "With --out FOLDER: write Parquet files instead of JSON Lines.",
                "与 --out 文件夹一起用：写 Parquet 文件，而不是 JSON Lines。",
            ),
        ),
    ] = False
    column: Annotated[
        str | None,
        Parameter(
            help=help_text(
                "With --out FOLDER: the column of Parquet files that has the pictures; default: "
                "the only one of bytes.",
                "与 --out 文件夹一起用：Parquet 文件里存放图片的列；默认：唯一的字节列。",
            )
        ),
    ] = None

    @property
    def first(self) -> str | None:
        """The first of these flags that was given."""
        names = ("engine", "shard", "parquet", "column")
        return next((f"--{name}" for name in names if getattr(self, name)), None)


InParts = Annotated[
    PartFlags,
    Parameter(name="*", help=help_text("Many pictures, in parts.", "分成多个部分读取大量图片。")),
]
NO_PARTS = PartFlags()


def refuse_without_folder(flag: str | None, inputs: Sequence[Path]) -> None:
    """Raise `DigitlabError` for what needs `--out FOLDER` and was given without it."""
    archive = next((printable(it) for it in inputs if is_archive(str(it))), None)
    if needs := flag or archive:
        raise DigitlabError(f"{needs} needs --out FOLDER, a folder for the answers")


def read_in_parts(
    inputs: Sequence[Path], task: Task, out: Path, flags: PartFlags, jobs: int | None
) -> int:
    """Read pictures, folders, tar and Parquet files; write the answers as parts into a folder.

    Parts that the folder has already are skipped. Returns the exit code: 0 if all parts of this
    shard are written, also where pictures could not be opened; 1 if parts are missing. Raises
    `DigitlabError` for inputs, settings or a folder that cannot be used, and `Stopped`.
    """
    kind: PartFormat = "parquet" if flags.parquet else "jsonl"
    _check(inputs, out, flags, jobs)
    writer = PartWriter(task, out, kind)
    writer.check()
    parts = parts_of(_files(inputs, task), _SIZES[task.command])
    open_folder(out, record_of(task, kind, parts))
    mine = flags.shard.of_parts(parts) if flags.shard else parts
    missing = unfinished(out, mine, kind)
    written = write_parts(writer, missing, engine=flags.engine or "local", jobs=jobs)
    report = _Report(out, len(mine), len(mine) - len(missing))
    with _stoppable(report), closing(written), progress(len(mine), is_wanted=True) as bar:
        for result in written:
            if result.problem:
                print(f"digitlab: {result.problem}", file=sys.stderr)
            report.add(result.rows, result.failures, done=result.problem is None)
            bar(report.finished, f"{report.rows:,} rows, {report.rate:,.0f}/s")
    print(f"digitlab: {report}", file=sys.stderr)
    return 0 if report.finished == report.parts else 1


def _check(inputs: Sequence[Path], out: Path, flags: PartFlags, jobs: int | None) -> None:
    """Raise `DigitlabError` for what can be refused before anything is read."""
    if jobs is not None and jobs < 1:
        raise DigitlabError(f"jobs is {jobs}, but must be at least 1")
    if out.name.lower().endswith(_FILES) and not out.is_dir():
        raise DigitlabError(
            f"--out {printable(out)} is named like a file, but parts need a folder: choose another "
            "name, or redirect stdout for one file"
        )
    for path in inputs:
        if path == STDIN:
            raise DigitlabError("--out FOLDER takes files and folders, not stdin (-)")
        if not os.path.exists(path):  # noqa: PTH110 # Path.exists() raises for long names
            raise DigitlabError(f"{printable(path)}: no such file or folder")
        if not (os.path.isfile(path) or os.path.isdir(path)):  # noqa: PTH112, PTH113
            raise DigitlabError(
                f"{printable(path)} is neither a file nor a folder: --out FOLDER reads only these, "
                "since it may read them again"
            )
        if flags.parquet and out.resolve().is_relative_to(path.resolve()):
            raise DigitlabError(
                f"--out {printable(out)} is in {printable(path)}, so that its Parquet files would "
                "be read as pictures: give a folder elsewhere"
            )


def _files(inputs: Sequence[Path], task: Task) -> Iterator[Path]:
    """Yield each picture, tar and Parquet file; raise `DigitlabError` for a folder without any."""
    suffixes = task.suffixes + ARCHIVE_SUFFIXES
    for path in find_pictures(inputs, suffixes):
        is_named = path.name.lower().endswith(suffixes)
        if not is_named and os.path.isdir(path):  # noqa: PTH112
            reason = f"has no file named {', '.join(suffixes)}"
            readable = os.access(path, os.R_OK | os.X_OK)
            raise DigitlabError(f"{printable(path)} {reason if readable else 'cannot be opened'}")
        yield path


class _Report:
    """The progress of this shard."""

    def __init__(self, out: Path, parts: int, finished: int) -> None:
        self.out = out
        self.parts = parts
        self.finished = self.before = finished
        self.rows = self.failures = 0
        self.start = time.monotonic()

    def add(self, rows: int, failures: int, *, done: bool) -> None:
        """Count one more part."""
        self.rows += rows
        self.failures += failures
        self.finished += done

    @property
    def rate(self) -> float:
        """Rows per second."""
        return self.rows / max(time.monotonic() - self.start, 1e-9)

    def __str__(self) -> str:
        before = f", {self.before:,} of them from before" if self.before else ""
        return (
            f"{self.finished:,} of {self.parts:,} parts are in {printable(self.out)}{before}; "
            f"{self.rows:,} new rows, {self.failures:,} with an error"
        )


@contextmanager
def _stoppable(report: _Report) -> Iterator[None]:
    """Turn Ctrl-C and SIGTERM, which schedulers send, into `Stopped`, with the progress."""
    received = signal.SIGINT

    def stop(number: int, _: FrameType | None) -> None:
        nonlocal received
        received = signal.Signals(number)
        raise KeyboardInterrupt  # no `Exception`, which a damaged picture is taken to raise

    before: Any = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except KeyboardInterrupt as error:
        message = f"stopped: {report}; run the same command again to continue"
        raise Stopped(message, received) from error
    finally:
        signal.signal(signal.SIGTERM, before)
