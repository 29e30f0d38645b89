"""Read a page: all the digits in a picture, in reading order."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from digitlab.models.calibration import LogProbabilities
from digitlab.pages.answers import Box, Page
from digitlab.pages.candidates import USUAL_SIZE, Atom, Candidate, candidates_of, single_candidates
from digitlab.pages.cuts import cut_up, find_cuts
from digitlab.pages.lattice import forward_backward
from digitlab.pages.lines import Line, find_text_lines
from digitlab.pages.pieces import Marks, Piece, find_pieces, image_of
from digitlab.pages.text import Found, page_of
from digitlab.pictures.digit import Digit, has_ink, prepare, refuse_flat_stack
from digitlab.pictures.open import Picture, Source, open_picture
from digitlab.pictures.page_ink import page_ink
from digitlab.pictures.raster import bounds

Classify = Callable[[NDArray[np.uint8]], LogProbabilities]
Key = tuple[int, ...]  # the labels of some pieces

LARGEST_SIDE = 1600  # pixels of the longer side to which a large picture is reduced, at least
ONE_DIGIT_SIDE = 32  # pixels: a picture this small shows one digit
FILLS = 0.3  # of the picture's longer side: a single digit this large is read by `prepare`
DOUBTFUL = 0.95  # a piece with a lower probability may be several digits that touch
SLIM = 0.8  # of its height: and so may a wider piece, whatever its probability
NARROWEST_CUT = 0.3  # of the line's height: a narrower piece is one digit
MOST_SHOWN = 2500  # groups of pieces that the network sees: limits the time that noise takes
LEAST_POSTERIOR = 1e-4  # less likely candidates are ignored


@dataclass
class Reading:
    """A line's atoms and its candidates for digits."""

    line: Line
    atoms: list[Atom]
    candidates: list[Candidate]


@dataclass
class Sight:
    """A page's ink, and the network's answer for every group of pieces that it has seen."""

    marks: Marks
    classify: Classify
    answers: dict[Key, NDArray[np.float32]] = field(default_factory=dict)
    """The log-probabilities of the ten digits, by the pieces' labels."""
    images: dict[Key, Digit] = field(default_factory=dict)
    """What the network saw, by the pieces' labels."""

    def of(self, candidate: Candidate) -> NDArray[np.float32]:
        """Return the ten log-probabilities of a candidate that the network has seen."""
        return self.answers[key(candidate)]

    def show(self, readings: list[Reading]) -> None:
        """Show the network every candidate that is new, and add its answers to the scores.

        If there are too many, as in noise, the least likely ones are dropped.
        """
        new = {
            key(candidate): candidate
            for reading in readings
            for candidate in reading.candidates
            if not candidate.is_dust and key(candidate) not in self.answers
        }
        room = MOST_SHOWN - len(self.answers)
        chosen = dict(sorted(new.items(), key=lambda item: -item[1].score)[:room])
        if chosen:
            images = [image_of(self.marks, candidate.pieces) for candidate in chosen.values()]
            self.images.update(zip(chosen, images, strict=True))
            self.answers.update(zip(chosen, self.classify(np.stack(images)), strict=True))
        for reading in readings:
            reading.candidates = [
                candidate
                for candidate in reading.candidates
                if candidate.is_dust or key(candidate) in self.answers
            ]
            for candidate in reading.candidates:
                if not candidate.is_dust:
                    candidate.score = candidate.prior + float(self.of(candidate).max())


def key(candidate: Candidate) -> Key:
    """Return the labels of a candidate's pieces."""
    return tuple(piece.label for piece in candidate.pieces)


