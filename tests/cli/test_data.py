import json
from collections.abc import Callable
from pathlib import Path

import pytest


def test_data_says_where_it_is_and_what_it_contains(call: Callable, tmp_path: Path):
    figure = tmp_path / "samples.png"
    described = json.loads(call("data", "--json", "--figure", figure).out)
    assert Path(described["folder"], "train-images-idx3-ubyte").exists()
    assert described["train_per_class"][1] == 6742
    assert sum(described["test_per_class"]) == 10_000
    assert figure.exists()
    printed = call("data").out
    assert printed.startswith(f"MNIST is in {described['folder']} (all checksums OK)\n")
    assert "6,742" in printed
    assert "60,000" in printed


def test_a_data_folder_that_cannot_be_is_one_sentence(
    call: Callable, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("DIGITLAB_DATA_DIR", "~nouser/x")
    outcome = call("data")
    assert outcome.code == 1
    assert outcome.out == ""
    assert outcome.err == (
        "digitlab: DIGITLAB_DATA_DIR is ~nouser/x, but there is no such user; set it to a folder\n"
    )
