"""The language of the commands' help. Each text is chosen when its command's module is imported."""

import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, TypeVar, get_args

from cyclopts import App

from digitlab.language import Language, Words, language_of_locale

Command = TypeVar("Command", bound=Callable[..., Any])


def _language_asked_for(words: Sequence[str]) -> Language:
    """Return the language of a command line: that of its `--lang`, or else the locale's.

    >>> _language_asked_for(["train", "--lang", "zh", "--help"])
    'zh'
    >>> _language_asked_for(["train", "--lang=zh"])
    'zh'
    """
    found = language_of_locale()
    flags = [f"{before}={word}" for before, word in pairwise(words)]  # --lang zh as --lang=zh
    for flag in [*words, *flags]:
        for language in get_args(Language):
            if flag == f"--lang={language}":
                found = language
    return found


HELP_LANGUAGE = _language_asked_for(sys.argv[1:])
"""It is the same for the whole process, because the texts are chosen only once."""


def help_text(en: str, zh: str) -> str:
    """Return a text of the help in the language in which help is shown."""
    return Words(en, zh).text(HELP_LANGUAGE)


def chinese_help(text: str) -> Callable[[Command], Command]:
    """Give a command, whose docstring is its help in English, this help in Chinese."""

    def with_help(command: Command) -> Command:
        if HELP_LANGUAGE == "zh":
            command.__doc__ = text
        return command

    return with_help


def app_in_help_language(**arguments: Any) -> App:
    """Return cyclopts's `App`, with its own words in that language."""
    if HELP_LANGUAGE == "en":
        return App(**arguments)
    from digitlab.cli.help_zh import app_in_chinese  # here: only Chinese help needs it

    return app_in_chinese(**arguments)
