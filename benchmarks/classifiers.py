"""What answers the pictures of a benchmark: an exported model, or a run's network."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import version_of
from digitlab.models.calibration import LogProbabilities
from digitlab.models.card import is_model, read_model

Classify = Callable[[NDArray[np.uint8]], LogProbabilities]
THRESHOLD_OF_RUN = 0.8  # of a run, which has no card to tell it


def classifier_of(path: Path) -> tuple[Classify, float, str]:
    """Return what answers images, the threshold, and the versions, of a model or of a run.

    One thread computes, so that a page's milliseconds do not depend on the cores.
    """
    if is_model(path):
        from digitlab.models.classifier import Classifier

        weights, card = read_model(path)
        classifier = Classifier(weights, card, threads=1)
        runtime = f"onnxruntime {version_of('onnxruntime')}"
        return classifier.classify, card.calibration.threshold, runtime
    import torch

    from digitlab.data.catalog import MNIST
    from digitlab.train.networks import answer
    from digitlab.train.trained import load_trained

    torch.set_num_threads(1)
    network = load_trained(path).network

    def classify(images: NDArray[np.uint8]) -> LogProbabilities:
        batch = torch.from_numpy(images)
        return answer(network, batch, mean=MNIST.mean, std=MNIST.std, batch_size=64).numpy()

    return classify, THRESHOLD_OF_RUN, f"torch {version_of('torch')}"
