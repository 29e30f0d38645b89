"""MNIST for the page: 1,000 test and 1,000 training images in one picture, with their labels."""

import base64
import io
import threading
from collections.abc import Callable

import msgspec
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitlab.data.dataset import Dataset
from digitlab.data.load import load_dataset
from digitlab.errors import DigitlabError
from digitlab.pictures.digit import SIDE

COLUMNS = 50
"""Image k of the sprite is in column k % 50 and row k // 50. A picture one image wide would be
56,000 pixels high, more than some browsers draw."""

_EACH = 1_000


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One half of the images."""

    labels: list[int]
    start: int
    """The place of the first of them in the sprite."""


class Images(msgspec.Struct, frozen=True, kw_only=True):
    """What `GET /lab/images` answers: the first 1,000 test and the first 1,000 training images."""

    test: Part
    training: Part
    sprite: str
    """Where the picture is: gray, 0 = background to 255 = ink."""
    columns: int = COLUMNS
    side: int = SIDE
    """Pixels."""


def images_of(dataset: Dataset, sprite: str) -> Images:
    """Return the labels of the images in `sprite_of`; `sprite` is its address."""
    return Images(
        test=Part(labels=dataset.test_labels[:_EACH].tolist(), start=0),
        training=Part(labels=dataset.train_labels[:_EACH].tolist(), start=_EACH),
        sprite=sprite,
    )


def sprite_of(dataset: Dataset) -> bytes:
    """Return a PNG of 1,400 x 1,120 pixels: 1,000 test images, then 1,000 training images."""
    images = np.concatenate([dataset.test_images[:_EACH], dataset.train_images[:_EACH]])
    rows = images.reshape(-1, COLUMNS, SIDE, SIDE)  # row, column, y, x
    return png_of(rows.transpose(0, 2, 1, 3).reshape(-1, COLUMNS * SIDE))


def png_of(pixels: NDArray[np.uint8]) -> bytes:
    """Return gray pixels, height x width, as a PNG file."""
    encoded = io.BytesIO()
    Image.fromarray(pixels).save(encoded, "PNG")
    return encoded.getvalue()


def data_url(png: bytes) -> str:
    """Return a PNG file as the address of an image that contains it."""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


class LoadedOnce:
    """MNIST, loaded at the first use, which may fetch it; a failure is tried again the next time.

    It may be used by several threads: one loads, the others wait for it.
    """

    def __init__(self, load: Callable[[], Dataset] = load_dataset) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._dataset: Dataset | None = None
        self._sprite: bytes | None = None

    def dataset(self) -> Dataset:
        """Return MNIST, or raise `DigitlabError` if it is nowhere to be had."""
        with self._lock:
            if self._dataset is None:
                try:
                    self._dataset = self._load()
                except DigitlabError as error:
                    raise DigitlabError(
                        "MNIST is not on this machine and could not be fetched, so there are no "
                        "test images; `digitlab data` shows what to do"
                    ) from error
            return self._dataset

    def sprite(self) -> bytes:
        """Return the picture of `sprite_of`, or raise `DigitlabError` as `dataset` does."""
        dataset = self.dataset()
        with self._lock:
            if self._sprite is None:
                self._sprite = sprite_of(dataset)
            return self._sprite
