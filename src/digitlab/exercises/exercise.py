"""An exercise: what is asked, the file to start from, and what is checked."""

import runpy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    check: Callable[[Path], Iterator[Words]]
    """Checks the reader's file: yields a sentence for each thing that is as it should be, and
    raises `NotYet` at the first that is not."""


def names_in(path: Path) -> dict[str, Any]:
    """Run the reader's Python file, and return the names that it defines.

    Raises `NotYet` if it cannot be run; a reader's mistakes are part of learning.
    """
    try:
        return runpy.run_path(str(path))
    except SyntaxError as error:
        raise NotYet(
            Words(
                f"{path.name}, line {error.lineno}, is not valid Python: {error.msg}",
                f"{path.name} 第 {error.lineno} 行不是合法的 Python：{error.msg}",
            )
        ) from error
    except Exception as error:
        raise NotYet(stopped_by(path.name, error)) from error


def stopped_by(what: str, error: Exception) -> Words:
    """Return the sentence about an exception in the reader's code."""
    reason = f"{type(error).__name__}: {error}".splitlines()[0]
    return Words(f"{what} stopped with {reason}", f"{what} 运行时出错：{reason}")


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
