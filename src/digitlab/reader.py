"""From pictures to answers: the class that Python programs use."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from digitlab.errors import DigitlabError, PictureError
from digitlab.models.card import ModelCard, read_model
from digitlab.models.classifier import Classifier, Images
from digitlab.pages.answers import Page
from digitlab.pages.read import read_page
from digitlab.pictures.digit import SIDE, Digit, has_format, prepare, prepare_stack
from digitlab.pictures.open import Source

PRETRAINED = Path(__file__).parent / "pretrained"  # the model that is installed with the package
AT_ONCE = 256  # pictures in memory at the same time, out of any number


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """The answer to a picture of one digit."""

    digit: int | None = None
    """The most likely digit, 0 to 9; None if the picture is blank or could not be opened."""
    probability: float = 0.0
    """The calibrated probability that it is this digit, 0 to 1."""
    unsure: bool = True
    """True if the probability is below the model's threshold, or there is no digit."""
    probabilities: tuple[float, ...] = ()
    """The probability of each of the ten digits; empty if there is no digit."""
    error: str | None = None
    """Why the picture could not be opened; only set by `predict_all` and `predict_each`."""


class Reader:
    """Reads pictures of digits with one model.

    Raises `DigitlabError` if there is no such model, it is damaged, or its answers are not digits.

    Parameters
    ----------
    model
        A model's folder (`model.onnx` and `model.json`), as `digitlab export` writes it; None: the
        model that is installed with the package.
    threads
        How many CPU threads the network uses, at least 1; None: one per core.
    """

    card: ModelCard
    """How the model was made, how accurate it is, and how its answers are calibrated."""

    def __init__(
        self, model: str | os.PathLike[str] | None = None, *, threads: int | None = None
    ) -> None:
        weights, self.card = read_model(PRETRAINED if model is None else model)
        if self.card.classes != list("0123456789"):
            raise DigitlabError(
                f"the answers of {model} are not digits, but {', '.join(self.card.classes)}"
            )
        self.classifier = Classifier(weights, self.card, threads=threads)

    def predict(self, picture: Source) -> Prediction:
        """Return which digit a picture shows.

        The picture is a path, the bytes of a picture file, a binary stream, a Pillow image, or an
        array of height x width (gray), x 3 (RGB) or x 4 (RGBA). Raises `PictureError` if it cannot
        be opened, or is several pictures (use `predict_all` or `predict_each`) or a folder.
        """
        _refuse_several(picture)
        return self._answers(prepare(picture)[None])[0]

    def predict_all(self, pictures: Iterable[Source]) -> list[Prediction]:
        """Return which digit each of several pictures shows, in their order.

        Takes a list or any other iterable of what `predict` takes; or an array of N x 28 x 28 or
        N x 784, of uint8 or of floats from 0 to 1. If a picture cannot be opened, the `error` of
        its prediction is the reason, and the others are answered. Raises `PictureError` for one
        picture, or an array of another shape.
        """
        return list(self.predict_each(pictures))

    def predict_each(self, pictures: Iterable[Source]) -> Iterator[Prediction]:
        """Yield the answers of `predict_all`, with at most 256 pictures in memory at a time.

        Takes and raises the same.
        """
        return self._answer_groups(iter(_separate(pictures)))

    def read(self, picture: Source) -> Page:
        """Read all the digits in a picture, in reading order: the text, and each digit's box.

        Takes whatever `predict` takes. If no digit was found, the text is "". Raises
        `PictureError` if the picture cannot be opened.
        """
        threshold = self.card.calibration.lowest_sure_probability
        return read_page(picture, self.classifier.classify, threshold=threshold)

    def _answer_groups(self, pictures: Iterator[Source]) -> Iterator[Prediction]:
        while group := list(islice(pictures, AT_ONCE)):
            prepared = _prepare_or_explain(group)
            images = [image for image in prepared if not isinstance(image, PictureError)]
            answers = iter(self._answers(np.stack(images)) if images else ())
            for image in prepared:
                if isinstance(image, PictureError):
                    yield Prediction(error=str(image))
                else:
                    yield next(answers)

    def _answers(self, images: Images) -> list[Prediction]:
        log_probabilities = self.classifier.classify(images)  # N x 10
        sure = self.card.calibration.is_sure(log_probabilities)  # N
        probabilities = np.exp(log_probabilities)  # N x 10
        digits = probabilities.argmax(axis=1)  # N
        has_ink = images.any(axis=(1, 2))  # N
        columns = (array.tolist() for array in (probabilities, digits, sure, has_ink))
        return [
            Prediction(
                digit=digit, probability=row[digit], unsure=not is_sure, probabilities=tuple(row)
            )
            if is_drawn
            else Prediction()
            for row, digit, is_sure, is_drawn in zip(*columns, strict=True)
        ]


def _prepare_or_explain(pictures: list[Source]) -> list[Digit | PictureError]:
    """Return each picture as a 28 x 28 image, or the reason why it cannot be opened."""
    arrays = [picture for picture in pictures if has_format(picture)]
    if len(arrays) == len(pictures):  # together, which is several times faster
        return list(prepare_stack(np.stack(arrays)))
    prepared: list[Digit | PictureError] = []
    for picture in pictures:
        try:
            prepared.append(prepare(picture))
        except PictureError as error:
            prepared.append(error)
    return prepared


def _is_file_or_image(picture: Any) -> bool:
    """Return whether it is one picture of a kind other than an array, although some iterate."""
    is_stream = hasattr(picture, "read")
    return is_stream or isinstance(picture, str | bytes | os.PathLike | Image.Image)


def _refuse_several(picture: Any) -> None:
    """Raise `PictureError` if it is not one picture but several, or a folder."""
    if isinstance(picture, np.ndarray):
        if picture.shape[1:] != (SIDE, SIDE):
            return
        found = f"{len(picture)} of them"
    elif isinstance(picture, str | os.PathLike) and os.path.isdir(picture):  # noqa: PTH112
        found = f"the folder {os.fspath(picture)!r}"
    elif isinstance(picture, Iterable) and not _is_file_or_image(picture):
        found = f"a {type(picture).__name__} of them"
    else:
        return
    raise PictureError(
        f"predict takes one picture, not {found}: use predict_all or predict_each with a list"
    )


def _separate(pictures: Iterable[Source]) -> Iterable[Source]:
    """Return several pictures, an array of them as its 28 x 28 images, or raise `PictureError`."""
    if isinstance(pictures, np.ndarray):
        if pictures.shape[1:] not in ((SIDE, SIDE), (SIDE * SIDE,)):
            raise PictureError(
                f"an array of several pictures must be N x {SIDE} x {SIDE} or N x {SIDE * SIDE}, "
                f"not {pictures.shape}; use predict for one picture"
            )
        return pictures.reshape(len(pictures), SIDE, SIDE)
    if _is_file_or_image(pictures) or not isinstance(pictures, Iterable):
        raise PictureError(
            f"several pictures are a list, another iterable or an array of them, not one "
            f"{type(pictures).__name__}: use predict for one picture"
        )
    return pictures
