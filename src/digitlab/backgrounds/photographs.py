"""The photographs that other packages install, and pieces of them: pictures without any digit.

They are files of scikit-image (which comes with `digitlab[train]`) and matplotlib. Neither package
is imported.
"""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

from digitlab.backgrounds.fields import Field, below, picked, uniform
from digitlab.backgrounds.textures import TEXTURES
from digitlab.errors import DigitlabError

_Region = tuple[float, float, float, float]  # left, top, right, bottom; parts of the whole, 0..1

_WHOLE: _Region = (0, 0, 1, 1)

PHOTOGRAPHS: dict[str, _Region] = {
    "skimage/data/astronaut.png": (0, 0, 1, 0.55),
    "skimage/data/brick.png": _WHOLE,
    "skimage/data/camera.png": _WHOLE,
    "skimage/data/cell.png": _WHOLE,
    "skimage/data/chelsea.png": _WHOLE,
    "skimage/data/coffee.png": _WHOLE,
    "skimage/data/coins.png": _WHOLE,
    "skimage/data/grass.png": _WHOLE,
    "skimage/data/gravel.png": _WHOLE,
    "skimage/data/horse.png": _WHOLE,
    "skimage/data/hubble_deep_field.jpg": _WHOLE,
    "skimage/data/ihc.png": _WHOLE,
    "skimage/data/moon.png": _WHOLE,
    "skimage/data/motorcycle_left.png": (0, 0.35, 1, 1),
    "skimage/data/retina.jpg": _WHOLE,
    "skimage/data/rocket.jpg": _WHOLE,
    "matplotlib/mpl-data/sample_data/grace_hopper.jpg": (0, 0, 1, 0.72),
}
"""By name, the part of each photograph that shows no letters or digits: no badge, no name on a
uniform or a rocket, no number plate."""

_LONGEST = 800  # pixels: larger pictures are reduced when they are loaded


def read_photograph(name: str) -> NDArray[np.uint8]:
    """Return a photograph that a package installs, gray, uint8 H x W.

    `name` is its path from where packages are installed, such as `skimage/data/cell.png`. Raises
    `DigitlabError` if the package, or the photograph in it, is missing.
    """
    package, _, path = name.partition("/")
    found = find_spec(package)  # does not import the package
    file = Path(found.origin).parent / path if found and found.origin else None
    if file is None or not file.is_file():
        pip_name = {"skimage": "scikit-image"}.get(package, package)
        raise DigitlabError(
            f"the photograph {name} is missing: {pip_name} contains it; "
            f"`pip install {pip_name}` installs it"
        )
    with Image.open(file) as picture:
        return np.asarray(picture.convert("L"))


@cache
def installed_photographs() -> tuple[NDArray[np.uint8], ...]:
    """Return those of `PHOTOGRAPHS` that are installed, uint8 H x W, at most 800 pixels long.

    17 with scikit-image 0.26 and matplotlib.
    """
    pictures = []
    for name, (left, top, right, bottom) in PHOTOGRAPHS.items():
        try:
            image = Image.fromarray(read_photograph(name))
        except DigitlabError:
            continue
        image.thumbnail((_LONGEST, _LONGEST))
        width, height = image.size
        start = round(left * width), round(top * height)
        part = image.crop((*start, round(right * width), round(bottom * height)))
        pictures.append(np.asarray(part))
    return tuple(pictures)


def photograph(shape: tuple[int, int], random: Generator) -> Field:
    """Return a piece of a photograph or a texture, gray 0..1, float32 H x W; about 0.5 ms.

    It has any scale, is turned by quarters and perhaps mirrored. A photograph that is missing is
    left out; if all are, textures take their place, so training works but gives another network.
    """
    pictures = installed_photographs()
    if not pictures or random.random() < 0.25:
        return picked(TEXTURES, random)(shape, random)
    picture = pictures[below(random, len(pictures))]
    turns = below(random, 4)
    height, width = shape[::-1] if turns % 2 else shape
    scale = min(
        2 ** uniform(random, -1.6, 1.6),  # pixels of the photograph per pixel of the crop
        picture.shape[0] / height,
        picture.shape[1] / width,
    )
    left = random.random() * max(picture.shape[1] - scale * width, 0)
    top = random.random() * max(picture.shape[0] - scale * height, 0)
    box = (left, top, left + scale * width, top + scale * height)
    x0, y0 = int(left), int(top)
    x1, y1 = min(int(box[2]) + 2, picture.shape[1]), min(int(box[3]) + 2, picture.shape[0])
    part = Image.fromarray(picture[y0:y1, x0:x1])
    inside = (box[0] - x0, box[1] - y0, min(box[2] - x0, x1 - x0), min(box[3] - y0, y1 - y0))
    piece = np.asarray(part.resize((width, height), Image.Resampling.BILINEAR, inside), np.float32)
    piece = np.rot90(piece, turns)
    if random.random() < 0.5:
        piece = piece[:, ::-1]
    return np.ascontiguousarray(piece) * np.float32(1 / 255)
