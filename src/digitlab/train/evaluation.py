"""A network's answers to the test set, and the report made from them."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from digitlab.core.metrics import evaluate
from digitlab.data.dataset import Dataset
from digitlab.train.batches import normalise

SHOWN_PREDICTIONS = 6
"""How many test images the tutorial shows with the network's answers."""


@torch.inference_mode()
def answer(
    network: nn.Module, images: Tensor, *, mean: float, std: float, batch_size: int
) -> Tensor:
    """Return the log-probabilities, float32 (N, 10), for uint8 images (N, 28, 28).

    The network answers in evaluation mode: nothing is dropped, no gradient is kept.
    """
    network.eval()
    batches = images.split(batch_size)
    return torch.cat([network(normalise(batch, mean, std)) for batch in batches])


def make_report(
    log_probabilities: NDArray[np.float32], dataset: Dataset, *, model: str, epochs: int | None
) -> dict[str, Any]:
    """Return what `report.json` and `digitlab eval --json` tell, ready for `json.dumps`.

    Parameters
    ----------
    log_probabilities
        The answers to the test images, shape (10000, 10).
    dataset
        Whose test set it is.
    model
        Where the network came from.
    epochs
        How many epochs it learnt; None if that is not known.
    """
    names = dataset.entry.classes
    evaluation = evaluate(log_probabilities, dataset.test_labels, names)
    first = log_probabilities[:SHOWN_PREDICTIONS]
    return {
        "model": model,
        "dataset": dataset.entry.name,
        "epochs": epochs,
        **evaluation.as_json(),
        "classes": list(names),
        "predictions": [
            {"index": index, "answer": int(row.argmax()), "probability": float(np.exp(row.max()))}
            for index, row in enumerate(first)
        ],
    }