def read_page(source: Source, classify: Classify, *, threshold: float) -> Page:
    """Find and read all the digits in a picture.

    The lines are from top to bottom, and the digits of each from left to right; the text is "" if
    none is found. Raises PictureError if the picture cannot be opened.

    Parameters
    ----------
    source
        Anything that `digitlab.pictures.open.open_picture` opens. To draw boxes on the picture
        without decoding it again, open it with `largest_side=LARGEST_SIDE` first.
    classify
        Takes MNIST-like images, uint8, N x 28 x 28; returns their calibrated log-probabilities,
        float32, N x 10.
    threshold
        Digits with a lower probability are unsure, 0 to 1.
    """
    refuse_flat_stack(source)
    picture = open_picture(source, largest_side=LARGEST_SIDE)
    longer = max(picture.gray().shape)
    scale = round(max(picture.size) / longer)
    ink = page_ink(picture)
    if longer <= ONE_DIGIT_SIDE and (ink > 0.5).any():
        top, bottom, left, right = bounds(ink > 0.5)
        found = alone(picture, (left, top, right - left, bottom - top), classify)
        return page_of([[found]] if found else [], scale, picture.size, threshold)
    marks = find_pieces(ink)
    sight = Sight(marks, classify)
    readings = []
    for line in find_text_lines(marks):
        atoms = [Atom(piece, piece.label) for piece in line.pieces]
        readings.append(Reading(line, atoms, single_candidates(atoms, line)))
    sight.show(readings)
    for reading in readings:
        reconsider(reading, sight)
    sight.show(readings)
    rows = [digits for reading in readings if (digits := digits_of(reading, sight))]
    if sum(map(len, rows)) == 1 and max(rows[0][0].box[2:]) >= FILLS * longer:
        rows = [[alone(picture, rows[0][0].box, classify) or rows[0][0]]]
    return page_of(rows, scale, picture.size, threshold)


def reconsider(reading: Reading, sight: Sight) -> None:
    """Cut and join the pieces that are wide or small, or that the network is not sure about."""
    atoms: list[Atom] = []
    settled: set[int] = set()
    height = reading.line.height
    for atom in reading.atoms:
        piece = atom.piece
        answer = sight.answers.get((piece.label,))
        sure = answer is not None and float(np.exp(answer.max())) >= DOUBTFUL
        if sure and piece.width < SLIM * piece.height and piece.height >= USUAL_SIZE * height:
            settled.add(piece.label)
            atoms.append(atom)
            continue
        small = piece.height < 0.5 * height or piece.width < NARROWEST_CUT * height
        cuts = [] if small else find_cuts(sight.marks, piece, height)
        if not cuts:
            atoms.append(atom)
            continue
        sides = [None, *(cut.crossed / sight.marks.pen for cut in cuts), None]
        parts = cut_up(sight.marks, piece, cuts)
        atoms += [Atom(part, piece.label, *sides[i : i + 2]) for i, part in enumerate(parts)]
    reading.atoms = sorted(atoms, key=lambda atom: (atom.piece.x, atom.piece.top))
    reading.candidates = candidates_of(sight.marks, reading.atoms, reading.line, settled)


def digits_of(reading: Reading, sight: Sight) -> list[Found]:
    """Return the digits of the best way to read a line."""
    return [
        Found(
            box_of(candidate.pieces), int(sight.of(candidate).argmax()),
            probability_of(candidate, reading, sight),
            np.exp(sight.of(candidate)), reading.line.height,
            sight.images[key(candidate)],
        )
        for candidate in forward_backward(reading.candidates, len(reading.atoms))
        if not candidate.is_dust
    ]  # fmt: skip


def alone(picture: Picture, box: Box, classify: Classify) -> Found | None:
    """Read a picture of one digit with `digitlab.pictures.digit.prepare`; None if it finds none.

    Only for a digit that fills the picture, as `prepare` expects.
    """
    image = prepare(picture)
    if not has_ink(image):
        return None
    row = classify(image[None])[0]
    return Found(
        box, int(row.argmax()), float(np.exp(row.max())), np.exp(row), float(box[3]), image
    )


def probability_of(candidate: Candidate, reading: Reading, sight: Sight) -> float:
    """Return the probability of a candidate's digit, with these or with other pieces.

    The sum over all candidates in about the same place: their posterior times the network's
    probability of this digit.
    """
    digit = int(sight.of(candidate).argmax())
    left, _, width, _ = box_of(candidate.pieces)
    total = 0.0
    for other in reading.candidates:
        if other.is_dust or other.posterior < LEAST_POSTERIOR:
            continue
        other_left, _, other_width, _ = box_of(other.pieces)
        common = min(left + width, other_left + other_width) - max(left, other_left)
        if common > 0.5 * max(width, other_width):
            total += other.posterior * float(np.exp(sight.of(other)[digit]))
    return min(1.0, total)


def box_of(pieces: list[Piece]) -> Box:
    """Return the box around some pieces: x, y, width, height."""
    left, top = min(p.left for p in pieces), min(p.top for p in pieces)
    return left, top, max(p.right for p in pieces) - left, max(p.bottom for p in pieces) - top
