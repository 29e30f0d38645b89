"""What surrounds every command: exit codes, pipes, odd terminals."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    "words",
    [("--help",), ("train", "--help"), ("--version",), ("data",), ("eval", "{model}")],
    ids=" ".join,
)
def test_where_nobody_reads_the_output_the_exit_code_is_141(words: tuple[str, ...]):
    model = Path(__file__).parents[2] / "src" / "digitlab" / "pretrained"
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "digitlab", *(word.format(model=model) for word in words)],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writing)
    assert done.returncode == 141
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("predict", "digit (null if none was found)"),
        ("read", "The exit code is 1 if a picture could not be opened."),
        ("repeat", "run the same command again to pick up where it left off"),
        ("resume", "to the same bits as if it had never stopped"),
    ],
)
def test_a_commands_help_says_what_its_docstring_says(call: Callable, command: str, sentence: str):
    printed = " ".join(call(command, "--help").out.split())
    assert sentence in printed


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


@pytest.mark.parametrize("words", ["--help", "--version", "data", "eval nowhere"])
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
