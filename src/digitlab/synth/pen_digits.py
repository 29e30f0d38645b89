"""Digits drawn with a pen, in forms that the writers of MNIST rarely used, and printed digits.

Much of the world writes a one with a flag, a seven with a bar, a four that is open at the top and
a nine whose stem curls. A network that has never seen a one with a flag reads it as a seven. The
drawn digits have the same pen as the drawn pictures of no digit, so the pen does not show which of
the two a picture is.
"""

from numpy.random import Generator

from digitlab.glyphs.choice import one_of
from digitlab.glyphs.digit_forms import CLASSIFIER_FORMS, strokes_of
from digitlab.glyphs.fonts import DIGIT_FONTS
from digitlab.pictures.ink import Ink
from digitlab.synth.pen_drawing import handwritten, pen_drawing
from digitlab.synth.printing import printed

_WOBBLE = 0.045  # heights of the digit: the standard deviation by which each point is moved


def pen_digit(digit: int, random: Generator) -> Ink:
    """Draw a digit in one of its forms with `pen_drawing`."""
    form = one_of(CLASSIFIER_FORMS[digit], random)
    strokes = strokes_of(form, random, wobble=_WOBBLE)
    return pen_drawing(handwritten(strokes, random), random)


def printed_digit(digit: int, random: Generator) -> Ink:
    """Print a digit in one of `DIGIT_FONTS`."""
    return printed(str(digit), one_of(DIGIT_FONTS, random), random)
