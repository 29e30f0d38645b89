"""From pictures to answers: the class that Python programs use."""

import os
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitlab.errors import DigitlabError, PictureError, printable
from digitlab.models.card import ModelCard, folder_of, read_model
from digitlab.models.classifier import Classifier
from digitlab.models.page_card import PAGE_MODEL
from digitlab.models.page_network import PageFinder
from digitlab.models.probability import cut_off, percent
from digitlab.pages.answers import Page
from digitlab.pages.read import LARGEST_SIDE, Networks, read_page
from digitlab.pictures.digit import SIDE, refuse_flat_stack
from digitlab.pictures.documents import open_document
from digitlab.pictures.many import Prepared, prepare_each, prepared
from digitlab.pictures.open import Source
from digitlab.prediction import DIGITS, Prediction, is_digit

PRETRAINED = Path(__file__).parent / "pretrained"  # the model that is installed with the package


class Reader:
    """Reads pictures of digits, or of what else its model was trained on.

    Raises `DigitlabError` if there is no such model, or it is damaged.

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
    reads_digits: bool
    """Whether every class of the model is a single digit."""

    def __init__(
        self, model: str | os.PathLike[str] | None = None, *, threads: int | None = None
    ) -> None:
        weights, self.card = read_model(PRETRAINED if model is None else model)
        self.classifier = Classifier(weights, self.card, threads=threads)
        self.reads_digits = all(map(is_digit, self.card.classes))
        self._model = "the installed model" if model is None else repr(os.fsdecode(model))
        self._folder = PRETRAINED if model is None else folder_of(Path(os.fsdecode(model)))
        self._threads = threads
        self._networks: Networks | None = None

    @property
    def networks(self) -> Networks:
        """What reads pages; loaded when it is first needed, because `predict` does not need it.

        The page network is the one in the model's folder, or else the installed one.
        """
        if self._networks is None:  # two threads may both load it, which does no harm
            own = self._folder / PAGE_MODEL.card
            weights, card = PAGE_MODEL.read(self._folder if own.exists() else PRETRAINED)
            finder = PageFinder(weights, card, threads=self._threads)
            self._networks = Networks(finder, self.classifier.classify_and_detect, card.confidence)
        return self._networks

    def __repr__(self) -> str:
        accuracy, calibration = self.card.test.get("accuracy"), self.card.calibration
        is_number = isinstance(accuracy, int | float)
        tested = f"{accuracy:.2%} on " if is_number else "trained on "
        all_unsure = calibration.threshold >= 1
        unsure = "always unsure" if all_unsure else f"unsure below {percent(calibration.threshold)}"
        return f"Reader({self._model}: {tested}{printable(self.card.dataset)}, {unsure})"

    def predict(self, picture: Source) -> Prediction:
        """Return which digit, or other class of the model, a picture shows.

        The picture is a path, the bytes of a picture file, a binary stream, a Pillow image, or an
        array of height x width (gray), x 3 (RGB) or x 4 (RGBA). Raises `PictureError` if it cannot
        be opened, or is several pictures (use `predict_many` or `predict_each`) or a folder.
        """
        _refuse_several(picture)
        return self._answers([prepared(picture, self.card.preparation)])[0]

    def predict_many(self, pictures: Iterable[Source], *, jobs: int = 1) -> list[Prediction]:
        """Return what each of several pictures shows, in their order.

        Takes a list or any other iterable of what `predict` takes; or an array of N x 28 x 28 or
        N x 784, of uint8 or of floats from 0 to 1. If a picture cannot be opened, the `error` of
        its prediction is the reason, and the others are answered. Raises `PictureError` for one
        picture, or an array of another shape.
        """
        return list(self.predict_each(pictures, jobs=jobs))

    def predict_each(self, pictures: Iterable[Source], *, jobs: int = 1) -> Generator[Prediction]:
        """Yield the answers of `predict_many`, with a few hundred pictures in memory at a time.

        Takes and raises the same. With several `jobs`, so many other processes open and prepare the
        pictures that are paths, bytes or arrays. It takes 0.3 s to start them.
        """
        if jobs < 1:
            raise DigitlabError(f"jobs is {jobs}, but must be at least 1")
        groups = prepare_each(_separate(pictures), self.card.preparation, jobs=jobs)
        return (answer for group in groups for answer in self._answer_group(group))

    def read(self, picture: Source) -> Page:
        """Read all the digits and signs in a picture, in reading order.

        The answer has the text, and the box of each digit, sign, number and line. Takes whatever
        `predict` takes. If no digit was found, the text is "". Raises `PictureError` if the picture
        cannot be opened or has several pages (use `read_pages`), and `DigitlabError` if the model
        was not trained on the ten digits, with MNIST's preparation.
        """
        self.check_reads_pages()
        return read_page(picture, self.networks)

    def read_pages(self, document: Source) -> Iterator[Page]:
        """Yield what `read` returns for each page of a PDF document, a TIFF file, or one picture.

        One page is in memory at a time. If a page cannot be opened, the `error` of its answer is
        the reason, and the others are read. Raises what `read` raises, when the first page is asked
        for.
        """
        refuse_flat_stack(document)
        self.check_reads_pages()
        with open_document(document, largest_side=LARGEST_SIDE) as pages:
            yield from map(self.read_or_explain, pages)

    def read_each(self, pictures: Iterable[Source]) -> Iterator[Page]:
        """Yield what `read` returns for each of several pictures, in their order.

        If a picture cannot be opened or has several pages, the `error` of its answer is the reason,
        and the others are read. Raises `DigitlabError` like `read`, when the first is asked for.
        """
        self.check_reads_pages()
        yield from map(self.read_or_explain, _separate(pictures))

    def read_or_explain(self, picture: Source | PictureError) -> Page:
        """Return what `read` returns, or a page whose `error` is why the picture cannot be read.

        Takes what `read` takes, or the error with which opening the picture failed.
        """
        try:
            if isinstance(picture, PictureError):
                raise picture
            return self.read(picture)
        except PictureError as error:
            return Page(text="", error=str(error))

    def check_reads_pages(self) -> None:
        """Raise `DigitlabError` if `read` needs another model."""
        needs = "pages are read with a model of the ten digits, prepared like MNIST's, but"
        if self.card.classes != list(DIGITS):
            few, more = self.card.classes[:10], len(self.card.classes) - 10
            named = ", ".join(few) + (f" and {more} more" if more > 0 else "")
            raise DigitlabError(f"{needs} the classes of {self._model} are {named}")
        if self.card.preparation != "mnist":
            raise DigitlabError(f"{needs} {self._model} takes pictures {self.card.preparation}")

    def record(self, answer: Prediction) -> dict[str, object]:
        """Return an answer as JSON shows it, on the command line and over HTTP."""
        if answer.error is not None:
            return {"error": answer.error}
        digits = self.reads_digits
        named = {"digit": answer.digit} if digits else {"label": answer.label}
        sure = {"probability": cut_off(answer.probability), "unsure": answer.unsure}
        several: dict[str, object] = {"several": answer.several} if digits else {}
        if self.card.is_digit is not None:
            is_digit = None if answer.is_digit is None else cut_off(answer.is_digit)
            several = {"is_digit": is_digit} | several
        second = answer.runner_up
        next_best = {"runner_up": int(second) if digits and second is not None else second}
        names = self.card.classes if answer.probabilities else ()
        each = zip(names, map(cut_off, answer.probabilities), strict=True)
        return named | sure | several | next_best | {"probabilities": dict(each)}

    def _answer_group(self, group: list[Prepared | PictureError]) -> Iterator[Prediction]:
        opened = [it for it in group if not isinstance(it, PictureError)]
        answers = iter(self._answers(opened) if opened else ())
        for it in group:
            yield Prediction(error=str(it)) if isinstance(it, PictureError) else next(answers)

    def _answers(self, pictures: list[Prepared]) -> list[Prediction]:
        images = np.stack([image for image, _ in pictures])  # N x 28 x 28
        log_probabilities, is_digit = self.classifier.classify_and_detect(images)  # N x classes, N
        refused = self._refused(is_digit, len(images))  # N
        sure = self.card.calibration.is_sure(log_probabilities) & ~refused  # N
        probabilities = np.exp(log_probabilities)  # N x classes
        best = probabilities.argmax(axis=1)  # N
        others = probabilities.copy()
        others[np.arange(len(best)), best] = -1
        second = others.argmax(axis=1)  # N
        # N; a black picture that is taken as it is, is a picture like any other.
        is_shown = images.any(axis=(1, 2)) | (self.card.preparation == "as-is")
        if is_digit is None:
            is_digit = np.full(len(images), None)
        columns: list[Any] = [
            it.tolist() for it in (probabilities, best, second, sure, is_digit, refused, is_shown)
        ]
        names, digits_only = self.card.classes, self.reads_digits
        return [
            Prediction(
                label=names[index],
                probability=row[index],
                unsure=not is_sure or (several and digits_only),
                is_digit=of_a_digit,
                refused=is_refused,
                several=several and digits_only,
                runner_up=names[other] if len(names) > 1 else None,
                probabilities=tuple(row),
            )
            if shown
            else Prediction()
            for row, index, other, is_sure, of_a_digit, is_refused, shown, (_, several) in zip(
                *columns, pictures, strict=True
            )
        ]

    def _refused(self, is_digit: NDArray[np.float32] | None, count: int) -> NDArray[np.bool_]:
        """Return which of `count` pictures are taken for no digit."""
        if is_digit is None or self.card.is_digit is None:
            return np.zeros(count, np.bool_)
        return ~self.card.is_digit.accepts(is_digit)


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
        f"predict takes one picture, not {found}: use predict_many or predict_each with a list"
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
