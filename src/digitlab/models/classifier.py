"""One answer per image: runs a model's network with onnxruntime."""

import os

import numpy as np
from numpy.typing import NDArray

from digitlab.errors import DigitlabError
from digitlab.models.calibration import LogProbabilities, temperature_scaled
from digitlab.models.card import ANSWERS, CARD, IMAGES, IS_DIGIT, WEIGHTS, ModelCard
from digitlab.models.onnx_graph import with_outputs

# Unless this is set before the import, onnxruntime writes a device ID into the user's cache folder
# and sends usage data to Microsoft. A value that the user has set stays. This is the only module
# that imports onnxruntime.
os.environ["ORT_DISABLE_TELEMETRY"] = os.environ.get("ORT_DISABLE_TELEMETRY") or "1"

import onnxruntime

Images = NDArray[np.uint8]  # N x 28 x 28; for digits, bright ink on black
Probabilities = NDArray[np.float32]  # N

BATCH = 64  # images at once: small enough that a layer's output stays in the processor's cache
_PROVIDERS = ["CPUExecutionProvider"]
_SUM_TOLERANCE = 0.01  # far above the rounding of the float32 exponentials
_LOOPS = (b'"\x04Loop', b'"\x04Scan')  # operators in a file: tag of `op_type`, length, name


class Classifier:
    """A model's network and its calibrated answers.

    Takes what `digitlab.models.card.read_model` returns; `threads` is how many CPU threads the
    network uses, at least 1, and None means one per core. Raises DigitlabError if this is not a
    network from images to answers, or its layers are not those of the card.
    """

    def __init__(self, weights: bytes, card: ModelCard, *, threads: int | None = None) -> None:
        if threads is not None and threads < 1:
            raise DigitlabError(f"threads is {threads}, but must be at least 1")
        if any(loop in weights for loop in _LOOPS):  # it could run without end
            raise DigitlabError(f"{WEIGHTS} contains a loop; only networks without loops are run")
        self.card = card
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or 0  # 0: one per core
        options.log_severity_level = 4  # errors are raised, so they need not be printed as well
        options.add_session_config_entry("session.load_model_format", "ONNX")
        try:
            self._session = onnxruntime.InferenceSession(weights, options, providers=_PROVIDERS)
        except Exception as error:  # onnxruntime's exceptions have no common base class
            raise DigitlabError(
                f"{WEIGHTS} is not a network that runs here ({_first_line(error)})"
            ) from error
        self._answers = {ANSWERS: [len(card.classes)]}
        if card.is_digit is not None:
            self._answers[IS_DIGIT] = []
        self._shapes = {**self._answers, **card.layers}
        self._check_signature()

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
        try:
            outputs: list[NDArray[np.float32]] = self._session.run(names, {IMAGES: images})
        except Exception as error:  # as above
            raise DigitlabError(
                f"{WEIGHTS} failed on a batch of {len(images)} ({_first_line(error)})"
            ) from error
        for name, output in zip(names, outputs, strict=True):
            expected = (len(images), *self._shapes[name])
            if output.shape != expected:
                raise DigitlabError(
                    f"{WEIGHTS} gave {name} of shape {output.shape} instead of {expected}"
                )
            if not np.isfinite(output).all():
                raise DigitlabError(
                    f"{WEIGHTS} gave {name} that are NaN or infinite; export the model again"
                )
        return outputs

    def _check_signature(self) -> None:
        """Refuse a network whose inputs or outputs differ in name, type or shape."""
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if [entry.name for entry in inputs] != [IMAGES]:
            names = ", ".join(entry.name for entry in inputs)
            raise DigitlabError(f"{WEIGHTS} must have one input, {IMAGES}, but has: {names}")
        found = {entry.name: (entry.type, entry.shape) for entry in (*inputs, *outputs)}
        expected = {name: ("tensor(float)", shape) for name, shape in self._shapes.items()}
        for name, (kind, shape) in {IMAGES: ("tensor(uint8)", [28, 28]), **expected}.items():
            if name not in found:
                raise DigitlabError(f"{WEIGHTS} does not match {CARD}: it has no output {name}")
            found_kind, found_shape = found[name]
            is_any_number = found_shape and not isinstance(found_shape[0], int)
            if (found_kind, found_shape[1:]) != (kind, shape) or not is_any_number:
                raise DigitlabError(
                    f"{WEIGHTS}: {name} is a {found_kind} of shape {found_shape}, but must be a "
                    f"{kind} of shape {['N', *shape]}, for any N"
                )


def _joined(parts: tuple[NDArray[np.float32], ...]) -> NDArray[np.float32]:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def inner_values(
    weights: bytes, names: list[str], image: NDArray[np.uint8]
) -> dict[str, NDArray[np.generic]]:
    """Return by name what a network's operations put out for one image, uint8 (28, 28).

    `names` are those of outputs of operations; each value has a batch dimension of 1. `weights` are
    those of a model that `Classifier` accepts. Raises DigitlabError if the network fails.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        known = onnxruntime.InferenceSession(weights, options, providers=_PROVIDERS)
        present = {entry.name for entry in known.get_outputs()}
        session = onnxruntime.InferenceSession(
            with_outputs(weights, [name for name in names if name not in present]),
            options,
            providers=_PROVIDERS,
        )
        values = session.run(names, {IMAGES: image[None]})
    except Exception as error:  # as above
        raise DigitlabError(
            f"{WEIGHTS} does not give the values of its inner operations ({_first_line(error)})"
        ) from error
    return dict(zip(names, values, strict=True))
