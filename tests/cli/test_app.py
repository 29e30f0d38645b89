"""What surrounds every command: exit codes, pipes, odd terminals."""

import inspect
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from digitlab.cli.app import app


@pytest.mark.parametrize(
    "words",
    [("--help",), ("--version",), ("data",), ("predict", "{picture}")],
    ids=" ".join,
)
def test_where_nobody_reads_the_output_the_exit_code_is_141(words: tuple[str, ...]):
    picture = Path(__file__).parents[2] / "docs" / "images" / "photograph.jpg"
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "digitlab", *(word.format(picture=picture) for word in words)],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)
    assert done.returncode == 141
    assert done.stderr == ""


@pytest.mark.parametrize("command", [name for name in app if not name.startswith("-")])
def test_a_commands_help_says_what_its_docstring_says(call: Callable, command: str):
    function = app[command].default_command
    printed = " ".join(call(command, "--help").out.split())
    described = inspect.cleandoc(function.__doc__).partition("\n\nParameters\n")[0]
    assert " ".join(described.replace("`", "").split()) in printed


@pytest.mark.parametrize("command", ["train", "resume", "repeat", "eval"])
def test_choices_are_shown_as_choices(call: Callable, command: str):
    printed = " ".join(call(command, "--help").out.replace("│", " ").split())
    assert "[choices: auto, cpu, cuda, mps]" in printed


COMPLETE = """
source "$1"
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_digitlab
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes_commands_flags_choices_and_files(call: Callable, tmp_path: Path):
    script = tmp_path / "digitlab.bash"
    script.write_text(call("completion", "bash").out)
    (tmp_path / "two words.png").touch()
    (tmp_path / "folder").mkdir()

    def complete(*words: str) -> list[str]:
        line = ["bash", "--norc", "-c", COMPLETE, "bash", str(script), "digitlab", *words]
        done = subprocess.run(line, capture_output=True, text=True, check=True, cwd=tmp_path)
        assert done.stderr == ""
        return done.stdout.splitlines()

    assert complete("pre") == ["predict"]
    assert {"train", "read", "completion"} <= set(complete(""))
    assert complete("predict", "--js") == ["--json"]
    assert complete("train", "--device", "c") == ["cpu", "cuda"]
    assert complete("completion", "") == ["bash", "zsh", "fish"]
    assert complete("predict", "two") == ["two words.png"]
    assert complete("predict", "fold") == ["folder"]


@pytest.mark.parametrize(
    ("shell", "shown"), [("zsh", "#compdef digitlab"), ("fish", "complete -c")]
)
def test_scripts_for_other_shells(call: Callable, shell: str, shown: str):
    outcome = call("completion", shell)
    assert outcome.code == 0
    assert shown in outcome.out
    assert "--label-smoothing" in outcome.out
    wrong = call("completion", "csh")
    assert wrong.code == 2
    assert 'Choose from: "bash", "zsh", "fish"' in wrong.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_an_output_that_is_full_is_one_sentence():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "digitlab", "data"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.startswith("digitlab: ")
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", ["--help", "data", "predict nowhere"])
@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-"])
def test_closed_streams_are_no_traceback(words: str, closed: str):
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m digitlab {words} {closed}"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == (1 if "nowhere" in words else 0)
    assert "Traceback" not in done.stderr


def test_a_name_that_cannot_be_recorded_is_refused(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-m", "digitlab", "train", "--run", b"odd-\xff"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "is not valid UTF-8; choose another name" in done.stderr
    assert list(tmp_path.iterdir()) == []
