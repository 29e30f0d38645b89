"""Pictures in, answers out: a model and all that is done with it."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeGuard, overload

import numpy as np

from digitlab.errors import DigitlabError, PictureError
from digitlab.models.card import ModelCard, read_model
from digitlab.models.classifier import Classifier, Images
from digitlab.pages.answers import Page
from digitlab.pages.read import read_page
from digitlab.pictures.digit import SIDE, Digit, prepare, prepare_stack
from digitlab.pictures.open import Source

PRETRAINED = Path(__file__).parent / "pretrained"  # the model that comes with the package
AT_ONCE = 256  # pictures that are held in memory while a long row of them is answered

Picture = Source
Pictures = Sequence[Picture] | Images


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """The answer to a picture of one digit."""

    digit: int | None
    """The likeliest digit, 0 to 9; None if the picture is blank or could not be opened."""
    probability: float
    """How likely it is to be that digit, 0 to 1, calibrated as the model's card tells."""
    unsure: bool
    """True where the probability is below the model's threshold, or there is no digit."""
    probabilities: tuple[float, ...] = ()
    """Of all ten digits; empty where there is none."""
    error: str | None = None
    """Why the picture could not be opened; only in the answer to several pictures."""


class Reader:
    """Reads pictures of digits with one model.

    Parameters
    ----------
    model
        a model's folder (`model.onnx` and `model.json`), as `digitlab export` writes it; without
        it, the model that comes with the package.
    threads
        how many threads the network uses; without it, as many as the machine has cores.

    Raises
    ------
    DigitlabError
        If there is no such model, it is damaged, or its card belongs to another one.
    """

    def __init__(
        self, model: str | os.PathLike[str] | None = None, *, threads: int | None = None
    ) -> None:
        weights, self.card = read_model(PRETRAINED if model is None else model)
        if self.card.classes != list("0123456789"):
            raise DigitlabError(
                f"{model} does not answer digits, but {', '.join(self.card.classes)}"
            )
        self.classifier = Classifier(weights, self.card, threads=threads)

    card: ModelCard
    """What made the model, and how far it may be believed."""

    @overload
    def predict(self, pictures: Picture) -> Prediction: ...

    @overload
    def predict(self, pictures: list[Picture] | tuple[Picture, ...]) -> list[Prediction]: ...

    def predict(self, pictures: Picture | Pictures) -> Prediction | list[Prediction]:
        """Answer which digit a picture shows, or each of several.

        Parameters
        ----------
        pictures
            a path, the bytes of a picture file, a binary stream, a Pillow image, or an array of
            height x width (gray), x 3 or x 4; or a list or tuple of these; or an array of
            N x 28 x 28, uint8.

        Returns
        -------
        Prediction or list of Prediction
            one a picture, in their order. In a list, a picture that cannot be opened has its
            reason in `error`, and the others are answered.

        Raises
        ------
        PictureError
            If a single picture cannot be opened.
        """
        if isinstance(pictures, list | tuple):
            return list(self.predict_each(pictures))
        if is_stack(pictures):
            return self._answer(prepare_stack(pictures))
        return self._answer(prepare(pictures)[None])[0]  # type: ignore[arg-type] # one picture

    def predict_each(self, pictures: Iterable[Picture]) -> Iterator[Prediction]:
        """Answer a row of pictures of any length, a few hundred at once.

        Yields one prediction a picture, in their order; one that cannot be opened has its reason
        in `error`.
        """
        remaining = iter(pictures)
        while group := list(islice(remaining, AT_ONCE)):
            prepared = [_prepared_or_error(picture) for picture in group]
            images = [image for image in prepared if not isinstance(image, PictureError)]
            answers = iter(self._answer(np.stack(images)) if images else ())
            for image in prepared:
                if isinstance(image, PictureError):
                    yield Prediction(digit=None, probability=0.0, unsure=True, error=str(image))
                else:
                    yield next(answers)

    def read(self, picture: Picture) -> Page:
        """Read all the digits in a picture: see `digitlab.pages.read.read_page`.

        Parameters
        ----------
        picture
            anything of which `predict` takes one.

        Returns
        -------
        Page
            The text, and every digit with its box; no digit and the text "" if none was found.

        Raises
        ------
        PictureError
            If the picture cannot be opened.
        """
        return read_page(
            picture, self.classifier.classify, threshold=self.card.calibration.threshold
        )

    def _answer(self, images: Images) -> list[Prediction]:
        probabilities = np.exp(self.classifier.classify(images))  # N x 10
        digits = probabilities.argmax(axis=1).tolist()
        rows = probabilities.tolist()
        inked = images.max(axis=(1, 2)) > 0  # N
        return [
            Prediction(
                digit=digit,
                probability=row[digit],
                unsure=row[digit] < self.card.calibration.threshold,
                probabilities=tuple(row),
            )
            if drawn
            else Prediction(digit=None, probability=0.0, unsure=True)
            for digit, row, drawn in zip(digits, rows, inked.tolist(), strict=True)
        ]


def is_stack(pictures: Picture | Pictures) -> TypeGuard[Images]:
    """Tell whether it is an array of images of 28 x 28, and not one picture."""
    return (
        isinstance(pictures, np.ndarray)
        and pictures.ndim == 3
        and pictures.shape[1:] == (SIDE, SIDE)
        and pictures.dtype == np.uint8
    )


def _prepared_or_error(picture: Picture) -> Digit | PictureError:
    try:
        return prepare(picture)
    except PictureError as error:
        return error
