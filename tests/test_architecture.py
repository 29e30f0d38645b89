"""The house stands as it is drawn, and nothing heavy is imported before it is needed."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import digitlab

PACKAGE = Path(digitlab.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
ROOMS = sorted(path.parent for path in PACKAGE.glob("*/__init__.py"))
WITH_PYTORCH = {"train", "runs", "export", "explain", "exercises"}


def test_imports_between_rooms_go_one_way():
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache"],
        cwd=PACKAGE.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_rooms_are_one_level_deep_and_their_doors_are_empty():
    assert len(ROOMS) > 8
    shipped = PACKAGE / "pretrained"  # no code
    files = ["model.json", "model.onnx", "page.json", "page.onnx"]
    assert sorted(path.name for path in shipped.iterdir()) == files
    folders = {path for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == {*ROOMS, shipped}
    for room in ROOMS:
        assert (room / "__init__.py").read_text() == ""
        inner = {p.name for p in room.iterdir() if p.is_dir() and p.name != "__pycache__"}
        allowed = {"page", "example", "guide"} if room.name == "lab" else set()  # no Python code
        assert inner <= allowed


def test_no_room_is_crowded():
    """A sixth of all the code that is not a test, benchmarks included, is the most."""
    root = PACKAGE.parents[1]
    others = [path for name in ("benchmarks", "testsets") for path in (root / name).rglob("*.py")]
    lines = {path: path.read_text().count("\n") for path in (*FILES, *others)}
    total = sum(lines.values())
    for room in ROOMS:
        assert sum(count for path, count in lines.items() if path.parent == room) < total / 6, room


def test_every_public_function_and_class_explains_itself():
    silent = []
    for path in FILES:
        for node in public_definitions(ast.parse(path.read_text())):
            if not ast.get_docstring(node):
                silent.append(f"{path.name}:{node.lineno} {node.name}")
    assert silent == []


def public_definitions(
    scope: ast.Module | ast.ClassDef,
) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    """Yield what others may call: not what is private, a setter, or inside a function."""
    for node in scope.body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        if any(ast.unparse(it).endswith(".setter") for it in node.decorator_list):
            continue  # the property explains itself
        yield node
        if isinstance(node, ast.ClassDef):
            yield from public_definitions(node)


def imported_by(path: Path) -> set[str]:
    """Return the names of the modules that a file imports, at its top or inside a function."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}


def test_no_command_imports_another():
    app = (PACKAGE / "cli" / "app.py").read_text()
    commands = set(re.findall(r'"(digitlab\.cli\.\w+):', app))
    assert len(commands) >= 9
    for path in (PACKAGE / "cli").glob("*.py"):
        assert not imported_by(path) & commands, path


def test_there_is_one_way_to_write_a_file():
    writing = re.compile(r"""write_text\(|write_bytes\(|savefig\(path|open\([^)]*["'][wx]b?["']""")
    for path in FILES:
        if path != PACKAGE / "files.py":
            assert not writing.findall(path.read_text()), path


def modules_after(program: str) -> set[str]:
    """Return the names of the modules that are loaded when a program has run."""
    program += "\nimport sys; print('modules', *sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(done.stdout.rpartition("modules")[2].split())


def test_rooms_without_pytorch_do_not_import_it():
    names = [
        ".".join(("digitlab", *path.relative_to(PACKAGE).with_suffix("").parts))
        for path in FILES
        if path.stem not in ("__init__", "__main__") and path.parent.name not in WITH_PYTORCH
    ]
    assert "digitlab.cli.train" in names
    assert "digitlab.records.folder" in names
    modules = modules_after("".join(f"import {name}\n" for name in names))
    assert "onnxruntime" in modules
    assert not {"torch", "safetensors"} & modules


@pytest.mark.parametrize(
    ("command", "left_out"),
    [
        ("--help", ("torch", "numpy", "matplotlib")),
        ("train --help", ("torch", "matplotlib")),
        ("plot --help", ("torch", "matplotlib")),
        ("predict --help", ("torch", "matplotlib")),
    ],
)
def test_help_imports_nothing_heavy(command: str, left_out: tuple[str, ...]):
    modules = modules_after(
        f"import sys; sys.argv[1:] = {command.split()}\n"
        "from digitlab.cli.app import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
    )
    assert "cyclopts" in modules
    assert not set(left_out) & modules
