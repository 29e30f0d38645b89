"""Letters and symbols, written with a pen or printed, that do not look like a digit.

O, o, D, Q, I, l, Z, z, S, s, B, b, G, g and q are left out, and so are the letters of other
alphabets that look like a digit: nobody could decide which of the two they are. Of each pair of
mappings below, the first is for training. The second has other faces and fonts: a test with these
shows whether a network knows more than the shapes that it was shown.
"""

from collections.abc import Mapping

from numpy.random import Generator

from digitlab.pictures.ink import Ink
from digitlab.synth.doodles import pen_drawing
from digitlab.synth.faces import handwritten, strokes_of
from digitlab.synth.fonts import printed

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
    """Draw one of these characters of Hershey's faces with a pen."""
    face, name = _one(chosen, random)
    return pen_drawing(handwritten(strokes_of(face)[name], random), random)


def printed_characters(chosen: Characters, random: Generator, *, longest: int = 1) -> Ink:
    """Print one of these characters, or up to `longest` in a row, in the font they are of."""
    font, text = _one(chosen, random)
    text += "".join(_one({font: chosen[font]}, random)[1] for _ in range(random.integers(longest)))
    return printed(text, font, random)


def _one(chosen: Characters, random: Generator) -> tuple[str, str]:
    """Return a random face or font, and one of its characters."""
    face = list(chosen)[int(random.integers(len(chosen)))]
    return face, chosen[face][int(random.integers(len(chosen[face])))]
