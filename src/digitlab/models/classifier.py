"""One answer per image: runs a model's network with onnxruntime."""

import numpy as np
from numpy.typing import NDArray

from digitlab.errors import DigitlabError
from digitlab.models import session
from digitlab.models.calibration import LogProbabilities, temperature_scaled
from digitlab.models.card import ANSWERS, CARD, IMAGES, IS_DIGIT, WEIGHTS, ModelCard
from digitlab.models.session import Session, Shape

Images = NDArray[np.uint8]  # N x 28 x 28; for digits, bright ink on black
Probabilities = NDArray[np.float32]  # N

BATCH = 64  # images at once: small enough that a layer's output stays in the processor's cache
_SUM_TOLERANCE = 0.01  # far above the rounding of the float32 exponentials


class Classifier:
    """A model's network and its calibrated answers.

    Takes what `digitlab.models.card.read_model` returns; `threads` is how many CPU threads the
    network uses, at least 1, and None means one per core. Raises DigitlabError if this is not a
    network from images to answers, or its layers are not those of the card.
    """

    def __init__(self, weights: bytes, card: ModelCard, *, threads: int | None = None) -> None:
        self.card = card
        self._answers: dict[str, list[int]] = {ANSWERS: [len(card.classes)]}
        if card.is_digit is not None:
            self._answers[IS_DIGIT] = []
        self._shapes = {**self._answers, **card.layers}
        self._session = Session(weights, WEIGHTS, threads)
        outputs: dict[str, Shape] = {name: ["N", *shape] for name, shape in self._shapes.items()}
        self._session.check(CARD, {IMAGES: ["N", 28, 28]}, outputs)

    def log_probabilities(self, images: Images, *, at_once: int = BATCH) -> LogProbabilities:
        """Return the network's own answers, before calibration: float32, N x classes.

        The images are uint8, N x 28 x 28, prepared as the card says; `at_once` of them go through
        the network together. Raises DigitlabError if the network fails, or its answers are not
        finite or not log-probabilities that sum to 1 per image.
        """
        return self.outputs(images, at_once=at_once)[0]

    def outputs(
        self, images: Images, *, at_once: int = BATCH
    ) -> tuple[LogProbabilities, Probabilities | None]:
        """Return what `log_probabilities` does, and the probabilities that they are digits at all.

        The second, float32, N, is None if the network has no such output. Takes and raises the same
        as `log_probabilities`.
        """
        starts = range(0, max(1, len(images)), at_once)
        names = list(self._answers)
        batches = [self._run(names, images[start : start + at_once]) for start in starts]
        answers, *others = map(_joined, zip(*batches, strict=True))
        with np.errstate(over="ignore"):  # infinity is refused like any other wrong sum
            sums = np.exp(answers).sum(axis=1)
        if (abs(sums - 1) > _SUM_TOLERANCE).any():
            raise DigitlabError(
                f"{WEIGHTS} gave {ANSWERS} whose probabilities do not sum to 1; "
                "export the model again"
            )
        is_digit = others[0] if others else None
        if is_digit is not None and not ((is_digit >= 0) & (is_digit <= 1)).all():
            raise DigitlabError(f"{WEIGHTS} gave {IS_DIGIT} outside 0 to 1; export the model again")
        return answers, is_digit

    def classify(self, images: Images) -> LogProbabilities:
        """Return the calibrated log-probabilities, float32, N x classes, of N images.

        Takes and raises the same as `log_probabilities`.
        """
        return self.classify_and_detect(images)[0]

    def classify_and_detect(self, images: Images) -> tuple[LogProbabilities, Probabilities | None]:
        """Return what `classify` does, and the probabilities that they are digits at all.

        The second is float32, N; None if the network has no such output. A picture is refused if it
        is below `card.is_digit.threshold`.
        """
        answers, is_digit = self.outputs(images)
        return temperature_scaled(answers, self.card.calibration.temperature), is_digit

    def layers(self, images: Images) -> dict[str, NDArray[np.float32]]:
        """Return by name the output of every inner layer that the card lists.

        Each is float32, N x the shape in the card, for uint8 images N x 28 x 28. Raises the same
        as `log_probabilities`.
        """
        names = [*self._answers, *self.card.layers]  # an empty list would mean all outputs
        outputs = self._run(names, images)
        return dict(zip(self.card.layers, outputs[len(self._answers) :], strict=True))

    def _run(self, names: list[str], images: Images) -> list[NDArray[np.float32]]:
        shapes = {name: (len(images), *self._shapes[name]) for name in names}
        return self._session.run(shapes, {IMAGES: images})


def _joined(parts: tuple[NDArray[np.float32], ...]) -> NDArray[np.float32]:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def inner_values(
    weights: bytes, names: list[str], image: NDArray[np.uint8]
) -> dict[str, NDArray[np.generic]]:
    """Return by name what a network's operations put out for one image, uint8 (28, 28).

    `names` are those of outputs of operations; each value has a batch dimension of 1. `weights` are
    those of a model that `Classifier` accepts. Raises DigitlabError if the network fails.
    """
    return session.inner_values(weights, WEIGHTS, names, {IMAGES: image[None]})
