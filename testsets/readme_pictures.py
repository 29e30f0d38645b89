"""Make the pictures that the README shows: a page and five single pictures.

    python -m testsets.readme_pictures FOLDER

`page.jpg` looks like a phone's photograph of a page. It is written with MNIST's test digits, which
the shipped network has not learned (`testsets/pages.py`). The others are drawn with a pen
(`testsets/singles.py`). The seeds were chosen for the looks, before anything had read the pictures.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from digitlab.data.load import load_dataset
from testsets.pages import Hand, photographed, written_page
from testsets.singles import handmade

PAGE_SEED, SINGLES_SEED = 10, 11
PAGE = Hand(lines=(4, 4), ruled=True, shadow=True, photo=True, slant=0.2, sizes=0.15)
SINGLES = {
    "felt-pen": ("felt", 3),
    "tiny": ("forms 8x8, dark ink", 8),
    "photograph": ("photograph", 7),
    "chalk": ("chalk", 5),
    "scribble": ("no digit: scribbles", None),
}
"""File name: condition and label."""


def main() -> None:
    """Save the pictures in the folder named on the command line, and print what they show."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m testsets.readme_pictures FOLDER")
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    mnist = load_dataset()
    random = np.random.default_rng(PAGE_SEED)
    ink, text, height = written_page(mnist.test_images, mnist.test_labels, PAGE, random)
    page = photographed(ink, height, PAGE, random)
    assert isinstance(page, bytes)  # a photo is a JPEG file
    (folder / "page.jpg").write_bytes(page)
    print(text)
    cases = {(case.condition, case.label): case for case in handmade(10, SINGLES_SEED)}
    for name, wanted in SINGLES.items():
        case = cases[wanted]
        if isinstance(case.picture, bytes):
            (folder / f"{name}.jpg").write_bytes(case.picture)
        else:
            Image.fromarray(case.picture).save(folder / f"{name}.png")
        print(name, case.label)


if __name__ == "__main__":
    main()
