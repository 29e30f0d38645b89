"""Every command and Python block of the pages about training and migrating runs, on little data."""

import json
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from digitlab.data.dataset import Dataset
from digitlab.recipe import Recipe
from digitlab.train.build import build_network

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"(?P<before>[^\n]*)\n+```(?P<kind>\w+)\n(?P<text>.*?)^```", re.M | re.S)

SMALLER = {
    "--epochs 40": "--epochs 4",  # what would take minutes, or needs all of MNIST
    "validation = 5000": "validation = 100",
    "--validation 5000": "--validation 100",
    "--recipe best": "--recipe best --epochs 1 --degraded 0 --outliers 0",
    "--recipe fast": "--recipe fast --train-images 512",
    "--epochs 8": "--epochs 1",
    "tensorboard --logdir runs": "",
}


@pytest.fixture
def place(small_data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder with the pictures that the pages name; every dataset is small."""
    monkeypatch.setenv("DIGITLAB_DATA_DIR", str(tmp_path / "data"))
    images = ROOT / "docs" / "images"
    for name in ("seven.png", "picture.png"):
        shutil.copy(images / "photograph.jpg", tmp_path / name)
    for folder in ("my_digits", "mine", "my_hand"):
        for index in range(24):
            path = tmp_path / folder / str(index % 3) / f"{index}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(small_data.train_images[index]).resize((90, 90)).save(path)
    torch.save(build_network(Recipe()).state_dict(), tmp_path / "model.pth")
    parts = (small_data.train_images, small_data.train_labels)
    parts += (small_data.test_images, small_data.test_labels)
    names = ("x_train", "y_train", "x_test", "y_test")
    np.savez(tmp_path / "mnist.npz", **dict(zip(names, parts, strict=True)))
    shapes = ((3, 3, 1, 32), (32,), (3, 3, 32, 64), (64,), (1600, 10), (10,))
    random = np.random.default_rng(1)
    np.savez(tmp_path / "weights.npz", *(random.normal(0, 0.1, it).astype("f4") for it in shapes))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def made_smaller(text: str) -> str:
    for what, instead in SMALLER.items():
        text = text.replace(what, instead)
    return text


@pytest.mark.parametrize(
    "page",
    [
        "using.md",
        pytest.param("training.md", marks=pytest.mark.slow),
        "datasets.md",
        "migrating.md",
    ],
)
def test_a_page_can_be_followed_word_for_word(
    page: str, place: Path, call: Callable, small_mnist: Dataset
):
    """The guide's Python is quoted from the source, and `tests/test_docs.py` runs using.md's."""
    few = slice(None, None, 10)
    names: dict[str, object] = {
        "train_images": small_mnist.train_images[few],
        "train_labels": small_mnist.train_labels[few] % 2,
        "test_images": small_mnist.test_images[few],
        "test_labels": small_mnist.test_labels[few] % 2,
    }
    ran = []
    for block in BLOCK.finditer((ROOT / "docs" / page).read_text()):
        text = made_smaller(block["text"])
        file = re.search(r"`([\w.]+\.(?:py|toml))`", block["before"])
        if file and block["kind"] in ("python", "toml"):
            (place / file[1]).write_text(text)
        elif block["kind"] == "python" and page != "using.md":
            exec(text, names)
        elif block["kind"] == "sh":
            for line in filter(None, text.splitlines()):
                program, *words = shlex.split(line, comments=True)
                assert program == "digitlab", line
                outcome = call(*words)
                assert outcome.code == 0, (line, outcome.err)
                ran.append(words[0])
    assert len(ran) >= 3
    if page == "migrating.md":
        assert json.loads(call("eval", "model.pth", "--json").out)["total"] == 200
    if page == "training.md":
        assert (place / "third.png").exists()
        assert np.isfinite(names["curves"].train.loss).all()  # type: ignore[attr-defined]
