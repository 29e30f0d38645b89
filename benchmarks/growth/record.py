"""The figures of how cost grows, in one JSON file: each is written as soon as it is measured."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.measure import describe_machine, progress, version_of
from digitlab.errors import DigitlabError
from digitlab.files import read_json, write_whole

Case = dict[str, Any]
"""What is measured: the settings that identify a figure."""
Figures = dict[str, Any]


class _Part(msgspec.Struct, kw_only=True):
    machine: dict[str, Any]
    versions: dict[str, str]
    rows: list[Figures]


_Parts = dict[str, _Part]


class Record:
    """The file, and what it has of each part: the machine, the versions, and the rows.

    Parameters
    ----------
    path
        The file; it is created with the first figure.

    Raises `DigitlabError` if it is damaged, or its folder does not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._content = _read(path) if path.exists() else {}
        if not path.parent.is_dir():  # or the first figure could not be saved
            raise DigitlabError(f"there is no folder {path.parent} for the figures")

    def rows(self, part: str) -> list[Figures]:
        """Return what was measured of a part."""
        return list(self._content.get(part, {}).get("rows", []))

    def forget(self, part: str) -> None:
        """Remove a part's figures from the next version of the file."""
        self._content.pop(part, None)

    def fill(
        self,
        part: str,
        cases: Iterable[Case],
        measure: Callable[..., Figures],
        packages: Iterable[str],
    ) -> None:
        """Measure each case that the file does not have yet, and write its row.

        Raises `DigitlabError` if the part was measured on another machine or with other versions.
        """
        facts = _facts(packages)
        stored = self._content.setdefault(part, facts | {"rows": []})
        if changed := [name for name, fact in facts.items() if stored.get(name) != fact]:
            raise DigitlabError(
                f"{self.path} has figures of {part} with another {' and '.join(changed)}: give "
                "--replace to measure this part again, or --json with another file"
            )
        for case in cases:
            if any(case.items() <= row.items() for row in stored["rows"]):
                continue
            progress(f"{part}: " + ", ".join(f"{name} {it}" for name, it in case.items()))
            load = describe_machine()["load_average_1_minute"]
            now = datetime.now(UTC).isoformat(timespec="seconds")
            stored["rows"].append(case | measure(**case) | {"load_before": load, "date": now})
            write_whole(self.path, f"{_lines(self._content)}\n".encode())


def _read(path: Path) -> dict[str, Any]:
    try:
        return {name: msgspec.to_builtins(it) for name, it in read_json(path, _Parts).items()}
    except DigitlabError as error:
        raise DigitlabError(f"{error}; restore it, or give --json with another file") from error


def _facts(packages: Iterable[str]) -> dict[str, Any]:
    machine = describe_machine()
    del machine["load_average_1_minute"], machine["system"]
    names = ("digitlab", *packages)
    return {"machine": machine, "versions": {name: version_of(name) for name in names}}


def _lines(content: dict[str, Any]) -> str:
    """Return the content as JSON with one line per row, so that a change of it can be read."""
    parts = []
    for name, part in content.items():
        facts = {key: it for key, it in part.items() if key != "rows"}
        lines = [f"{json.dumps(key)}: {json.dumps(it)}" for key, it in facts.items()]
        rows = ",\n   ".join(map(json.dumps, part["rows"]))
        lines.append(f'"rows": [\n   {rows}\n  ]')
        inside = ",\n  ".join(lines)
        parts.append(f" {json.dumps(name)}: {{\n  {inside}\n }}")
    return "{\n" + ",\n".join(parts) + "\n}"
