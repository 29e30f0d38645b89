"""Glyphs: digits, signs, letters and marks as ink of the size that was asked for."""

import math
import string
import sys
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from numpy.random import Generator, default_rng

from digitlab.errors import DigitlabError
from digitlab.glyphs import fonts, hershey, printing
from digitlab.glyphs.digit_forms import written_form
from digitlab.glyphs.letters import letter, word
from digitlab.glyphs.marks import mark, single_letter
from digitlab.glyphs.pens import Hand, drawn, drawn_at
from digitlab.glyphs.printing import printed
from digitlab.glyphs.signs import SIGNS, sign
from digitlab.pictures.ink import Ink

RING = np.array([(math.sin(t), math.cos(t)) for t in np.linspace(0, 2 * math.pi, 40)])
MAKERS = {
    **{f"sign {name}": lambda h, p, r, name=name: sign(name, h, p, r)[0] for name in SIGNS},
    **{
        f"letter {name}": lambda h, p, r, name=name: letter(name, h, p, r)
        for name in "AQgiéÄçñσΩ年"
    },
    **{
        f"form of {digit}": partial(written_form, digit, slant=0.1, turn=0.1) for digit in (0, 4, 7)
    },
    "word": word,
    "mark": mark,
    "single letter": single_letter,
    "printed": lambda h, p, r: printed("12/03 (4) €5", h, r)[0],
}


@pytest.mark.parametrize("name", MAKERS)
def test_every_glyph_has_ink_up_to_each_side_and_depends_on_the_generator_alone(name: str) -> None:
    make = MAKERS[name]
    for seed in range(5):
        height = (13.0, 30.0, 52.0)[seed % 3]
        pen = height * (0.03, 0.08, 0.16)[seed % 3]
        ink = make(height, pen, default_rng(seed))
        assert ink.dtype == np.float32
        assert ink.ndim == 2
        assert ink.min() >= 0
        assert 0.2 < ink.max() <= 1
        for edge in (ink[0], ink[-1], ink[:, 0], ink[:, -1]):
            assert edge.any()
        again = make(height, pen, default_rng(seed))
        np.testing.assert_array_equal(ink, again)
    others = [make(height, pen, default_rng(seed)) for seed in range(90, 98)]
    assert not all(np.array_equal(ink, other) for other in others)


