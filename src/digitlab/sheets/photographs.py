"""Pieces of photographs and of made-up textures: what a page reader must find no digit in.

The photographs are files that other packages install: scikit-image's (which comes with
`digitlab[train]`) and matplotlib's. Neither package is imported. A file that is missing is left
out; without any, textures take the photographs' place, so that training works but differs.
"""

import importlib.util
from functools import cache
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image

from digitlab.sheets.fields import (
    Field,
    along,
    below,
    drawn,
    looked_up,
    noise,
    phase,
    smooth,
    uniform,
    unit,
    waves,
)

_Region = tuple[float, float, float, float]  # left, top, right, bottom; parts of the whole, 0..1

_WHOLE: _Region = (0, 0, 1, 1)

# Parts with letters or digits are left out: badges, names on uniforms and rockets, number plates.
_SKIMAGE: tuple[tuple[str, _Region], ...] = (
    ("astronaut.png", (0, 0, 1, 0.55)),
    ("brick.png", _WHOLE),
    ("camera.png", _WHOLE),
    ("cell.png", _WHOLE),
    ("chelsea.png", _WHOLE),
    ("coffee.png", _WHOLE),
    ("coins.png", _WHOLE),
    ("grass.png", _WHOLE),
    ("gravel.png", _WHOLE),
    ("horse.png", _WHOLE),
    ("hubble_deep_field.jpg", _WHOLE),
    ("ihc.png", _WHOLE),
    ("moon.png", _WHOLE),
    ("motorcycle_left.png", (0, 0.35, 1, 1)),
    ("retina.jpg", _WHOLE),
    ("rocket.jpg", _WHOLE),
)
_MATPLOTLIB: tuple[tuple[str, _Region], ...] = (("grace_hopper.jpg", (0, 0, 1, 0.72)),)
_LONGEST = 800  # pixels: larger pictures are reduced when they are loaded


@cache
def _loaded() -> tuple[NDArray[np.uint8], ...]:
    pictures = []
    for package, folder, files in (
        ("skimage", "data", _SKIMAGE),
        ("matplotlib", "mpl-data/sample_data", _MATPLOTLIB),
    ):
        found = importlib.util.find_spec(package)  # does not import the package
        for place in found.submodule_search_locations or [] if found else []:
            for name, (left, top, right, bottom) in files:
                if (path := Path(place, folder, name)).is_file():
                    image = Image.open(path).convert("L")
                    image.thumbnail((_LONGEST, _LONGEST))
                    width, height = image.size
                    start = round(left * width), round(top * height)
                    part = image.crop((*start, round(right * width), round(bottom * height)))
                    pictures.append(np.asarray(part))
    return tuple(pictures)


def photographs_found() -> int:
    """Return how many photographs are installed (17 with scikit-image 0.26 and matplotlib)."""
    return len(_loaded())


def photograph(shape: tuple[int, int], random: Generator) -> Field:
    """Return a piece of a photograph or a texture, gray 0..1, float32 H x W; about 0.5 ms.

    It has any scale, is turned by quarters and perhaps mirrored. The photographs show no digits.
    """
    pictures = _loaded()
    if not pictures or random.random() < 0.25:
        return drawn(_TEXTURES, random)(shape, random)
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


def _clouds(shape: tuple[int, int], random: Generator) -> Field:
    """Return noise of all sizes, as in clouds, rock and skin."""
    field, cell, strength = noise(shape, random) * np.float32(0.03), 3.0, 0.06
    while cell < max(shape):
        field += smooth(shape, random, cell) * np.float32(strength)
        cell, strength = cell * 2.2, strength * uniform(random, 0.8, 1.5)
    return unit(field + np.float32(uniform(random, 0.2, 0.8)))


def _striped(shape: tuple[int, int], random: Generator) -> Field:
    """Return stripes that bend: cloth, blinds, ploughed fields."""
    period, sharp = uniform(random, 4, 50), uniform(random, 0.5, 4)
    places = along(shape, random.random() * np.pi)
    places += smooth(shape, random, uniform(random, 30, 120)) * np.float32(uniform(random, 0, 10))
    profile = np.clip(np.cos(np.arange(256) * (2 * np.pi / 256)) * sharp, -1, 1)
    contrast = uniform(random, 0.05, 0.45)
    return unit(
        looked_up(0.5 + profile * contrast, phase(places, period), 256)
        + noise(shape, random) * np.float32(0.02)
    )


def _checked(shape: tuple[int, int], random: Generator) -> Field:
    """Return checks and weaves: two waves that cross."""
    angle, period = random.random() * np.pi, uniform(random, 4, 60)
    across = waves(shape, angle, period, random.random() * 6)
    down = waves(shape, angle + np.pi / 2, period * uniform(random, 0.5, 2), random.random() * 6)
    sharp = np.float32(uniform(random, 0.6, 8))
    mixed = across * down if random.random() < 0.5 else across + down
    field = np.clip(mixed * sharp, -1, 1) * np.float32(uniform(random, 0.05, 0.45))
    return unit(field + np.float32(0.5) + noise(shape, random) * np.float32(0.02))


def _blobs(shape: tuple[int, int], random: Generator) -> Field:
    """Return blobs with edges: pebbles, camouflage, spilled ink."""
    cell, sharp = uniform(random, 5, 50), uniform(random, 2, 12)
    field = smooth(shape, random, cell, cell * uniform(random, 0.5, 2))
    field = np.clip((field - np.float32(uniform(random, -0.8, 0.8))) * np.float32(sharp), -1, 1)
    field *= np.float32(uniform(random, 0.1, 0.45) * (1 if random.random() < 0.5 else -1))
    return unit(field + np.float32(0.5) + smooth(shape, random, 3) * np.float32(0.03))


def _leaves(shape: tuple[int, int], random: Generator) -> Field:
    """Return overlapping pieces with bright edges and veins: leaves, feathers, crumpled paper."""
    field = np.zeros(shape, np.float32)
    for _ in range(3):
        folds = smooth(shape, random, uniform(random, 8, 50), uniform(random, 8, 50))
        np.maximum(field, 1 - np.abs(folds) * np.float32(uniform(random, 1, 6)), out=field)
    gray = smooth(shape, random, uniform(random, 10, 60)) * np.float32(0.15)
    return unit(gray + np.float32(0.35) + field * np.float32(uniform(random, -0.35, 0.5)))


_TEXTURES = ((_clouds, 0.3), (_striped, 0.15), (_checked, 0.15), (_blobs, 0.2), (_leaves, 0.2))
