"""One step of training: a batch in, slightly better weights out."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from digitlab.train.networks import detects_digits
from digitlab.train.optimizer import MomentumSGD
from digitlab.train.task import Loss

NO_DIGIT = -1
"""The label of a picture that shows no digit: the network should be as unsure as possible."""


def mean_loss(
    log_probabilities: Tensor, labels: Tensor, smoothing: float = 0.0, *, digits_only: bool = False
) -> Tensor:
    """Return the loss of a batch: one number, in nats.

    For a digit, the loss is the negative log-likelihood: minus the log-probability of the true
    label. It is 0 if the true label got probability 1, and ln 10 = 2.30 for pure guessing among
    ten. For a picture of no digit, it is the mean over all classes, which is smallest when each
    gets the same probability. Label smoothing spreads a share of a label's target evenly over all
    classes. The batch's loss is the mean over its images.

    Sources: C. Szegedy et al., "Rethinking the Inception architecture" (CVPR 2016), section 7;
    D. Hendrycks, M. Mazeika, T. Dietterich, "Deep anomaly detection with outlier exposure" (ICLR
    2019).

    Parameters
    ----------
    log_probabilities
        float32 (B, classes), the network's output.
    labels
        int64 (B,), 0 to classes - 1 or `NO_DIGIT`.
    smoothing
        `Recipe.label_smoothing`, from 0 to below 1.
    digits_only
        Whether the mean is over the digits alone: `digit_loss` then takes care of the others.
    """
    is_digit = labels != NO_DIGIT  # (B,)
    # The usual case, in the tutorial's own arithmetic. (On a GPU, checking would wait for it.)
    if not smoothing and labels.device.type == "cpu" and is_digit.all():
        return F.nll_loss(log_probabilities, labels)
    classes = log_probabilities.shape[1]
    one_hot = F.one_hot(labels.clamp(min=0), classes)  # (B, classes): 1 at the true label, else 0
    smoothed = one_hot * (1 - smoothing) + smoothing / classes  # (B, classes)
    targets = torch.where(is_digit.unsqueeze(1), smoothed, 1 / classes)  # each row sums to 1
    losses = -(targets * log_probabilities).sum(dim=1)  # (B,)
    return (losses * is_digit).sum() / is_digit.sum() if digits_only else losses.mean()


def digit_loss(log_odds: Tensor, labels: Tensor) -> Tensor:
    """Return the binary cross-entropy of "is it a digit at all?", in nats.

    It is 0 if all pictures show a digit: a network that sees nothing else would learn to answer yes
    to everything. `log_odds` are those that a picture shows a digit, float32 (B,); see `mean_loss`
    for `labels`.
    """
    is_digit = (labels != NO_DIGIT).float()  # (B,): 1 or 0
    loss = F.binary_cross_entropy_with_logits(log_odds, is_digit)
    return loss * (1 - is_digit.min())


def loss_of_both(
    answers: tuple[Tensor, Tensor], labels: Tensor, smoothing: float = 0.0, weight: float = 1.0
) -> Tensor:
    """Return the loss of a network that also answers whether a picture shows a digit at all.

    `answers` are those of `DeepNetwork.classify_and_detect`, and `weight` is that of the second
    loss, `digit_loss`; see `mean_loss` for the others.
    """
    log_probabilities, log_odds = answers  # (B, classes), (B,)
    loss = mean_loss(log_probabilities, labels, smoothing, digits_only=True)
    return loss + weight * digit_loss(log_odds, labels)


def train_step(
    network: nn.Module,
    optimizer: MomentumSGD,
    images: Tensor,
    labels: Tensor,
    loss_of: Loss = mean_loss,
    *,
    bfloat16: bool = False,
) -> Tensor:
    """Train on one batch; return its loss, a single number, as it was before the step.

    Parameters
    ----------
    network
        In training mode; takes the images, returns log-probabilities (B, classes).
    optimizer
        Updates the network's weights.
    images
        Normalized float32 (B, 1, 28, 28).
    labels
        int64 (B,), 0 to classes - 1 or `NO_DIGIT`.
    loss_of
        What is to become small: takes the network's answers and the labels. (Of a network with a
        second output, `loss_of_both`; `PageNetwork` has other images, labels and answers.)
    bfloat16
        Whether convolutions and linear layers compute in 16 bits. The weights, batch norm's
        running averages and the loss stay float32.
    """
    optimizer.zero_grad()  # clear the last batch's gradient: backward() adds to what is there
    answers = answers_of(network, images, bfloat16=bfloat16)  # (B, classes)
    loss = loss_of(answers, labels)  # one number
    loss.backward()  # the gradient: how much the loss would change with each weight
    optimizer.step()  # move every weight a little way downhill
    return loss.detach()


def answers_of(network: nn.Module, images: Tensor, *, bfloat16: bool) -> Any:
    """Return the network's answers, (B, classes); of one that detects digits, also the log-odds.

    See `train_step` for the parameters, and `DeepNetwork.classify_and_detect` for the log-odds.
    """
    # Without the cache: it would keep 16-bit copies of weights that the step changes.
    with torch.autocast(
        images.device.type, dtype=torch.bfloat16, enabled=bfloat16, cache_enabled=False
    ):
        if detects_digits(network):
            return network.classify_and_detect(images)  # (B, classes), (B,)
        return network(images)
