"""Letters and words as people write them, from Hershey's single-stroke faces (1967)."""

import string
import unicodedata
from dataclasses import replace
from functools import cache

import numpy as np
from numpy.random import Generator

from digitlab.errors import DigitlabError
from digitlab.glyphs.choice import one_of
from digitlab.glyphs.hershey import CAPITAL, TOP, load_face, rounded
from digitlab.glyphs.pens import any_hand, drawn_at
from digitlab.glyphs.strokes import Points
from digitlab.glyphs.words import WORDS
from digitlab.pictures.ink import Ink

_BLOCK = ("rowmans", "futural")
"""Faces whose letters stand alone."""
SCRIPT = ("scripts", "cursive")
"""Faces whose small letters join."""

_GREEK = "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ", "αβγδεζηθικλμνξοπρστυφχψω"  # in the order of the face
_KANJI = "日円年大国人東中本京出時上者"  # these begin at "#" in the face
_LIKE_DIGITS = "bgijloqsyz"
_ACCENTS = {  # by combining character: strokes above a small letter, whose middle is x = 0
    "\u0300": [[(-0.12, -0.08), (0.08, 0.1)]],
    "\u0301": [[(0.12, -0.08), (-0.08, 0.1)]],
    "\u0302": [[(-0.14, 0.1), (0, -0.06), (0.14, 0.1)]],
    "\u0303": [[(-0.17, 0.08), (-0.07, -0.02), (0.07, 0.06), (0.17, -0.04)]],
    "\u0308": [[(-0.13, 0), (-0.12, 0.04)], [(0.13, 0), (0.14, 0.04)]],
    "\u030a": [[(0, -0.1), (0.09, 0), (0, 0.1), (-0.09, 0), (0, -0.1)]],
    "\u030c": [[(-0.14, -0.06), (0, 0.1), (0.14, -0.06)]],
    "\u0327": [[(0.02, 1.0), (0.1, 1.12), (-0.08, 1.2)]],
}

Outline = tuple[list[Points], float]
"""A letter's strokes and its width, in heights of a capital, which goes from y = 0 to 1."""


def letter(name: str, height: float, pen: float, random: Generator) -> Ink:
    """Write one letter by hand: A-Z, a-z, Greek, accented ones, a few Chinese characters.

    Parameters
    ----------
    name
        One character.
    height, pen
        Pixels. A capital is `height` high, other letters in proportion.

    Returns
    -------
    Ink
        Cropped tight.

    Raises
    ------
    DigitlabError
        If there are no strokes for the character.
    """
    face = one_of(_BLOCK if random.random() < 0.8 else SCRIPT, random)
    strokes, _ = outline(name, face)
    hand = replace(any_hand(random), width=0.7 + 0.4 * random.random())
    if name in _KANJI:
        pen = max(pen, 0.07 * height)  # the face draws both edges of a stroke
    return drawn_at(strokes, height, pen, random, hand)[0]


def word(height: float, pen: float, random: Generator) -> Ink:
    """Write a word, a usual one of forms or a random one, in block letters or joined script.

    Parameters
    ----------
    height, pen
        Pixels. A capital is `height` high; the word may reach higher and lower.

    Returns
    -------
    Ink
        Cropped tight.
    """
    text = _spelled(random)
    face = one_of(_BLOCK if text.isupper() or random.random() < 0.45 else SCRIPT, random)
    hand = any_hand(random)
    hand = replace(hand, turn=0.3 * hand.turn)  # long words would rise and sink too far
    squeezed = random.uniform(0.6, 1.05)
    gap = random.uniform(-0.05, 0.15) if face in _BLOCK else 0.0
    strokes: list[Points] = []
    x = 0.0
    for character in text:
        shapes, width = outline(character, face)
        size, sink = (1, 0) + (0.05, 0.03) * random.standard_normal(2)  # the base line wavers
        shift = (x, 1 - size + sink)
        strokes += [stroke * (size * squeezed, size) + shift for stroke in shapes]
        x += width * size * squeezed + gap
    return drawn_at(strokes, height, pen, random, hand)[0]


def _spelled(random: Generator) -> str:
    """Return a word: usually one of `WORDS`, else alternating vowels and consonants."""
    kind = random.random()
    if kind < 0.05:
        return "".join(one_of(_KANJI, random) for _ in range(random.integers(1, 4)))
    if kind < 0.75:
        text = one_of(WORDS, random)
    else:
        sounds = ["aeiou", "bcdfghklmnprstvwz"]
        if random.random() < 0.3:
            sounds = [string.ascii_lowercase]
        text = ""
        while len(set(text) - set(_LIKE_DIGITS)) < 2:  # so that it cannot be read as a number
            first, count = random.integers(2), int(random.integers(3, 9))
            text = "".join(one_of(sounds[(first + i) % len(sounds)], random) for i in range(count))
    case = random.random()
    if case < 0.3:
        return text.upper()
    return text.capitalize() if case < 0.55 else text


@cache
def outline(name: str, face: str) -> Outline:
    """Return the strokes of a character; Greek and Chinese ones come from faces of their own.

    Raises DigitlabError if there are none.
    """
    base, *accents = list(unicodedata.normalize("NFD", name))
    key = base
    for order, first in zip(_GREEK, "Aa", strict=True):
        if base in order:
            face, key = "greeks", chr(ord(first) + order.index(base))
    if base in _KANJI:
        face, key = "japanese", chr(ord("#") + _KANJI.index(base))
    character = load_face(face).get(key)
    if character is None or not set(accents) <= _ACCENTS.keys():
        raise DigitlabError(f"no strokes for {name!r}: letters are A-Z, a-z, accented, or Greek")
    begin = character.left, TOP
    strokes = [_rounded((stroke - begin) / CAPITAL) for stroke in character.strokes]
    points = np.concatenate(strokes)
    middle = (points[:, 0].min() + points[:, 0].max()) / 2
    if accents and base in "ij":
        strokes = [stroke for stroke in strokes if stroke[:, 1].max() > 0.2]  # without its dot
    raised = 0.0 if base.islower() else -0.22
    for accent in accents:
        shift = (middle, 0 if accent == "\u0327" else raised + 0.1)
        strokes = strokes + [np.array(shape) + shift for shape in _ACCENTS[accent]]
    return strokes, character.width / CAPITAL


def _rounded(stroke: Points) -> Points:
    """Return the stroke with curves instead of polygons; its corners remain."""
    first, *others = rounded(stroke, 2)
    return np.concatenate([first, *(part[1:] for part in others)])
