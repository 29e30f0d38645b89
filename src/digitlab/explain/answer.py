"""The end of a network: scores, probabilities, and the loss for every label."""

import math
from dataclasses import dataclass

import numpy as np

from digitlab.explain.call import Call, of_one_image

_LARGE = 300
"""Of larger scores, e^score could be too large for a number: the largest is subtracted first."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The scores of the classes, and what becomes of them."""

    scores: tuple[float, ...]
    """What the last softmax takes."""
    exponentials: tuple[float, ...]
    """e to the power of each score; with very large scores, of (score - the largest score)."""
    shifted: bool
    """Whether the largest score was subtracted first."""
    probabilities: tuple[float, ...]
    """Each exponential divided by their sum."""
    losses: tuple[float, ...]
    """-ln of each probability: the loss if this were the true class."""
    calibrated: tuple[float, ...] | None
    """The probabilities after calibration, as `digitlab predict` prints them; None if the network
    is not calibrated."""


def answer_of(calls: list[Call], temperature: float | None = None) -> Answer | None:
    """Return the probabilities of the classes; None if the network does not end with a softmax."""
    last = next((it for it in reversed(calls) if it.kind.endswith("softmax")), None)
    if last is None or calls[-1].output.shape != last.output.shape or not last.inputs:
        return None
    scores = np.asarray(of_one_image(last.inputs[0]), np.float64)
    if scores.ndim != 1:
        return None
    most = float(scores.max())
    shifted = abs(most) > _LARGE
    exponentials = np.exp(scores - most if shifted else scores)
    probabilities = exponentials / exponentials.sum()
    losses = most - scores + math.log(np.exp(scores - most).sum())
    calibrated = None
    if temperature is not None:
        cooled = np.exp((scores - most) / temperature)
        calibrated = tuple((cooled / cooled.sum()).tolist())
    return Answer(
        scores=tuple(scores.tolist()),
        exponentials=tuple(exponentials.tolist()),
        shifted=shifted,
        probabilities=tuple(probabilities.tolist()),
        losses=tuple(losses.tolist()),
        calibrated=calibrated,
    )
