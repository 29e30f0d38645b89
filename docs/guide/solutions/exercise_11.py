"""When to answer "unsure"."""

import numpy as np


def softmax(scores, temperature):
    """Return probabilities, N x classes, for scores, N x classes; each row sums to 1."""
    scores = (scores - scores.max(axis=1, keepdims=True)) / temperature
    exponentials = np.exp(scores)
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def threshold(probabilities, labels, error_rate):
    """Return the lowest probability at which an answer is accepted."""
    sure = probabilities.max(axis=1)
    is_wrong = probabilities.argmax(axis=1) != labels
    lowest = 2
    for level in np.unique(sure):  # from low to high: equal probabilities count together
        if is_wrong[sure >= level].mean() <= error_rate:
            lowest = min(lowest, level)
    return lowest
