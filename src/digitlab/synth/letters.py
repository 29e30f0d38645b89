"""Letters and symbols, written with a pen or printed, that do not look like a digit.

O, o, D, Q, I, l, Z, z, S, s, B, b, G, g and q are left out, and so are the letters of other
alphabets that look like a digit: nobody could decide which of the two they are. Of each pair of
mappings below, the first is for training. The second has other faces and fonts: a test with these
shows whether a network knows more than the shapes that it was shown.
"""

from collections.abc import Mapping
from functools import cache

import numpy as np
from numpy.random import Generator

from digitlab.glyphs.choice import one_of
from digitlab.glyphs.hershey import CAPITAL, load_face, rounded
from digitlab.glyphs.strokes import Points
from digitlab.pictures.ink import Ink
from digitlab.synth.pen_drawing import handwritten, pen_drawing
from digitlab.synth.printing import printed

Characters = Mapping[str, str]
"""The characters that are used of each face or font."""

_SMALL = "acdefhijkmnprtuvwxy"
_LATIN = "ACEFHJKLMNPRTUVWXY" + _SMALL
_SCRIPT = "ACEFHKMNPRTUVWXY" + _SMALL  # J and L have loops here
_SIGNS = '"#$%&()*+-:;<=>?@[]^_~'

LETTERS: tuple[Characters, Characters] = (
    {
        **dict.fromkeys(("futural", "rowmans", "futuram", "timesr", "rowmant"), _LATIN),
        **dict.fromkeys(("gothiceng", "gothitt"), _LATIN),
        **dict.fromkeys(("cursive", "scriptc"), _SCRIPT),
        "greeks": "ACDEGJKLMNPQRSTUVWXacegjklmpstuvwx",
        "cyrilc_1": "ADEFGIJKLMNPQRSTUVWYZadefgijklmnpqrstuvwyz",
        "japanese": "$%&'()*+,-./01256:ABDEFGIJKMNOPUVWXZ^_`abcdfhlnqr",
    },
    {"timesi": _LATIN, "scripts": _SCRIPT, "greek": "ACDEFGHKLMNPRSTUWYacegklmptwy"},
)
SYMBOLS: tuple[Characters, Characters] = (
    {
        **dict.fromkeys(("futural", "timesr", "scriptc", "gothiceng"), _SIGNS),
        "mathlow": "!\"#$%&':;?@^_bcdefghijklnopqwxyz",
        "symbolic": "4678;=ADEGIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopuwxyz{}",
        "music": "\"#&'()+-.;<>?@^`",
    },
    {
        "astrology": "!#$%&'*+./:;<=>?@[]^_`{|}~",
        "meteorology": "#$%&'()*,:;<=^_",
        "rowmans": _SIGNS,
    },
)

_ALPHABETS = _LATIN + "ÄÅÇÉÑÜäåçéñüæΓΔΛΞΠΣΨΩαγλμπψωДЖИКЛПФЦШЩЫЮЯдйлцшыю"
_DINGBATS = (
    "#$%&*+=?@^~<>{}[]€£¥§¶©®÷×±¬«»†‡→←↑↓↔⇒∀∃∆∇∈∏∑−√∝∞∠∩∪∫≈≠≡≤≥⊂⊕⊗⊥■□▲△▶▼▽◀◆◇◎●◐◢◣"
    "★☆☎☐☑☒☀☁☂☺♠♣♥♦♪♫✂✈✉✎✓✔✗✘✚✦✩✱✳✶✿❀❄❖➜"
)
PRINTED_LETTERS: tuple[Characters, Characters] = (
    {
        **dict.fromkeys(("DejaVuSans", "DejaVuSans-Bold", "DejaVuSerif"), _ALPHABETS),
        **dict.fromkeys(("DejaVuSansMono-Oblique", "STIXGeneralItalic"), _ALPHABETS),
        **dict.fromkeys(("cmr10", "cmss10", "cmmi10"), _LATIN),
    },
    {
        **dict.fromkeys(("DejaVuSansMono", "DejaVuSerif-BoldItalic", "STIXGeneral"), _ALPHABETS),
        "cmti10": _LATIN,
    },
)
PRINTED_SYMBOLS: tuple[Characters, Characters] = (
    dict.fromkeys(("DejaVuSans", "DejaVuSans-Bold"), _DINGBATS),
    {"DejaVuSansMono": _DINGBATS, "STIXGeneral": _DINGBATS[:74]},
)


def written_character(chosen: Characters, random: Generator) -> Ink:
    """Draw one of these characters of Hershey's faces with `pen_drawing`.

    Raises `DigitlabError` if the package Hershey-Fonts is missing.
    """
    face = one_of(tuple(chosen), random)
    name = one_of(chosen[face], random)
    return pen_drawing(handwritten(_strokes(face, name), random), random)


@cache
def _strokes(face: str, name: str) -> list[Points]:
    """Return the strokes of a character, in heights of a capital letter."""
    strokes = load_face(face)[name].strokes
    return [np.concatenate(rounded(stroke / CAPITAL, 4)) for stroke in strokes]


def printed_characters(chosen: Characters, random: Generator, *, longest: int = 1) -> Ink:
    """Print one of these characters, or up to `longest` in a row, in the font that has them.

    Raises `DigitlabError` if matplotlib is missing.
    """
    font = one_of(tuple(chosen), random)
    text = one_of(chosen[font], random)
    text += "".join(one_of(chosen[font], random) for _ in range(random.integers(longest)))
    return printed(text, font, random)
