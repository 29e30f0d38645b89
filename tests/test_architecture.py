"""The house stands as it is drawn, and nothing heavy is imported before it is needed."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import digitlab

PACKAGE = Path(digitlab.__file__).parent


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
    rooms = [path for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"]
    assert rooms
    shipped = PACKAGE / "pretrained"  # no code
    assert sorted(path.name for path in shipped.iterdir()) == ["model.json", "model.onnx"]
    rooms.remove(shipped)
    for room in rooms:
        assert (room / "__init__.py").read_text() == ""
        assert not [p for p in room.iterdir() if p.is_dir() and p.name != "__pycache__"]


def test_every_public_function_and_class_explains_itself():
    silent = []
    for path in PACKAGE.rglob("*.py"):
        for node in public_definitions(ast.parse(path.read_text())):
            if not ast.get_docstring(node):
                silent.append(f"{path.name}:{node.lineno} {node.name}")
    assert silent == []


def public_definitions(
    scope: ast.Module | ast.ClassDef,
) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    """Yield what others may call: not what is private, overloaded, or inside a function."""
    for node in scope.body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        if "overload" in [ast.unparse(decorator) for decorator in node.decorator_list]:
            continue
        yield node
        if isinstance(node, ast.ClassDef):
            yield from public_definitions(node)


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
    program = (
        "import sys; sys.argv[1:] = sys.argv[1].split()\n"
        "from digitlab.cli.app import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print('modules', *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, command], capture_output=True, text=True, check=True
    )
    modules = done.stdout.rpartition("modules")[2].split()
    assert "cyclopts" in modules
    assert not set(left_out) & set(modules)
