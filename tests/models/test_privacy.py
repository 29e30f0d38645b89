"""Answering writes no file that was not asked for, and opens no connection.

Every command runs in an empty network namespace, with empty folders as the user's home, cache and
temporary folder, and without the variables by which onnxruntime recognizes continuous integration
(there it sends no telemetry). In such a namespace no address can be reached, and Linux counts each
attempt over IPv4, look-ups of host names included. Where `strace` works, it also shows sockets that
are opened without sending anything, and attempts over IPv6.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from digitlab.data.dataset import Dataset
from digitlab.data.load import default_data_dir
from digitlab.reader import PRETRAINED
from torture.network import COUNTERS, FOLDERS, attempts_in


def works(*command: str) -> bool:
    return (
        shutil.which(command[0]) is not None
        and subprocess.run(command, capture_output=True, check=False).returncode == 0
    )


def no_network() -> tuple[str, ...]:
    """Return the command that starts another in an empty network namespace, or skip the test."""
    for words in (("unshare", "-rn"), ("unshare", "-n")):
        if works(*words, "true"):
            return words
    pytest.skip("`unshare -n` does not exist or is not permitted here")


COUNTED = f"""
counts=$1; shift
"$@"; code=$?
cat {" ".join(COUNTERS)} >"$counts" 2>/dev/null
exit $code
"""
"""A shell program: run a command, then write the counters of its network namespace to a file."""


def attempts(folder: Path) -> int:
    """Return how many times the command of `isolated` tried to reach an address."""
    return attempts_in((folder / "counts").read_text())


def tracing(log: Path) -> tuple[str, ...]:
    """Return the command that logs every network call of another; empty if `strace` fails."""
    words = ("strace", "-f", "-qq", "-e", "trace=network", "-o", str(log))
    return words if works(*words, "true") else ()


@pytest.fixture
def isolated(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs a command isolated as described above."""
    working = tmp_path / "isolated" / "working folder"
    working.mkdir(parents=True)
    variables = {
        name: value
        for name, value in os.environ.items()
        if name in ("PATH", "PYTHONPATH", "LANG", "LD_LIBRARY_PATH")
    }
    variables["DIGITLAB_DATA_DIR"] = str(default_data_dir())
    for name in FOLDERS:
        variables[name] = str(tmp_path / "isolated" / name)
        (tmp_path / "isolated" / name).mkdir()

    def run(*command: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                *no_network(),
                "sh",
                "-c",
                COUNTED,
                "sh",
                str(tmp_path / "counts"),
                *map(str, command),
            ],
            env=variables,
            cwd=working,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def files_in(folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()]


@pytest.fixture
def seven(tmp_path: Path, mnist: Dataset) -> Path:
    path = tmp_path / "seven.png"
    Image.fromarray(255 - mnist.test_images[0]).resize((112, 112)).save(path)
    return path


FROM_PYTHON = """
import sys, time, digitlab
reader = digitlab.load()
print(reader.predict(sys.argv[1]).digit, reader.read(sys.argv[1]).text)
time.sleep(float(sys.argv[2]))
"""
DIGITLAB = (sys.executable, "-m", "digitlab")


def commands(seven: Path) -> dict[str, tuple[object, ...]]:
    return {
        "help": (*DIGITLAB, "--help"),
        "predict": (*DIGITLAB, "predict", "--json", seven),
        "read": (*DIGITLAB, "read", "--json", seven),
        "eval": (*DIGITLAB, "eval", "--json", PRETRAINED / "model.onnx"),
        "python": (sys.executable, "-c", FROM_PYTHON, seven, 0),
    }


def check_answer(name: str, out: str) -> None:
    if name == "predict":
        assert json.loads(out)["digit"] == 7
    elif name == "read":
        assert json.loads(out)["text"] == "7"
    elif name == "eval":
        card = json.loads((PRETRAINED / "model.json").read_text())
        assert json.loads(out)["correct"] == card["test"]["correct"]
    elif name == "python":
        assert out == "7 7\n"


def check_traces(folder: Path, log: Path) -> None:
    """Assert that the command of `isolated` left no file and tried to reach no address."""
    assert files_in(folder / "isolated") == []
    assert attempts(folder) == 0
    if log.exists():  # `strace` works here
        assert log.read_text() == ""


@pytest.mark.parametrize("name", ["help", "predict", "read", "eval", "python"])
def test_a_command_writes_no_file_and_opens_no_socket(
    isolated: Callable, seven: Path, tmp_path: Path, name: str
):
    log = tmp_path / "network calls"
    done = isolated(*tracing(log), *commands(seven)[name])
    assert (done.returncode, done.stderr) == (0, "")
    check_answer(name, done.stdout)
    check_traces(tmp_path, log)


@pytest.mark.slow
def test_a_long_lived_process_looks_up_no_host(isolated: Callable, seven: Path, tmp_path: Path):
    log = tmp_path / "network calls"
    done = isolated(*tracing(log), sys.executable, "-c", FROM_PYTHON, seven, 45)
    assert (done.returncode, done.stdout, done.stderr) == (0, "7 7\n", "")
    check_traces(tmp_path, log)


def test_the_isolation_isolates(isolated: Callable, tmp_path: Path):
    program = (
        "import pathlib, socket\n"
        "(pathlib.Path.home() / 'a file').write_text('')\n"
        "try: socket.create_connection(('192.0.2.1', 80), timeout=5)\n"
        "except OSError as error: print(error.strerror)"
    )
    done = isolated(sys.executable, "-c", program)
    assert done.stdout == "Network is unreachable\n", done.stderr
    assert files_in(tmp_path / "isolated") == ["HOME/a file"]
    assert attempts(tmp_path) == 1


def test_figures_write_the_list_of_fonts_and_nothing_else(isolated: Callable, tmp_path: Path):
    pytest.importorskip("matplotlib")
    program = (
        "from pathlib import Path\n"
        "from digitlab.figures.loss import draw_loss\n"
        "draw_loss([0, 1], [2.0, 1.0], [0], [2.0], Path('loss.png'))"
    )
    done = isolated(sys.executable, "-c", program)
    assert done.returncode == 0, done.stderr
    font_list, figure = sorted(files_in(tmp_path / "isolated"))
    assert font_list.startswith("XDG_CACHE_HOME/matplotlib/fontlist-")
    assert figure == "working folder/loss.png"
