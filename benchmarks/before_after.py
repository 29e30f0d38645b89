"""Compare two measurements of the same pages: `python -m benchmarks.before_after BEFORE AFTER`.

Both are files that `python -m benchmarks.pages --json FILE` has written. Each cell is "before to
after". The settings, except the model, must be the same.
"""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.measure import print_table, run_program
from digitlab.errors import DigitlabError

COLUMNS = {
    "exact": "exact", "digits exact": "digits_exact", "exact and sure": "sure",
    "digits right": "correct", "`?`": "unsure", "sure, but wrong or invented": "sure_wrong",
    "missing": "missing", "signs right": "signs_correct", "invented signs": "signs_wrong",
}  # fmt: skip


def rows(before: dict[str, Any], after: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Yield one row per kind, then one of all together."""
    together: tuple[Counter[str], Counter[str]] = Counter(), Counter()
    for kind, old in before["kinds"].items():
        new = after["kinds"][kind]
        together[0].update(old)
        together[1].update(new)
        yield _row(kind, Counter(old), Counter(new))
    yield _row("**together**", *together)


def _row(kind: str, old: Counter[str], new: Counter[str]) -> dict[str, str]:
    cells = {name: f"{old[key]} to {new[key]}" for name, key in COLUMNS.items()}
    milliseconds = (f"{it['microseconds'] / it['pages'] / 1000:.0f}" for it in (old, new))
    counts = {"kind": kind, "pages": f"{old['pages']}", "digits": f"{old['digits']}"}
    return {**counts, **cells, "CPU ms per page": " to ".join(milliseconds)}


def compare(before: Path, after: Path) -> None:
    """Print both measurements side by side."""
    measured = [json.loads(path.read_text()) for path in (before, after)]
    ways = [it["facts"]["settings"] | {"model": ""} for it in measured]
    if ways[0] != ways[1]:
        differ = ", ".join(key for key in ways[0] if ways[0][key] != ways[1].get(key))
        raise DigitlabError(f"{before} and {after} measured different pages: see {differ}")
    for name, it in zip(("before", "after"), measured, strict=True):
        print(f"{name}: {it['facts']['command']}, {it['facts']['date']}")
    print_table(rows(*measured))


if __name__ == "__main__":
    run_program(compare, __doc__)
