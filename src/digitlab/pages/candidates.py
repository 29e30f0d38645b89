"""Which pieces may form a digit, and how unlikely that is, before the network has seen them."""

from dataclasses import dataclass
from typing import NamedTuple

from digitlab.pages.lines import Line
from digitlab.pages.pieces import Marks, Piece, distance

MOST_IN_DIGIT = 5  # pieces that form one digit
SPECK = 0.25  # of the line's height: a smaller piece may be dust between a digit's parts
WIDEST = 1.5  # of the line's height: the greatest width of a digit
WIDEST_UNION = 1.2  # the same for several pieces together
FURTHEST_JOINED = 0.3  # of the line's height, between two pieces of one digit
USUAL_WIDTH = 1.0  # of its height: a wider digit is rare
USUAL_SIZE = 0.65  # of the line's height: a smaller digit is rare


class Oddities(NamedTuple):
    """How unusual some pieces are as a digit; each times its `COSTS` is a log-probability lost."""

    digits: float = 0.0
    """1 for a digit: of readings of the same ink, the one with fewer digits is likelier."""
    wide: float = 0.0
    """Width over height, beyond USUAL_WIDTH."""
    broad: float = 0.0
    """Width over the line's height, beyond 1: two digits are broad, one flat digit is only wide."""
    low: float = 0.0
    """Height over the line's height, below USUAL_SIZE."""
    breaks: float = 0.0
    """Breaks inside the digit."""
    gap: float = 0.0
    """The width of the breaks, in line heights."""
    crossed: float = 0.0
    """Stroke widths that the cuts on its sides cross."""
    stacked: float = 0.0
    """The share of its columns that are also taken by a piece directly above or below it."""
    dust: float = 0.0
    """Pieces that are not a digit, or are between a digit's parts without belonging to it."""
    dust_size: float = 0.0
    """The area of their boxes, in squares of the line's height."""


# found by random search on pages of MNIST's training digits, with two networks
COSTS = Oddities(
    digits=0.55, wide=1.2, broad=4.5, low=6.0, breaks=0.1, gap=5.0, crossed=0.15, stacked=2.0,
    dust=0.2, dust_size=14.0,
)  # fmt: skip


@dataclass(frozen=True)
class Atom:
    """A piece, or a part of one, that belongs to a digit as a whole or not at all."""

    piece: Piece
    whole: int
    """The label of the piece that it was cut from, or its own."""
    cut_left: float | None = None
    """Stroke widths that the cut on its left crosses; None if there is no cut."""
    cut_right: float | None = None


@dataclass
class Candidate:
    """Neighbors in a line that may be one digit, or a piece that may be dust."""

    first: int
    end: int
    """One past the last."""
    pieces: list[Piece]
    odd: Oddities
    score: float
    """Its log-probability: at first the prior, later with the network's answer."""
    posterior: float = 0.0
    """The probability that exactly these pieces are a digit, 0 to 1."""

    @property
    def is_dust(self) -> bool:
        """Whether the piece is taken to be dust, not a digit."""
        return self.odd.digits == 0

    @property
    def prior(self) -> float:
        """Its log-probability judged by shape and position."""
        return -sum(cost * odd for cost, odd in zip(COSTS, self.odd, strict=True))


def single_candidates(atoms: list[Atom], line: Line) -> list[Candidate]:
    """Return each piece twice: as a digit by itself and as dust."""
    return [
        candidate_of(place, place + 1, [atom], odd)
        for place, atom in enumerate(atoms)
        for odd in (
            dust_of([atom], line.reference),
            oddities_of([atom], beside(atoms, place, place + 1, line), [], line.height),
        )
    ]


def candidates_of(
    marks: Marks, atoms: list[Atom], line: Line, settled: set[int]
) -> list[Candidate]:
    """Return every group of neighbors that may be one digit, and each piece as dust.

    Two settled pieces, given by their labels, are never joined. Specks between a digit's parts may
    belong to it or not.
    """
    found = single_candidates(atoms, line)
    for first in range(len(atoms)):
        for end in range(first + 2, len(atoms) + 1):
            group = atoms[first:end]
            width = width_of([atom.piece for atom in group])
            several = len({atom.whole for atom in group}) > 1
            if several and width > WIDEST * line.height:
                break
            if sum(atom.whole in settled for atom in group) > 1:
                break
            stout = [atom for atom in group if not is_speck(atom, line)]
            choices = [group]
            if group[0] in stout and group[-1] in stout and len(stout) < len(group):
                choices.append(stout)
            for chosen in choices:
                gaps = gaps_in(marks, chosen, line.height)
                if gaps is None:
                    continue
                odd = oddities_of(chosen, beside(atoms, first, end, line), gaps, line.height)
                left_out = dust_of([atom for atom in group if atom not in chosen], line.reference)
                odd = odd._replace(dust=left_out.dust, dust_size=left_out.dust_size)
                found.append(candidate_of(first, end, chosen, odd))
    return found


