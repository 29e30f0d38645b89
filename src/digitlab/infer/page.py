"""Read a page: all the digits in a picture, in reading order."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from digitlab.core.confidence import LogProbabilities
from digitlab.core.image import prepare
from digitlab.core.pageink import page_ink
from digitlab.core.picture import Source, open_picture
from digitlab.infer.answers import Box, Page, ReadDigit
from digitlab.infer.lattice import Atom, Candidate, candidates_of, weigh
from digitlab.infer.layout import Line, find_lines, least_space
from digitlab.infer.pieces import Marks, Piece, find_pieces, image_of
from digitlab.infer.split import cut_up, find_cuts

Classify = Callable[[NDArray[np.uint8]], LogProbabilities]

LARGEST_SIDE = 1600  # pixels of the longer side that a large picture is reduced to, at least
DOUBTFUL = 0.9  # a piece of lower probability may be several digits that touch
MOST_CANDIDATES = 1500  # that are shown to the network: a limit to what a page of noise costs


@dataclass
class Reading:
    """A line's atoms, what they may be, and what the network says of it."""

    line: Line
    atoms: list[Atom]
    candidates: list[Candidate]


def read_page(source: Source, classify: Classify, *, threshold: float) -> Page:
    """Find and read all the digits in a picture.

    Parameters
    ----------
    source
        whatever `digitlab.core.picture.open_picture` opens.
    classify
        takes images, uint8, N x 28 x 28, as MNIST's; returns their calibrated log-probabilities,
        float32, N x 10.
    threshold
        a digit of lower probability is unsure, 0 to 1.

    Returns
    -------
    Page
        The digits, lines from top to bottom and each from left to right; a picture without any
        has the text "".

    Raises
    ------
    PictureError
        If the picture cannot be opened.
    """
    grey = open_picture(source, largest_side=LARGEST_SIDE)
    marks = find_pieces(page_ink(grey))
    seen: dict[tuple[int, ...], NDArray[np.float32]] = {}
    readings = []
    for line in find_lines(marks):
        atoms = [Atom(piece, piece.label) for piece in line.pieces]
        readings.append(Reading(line, atoms, candidates_of(marks, atoms, line)))
    look(marks, readings, classify, seen)
    for reading in readings:
        cut_doubtful(marks, reading, seen)
    look(marks, readings, classify, seen)
    return page_of(readings, seen, threshold)


def look(
    marks: Marks,
    readings: list[Reading],
    classify: Classify,
    seen: dict[tuple[int, ...], NDArray[np.float32]],
) -> None:
    """Show the network every candidate that it has not seen; add what it says to the scores."""
    new: dict[tuple[int, ...], list[Piece]] = {}
    for reading in readings:
        for candidate in reading.candidates:
            if not candidate.is_dust and key(candidate) not in seen:
                new[key(candidate)] = candidate.pieces
    if new:
        images = np.stack([image_of(marks, pieces) for pieces in new.values()])
        seen.update(zip(new, classify(images), strict=True))
    for reading in readings:
        for candidate in reading.candidates:
            if not candidate.is_dust:
                candidate.score = candidate.prior + float(seen[key(candidate)].max())


def key(candidate: Candidate) -> tuple[int, ...]:
    return tuple(piece.label for piece in candidate.pieces)


def cut_doubtful(
    marks: Marks, reading: Reading, seen: dict[tuple[int, ...], NDArray[np.float32]]
) -> None:
    """Cut the pieces that are wide, or of which the network is not sure."""
    atoms: list[Atom] = []
    height = reading.line.height
    for atom in reading.atoms:
        piece = atom.piece
        sure = float(np.exp(seen[(piece.label,)].max())) >= DOUBTFUL
        slim = piece.width < 0.8 * piece.height
        if (sure and slim) or piece.height < 0.5 * height or piece.width < 0.3 * height:
            atoms.append(atom)
            continue
        cuts = find_cuts(marks, piece, height)
        if not cuts:
            atoms.append(atom)
            continue
        sides = [None, *(cut.crossed / marks.pen for cut in cuts), None]
        parts = cut_up(marks, piece, cuts)
        atoms += [
            Atom(part, piece.label, sides[i], sides[i + 1]) for i, part in enumerate(parts)
        ]
    if len(atoms) > len(reading.atoms):
        reading.atoms = sorted(atoms, key=lambda atom: (atom.piece.x, atom.piece.top))
        reading.candidates = candidates_of(marks, reading.atoms, reading.line)


def page_of(
    readings: list[Reading], seen: dict[tuple[int, ...], NDArray[np.float32]], threshold: float
) -> Page:
    """Choose the best reading of each line, and tell its digits and its text."""
    rows: list[list[ReadDigit]] = []
    heights = []
    for reading in readings:
        digits = []
        for candidate in weigh(reading.candidates, len(reading.atoms)):
            if not candidate.is_dust:
                row = seen[key(candidate)]
                probability = probability_of(candidate, reading, seen)
                digits.append(
                    ReadDigit(
                        box=box_of(candidate.pieces), digit=int(row.argmax()),
                        probability=probability, unsure=probability < threshold,
                    )
                )  # fmt: skip
        if digits:
            rows.append(digits)
            heights.append(reading.line.height)
    gaps = [
        [(b.box[0] - a.box[0] - a.box[2]) / height for a, b in zip(row, row[1:], strict=False)]
        for row, height in zip(rows, heights, strict=True)
    ]
    space = least_space(np.array([gap for row in gaps for gap in row]))
    text = "\n".join(text_of(row, gap, space) for row, gap in zip(rows, gaps, strict=True))
    return Page(text=text, digits=tuple(digit for row in rows for digit in row))


def probability_of(
    candidate: Candidate, reading: Reading, seen: dict[tuple[int, ...], NDArray[np.float32]]
) -> float:
    """Return how likely it is that the digit is what it was read as, with whatever pieces.

    The sum over all candidates in about the same place, of the share of readings that hold them
    and the network's probability of this digit.
    """
    digit = int(seen[key(candidate)].argmax())
    left, width = extent(candidate)
    total = 0.0
    for other in reading.candidates:
        if other.is_dust or other.posterior < 1e-4:
            continue
        other_left, other_width = extent(other)
        common = min(left + width, other_left + other_width) - max(left, other_left)
        if common > 0.5 * max(width, other_width):
            total += other.posterior * float(np.exp(seen[key(other)][digit]))
    return min(1.0, total)


def extent(candidate: Candidate) -> tuple[int, int]:
    """Return a candidate's first column and how many it takes."""
    left = min(piece.left for piece in candidate.pieces)
    return left, max(piece.right for piece in candidate.pieces) - left


def text_of(digits: list[ReadDigit], gaps: list[float], space: float) -> str:
    """Return a line's text."""
    text = ""
    for digit, gap in zip(digits, [0.0, *gaps], strict=True):
        text += " " * (gap >= space) + ("?" if digit.unsure else str(digit.digit))
    return text


def box_of(pieces: list[Piece]) -> Box:
    """Return the box around some pieces: x, y, width, height."""
    left, top = min(p.left for p in pieces), min(p.top for p in pieces)
    return left, top, max(p.right for p in pieces) - left, max(p.bottom for p in pieces) - top
