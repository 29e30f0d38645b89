"""A fault: what is promised, what was tried, and what survived."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ABSOLUTE_FOLDERS = re.compile(r"(?<![\w.:/])/(?:[^\s/'\"]+/)+")
"""The folders of absolute paths: they are those of this machine, and the record is published."""
_SHOWN = 5
"""How many of the broken promises the table shows."""


class BrokenPromiseError(Exception):
    """The program did not do what is promised."""


def expect(condition: object, problem: str) -> None:
    """Raise `BrokenPromiseError` with the problem unless the condition is true."""
    if not condition:
        raise BrokenPromiseError(problem)


@dataclass
class Fault:
    """What was tried of one kind of fault."""

    name: str
    promise: str
    tried: Counter[str] = field(default_factory=Counter)
    """How often the fault was put where: in which command, file or format."""
    broken: list[str] = field(default_factory=list)
    """What did not keep the promise, one sentence each."""
    skipped: list[str] = field(default_factory=list)
    """What this machine does not allow to be tried."""

    @contextmanager
    def attempt(self, where: str, how: object = "") -> Iterator[None]:
        """Count an attempt; whatever its block raises is a broken promise."""
        self.tried[where] += 1
        try:
            yield
        except Exception as error:
            line = " ".join(ABSOLUTE_FOLDERS.sub("", str(error)).split())
            self.broken.append(f"{where}, {how}: {type(error).__name__}: {line}")

    def survived(self) -> int:
        """Return how many attempts kept the promise."""
        return self.tried.total() - len(self.broken)

    def record(self) -> dict[str, Any]:
        """Return everything as plain values, for JSON."""
        return {
            "promise": self.promise,
            "tried": dict(self.tried),
            "survived": self.survived(),
            "broken": self.broken,
            "skipped": self.skipped,
        }


def table_of(records: dict[str, dict[str, Any]]) -> str:
    """Return the records of faults, by name, as a Markdown table and a list of what broke.

    >>> print(table_of({"kill": Fault("kill", "it continues", Counter(train=3)).record()}))
    | fault | tried | survived |
    | --- | --- | --- |
    | `kill` | train 3 | 3 of 3 |
    """
    lines = ["| fault | tried | survived |", "| --- | --- | --- |"]
    for name, it in records.items():
        tried = ", ".join(f"{where} {count:,}" for where, count in it["tried"].items())
        survived = f"{it['survived']:,} of {sum(it['tried'].values()):,}"
        lines.append(f"| `{name}` | {tried} | {survived} |")
    notes = [*_notes("broken", records), *_notes("skipped", records)]
    return "\n".join([*lines, *([""] if notes else []), *notes])


def _notes(kind: str, records: dict[str, dict[str, Any]]) -> Iterable[str]:
    for name, it in records.items():
        for text in it[kind][:_SHOWN]:
            yield f"- `{name}`, {kind}: {text}"
        if len(it[kind]) > _SHOWN:
            yield f"- `{name}`, {kind}: {len(it[kind]) - _SHOWN} more"


def merge_into(path: Path, records: dict[str, dict[str, Any]]) -> None:
    """Write records into a JSON file; those of other faults stay in it."""
    known = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(known | records, indent=1, ensure_ascii=False) + "\n")