def candidate_of(first: int, end: int, group: list[Atom], odd: Oddities) -> Candidate:
    """Return some pieces as a candidate, with its prior as the score."""
    candidate = Candidate(first, end, [atom.piece for atom in group], odd, 0.0)
    candidate.score = candidate.prior
    return candidate


def dust_of(atoms: list[Atom], height: float) -> Oddities:
    """Return how unusual some pieces are as dust."""
    areas = [atom.piece.height * atom.piece.width / height**2 for atom in atoms]
    cuts = [cut for atom in atoms for cut in (atom.cut_left, atom.cut_right) if cut is not None]
    return Oddities(
        dust=len(atoms), dust_size=sum(min(area, 2.0) for area in areas), crossed=sum(cuts)
    )


def is_speck(atom: Atom, line: Line) -> bool:
    """Check whether a piece is so small that it may be dust anywhere."""
    is_part = atom.piece.label != atom.whole
    return not is_part and max(atom.piece.height, atom.piece.width) < SPECK * line.height


def beside(atoms: list[Atom], first: int, end: int, line: Line) -> list[Piece]:
    """Return the pieces directly before and after a group, if they are more than specks."""
    return [
        atoms[place].piece
        for place in (first - 1, end)
        if 0 <= place < len(atoms) and not is_speck(atoms[place], line)
    ]


def gaps_in(marks: Marks, group: list[Atom], line_height: float) -> list[float] | None:
    """Return the pixels between each piece and the nearest before it; None if not a digit."""
    wholes = {atom.whole for atom in group}
    width = width_of([atom.piece for atom in group])
    if len(wholes) == 1:
        is_whole = group[0].cut_left is None and group[-1].cut_right is None
        return [] if is_whole or width <= WIDEST * line_height else None
    if len(wholes) > MOST_IN_DIGIT or width > WIDEST_UNION * line_height:
        return None
    furthest = FURTHEST_JOINED * line_height
    gaps = []
    for number in range(1, len(group)):
        before, atom = group[:number], group[number]
        if atom.whole not in {other.whole for other in before}:
            gap = min(distance(marks, other.piece, atom.piece, furthest) for other in before)
            if gap > furthest:
                return None
            gaps.append(gap)
    return gaps


def oddities_of(
    group: list[Atom], neighbors: list[Piece], gaps: list[float], line_height: float
) -> Oddities:
    """Return how unusual some pieces are as one digit; `gaps` are the pixels between them."""
    pieces = [atom.piece for atom in group]
    width = width_of(pieces)
    height = max(p.bottom for p in pieces) - min(p.top for p in pieces)
    cuts = [cut for cut in (group[0].cut_left, group[-1].cut_right) if cut is not None]
    return Oddities(
        digits=1,
        wide=max(0.0, width / height - USUAL_WIDTH),
        broad=max(0.0, width / line_height - 1),
        low=max(0.0, USUAL_SIZE - max(height, 0.7 * width) / line_height),
        breaks=len(gaps),
        gap=sum(gaps) / line_height,
        crossed=sum(cuts),
        stacked=max((stacked(pieces, other) for other in neighbors), default=0.0),
    )


def stacked(pieces: list[Piece], other: Piece) -> float:
    """Return the share of columns that pieces have in common with one above or below them."""
    left, right = min(p.left for p in pieces), max(p.right for p in pieces)
    top, bottom = min(p.top for p in pieces), max(p.bottom for p in pieces)
    aside = min(right, other.right) - max(left, other.left)
    beside = min(bottom, other.bottom) - max(top, other.top)
    columns = max(0, aside) / min(right - left, other.width)
    rows = max(0, beside) / min(bottom - top, other.height)
    return max(0.0, columns - rows)


def width_of(pieces: list[Piece]) -> int:
    """Return the width of several pieces together, in pixels."""
    return max(p.right for p in pieces) - min(p.left for p in pieces)
