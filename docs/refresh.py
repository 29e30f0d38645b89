"""Copy into the documents what comes from the source: `python -m docs.refresh`.

A document marks what to copy with a comment, which readers do not see, and everything up to the
next `<!-- end -->` is replaced:

    <!-- quote src/digitlab/train/step.py train_step -->   the body of a function or method
    <!-- settings en -->                                   every setting of the recipes, or zh
    <!-- files src/digitlab/train -->                      the Python files of a folder
    <!-- card digits-metrics -->                           a table of a shipped model's card
    <!-- growth reading -->                                a table of how cost grows
    <!-- promises -->                                      what is promised under each fault
    <!-- survival -->                                      and what survived it, last time

`tests/test_docs.py` fails if a document is not up to date.
"""

import ast
import json
import re
import textwrap
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

from digitlab.language import Language, Words
from digitlab.named_recipes import RECIPES
from digitlab.recipe import Recipe
from digitlab.recipe_help import help_in
from docs import growth, model_cards
from torture.fault import table_of

ROOT = Path(__file__).parents[1]
DOCUMENTS = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *(ROOT / "docs" / "guide" / language / "settings.md" for language in ("en", "zh")),
]
BLOCK = re.compile(r"<!-- (?P<kind>\w+)(?P<arguments>[^\n]*?) -->\n.*?<!-- end -->", re.DOTALL)


def quote(path: str, name: str) -> str:
    """Return the body of a function in a file, without its docstring; `name` may have dots."""
    source = (ROOT / path).read_text()
    node: ast.AST = ast.parse(source)
    for part in name.split("."):
        inner = ast.iter_child_nodes(node)
        found = [
            n for n in inner if isinstance(n, ast.FunctionDef | ast.ClassDef) and n.name == part
        ]
        assert len(found) == 1, f"{path} has no {name}"
        node = found[0]
    assert isinstance(node, ast.FunctionDef)
    has_docstring = ast.get_docstring(node) is not None
    start = node.body[0].end_lineno if has_docstring else node.body[0].lineno - 1
    body = textwrap.dedent("\n".join(source.splitlines()[start : node.end_lineno])).strip()
    return f"From `{path}`, `{name}`:\n\n```python\n{body}\n```"


def settings(language: Language) -> str:
    """Return a table of all settings with each recipe's value, then the reason for the values."""
    names = Words("setting | {} | what it is", "设置 | {} | 含义").text(language)
    table = [f"| {names.format(' | '.join(RECIPES))} |", "| --- " * (len(RECIPES) + 2) + "|"]
    reasons = []
    for setting in fields(Recipe):
        what, why = help_in(language)[setting.name]
        values = " | ".join(str(getattr(recipe, setting.name)) for recipe in RECIPES.values())
        table.append(f"| `{setting.name}` | {values} | {what} |")
        reasons.append(
            Words("- **`{}`**: {}", "- **`{}`**：{}").text(language).format(setting.name, why)
        )
    return "\n".join([*table, "", *reasons])


def files(folder: str) -> str:
    """Return the Python files of a folder, each with the first line of its docstring."""
    listed = []
    for path in sorted((ROOT / folder).glob("*.py")):
        first_line = (ast.get_docstring(ast.parse(path.read_text())) or "").partition("\n")[0]
        if first_line:  # an empty `__init__.py` has none
            listed.append(f"- `{path.name}`: {first_line}")
    return "\n".join(listed)


def promises() -> str:
    """Return a table of what is promised under each fault, and the tests of it."""
    lines = ["| fault | promise | also tested in |", "| --- | --- | --- |"]
    for name, it in _faults().items():
        tests = ", ".join(f"`{test}`" for test in it["tests"])
        lines.append(f"| `{name}` | {it['promise']} | {tests} |")
    return "\n".join(lines)


def survival() -> str:
    """Return a table of what was tried of each fault the last time, and what survived."""
    faults = _faults()
    runs = {name: f"{it['form']}, {it['date']}" for name, it in faults.items()}
    shown = "; ".join(f"`{name}` {run}" for name, run in runs.items())
    if len({*runs.values()}) == 1:
        shown = f"{next(iter(runs.values()))}, all faults"
    return f"{table_of(faults)}\n\nForm and date: {shown}."


def _faults() -> dict[str, dict[str, Any]]:
    """Return what `python -m torture --json docs/reliability.json` has written."""
    return dict(json.loads((ROOT / "docs" / "reliability.json").read_text()))


KINDS: dict[str, Callable[..., str]] = {
    **{"quote": quote, "settings": settings, "files": files},
    **{"promises": promises, "survival": survival},
    "card": model_cards.table,
    "growth": growth.table,
}


def refreshed(text: str) -> str:
    """Return the text of a document with all its blocks brought up to date."""

    def filled(block: re.Match[str]) -> str:
        kind, arguments = block["kind"], block["arguments"]
        content = KINDS[kind](*arguments.split())
        return f"<!-- {kind}{arguments} -->\n\n{content}\n\n<!-- end -->"

    return BLOCK.sub(filled, text)


def refresh() -> None:
    """Bring all documents up to date, and print which ones were not."""
    for document in DOCUMENTS:
        before = document.read_text()
        after = refreshed(before)
        if after != before:
            document.write_text(after)
            print(f"refreshed {document.relative_to(ROOT)}")


if __name__ == "__main__":
    refresh()
