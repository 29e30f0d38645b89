"""Which pieces make up which digit: every way to read a line is weighed against the others.

A line is a row of pieces, whole or cut. A digit is one piece or a few neighbours. Every reading of
the line is a path from its first piece to its last; its score is a log-probability: what the
network says of each digit, and what is known beforehand of digits' shapes, of cuts and of breaks.
The best path is found, and each digit weighed against all other paths, by dynamic programming.

Source: over-segmentation with a lattice of hypotheses, as in Y. LeCun, L. Bottou, Y. Bengio and
P. Haffner, "Gradient-based learning applied to document recognition", Proc. IEEE 86, 1998.
"""

from dataclasses import dataclass

import numpy as np

from digitlab.infer.layout import Line
from digitlab.infer.pieces import Piece

MOST_IN_DIGIT = 5  # neighbours that make up one digit
WIDEST = 1.5  # of the line's height, which a digit is at most
WIDEST_UNION = 1.15  # the same of several pieces together
CUT_COST = 1.2  # of an end of a digit that was cut
CROSSED_COST = 1.0  # more, for each stroke's width that the cut crosses
JOIN_COST = 1.0  # of a break inside a digit
GAP_COST = 10.0  # more, for each line's height that the break is wide
WIDE, WIDE_COST = 1.0, 8.0  # from this width over height on, a digit loses so much
LOW, LOW_COST = 0.5, 8.0  # below this share of the line's height, a digit loses so much
DROP_COST, DROP_SIZE_COST = 0.5, 14.0  # of ink that is no digit, and for its size squared


@dataclass(frozen=True)
class Atom:
    """A piece, or a part of one, that belongs to a digit as a whole or not at all."""

    piece: Piece
    whole: int
    """The label of the piece that it was cut from, or its own."""
    cut_left: float | None = None
    """Strokes' widths that the cut on its left crosses; None where there is none."""
    cut_right: float | None = None


@dataclass
class Candidate:
    """Neighbours in a line that may be one digit, or a piece that may be none."""

    first: int
    end: int
    """One past the last."""
    pieces: list[Piece]
    prior: float
    """Its log-probability before the network has looked."""
    is_dust: bool = False
    score: float = 0.0
    posterior: float = 0.0
    """How likely it is that these pieces, and no others, are a digit, 0 to 1."""


def candidates_of(atoms: list[Atom], line: Line) -> list[Candidate]:
    """Return every group of neighbours that may be one digit, and each piece as none."""
    found = []
    for first in range(len(atoms)):
        piece = atoms[first].piece
        size = max(piece.height, piece.width) / line.height
        dust = -(DROP_COST + DROP_SIZE_COST * size**2)
        found.append(Candidate(first, first + 1, [piece], dust, is_dust=True, score=dust))
        for end in range(first + 1, min(len(atoms), first + MOST_IN_DIGIT) + 1):
            group = atoms[first:end]
            width = max(a.piece.right for a in group) - min(a.piece.left for a in group)
            several = len({atom.whole for atom in group}) > 1
            if end > first + 1 and width > (WIDEST_UNION if several else WIDEST) * line.height:
                break
            found.append(
                Candidate(first, end, [atom.piece for atom in group], prior_of(group, line))
            )
    return found


def prior_of(group: list[Atom], line: Line) -> float:
    """Return the log-probability that pieces are one digit, as far as shape and place tell."""
    pieces = [atom.piece for atom in group]
    width = max(p.right for p in pieces) - min(p.left for p in pieces)
    height = max(p.bottom for p in pieces) - min(p.top for p in pieces)
    prior = -WIDE_COST * max(0.0, width / height - WIDE)
    size = max(height, 0.7 * width) / line.height
    prior -= LOW_COST * max(0.0, LOW - size)
    for before, after in zip(group, group[1:], strict=False):
        if before.whole != after.whole:
            aside = max(0, after.piece.left - before.piece.right)
            away = max(
                0, after.piece.top - before.piece.bottom, before.piece.top - after.piece.bottom
            )
            prior -= JOIN_COST + GAP_COST * max(aside, away) / line.height
    for crossed in (group[0].cut_left, group[-1].cut_right):
        if crossed is not None:
            prior -= CUT_COST + CROSSED_COST * crossed
    return prior


def weigh(candidates: list[Candidate], atoms: int) -> list[Candidate]:
    """Return the candidates of the best path, left to right; set every one's posterior.

    Forward and backward sums over the lattice (as for a hidden Markov model) give the share of
    all readings, weighed by their scores, in which a candidate is a digit.
    """
    forward = np.full(atoms + 1, -np.inf)
    best = np.full(atoms + 1, -np.inf)
    forward[0] = best[0] = 0
    back: list[Candidate | None] = [None] * (atoms + 1)
    for candidate in sorted(candidates, key=lambda c: c.first):
        i, j, score = candidate.first, candidate.end, candidate.score
        forward[j] = np.logaddexp(forward[j], forward[i] + score)
        if best[i] + score > best[j]:
            best[j], back[j] = best[i] + score, candidate
    backward = np.full(atoms + 1, -np.inf)
    backward[atoms] = 0
    for candidate in sorted(candidates, key=lambda c: -c.end):
        i, j, score = candidate.first, candidate.end, candidate.score
        backward[i] = np.logaddexp(backward[i], score + backward[j])
        candidate.posterior = 0.0
    for candidate in candidates:
        share = forward[candidate.first] + candidate.score + backward[candidate.end] - forward[-1]
        candidate.posterior = float(np.exp(min(0.0, share)))
    path: list[Candidate] = []
    place = atoms
    while place > 0:
        step = back[place]
        assert step is not None  # every piece may be dust, so every place is reached
        path.append(step)
        place = step.first
    return path[::-1]
