"""What the network is to answer, and how far it is from that."""

import torch
import torch.nn.functional as F
from torch import Tensor

NO_DIGIT = -1
"""The label of a picture that shows no digit: the network is to be as unsure as it can be."""


def mean_loss(log_probabilities: Tensor, labels: Tensor, smoothing: float = 0.0) -> Tensor:
    """Return the loss of a batch: one number, in nats.

    Without smoothing it is the negative log-likelihood: minus the log-probability given to the
    truth, mean over the batch; 0 if every truth got probability 1, ln 10 = 2.30 for pure guessing.
    With it, the target is not the truth alone: the share `smoothing` of it is spread evenly over
    the ten digits; over all of it for a picture of no digit.

    Parameters
    ----------
    log_probabilities
        float32 (B, 10), the network's answers.
    labels
        int64 (B,), 0 to 9 or `NO_DIGIT`.
    smoothing
        From 0 to below 1.

    Sources: C. Szegedy et al., "Rethinking the inception architecture" (CVPR 2016), for label
    smoothing; D. Hendrycks, M. Mazeika, T. Dietterich, "Deep anomaly detection with outlier
    exposure" (ICLR 2019), for the pictures of no digit.
    """
    is_digit = labels != NO_DIGIT  # (B,)
    if smoothing == 0 and is_digit.all():
        return F.nll_loss(log_probabilities, labels)
    even = torch.where(is_digit, smoothing, 1.0).unsqueeze(1)  # (B, 1): the share spread evenly
    truth = F.one_hot(labels.clamp(min=0), 10)  # (B, 10)
    targets = (1 - even) * truth + even / 10  # (B, 10): each row sums to 1
    return -(targets * log_probabilities).sum(dim=1).mean()
