"""The model of a worker and its two queues: one for quick requests, one for all others.

A request is quick if it is certain, before anything is decoded, that it takes a millisecond or so:
a few small pictures. Photographs and pages take up to seconds; in a queue of their own they cannot
hold up the quick ones. Each queue has one thread, and the network runs in that thread.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from digitlab.errors import DigitlabError, PictureError
from digitlab.models.calibration import LogProbabilities
from digitlab.models.classifier import Probabilities
from digitlab.pages.answers import Page
from digitlab.pages.read import LARGEST_SIDE
from digitlab.pictures.digit import has_format
from digitlab.pictures.documents import open_document
from digitlab.pictures.open import Source
from digitlab.prediction import Prediction
from digitlab.reader import Reader
from digitlab.serve.metrics import Metrics
from digitlab.serve.queue import BatchQueue, Function
from digitlab.serve.replies import ServiceError

Thing = TypeVar("Thing")
Answer = TypeVar("Answer")

_QUICK_BYTES = 64_000  # of one picture
_QUICK_PIXELS = 150_000  # of one picture: an area of 387 x 387
_QUICK_PICTURES = 16  # of one request
AT_ONCE = 16  # requests: more make no request faster, but the first of them wait for the last
_PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


class Service:
    """Answers pictures and tensors for any number of callers, without blocking the event loop."""

    def __init__(self, reader: Reader, *, room: int) -> None:
        self.reader = reader
        self.room = room
        self.quick: BatchQueue
        self.slow: BatchQueue

    def start(self, metrics: Metrics) -> None:
        """Start the threads; the event loop must be running."""
        self.quick = self._queue("quick", AT_ONCE, metrics)
        self.slow = self._queue("slow", 1, metrics)

    def _queue(self, name: str, at_once: int, metrics: Metrics) -> BatchQueue:
        return BatchQueue(
            name,
            room=self.room,
            at_once=at_once,
            on_batch=metrics.batches.observe,
            on_waiting=metrics.waiting.labels(name).set,
        )

    def close(self) -> None:
        """Let the threads end."""
        self.quick.close()
        self.slow.close()

    async def predict(self, pictures: list[Source]) -> list[Prediction]:
        """Return what `Reader.predict_many` returns."""
        quick = all(map(_is_quick, pictures))
        answers: list[Prediction] = await self._answers(
            self.reader.predict_many, pictures, quick=quick
        )
        return answers

    async def read(self, document: Source, number: int | None = None) -> Page:
        """Return what `Reader.read` returns for a document's page, or raise what it raises.

        Without a number, from 1, the document must have one page.
        """
        return await self.slowly(partial(_read, self.reader, number), document)

    async def outputs(
        self, images: NDArray[np.uint8]
    ) -> tuple[LogProbabilities, Probabilities | None]:
        """Return what `Classifier.outputs` returns for N x 28 x 28 images."""
        rows = await self._answers(self._outputs, list(images), quick=True)
        answers, *is_digit = map(np.stack, zip(*rows, strict=True))
        return answers, is_digit[0] if is_digit else None

    async def layers(self, images: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """Return the output of every inner layer that the model's card lists."""
        return await self.slowly(self.reader.classifier.layers, images)

    async def slowly(self, function: Callable[[Thing], Answer], thing: Thing) -> Answer:
        """Return what a function makes of a thing, in turn with all other work that takes long.

        Raises `PictureError` if the function does, and `ServiceError` for a `DigitlabError`.
        """
        answers: list[Answer] = await self._answers(
            lambda things: [function(it) for it in things], [thing], quick=False
        )
        return answers[0]

    async def _answers(self, function: Function, things: list[Any], *, quick: bool) -> Any:
        queue = self.quick if quick and len(things) <= _QUICK_PICTURES else self.slow
        try:
            return await queue.answers(function, things)
        except PictureError:
            raise
        except DigitlabError as error:  # the network failed: not the caller's fault
            raise ServiceError(500, str(error)) from error

    def _outputs(self, images: list[NDArray[np.uint8]]) -> list[tuple[NDArray[np.float32], ...]]:
        """Return the network's answer to each image, and whether it is a digit, if it has this."""
        answers, is_digit = self.reader.classifier.outputs(np.stack(images))
        columns = (answers,) if is_digit is None else (answers, is_digit)
        return list(zip(*columns, strict=True))


def _read(reader: Reader, number: int | None, document: Source) -> Page:
    with open_document(document, largest_side=LARGEST_SIDE) as pages:
        if number is None and pages.pages > 1:
            raise PictureError(
                f"the document has {pages.pages:,} pages: ask for one with ?page=1, ?page=2 ..."
            )
        return reader.read(pages.page(number or 1))


def _is_quick(picture: Source) -> bool:
    """Return whether a picture certainly takes little time: a small PNG file, or 28 x 28 bytes.

    A PNG file begins with its width and height. In other formats they may be anywhere.
    """
    if not isinstance(picture, bytes):
        return has_format(picture)
    if len(picture) > _QUICK_BYTES or not picture.startswith(_PNG):
        return False
    width, height = int.from_bytes(picture[16:20]), int.from_bytes(picture[20:24])
    return width * height <= _QUICK_PIXELS
