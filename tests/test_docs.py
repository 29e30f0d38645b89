"""What the documents quote is what the code says."""

import re
import shlex
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from benchmarks import ladder
from digitlab.recipe import RECIPES, Recipe, field_help

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
QUOTE = re.compile(r"From `(?P<path>[^`]+)`:\n\n```python\n(?P<code>.*?)```", re.DOTALL)


def test_quoted_code_stands_in_the_file_that_is_named():
    quotes = [match for document in DOCUMENTS for match in QUOTE.finditer(document.read_text())]
    assert len(quotes) >= 4
    for quote in quotes:
        lines = (ROOT / quote["path"]).read_text().splitlines()
        quoted = [line.strip() for line in quote["code"].splitlines()]
        stripped = [line.strip() for line in lines]
        starts = range(len(stripped) - len(quoted) + 1)
        assert any(stripped[i : i + len(quoted)] == quoted for i in starts), quote["code"]


def test_the_guides_table_of_settings_is_the_recipes():
    table = [
        f"| setting | {' | '.join(RECIPES)} | what it does |",
        "| --- " * (len(RECIPES) + 2) + "|",
    ]
    for spec in fields(Recipe):
        values = " | ".join(str(getattr(recipe, spec.name)) for recipe in RECIPES.values())
        table.append(f"| `{spec.name}` | {values} | {field_help()[spec.name]} |")
    assert "\n".join(table) in (ROOT / "docs" / "guide.md").read_text()


def test_the_page_of_the_ladder_has_every_rung():
    page = (ROOT / "docs" / "ladder.md").read_text()
    for number, name in enumerate(ladder.RUNGS):
        assert f"| {' | '.join(ladder.row_start(number, name).values())} |" in page


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_nothing_is_left_to_be_filled_in(document: Path):
    assert "@@" not in document.read_text()


def anchors(path: Path) -> list[str]:
    """Return what GitHub calls the headings of a document in a link."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    return [re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path):
    for target, anchor in re.findall(r"\]\(([^)#]*)#?([^)]*)\)", document.read_text()):
        if not target.startswith("http"):
            path = document.parent / target if target else document
            assert path.exists(), target
            assert not anchor or anchor in anchors(path), anchor


def test_every_program_that_is_named_exists():
    texts = [path.read_text() for path in (*DOCUMENTS, ROOT / "Makefile")]
    modules = set(re.findall(r"python -m ((?:benchmarks|testsets)[.\w]+)", " ".join(texts)))
    assert len(modules) >= 3
    for module in modules:
        assert (ROOT / f"{module.replace('.', '/')}.py").exists(), module


def test_every_command_of_the_readme_exists(call: Callable):
    commands = re.findall(r"`digitlab ([a-z][^`]+)`", (ROOT / "README.md").read_text())
    assert len(commands) >= 6
    for command in commands:
        name, *words = shlex.split(command.replace("[", "").replace("]", ""))
        shown = call(name, "--help")
        assert shown.code == 0, command
        for flag in (word for word in words if word.startswith("--")):
            assert flag in shown.out, command
