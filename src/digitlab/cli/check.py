"""`digitlab check`: the guide's exercises, and whether an answer does what was asked."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO, cast

from cyclopts import Parameter

from digitlab.cli.help import chinese_help, help_text
from digitlab.cli.parameters import Lang, whole_number
from digitlab.errors import DigitlabError
from digitlab.files import write_whole
from digitlab.language import Language, Words, language_of_locale
from digitlab.presentation.wrapped import PlainSigns

if TYPE_CHECKING:
    from digitlab.exercises.exercise import Exercise

_WRITTEN = Words(
    "Wrote {file}. Change it, then run this again.", "已写好 {file}。改好后再运行这条命令。"
)
_DONE = Words("Exercise {chapter} is done.", "练习 {chapter} 完成了。")
_LISTED = Words("The exercises, one per chapter of the guide:", "练习，指南每章一个：")


@chinese_help(
    "检查你对一章练习的答案。第一次运行时，会写好一个供你修改的文件。\n\n"
    "如果还缺少练习要求的内容，退出码为 1。"
)
def check(
    chapter: Annotated[
        int | None,
        Parameter(
            converter=whole_number,
            help=help_text(
                "The chapter's number; without it, the exercises are listed.",
                "第几章；不写就列出所有练习。",
            ),
        ),
    ] = None,
    file: Annotated[
        Path | None,
        Parameter(
            help=help_text(
                "Your answer; default: the exercise's file in the current folder.",
                "你的答案；默认：当前文件夹里这道练习的文件。",
            )
        ),
    ] = None,
    /,
    *,
    lang: Lang = None,
) -> None:
    """Check your answer to a chapter's exercise. The first time, write a file to start from.

    Exits with 1 if something that was asked for is not there yet.
    """
    from digitlab.exercises.catalog import MODULES, find_exercise  # here: they import PyTorch

    language = lang or language_of_locale()
    screen = cast("TextIO", PlainSigns(sys.stdout))
    if chapter is None:
        print(_LISTED.text(language), file=screen)
        for number in MODULES:
            first_line = find_exercise(number).task.text(language).splitlines()[0]
            print(f"{number:4}  {first_line}", file=screen)
        return
    exercise = find_exercise(chapter)
    path = file or Path(exercise.file)
    if not path.exists():
        if file is not None:
            raise DigitlabError(f"{file} does not exist; without a file name, one is written")
        print(exercise.task.text(language), file=screen)
        write_whole(path, exercise.starter.text(language).encode())
        print(_WRITTEN.text(language, file=path), file=screen)
        return
    _report(exercise, path, language, screen)


def _report(exercise: "Exercise", path: Path, language: Language, screen: TextIO) -> None:
    """Print what is as it should be, then a hint for the first thing that is not."""
    from digitlab.exercises.exercise import NotYet

    try:
        for passed in exercise.check(path):
            print(f"✓ {passed.text(language)}", file=screen)
    except NotYet as problem:
        print(f"✗ {problem.hint.text(language)}", file=screen)
        sys.exit(1)
    print(_DONE.text(language, chapter=exercise.chapter), file=screen)
