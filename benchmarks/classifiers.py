"""The network that a benchmark measures: an exported model, or the network of a run."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitlab.models.calibration import LogProbabilities
from digitlab.models.card import is_model, read_model

Classify = Callable[[NDArray[np.uint8]], LogProbabilities]
THRESHOLD_OF_RUN = 0.8  # a run has no card with a threshold of its own


def classifier_of(path: Path) -> tuple[Classify, float, str]:
    """Return what classifies images, the threshold of "unsure", and the package that computes it.

    It uses one thread, so that the milliseconds per page do not depend on the number of cores.
    """
    if is_model(path):
        from digitlab.models.classifier import Classifier

        weights, card = read_model(path)
        classifier = Classifier(weights, card, threads=1)
        return classifier.classify, card.calibration.threshold, "onnxruntime"
    import torch

    from digitlab.data.catalog import MNIST
    from digitlab.train.networks import answer
    from digitlab.train.trained import load_trained

    torch.set_num_threads(1)
    network = load_trained(path).network

    def classify(images: NDArray[np.uint8]) -> LogProbabilities:
        batch = torch.from_numpy(images)
        return answer(network, batch, mean=MNIST.mean, std=MNIST.std, batch_size=64).numpy()

    return classify, THRESHOLD_OF_RUN, "torch"
