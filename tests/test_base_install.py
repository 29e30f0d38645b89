"""Whoever only reads pictures needs the base install alone: no PyTorch, no matplotlib."""

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
EXTRAS = ("torch", "safetensors", "matplotlib", "onnx", "onnxscript")

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
    assert (
        done.stderr
        == "digitlab: this command needs torch: install digitlab with its extra [train]\n"
    )


def test_predict_and_read(picture: Path, tmp_path: Path):
    done = run_without_extras(CALL, "predict", "--json", picture)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["digit"] == 7
    done = run_without_extras(CALL, "read", picture, "--boxes", tmp_path / "boxes.png")
    assert (done.returncode, done.stderr) == (0, "")
    assert "7" in done.stdout
    assert (tmp_path / "boxes.png").stat().st_size > 0


def test_from_python(picture: Path):
    program = (
        "import digitlab\n"
        "reader = digitlab.load()\n"
        "print(reader.predict(sys.argv[1]).digit, reader.read(sys.argv[1]).text)"
    )
    done = run_without_extras(program, picture)
    assert (done.stdout, done.stderr) == ("7 7\n", "")


def test_the_test_set_through_the_shipped_model():
    done = run_without_extras(CALL, "eval", Path(digitlab.__file__).parent / "pretrained", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["total"] == 10_000


def test_what_it_takes_is_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    base = {requirement.partition(">")[0] for requirement in project["dependencies"]}
    assert {"numpy", "pillow", "onnxruntime"} <= base
    assert not base & set(EXTRAS)


@pytest.mark.slow
def test_a_wheel_in_an_empty_environment_reads_a_picture(picture: Path, tmp_path: Path):
    def run(*words: object) -> str:
        return subprocess.run(
            list(map(str, words)), capture_output=True, text=True, check=True, cwd=tmp_path
        ).stdout

    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", tmp_path, ROOT)
    (wheel,) = tmp_path.glob("digitlab-*.whl")
    run(sys.executable, "-m", "venv", tmp_path / "venv")
    installed = tmp_path / "venv" / "bin"
    run(installed / "pip", "install", "--constraint", ROOT / "constraints.txt", wheel)
    assert "torch" not in run(installed / "pip", "list")
    assert json.loads(run(installed / "digitlab", "predict", "--json", picture))["digit"] == 7
    assert "7" in run(installed / "digitlab", "read", picture)
