"""The network that a benchmark measures: an exported model, or the network of a run."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitlab.models.calibration import LogProbabilities
from digitlab.models.card import is_model, read_model

Classify = Callable[[NDArray[np.uint8]], tuple[LogProbabilities, NDArray[np.bool_]]]
"""From N x 28 x 28 to log-probabilities, N x 10, and which are refused as no digit, N."""
THRESHOLD_OF_RUN = 0.8  # a run has no card with a threshold of its own


def classifier_of(path: Path) -> tuple[Classify, float, str]:
    """Return what classifies images, the threshold of "unsure", and the package that computes it.

    It uses one thread, so that the milliseconds per page do not depend on the number of cores.
    """
    if is_model(path):
        from digitlab.models.classifier import Classifier

        weights, card = read_model(path)
        classifier = Classifier(weights, card, threads=1)

        def classify(images: NDArray[np.uint8]) -> tuple[LogProbabilities, NDArray[np.bool_]]:
            answers, is_digit = classifier.classify_and_detect(images)
            if is_digit is None or card.is_digit is None:
                return answers, np.zeros(len(images), np.bool_)
            return answers, is_digit < card.is_digit.threshold

        return classify, card.calibration.threshold, "onnxruntime"
    import torch

    from digitlab.data.catalog import MNIST
    from digitlab.train.networks import answer
    from digitlab.train.trained import load_trained

    torch.set_num_threads(1)
    network = load_trained(path).network

    def classify_with_run(
        images: NDArray[np.uint8],
    ) -> tuple[LogProbabilities, NDArray[np.bool_]]:
        batch = torch.from_numpy(images)
        answers = answer(network, batch, mean=MNIST.mean, std=MNIST.std, batch_size=64).numpy()
        return answers, np.zeros(len(images), np.bool_)

    return classify_with_run, THRESHOLD_OF_RUN, "torch"
