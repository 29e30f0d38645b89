"""An exercise: what is asked, the file to start from, and what is checked."""

import runpy
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digitlab.errors import DigitlabError
from digitlab.language import Words


class NotYet(Exception):  # noqa: N818 - it is not an error, but a step on the way
    """Something that the exercise asks for is not there yet.

    Parameters
    ----------
    hint
        What was found, and what to try next.
    """

    def __init__(self, hint: Words) -> None:
        super().__init__(hint.en)
        self.hint = hint


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """The exercise of one chapter."""

    chapter: int
    file: str
    """The name of the reader's file: `exercise_03.py`, or a recipe, `exercise_09.toml`."""
    task: Words
    """What to do, in Markdown."""
    starter: Words
    """The file as the reader gets it. Both languages have the same code; the comments differ."""
    checks: Callable[[Path], Iterator[Words]]
    """Yields a sentence for each thing in the reader's file that is as it should be, and raises
    `NotYet` at the first that is not. What the reader's code raises may pass through."""

    def check(self, path: Path) -> Iterator[Words]:
        """Yield a sentence for each thing that is as it should be, up to the first that is not.

        Raises
        ------
        NotYet
            At the first thing that is not as it should be. Whatever the reader's code raises, or
            makes the checks raise by returning something of a wrong type, becomes a hint.
        DigitlabError
            If the file cannot be read, or the check lacks something of its own, such as a dataset.
        """
        if not path.is_file():
            raise DigitlabError(f"{path} is not a file; name the file with your answer")
        try:
            path.read_bytes()
        except OSError as error:
            raise DigitlabError(f"{path} cannot be read: {error.strerror}") from error
        try:
            yield from self.checks(path)
        except (NotYet, DigitlabError, KeyboardInterrupt, GeneratorExit):
            raise
        except BaseException as error:
            raise NotYet(_stopped(path, error)) from error


def names_in(path: Path) -> dict[str, Any]:
    """Run the reader's Python file, and return the names that it defines.

    Raises `NotYet` if it is not valid Python; a reader's mistakes are part of learning.
    """
    try:
        return runpy.run_path(str(path))
    except SyntaxError as error:
        name = Path(error.filename or path).name  # it may be that of a module that it imports
        line = Words(f", line {error.lineno},", f" 第 {error.lineno} 行")
        if error.lineno is None:  # of a binary file
            line = Words("", " ")
        raise NotYet(
            Words(
                f"{name}{line.en} is not valid Python: {error.msg}",
                f"{name}{line.zh}不是合法的 Python：{error.msg}",
            )
        ) from error


def reason(error: BaseException) -> str:
    """Return an exception's type and the first line of its message."""
    return f"{type(error).__name__}: {error}".splitlines()[0].removesuffix(": ")


def _stopped(path: Path, error: BaseException) -> Words:
    """Return the sentence about an exception, with the line of the reader's file, if one ran."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [it.lineno for it in frames if it.filename == str(path)]
    if not lines:
        return Words(
            f"the check of {path.name} stopped with {reason(error)}; does your code return what "
            "the file you started with says?",
            f"检查 {path.name} 时出错：{reason(error)}；返回的东西和起步文件里说的一样吗？",
        )
    if isinstance(error, SystemExit):
        return Words(
            f"{path.name}, line {lines[-1]}, ends the program; take the exit out, so that the "
            "check can go on",
            f"{path.name} 第 {lines[-1]} 行结束了程序；请去掉它，检查才能继续",
        )
    return Words(
        f"{path.name}, line {lines[-1]}, stopped with {reason(error)}",
        f"{path.name} 第 {lines[-1]} 行出错：{reason(error)}",
    )


def need(names: dict[str, Any], name: str, path: Path) -> Any:
    """Return what the reader's file defines under a name; raise `NotYet` if it defines nothing."""
    if name not in names:
        raise NotYet(
            Words(
                f"{path.name} does not define {name}; keep the name from the file you started with",
                f"{path.name} 里没有定义 {name}；请保留起步文件里的名字",
            )
        )
    return names[name]
