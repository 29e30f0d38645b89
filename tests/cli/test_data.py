import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError
from digitlab.recipe import Recipe
from digitlab.records.folder import RunFolder


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


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with 20 random pictures in each of 3 classes."""
    monkeypatch.setenv("DIGITLAB_DATA_DIR", str(tmp_path / "data"))
    random = np.random.default_rng(3)
    for name in ("cat", "dog", "owl"):
        (tmp_path / "mine" / name).mkdir(parents=True)
        for number in range(20):
            picture = Image.fromarray(random.integers(0, 256, (28, 28), np.uint8))
            picture.save(tmp_path / "mine" / name / f"{number}.png")
    return tmp_path / "mine"


def test_data_describes_a_folder_of_pictures(call: Callable, folder: Path, tmp_path: Path):
    figure = tmp_path / "samples.png"
    words = ("data", "--dataset", folder, "--prepare", "as-is")
    described = json.loads(call(*words, "--json", "--figure", figure).out)
    assert described["classes"] == ["cat", "dog", "owl"]
    assert described["train_per_class"] == [16, 16, 16]
    assert described["test_per_class"] == [4, 4, 4]
    assert (described["split"], described["preparation"]) == ("seeded", "as-is")
    assert figure.exists()
    assert call(*words).out.startswith(
        f"{folder}: 60 pictures, prepared as 'as-is'; one fifth of each class for testing"
    )


def test_a_run_on_a_folder_is_continued_and_tested_from_anywhere(
    call: Callable, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    shared = ("--prepare", "as-is", "--epochs", 1, "--no-figures", "--batch-size", 8)
    assert call("train", "--dataset", "mine", *shared, "--run", "a").code == 0
    monkeypatch.chdir(folder)
    assert call("resume", tmp_path / "a", "--epochs", 2, "--no-figures").code == 0
    report = json.loads(call("eval", tmp_path / "a", "--json").out)
    assert (report["total"], report["classes"]) == (12, ["cat", "dog", "owl"])
    (folder / "cat" / "0.png").unlink()
    for words in (("resume", tmp_path / "a", "--epochs", 3), ("eval", tmp_path / "a")):
        outcome = call(*words)
        assert outcome.code == 1
        assert outcome.err == (
            f"digitlab: the images of {folder} are not those that run.json describes: restore "
            "them as they were when the run was started, or start a new run\n"
        )
    outcome = call("train", "--dataset", folder / "none", "--run", tmp_path / "b")
    assert outcome.code == 1
    assert "no folder" in outcome.err
    assert not (tmp_path / "b").exists()


def test_a_run_on_arrays_is_continued_only_with_them(call: Callable, tmp_path: Path):
    from digitlab.runs.launch import Launch
    from digitlab.runs.run import resume_run, start_run

    images = np.random.default_rng(3).integers(0, 256, (20, 28, 28), np.uint8)
    labels = np.arange(20) % 2
    dataset = Dataset.from_arrays(images, labels, images[:4], labels[:4], name="mine")
    run = RunFolder(tmp_path / "a")
    start_run(run, Recipe(epochs=1), dataset, Launch())
    outcome = call("resume", run.path, "--epochs", 2)
    assert outcome.code == 1
    assert "the run was trained on arrays with the name 'mine'" in outcome.err
    resume_run(run, dataset=dataset, epochs=2, command=[])
    other = Dataset.from_arrays(images, 1 - labels, images[:4], labels[:4], name="mine")
    with pytest.raises(DigitlabError, match="images of mine are not those"):
        resume_run(run, dataset=other, epochs=3, command=[])
