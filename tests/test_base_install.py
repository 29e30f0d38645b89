"""To read pictures, the base install is enough: no PyTorch, no matplotlib."""

import ast
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from PIL import Image

import digitlab
from digitlab.data.dataset import Dataset

ROOT = Path(__file__).parents[1]
EXTRAS = (
    *("torch", "safetensors", "matplotlib", "onnx", "onnxscript"),
    *("HersheyFonts", "skimage", "scipy"),  # they draw and change what a network learns from
    *("pypdfium2", "pillow_heif"),
)
# These may import them.
WITH_EXTRAS = (
    *("train", "runs", "export", "explain", "exercises", "figures", "serve", "lab"),
    *("batch", "backgrounds", "glyphs", "sheets", "synth", "workbench.py"),
)

BLOCKED = f"""
import sys
for name in {EXTRAS}:
    sys.modules[name] = None  # importing it raises ImportError
"""


@pytest.fixture
def picture(tmp_path: Path, mnist: Dataset) -> Path:
    path = tmp_path / "seven.png"
    Image.fromarray(255 - mnist.test_images[0]).resize((112, 112)).save(path)
    return path


def run_without_extras(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BLOCKED + program, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


CALL = "from digitlab.cli.app import main; main()"


def test_the_block_blocks(tmp_path: Path):
    done = run_without_extras(CALL, "train", "--run", tmp_path / "run")
    assert done.returncode == 1
    assert done.stderr.startswith("digitlab: this command needs torch")
    assert done.stderr.count("\n") == 1


def test_predict_and_read(picture: Path, tmp_path: Path):
    done = run_without_extras(CALL, "predict", "--json", picture)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["digit"] == 7
    done = run_without_extras(CALL, "read", picture, "--boxes", tmp_path / "boxes.png")
    assert (done.returncode, done.stderr) == (0, "")
    assert "7" in done.stdout
    assert (tmp_path / "boxes.png").stat().st_size > 0


def test_explain(picture: Path):
    done = run_without_extras(CALL, "explain", "--image", picture, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    probabilities = json.loads(done.stdout)["answer"]["probabilities"]
    assert probabilities.index(max(probabilities)) == 7
    done = run_without_extras(CALL, "explain", "fast")
    assert done.stderr.startswith("digitlab: explaining fast needs PyTorch")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


def test_from_python(picture: Path):
    program = (
        "import digitlab\n"
        "reader = digitlab.load()\n"
        "print(reader.predict(sys.argv[1]).digit, reader.read(sys.argv[1]).text)"
    )
    done = run_without_extras(program, picture)
    assert (done.stdout, done.stderr) == ("7 7\n", "")


def test_help_and_completion():
    done = run_without_extras("import digitlab; help(digitlab)")
    assert (done.returncode, done.stderr) == (0, "")
    assert "class Reader(" in done.stdout
    done = run_without_extras(CALL, "completion", "bash")
    assert (done.returncode, done.stderr) == (0, "")
    assert "--label-smoothing" in done.stdout


def test_the_test_set_through_the_shipped_model():
    done = run_without_extras(CALL, "eval", Path(digitlab.__file__).parent / "pretrained", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["total"] == 10_000


def third_party_imports(path: Path) -> set[str]:
    """Return the top-level names of the modules from other projects that a file imports."""
    names = set()
    for entry in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(entry, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in entry.names}
        elif isinstance(entry, ast.ImportFrom):
            names.add((entry.module or "").partition(".")[0])
    return names - sys.stdlib_module_names - {"digitlab"}


def test_the_base_install_declares_what_it_imports_and_no_more():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {requirement.partition(">")[0] for requirement in project["dependencies"]}
    package = Path(digitlab.__file__).parent
    imported = set()
    for path in package.rglob("*.py"):
        if path.relative_to(package).parts[0] not in WITH_EXTRAS:
            imported |= third_party_imports(path)
    imported -= {"pypdfium2", "pillow_heif"}  # `pictures/` imports them where a file needs them
    assert {{"PIL": "pillow"}.get(name, name) for name in imported} == declared
