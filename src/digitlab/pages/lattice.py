"""Which pieces make up which digit: every way to read a line is weighed against the others.

A line is a row of pieces, whole or cut. A digit is one piece or a few neighbors. Every reading of
the line is a path from its first piece to its last; its score is a log-probability: what the
network says of each digit, and what is known beforehand of digits' shapes, of cuts and of breaks.
The best path is found, and each digit weighed against all other paths, by dynamic programming.

Source: over-segmentation with a lattice of hypotheses, as in Y. LeCun, L. Bottou, Y. Bengio and
P. Haffner, "Gradient-based learning applied to document recognition", Proc. IEEE 86, 1998.
"""

import math

from digitlab.pages.candidates import Candidate

SHARPNESS = 3.0  # of the scores, where readings are weighed against each other: with it, the
# digits' probabilities are as often right as they say, on pages of MNIST's training digits


def weigh(candidates: list[Candidate], atoms: int) -> list[Candidate]:
    """Return the candidates of the best path, left to right; set every one's posterior.

    Forward and backward sums over the lattice (as for a hidden Markov model) give the share of
    all readings, weighed by their scores, in which a candidate is a digit.
    """
    order = sorted(candidates, key=lambda candidate: candidate.first)
    forward, best = [-math.inf] * (atoms + 1), [-math.inf] * (atoms + 1)
    forward[0] = best[0] = 0.0
    back: list[Candidate | None] = [None] * (atoms + 1)
    for candidate in order:
        i, j, score = candidate.first, candidate.end, candidate.score
        forward[j] = log_sum(forward[j], forward[i] + SHARPNESS * score)
        if best[i] + score > best[j]:
            best[j], back[j] = best[i] + score, candidate
    backward = [-math.inf] * atoms + [0.0]
    for candidate in reversed(order):  # whatever begins further right has been summed
        i, j, score = candidate.first, candidate.end, SHARPNESS * candidate.score
        share = forward[i] + score + backward[j] - forward[atoms]
        candidate.posterior = math.exp(min(0.0, share))
        backward[i] = log_sum(backward[i], score + backward[j])
    path: list[Candidate] = []
    place = atoms
    while place > 0:
        step = back[place]
        assert step is not None  # every piece may be dust, so every place is reached
        path.append(step)
        place = step.first
    return path[::-1]


def log_sum(a: float, b: float) -> float:
    """Return the logarithm of the sum of two numbers of which the logarithms are given."""
    high, low = max(a, b), min(a, b)
    return high + math.log1p(math.exp(low - high)) if low > -math.inf else high
