"""What surrounds every command: exit codes, pipes, odd terminals."""

import os
import subprocess
import sys
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
