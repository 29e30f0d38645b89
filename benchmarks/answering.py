"""The pictures of `in_use.py`, and what one process takes to answer them.

    python benchmarks/answering.py make FOLDER
    python benchmarks/answering.py time FOLDER MODEL RUNS

Apart from `in_use.py`, which measures the memory of whole processes and so may hold none itself.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

import digitlab
from benchmarks.measure import seconds_of
from benchmarks.table import row, spread
from digitlab.data.dataset import load_dataset

SMALL, LARGE = 1_000, 10_000  # pictures of the two folders


def make(folder: Path) -> None:
    """Save one picture, a small and a large folder of MNIST's test images, and two photographs."""
    images = load_dataset().test_images
    Image.fromarray(255 - images[0]).resize((112, 112)).save(folder / "one.png")
    for count in (SMALL, LARGE):
        (folder / f"{count}").mkdir()
        for index, image in enumerate(images[:count]):
            Image.fromarray(image).save(folder / f"{count}" / f"{index:05d}.png")
    photograph(folder / "number.jpg", digits=3)
    photograph(folder / "digit.jpg", digits=1)


def photograph(path: Path, *, digits: int) -> None:
    """Save a JPEG of 4000 x 3000: sevens written with a thick pen on unevenly lit paper."""
    width, height = 4000, 3000
    across = np.linspace(150, 235, width)[None, :]
    down = np.linspace(0, -40, height)[:, None]
    noise = np.random.default_rng(1).normal(0, 4, (height, width))
    paper = np.clip(across + down + noise, 0, 255).astype(np.uint8)
    ink = Image.new("L", (width, height), 0)
    draw = ImageDraw.Draw(ink)
    for index in range(digits):
        x, y = 900 + 800 * index, 900
        draw.line([(x, y), (x + 450, y), (x + 150, y + 1000)], fill=255, width=70, joint="curve")
    dark = Image.new("L", (width, height), 40)
    picture = Image.composite(dark, Image.fromarray(paper), ink.filter(ImageFilter.GaussianBlur(4)))
    picture.convert("RGB").save(path, "JPEG", quality=90)


def time_all(folder: Path, model: Path, runs: int) -> None:
    """Print how many MNIST images a second, how long for one, and how long for a photograph."""
    reader = digitlab.load(model)
    images = load_dataset().test_images
    for name, function in (
        ("MNIST images a second, network alone", reader.classifier.classify),
        ("MNIST images a second, `reader.predict_all`", reader.predict_all),
    ):
        rates = [len(images) / s for s in seconds_of(lambda f=function: f(images), runs)]
        row(name, spread(rates, "/s", 0), ">= 50,000 /s")
    times = 500
    for name, function, image in (
        ("one image, network alone", reader.classifier.classify, images[:1]),
        ("one image, `reader.predict`", reader.predict, images[0]),
    ):
        spent = seconds_of(lambda f=function, i=image: [f(i) for _ in range(times)], runs)
        row(name, spread([s / times * 1e3 for s in spent], "ms", 3), "<= 0.1 ms")
    for name, function, path in (
        ("a 12-megapixel JPEG of one digit, `reader.predict`", reader.predict, "digit.jpg"),
        ("a 12-megapixel JPEG of a number, `reader.read`", reader.read, "number.jpg"),
    ):
        spent = seconds_of(lambda f=function, p=path: f(folder / p), runs)
        row(name, spread(spent, "s"), "< 1 s")


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(Path(sys.argv[2]))
    else:
        time_all(Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
