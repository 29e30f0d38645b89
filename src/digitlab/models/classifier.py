"""One digit an image: a model in use, through onnxruntime."""

from collections.abc import Sequence

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from digitlab.errors import DigitlabError
from digitlab.models.calibration import LogProbabilities, tempered
from digitlab.models.card import ANSWERS, IMAGES, WEIGHTS, ModelCard

Images = NDArray[np.uint8]  # N x 28 x 28, ink bright on black

BATCH = 64  # images at once: what is computed on the way stays in the processor's cache


class Classifier:
    """The network of a model file, and its calibrated answers.

    Parameters
    ----------
    weights
        the bytes of a `model.onnx`.
    card
        what its `model.json` says; see `digitlab.models.card.read_model`.
    threads
        how many threads compute; without it, as many as the machine has cores.

    Raises
    ------
    DigitlabError
        If the weights are not those of a network from images to answers.
    """

    def __init__(self, weights: bytes, card: ModelCard, *, threads: int | None = None) -> None:
        if threads is not None and threads < 1:
            raise DigitlabError(f"threads is {threads}, but must be at least 1")
        self.card = card
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or 0  # 0: as many as there are cores
        options.log_severity_level = 4  # what fails is raised; nothing is printed beside it
        try:
            self._session = onnxruntime.InferenceSession(
                weights, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime's exceptions have no common class of their own
            reason = str(error).splitlines()[0]
            raise DigitlabError(f"{WEIGHTS} is not a network that runs here ({reason})") from error
        inputs = {entry.name: (entry.type, entry.shape[1:]) for entry in self._session.get_inputs()}
        outputs = {entry.name for entry in self._session.get_outputs()}
        if (
            inputs != {IMAGES: ("tensor(uint8)", [28, 28])}
            or not {ANSWERS, *card.layers} <= outputs
        ):
            raise DigitlabError(
                f"{WEIGHTS} and its card disagree: it takes {inputs} and gives {sorted(outputs)}"
            )

    def log_probabilities(self, images: Images, *, at_once: int = BATCH) -> LogProbabilities:
        """Return what the network itself says, before calibration.

        Parameters
        ----------
        images
            uint8, N x 28 x 28, as `digitlab.pictures.digit.prepare` makes them.
        at_once
            how many go through the network together, 1 or more.

        Returns
        -------
        LogProbabilities
            float32, N x 10.
        """
        if len(images) <= at_once:
            (answers,) = self._session.run([ANSWERS], {IMAGES: images})
            return np.asarray(answers, np.float32)
        batches = [
            self.log_probabilities(images[start : start + at_once], at_once=at_once)
            for start in range(0, len(images), at_once)
        ]
        return np.concatenate(batches)

    def classify(self, images: Images) -> LogProbabilities:
        """Return the calibrated log-probabilities, float32, N x 10, of uint8 images N x 28 x 28."""
        return tempered(self.log_probabilities(images), self.card.calibration.temperature)

    def layers(self, images: Images, names: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Return what the named layers say of uint8 images N x 28 x 28, by name.

        Each is float32, N x the shape that the card tells of it.

        Raises
        ------
        DigitlabError
            If the model has no such layer; the message names those that it has.
        """
        for name in names:
            if name not in self.card.layers:
                known = ", ".join(self.card.layers) or "none"
                raise DigitlabError(f"there is no layer {name!r}; choose among: {known}")
        return dict(zip(names, self._session.run(list(names), {IMAGES: images}), strict=True))
