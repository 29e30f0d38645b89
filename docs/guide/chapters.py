"""A chapter's source: prose in two languages, and code once.

A source consists of these blocks, with blank lines between them:

    ::: zh                      prose, first in Chinese, then in English; `{{ loss:.2f }}` is
    每一步……                     replaced by the value of `f"{loss:.2f}"` at this place
    ::: en
    Every step ...
    :::

    ```python                   a cell, which is run; words after `python` are its tags:
    network(images)             slow      not run by the fast form; no later cell needs it
    ```                         rough     its numbers may differ by 5%: the result of a training
                                volatile  its text may be any: times, and what rounding decides
                                error     it ends with an exception, which is shown
                                zh, en    shown in this language only

    ```text                     any other code block: shown as it is
    ::: question 7              here question 7 of `questions.toml` is answered
    ::: exercise 3              the exercise of chapter 3, from `digitlab.exercises`
    ::: lab part=draw           the lab's page with this state, on the site
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

SOURCE = Path(__file__).parent / "source"
LANGUAGES: tuple[Literal["zh"], Literal["en"]] = ("zh", "en")
TAGS = {"slow", "rough", "volatile", "error", *LANGUAGES}

_BLOCK = re.compile(
    r"""
    ^:::\ zh\n(?P<zh>.*?)^:::\ en\n(?P<en>.*?)^:::$
    | ^```(?P<info>[^\n]*)\n(?P<code>.*?)^```$
    | ^:::\ (?P<kind>question|exercise|lab)\ (?P<argument>\S+)$
    """,
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)
_VALUE = re.compile(r"\{\{\s*(.+?)\s*\}\}")


@dataclass(frozen=True, kw_only=True)
class Prose:
    """A text in both languages."""

    zh: str
    en: str

    @property
    def expressions(self) -> list[str]:
        """What stands between double braces, each once."""
        return sorted({*_VALUE.findall(self.zh), *_VALUE.findall(self.en)})

    def text(self, language: str, values: dict[str, str]) -> str:
        """Return the text with the values of its expressions."""
        return _VALUE.sub(lambda found: values[found[1]], getattr(self, language))


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Code that is run."""

    code: str
    tags: frozenset[str] = field(default_factory=frozenset)

    def is_shown_in(self, language: str) -> bool:
        """Return whether readers of a language see it."""
        only = self.tags.intersection(LANGUAGES)
        return not only or language in only


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A code block that is shown as it is, with its fences."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A place: of a question, of an exercise, of the lab."""

    kind: str
    argument: str


Part = Prose | Cell | Shown | Mark


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """One chapter."""

    name: str
    parts: list[Part]

    @property
    def cells(self) -> list[Cell]:
        """Its code, in order."""
        return [part for part in self.parts if isinstance(part, Cell)]

    def title(self, language: str) -> str:
        """Return its first heading."""
        first = next(part for part in self.parts if isinstance(part, Prose))
        text: str = getattr(first, language)
        return text.splitlines()[0].removeprefix("# ")


def all_chapters() -> list[Chapter]:
    """Return the chapters in their order."""
    return [read_chapter(path) for path in sorted(SOURCE.glob("*.md"))]


def read_chapter(path: Path) -> Chapter:
    """Return the chapter in a source file; raise `ValueError` at the first thing out of place."""
    return Chapter(name=path.stem, parts=parts_of(path.read_text("utf-8"), path.name))


def parts_of(text: str, name: str = "the source") -> list[Part]:
    """Return the blocks of a source; raise `ValueError` for what is none of them."""
    parts: list[Part] = []
    end = 0
    for found in _BLOCK.finditer(text):
        _check_blank(text, end, found.start(), name)
        end = found.end()
        parts.append(_part(found, name))
    _check_blank(text, end, len(text), name)
    return parts


def _part(found: re.Match[str], name: str) -> Part:
    if found["zh"] is not None:
        prose = Prose(zh=found["zh"].strip(), en=found["en"].strip())
        if not prose.zh or not prose.en:
            raise ValueError(f"{name}: a text is missing in one language, near {found[0][:60]!r}")
        return prose
    if found["kind"] is not None:
        return Mark(kind=found["kind"], argument=found["argument"])
    language, *tags = found["info"].split() or [""]
    if language != "python":
        return Shown(text=found[0])
    if unknown := set(tags) - TAGS:
        raise ValueError(f"{name}: unknown tags {', '.join(sorted(unknown))}")
    return Cell(code=found["code"].rstrip("\n"), tags=frozenset(tags))


def _check_blank(text: str, start: int, end: int, name: str) -> None:
    if left := text[start:end].strip():
        line = text.count("\n", 0, text.index(left, start)) + 1
        raise ValueError(f"{name}, line {line}: {left[:60]!r} is in no block")
