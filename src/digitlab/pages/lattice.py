"""Find the best way to read a line of digits, and how likely each digit is.

A line is a row of pieces of ink, whole or cut; a digit is one piece or a few neighbors. Every
reading of the line is a path from its first piece to its last. Its score is a log-probability: the
network's answer for each digit, plus what shapes, cuts and breaks are likely. Dynamic programming
finds the best path and compares each candidate with all other paths.

Source: over-segmentation with a lattice of hypotheses, as in Y. LeCun, L. Bottou, Y. Bengio and
P. Haffner, "Gradient-based learning applied to document recognition", Proc. IEEE 86, 1998.
"""

import math

from digitlab.pages.candidates import Candidate

# Multiplies the scores when readings are compared. Chosen on pages of MNIST's training digits, so
# that the digits' probabilities match how often they are right.
SHARPNESS = 3.0


def forward_backward(candidates: list[Candidate], atoms: int) -> list[Candidate]:
    """Return the candidates of the best path, left to right, and set the posterior of all.

    The forward-backward algorithm, as for a hidden Markov model: the posterior of a candidate is
    the share of all readings, weighted by their scores, that contain it.
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
    for candidate in reversed(order):  # everything that begins further right is summed already
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
    """Return log(exp(a) + exp(b))."""
    high, low = max(a, b), min(a, b)
    return high + math.log1p(math.exp(low - high)) if low > -math.inf else high
