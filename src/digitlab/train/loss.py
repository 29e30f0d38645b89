"""What the network is to answer, and how far it is from that."""

import torch
import torch.nn.functional as F
from torch import Tensor

NO_DIGIT = -1
"""The label of a picture that shows no digit: the network is to be as unsure as it can be."""


def mean_loss(log_probabilities: Tensor, labels: Tensor, smoothing: float = 0.0) -> Tensor:
    """Return the loss of a batch: one number, in nats.

    For digits it is the negative log-likelihood: minus the log-probability given to the truth,
    mean over the batch; 0 if every truth got probability 1, ln 10 = 2.30 for pure guessing. For a
    picture of no digit it is the mean over all ten digits, which is least, ln 10, if each of them
    got probability 0.1. With smoothing, so much of a digit's target is shared out among all ten.

    Sources: C. Szegedy et al., "Rethinking the Inception architecture" (CVPR 2016), section 7;
    D. Hendrycks, M. Mazeika, T. Dietterich, "Deep anomaly detection with outlier exposure" (ICLR
    2019).

    Parameters
    ----------
    log_probabilities
        float32 (B, 10), the network's answers.
    labels
        int64 (B,), 0 to 9 or `NO_DIGIT`.
    smoothing
        `Recipe.label_smoothing`, 0 to below 1.
    """
    is_digit = labels != NO_DIGIT  # (B,)
    # The usual case, in the tutorial's own arithmetic. (Asking would make a GPU wait.)
    if not smoothing and labels.device.type == "cpu" and is_digit.all():
        return F.nll_loss(log_probabilities, labels)
    truth = F.one_hot(labels.clamp(min=0), 10) * (1 - smoothing) + smoothing / 10  # (B, 10)
    targets = torch.where(is_digit.unsqueeze(1), truth, 0.1)  # (B, 10): each row sums to 1
    return -(targets * log_probabilities).sum(dim=1).mean()