@pytest.mark.parametrize("pen", [0.5, 1.0, 3.3])
@pytest.mark.parametrize("height", [13, 30.5, 90])
def test_a_ring_is_as_high_and_as_thick_as_asked(height: float, pen: float) -> None:
    random = default_rng(0)
    ink = drawn([RING], height, pen, random)
    assert ink.shape == pytest.approx((height, height), abs=1.6)
    across = ink[len(ink) // 2]
    assert across.sum() == pytest.approx(2 * pen, abs=0.5)  # both sides of the ring
    assert ink.sum() == pytest.approx(math.pi * (height - pen) * pen, rel=0.2)


def test_a_restless_pen_is_not_cut_off_by_the_edge_of_the_picture() -> None:
    random = default_rng(0)
    restless = Hand(slant=0.5, turn=0.5, wobble=0.2, pressure=0.4, overshoot=0.3)
    for _ in range(50):
        ink = drawn([RING, RING[::8]], 30, 4, random, restless)
        for edge in (ink[0], ink[-1], ink[:, 0], ink[:, -1]):
            assert np.count_nonzero(edge > 0.9) < 0.6 * len(edge)  # a curve touches it briefly


def test_ink_is_placed_relative_to_the_digits_top() -> None:
    low = np.array([(0.0, 1.0), (0.5, 1.0)])
    ink, top = drawn_at([low], 40, 4, default_rng(0))
    assert top == pytest.approx((40 - 4) / 40, abs=0.02)
    assert ink.shape == pytest.approx((4, 22), abs=1)


def span(name: str, random: Generator, height: float = 100) -> tuple[float, float]:
    ink, top = sign(name, height, 5, random)
    return top, top + len(ink) / height


def test_signs_stand_where_people_write_them() -> None:
    random = default_rng(0)
    between = {
        ".": (0.75, 1.2),
        ",": (0.7, 1.55),
        "-": (0.2, 0.85),
        "=": (0.1, 1.0),
        "+": (-0.1, 1.2),
    }
    for name, (highest, lowest) in between.items():
        for _ in range(60):
            top, bottom = span(name, random)
            assert highest < top < bottom < lowest, name
    for name in "/()$€%#":
        for _ in range(60):
            top, bottom = span(name, random)
            assert 0.8 < bottom - top < 1.75, name
            assert 0.3 < (top + bottom) / 2 < 0.7, name
    for _ in range(60):
        top, bottom = span(":", random)
        assert 0.05 < top < 0.5 < bottom < 1.1


def test_a_slash_never_stands_as_straight_as_a_one() -> None:
    random = default_rng(0)
    angles, tall = [], []
    for _ in range(400):
        ink, _ = sign("/", 60, 3, random)
        rows, columns = np.nonzero(ink > 0.3)
        ends = [columns[rows < 5].mean(), columns[rows > len(ink) - 6].mean()]
        angles.append(math.degrees(math.atan2(ends[0] - ends[1], len(ink) - 5)))
        tall.append(len(ink) / 60)
    assert min(angles) > 12
    assert max(angles) < 58
    assert np.mean(np.array(tall) < 1.1) > 0.25  # many are no taller than a digit


def test_every_latin_letter_can_be_written() -> None:
    for name in string.ascii_letters:
        assert letter(name, 30, 2, default_rng(0)).max() > 0.9


def test_capitals_have_the_height_asked_for_and_small_letters_keep_their_proportions() -> None:
    random = default_rng(0)

    def heights(name: str) -> float:
        return float(np.median([len(letter(name, 40, 3, random)) for _ in range(15)]))

    for name in "AEHKTX":
        assert heights(name) == pytest.approx(40, abs=4)
    assert heights("x") < 0.8 * heights("X")
    assert heights("p") > 1.2 * heights("x")


def test_printed_digits_have_their_height_and_their_boxes() -> None:
    for seed in range(40):
        ink, boxes = printed("80 8,", 33, default_rng(seed))
        assert len(boxes) == 4
        for left, top, right, bottom in boxes:
            inside: Ink = ink[round(top) : round(bottom), round(left) : round(right)]
            assert inside.max() > 0.5
        for _, top, _, bottom in boxes[:3]:
            assert bottom - top == pytest.approx(33, abs=2)
        assert max(box[2] for box in boxes) == pytest.approx(ink.shape[1], abs=1)
        assert max(box[3] for box in boxes) == pytest.approx(len(ink), abs=1)


def test_unknown_names_end_in_one_sentence() -> None:
    with pytest.raises(DigitlabError, match="no sign '7'"):
        sign("7", 30, 2, default_rng(0))
    with pytest.raises(DigitlabError, match="no strokes for '龍'"):
        letter("龍", 30, 2, default_rng(0))


@pytest.mark.parametrize(
    ("call", "package"),
    [
        (lambda: hershey.load_face.__wrapped__("futural"), "Hershey-Fonts"),
        (lambda: fonts.load_font.__wrapped__("cmr10", 64), "matplotlib"),
    ],
)
def test_a_missing_package_is_named(
    call: Callable[[], object], package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "HersheyFonts", None)
    monkeypatch.setattr(fonts, "find_spec", lambda _: None)
    with pytest.raises(DigitlabError, match=f"pip install {package}"):
        call()


def test_without_matplotlib_text_is_printed_in_pillows_font(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fonts, "find_spec", lambda _: None)
    monkeypatch.setattr(printing, "_fonts", printing._fonts.__wrapped__)
    _, boxes = printed("80", 33, default_rng(0))
    assert [bottom - top for _, top, _, bottom in boxes] == pytest.approx([33, 33], abs=2)
