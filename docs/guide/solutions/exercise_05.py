"""The test loop."""

import torch
import torch.nn.functional as F


def evaluate(network, images, labels, batch_size):
    """Return the mean loss and the accuracy, from 0 to 1, over all images."""
    summed_loss, correct = 0.0, 0
    network.eval()
    with torch.no_grad():
        for start in range(0, len(images), batch_size):
            log_probabilities = network(images[start : start + batch_size])
            target = labels[start : start + batch_size]
            summed_loss += F.nll_loss(log_probabilities, target, reduction="sum").item()
            correct += (log_probabilities.argmax(dim=1) == target).sum().item()
    return summed_loss / len(images), correct / len(images)
