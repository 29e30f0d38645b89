"""Which pieces make up which digit: every way to read a line is weighed against the others.

A line is a row of pieces, whole or cut. A digit is one piece or a few neighbours. Every reading of
the line is a path from its first piece to its last; its score is a log-probability: what the
network says of each digit, and what is known beforehand of digits' shapes, of cuts and of breaks.
The best path is found, and each digit weighed against all other paths, by dynamic programming.

Source: over-segmentation with a lattice of hypotheses, as in Y. LeCun, L. Bottou, Y. Bengio and
P. Haffner, "Gradient-based learning applied to document recognition", Proc. IEEE 86, 1998.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

from digitlab.infer.layout import Line
from digitlab.infer.pieces import Marks, Piece, distance

MOST_IN_DIGIT = 5  # neighbours that make up one digit
WIDEST = 1.5  # of the line's height, which a digit is at most
WIDEST_UNION = 1.2  # the same of several pieces together
FURTHEST_JOINED = 0.3  # of the line's height, between two pieces of one digit
SHARPNESS = 3.0  # of the scores, where readings are weighed against each other
USUAL_WIDTH = 1.0  # of its height: a wider digit is rare
USUAL_SIZE = 0.65  # of the line's height: a smaller digit is rare


class Oddities(NamedTuple):
    """How far some pieces are from what is usual; weighed by `COSTS`, a log-probability lost."""

    digits: float = 0.0
    """1 for a digit: of readings that explain the same ink, the one with fewer is likelier."""
    wide: float = 0.0
    """Width over height, beyond USUAL_WIDTH."""
    low: float = 0.0
    """Of the line's height, below USUAL_SIZE."""
    breaks: float = 0.0
    """Breaks inside the digit."""
    gap: float = 0.0
    """The breaks' width, in line heights."""
    cuts: float = 0.0
    """Sides on which it was cut off something."""
    crossed: float = 0.0
    """Strokes' widths that these cuts cross."""
    stacked: float = 0.0
    """The share of its columns that a piece right above or below it takes too."""
    dust: float = 0.0
    """1 for a piece that is no digit."""
    dust_size: float = 0.0
    """Its box's area, in squares of the line's height."""


COSTS = Oddities(
    digits=0.9, wide=3.0, low=9.0, breaks=0.4, gap=5.0, cuts=0.0, crossed=0.1, stacked=1.0,
    dust=0.1, dust_size=16.0,
)  # fmt: skip


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
    odd: Oddities
    score: float
    """Its log-probability: at first what is known before the network has looked."""
    posterior: float = 0.0
    """How likely it is that these pieces, and no others, are a digit, 0 to 1."""

    @property
    def is_dust(self) -> bool:
        """Tell whether the piece is taken for no digit."""
        return self.odd.dust > 0

    @property
    def prior(self) -> float:
        """Its log-probability as far as shape and place tell."""
        return -sum(cost * odd for cost, odd in zip(COSTS, self.odd, strict=True))


def single_candidates(atoms: list[Atom], line: Line) -> list[Candidate]:
    """Return each piece as a digit by itself, and as none."""
    return [
        candidate_of(place, place + 1, atoms, odd)
        for place, atom in enumerate(atoms)
        for odd in (
            dust_of(atom, line),
            oddities_of(atoms, place, place + 1, [], line.height),
        )
    ]


def candidates_of(
    marks: Marks, atoms: list[Atom], line: Line, settled: set[int]
) -> list[Candidate]:
    """Return every group of neighbours that may be one digit, and each piece as none.

    Settled pieces, told by their labels, are no parts of one another.
    """
    found = single_candidates(atoms, line)
    furthest = FURTHEST_JOINED * line.height
    for first in range(len(atoms)):
        for end in range(first + 2, len(atoms) + 1):
            group = atoms[first:end]
            several = len({atom.whole for atom in group}) > 1
            is_whole = not several and group[0].cut_left is None and group[-1].cut_right is None
            width = width_of([atom.piece for atom in group])
            if several and (len(group) > MOST_IN_DIGIT or width > WIDEST_UNION * line.height):
                break
            if width > WIDEST * line.height and not is_whole:
                continue
            if sum(atom.whole in settled for atom in group) > 1:
                break
            gaps = gaps_in(marks, group, furthest)
            if max(gaps, default=0.0) <= furthest:
                odd = oddities_of(atoms, first, end, gaps, line.height)
                found.append(candidate_of(first, end, atoms, odd))
    return found


def candidate_of(first: int, end: int, atoms: list[Atom], odd: Oddities) -> Candidate:
    """Return neighbours as a candidate, scored by what is known beforehand."""
    candidate = Candidate(first, end, [atom.piece for atom in atoms[first:end]], odd, 0.0)
    candidate.score = candidate.prior
    return candidate


def dust_of(atom: Atom, line: Line) -> Oddities:
    """Return what is odd about a piece that is no digit."""
    area = atom.piece.height * atom.piece.width / line.reference**2
    cuts = [cut for cut in (atom.cut_left, atom.cut_right) if cut is not None]
    return Oddities(dust=1, dust_size=min(area, 2.0), cuts=len(cuts), crossed=sum(cuts))


def gaps_in(marks: Marks, group: list[Atom], furthest: float) -> list[float]:
    """Return the pixels between each piece and the nearest of those before it."""
    return [
        min(distance(marks, before.piece, atom.piece, furthest) for before in group[:number])
        for number, atom in enumerate(group)
        if number and atom.whole not in {before.whole for before in group[:number]}
    ]


def oddities_of(
    atoms: list[Atom], first: int, end: int, gaps: list[float], line_height: float
) -> Oddities:
    """Return what is odd about neighbours as one digit, with gaps of so many pixels between."""
    group = atoms[first:end]
    pieces = [atom.piece for atom in group]
    width = width_of(pieces)
    height = max(p.bottom for p in pieces) - min(p.top for p in pieces)
    cuts = [cut for cut in (group[0].cut_left, group[-1].cut_right) if cut is not None]
    return Oddities(
        digits=1,
        wide=max(0.0, width / height - USUAL_WIDTH),
        low=max(0.0, USUAL_SIZE - max(height, 0.7 * width) / line_height),
        breaks=len(gaps),
        gap=sum(gaps) / line_height,
        cuts=len(cuts),
        crossed=sum(cuts),
        stacked=max(stacked(pieces, atom.piece) for atom in atoms[max(0, first - 1) : end + 1])
        if len(atoms) > end - first
        else 0.0,
    )


def stacked(pieces: list[Piece], other: Piece) -> float:
    """Return the share of columns that pieces have in common with another above or below."""
    if other in pieces:
        return 0.0
    left, right = min(p.left for p in pieces), max(p.right for p in pieces)
    top, bottom = min(p.top for p in pieces), max(p.bottom for p in pieces)
    aside = min(right, other.right) - max(left, other.left)
    beside = min(bottom, other.bottom) - max(top, other.top)
    columns = max(0, aside) / min(right - left, other.width)
    rows = max(0, beside) / min(bottom - top, other.height)
    return max(0.0, columns - rows)


def width_of(pieces: list[Piece]) -> int:
    """Return how many columns pieces take together."""
    return max(p.right for p in pieces) - min(p.left for p in pieces)


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
