"""The documents agree with the code: quotations, links, commands, Python, and answers."""

import ast
import importlib.util
import re
import shlex
import shutil
import textwrap
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks import ladder
from digitlab.cli.app import app
from docs.refresh import BLOCK, DOCUMENTS, quote, refreshed

ROOT = Path(__file__).parents[1]
STAND_INS = {  # for the files that `docs/using.md` reads
    "seven.png": "photograph.jpg",
    "a.png": "photograph.jpg",
    "b.jpg": "chalk.jpg",
    "page.jpg": "page.jpg",
}
every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


@every_document
def test_what_is_copied_from_the_source_is_up_to_date(document: Path):
    text = document.read_text()
    assert refreshed(text) == text, "run `python -m docs.refresh`"


def test_a_document_is_refreshed():
    lines = [
        "# Title",
        "<!-- quote src/digitlab/train/step.py train_step -->",
        "old",
        "<!-- end -->",
    ]
    text = refreshed("\n".join(lines))
    assert text.startswith("# Title\n<!-- quote")
    assert "\nloss.backward()" in text
    assert "old" not in text
    assert text.endswith("\n<!-- end -->")
    assert refreshed(text) == text


def test_code_that_is_gone_cannot_be_quoted():
    with pytest.raises(AssertionError, match=r"step\.py has no nothing"):
        quote("src/digitlab/train/step.py", "nothing")


def test_contributing_lists_every_file_once():
    """`docs/refresh.py` lists only the folders it is given: a new folder could be missed."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    folders = re.findall(r"<!-- files (\S+) -->(.*?)<!-- end -->", text, re.DOTALL)
    listed = sorted(
        f"{folder}/{name}"
        for folder, files in folders
        for name in re.findall(r"^- `(\S+)`:", files, re.MULTILINE)
    )
    package, *others = (
        ROOT / name for name in ("src/digitlab", "testsets", "benchmarks", "torture")
    )
    paths = [*package.rglob("*.py"), *(path for folder in others for path in folder.rglob("*.py"))]
    present = [path for path in paths if path.read_text()]  # an `__init__.py` may be empty
    assert listed == sorted(str(path.relative_to(ROOT)) for path in present)


def test_the_page_of_the_ladder_has_every_rung():
    page = (ROOT / "docs" / "ladder.md").read_text()
    for number, name in enumerate(ladder.RUNGS):
        assert f"| {' | '.join(ladder.row_start(number, name).values())} |" in page


@every_document
def test_nothing_is_left_to_be_filled_in(document: Path):
    assert "@@" not in document.read_text()


@every_document
def test_links_lead_somewhere(document: Path):
    for target, anchor in re.findall(r"\]\(([^)#]*)(?:#([^)]*))?\)", document.read_text()):
        if not target.startswith("http"):
            path = document.parent / target if target else document
            assert path.exists(), target
            assert not anchor or anchor in anchors_of(path), f"{target}#{anchor}"


def anchors_of(document: Path) -> list[str]:
    """Return the anchors that GitHub gives to the headings."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(), re.MULTILINE)
    return [re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings]


@every_document
def test_files_that_are_named_exist(document: Path):
    text = BLOCK.sub("", document.read_text())
    for name in re.findall(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|md))`", text):
        assert (ROOT / name).exists() or (ROOT / "src/digitlab" / name).exists(), name


def commands_of(document: Path) -> list[list[str]]:
    """Return the words of each command in code blocks and between backticks."""
    text = document.read_text()
    fenced = re.compile(r"^```(?:console|sh|)\n(.*?)^```", re.MULTILINE | re.DOTALL)
    lines = [line for block in fenced.findall(text) for line in block.splitlines()]
    lines += re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))
    commands = [line.removeprefix("$ ").removeprefix(".venv/bin/") for line in lines]
    starts = ("digitlab ", "make ", "python -m ")
    return [shlex.split(line, comments=True) for line in commands if line.startswith(starts)]


@every_document
def test_commands_that_are_named_exist(document: Path):
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for program, *words in commands_of(document):
        if program == "digitlab" and len(words) == 1 and words[0].isalpha():
            assert words[0] in list(app), words[0]  # only the name of the command
        elif program == "digitlab" and words[0] != "COMMAND":
            app.parse_args(words, exit_on_error=False, print_error=False)
        elif program == "make":
            assert words[0] in targets
        elif program == "python":
            assert importlib.util.find_spec(words[1]), words[1]


def test_the_readme_shows_what_the_commands_print(call: Callable, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"```console\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    shown = [part for block in blocks for part in block.split("$ digitlab ")[1:]]
    assert len(shown) >= 2
    for part in shown:
        command, _, output = part.partition("\n")
        printed = call(*shlex.split(command)).out
        # The last digit of a probability may differ on other processors.
        assert re.sub(r"\.\d\d%", "%", printed) == re.sub(r"\.\d\d%", "%", output)


def python_blocks(document: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", document.read_text(), re.MULTILINE | re.DOTALL)


def statements(program: str) -> str:
    """Return a Python block; what was quoted from a function becomes a function again."""
    is_body = re.search(r"^return ", program, re.MULTILINE)
    return f"def quoted():\n{textwrap.indent(program, '    ')}" if is_body else program


@every_document
def test_python_compiles(document: Path):
    for program in python_blocks(document):
        compile(statements(program), document.name, "exec")


def test_the_python_of_reading_pictures_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    images = ROOT / "docs" / "images"
    for name, image in STAND_INS.items():
        shutil.copy(images / image, tmp_path / name)
    with Image.open(images / "chalk.jpg") as chalk:
        chalk.save(tmp_path / "scan.pdf")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"images": np.zeros((2, 28, 28), np.uint8)}
    programs = python_blocks(ROOT / "docs" / "using.md")
    assert len(programs) == 2
    for program in programs:
        exec(program, names)
    assert capsys.readouterr().out == "7\n5\n5\n7\n5\n"
    assert names["answer"].digit == 5
    assert names["page"].text == "34\n95 71\n22 9\n3634009299"
    assert (tmp_path / "boxes.png").exists()


def test_the_readmes_python_gives_the_answers_that_it_shows(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(ROOT)
    (program,) = python_blocks(ROOT / "README.md")
    names: dict[str, object] = {}
    answers = 0
    for line in program.splitlines():
        code, _, answer = line.partition("  # ")
        if answer:
            assert eval(code, names) == ast.literal_eval(answer), line
            answers += 1
        else:
            exec(code, names)
    assert answers >= 3
