"""The pictures that the README shows being read.

    python benchmarks/examples.py FOLDER

`page.jpg` is a page as a phone sees it, written with MNIST's test digits: handwriting that the
shipped network has not learned from (`composed.py`). The others are single ones, drawn with a pen
(`handmade.py`). Their seeds were chosen by their looks, before anything had read them.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from digitlab.data.dataset import load_dataset
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


def main() -> None:
    """Save the pictures into the folder that the command line names; print what they show."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    mnist = load_dataset()
    random = np.random.default_rng(PAGE_SEED)
    ink, text, height = written_page(mnist.test_images, mnist.test_labels, PAGE, random)
    page = photographed(ink, height, PAGE, random)
    assert isinstance(page, bytes)  # as the file of a phone
    (folder / "page.jpg").write_bytes(page)
    print(text)
    drawn = {
        (case.condition, case.label): case
        for case in handmade(count_per_condition=10, seed=SINGLES_SEED)
    }
    for name, wanted in SINGLES.items():
        case = drawn[wanted]
        if isinstance(case.picture, bytes):
            (folder / f"{name}.jpg").write_bytes(case.picture)
        else:
            Image.fromarray(case.picture).save(folder / f"{name}.png")
        print(name, case.label)


if __name__ == "__main__":
    main()
