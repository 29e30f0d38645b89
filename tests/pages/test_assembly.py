"""From what both networks see to the page's text, with networks that need no weights."""

from dataclasses import replace

import numpy as np
import pytest

from digitlab.models.page_card import UNCALIBRATED
from digitlab.pages.answers import Page
from digitlab.pages.conflicts import Doubt, settle
from digitlab.pages.place import Place
from digitlab.pages.read import Look, Networks, page_of, read_page
from digitlab.pages.second_look import second_look
from tests.pages.made_up import RectangleFinder, Thing, row, scores, sheet, sightings

CONFIDENCE = replace(UNCALIBRATED, page_weight=1.0, single_weight=0.0, threshold=0.8)


def undecided(images: np.ndarray) -> tuple[np.ndarray, None]:
    return np.full((len(images), 10), -np.log(10), np.float32), None


def says_four(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    scores = np.full((len(images), 10), np.log(0.01), np.float32)
    scores[:, 4] = np.log(0.91)
    return scores, np.full(len(images), 0.9, np.float32)


def read(page: np.ndarray, classify=undecided, confidence=CONFIDENCE) -> Page:
    return read_page(page, Networks(RectangleFinder(), classify, confidence))


THINGS = [*row("12/3 45", 60, 60), *row("67", 60, 130), *row("(", 60, 200)]


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_page_becomes_lines_of_words(turns: int):
    given = np.ascontiguousarray(np.rot90(sheet(500, 400, *THINGS, unsure="5"), turns))
    page = read(given)
    assert (page.text, page.turned, page.size) == ("12/3 4?\n67", 90 * turns, given.shape[::-1])
    assert [it.digit for it in page.digits] == [1, 2, 3, 4, 5, 6, 7]
    assert [it.sign for it in page.signs] == ["/"]
    for it in (*page.digits, *page.signs):
        x, y, width, height = it.box
        middle = given[y + height // 2, x + width // 2] // 8
        assert "0123456789/"[middle] == (str(it.digit) if it in page.digits else it.sign)


def test_ink_that_was_not_read_is_listed():
    page = sheet(500, 400, *THINGS[:-1])
    page[300:330, 300:400:4] = 0  # strokes, which are no rectangles of the right size
    page[300:303, 300:400] = 0
    found = read(page)
    assert found.text == "12/3 45\n67"
    assert len(found.ignored) == 1
    x, y, width, height = found.ignored[0].box
    assert (x, y, x + width, y + height) == pytest.approx((300, 300, 400, 330), abs=4)


def test_a_date_is_read_where_a_one_could_be_a_slash():
    things: list[Thing] = row("12103126", 50, 50)
    doubtful = [("/", things[it][1], 0.8) for it in (2, 5)]
    seen, doubts = settle(sightings(*((name, box, 0.85) for name, box in things), *doubtful))
    ink = np.zeros((100, 300), np.float32)
    second = second_look(ink, seen, undecided)
    look = Look(
        seen, doubts, second, np.zeros((0, 4), np.float32), Place((300, 100), (100, 300), 0)
    )
    page = page_of(look, CONFIDENCE)
    assert page.text == "12/03/26"
    assert [it.probability for it in page.signs] == pytest.approx([0.8, 0.8])
    assert page_of(replace(look, doubts={}), CONFIDENCE).text == "12103126"


def test_a_single_digit_that_fills_the_picture_is_read_as_predict_reads_it():
    large = sheet(300, 300, ("7", (100, 60, 200, 240)))
    page = read(large, says_four)
    (digit,) = page.digits
    assert (digit.digit, digit.probability) == (4, pytest.approx(0.91 * 0.9, abs=1e-3))
    assert not digit.unsure
    assert digit.image is not None
    assert digit.image.shape == (28, 28)
    small = sheet(300, 300, ("7", (100, 60, 120, 92)))
    assert read(small, says_four).text == "7"


def test_at_threshold_1_every_digit_is_unsure():
    certain = replace(CONFIDENCE, offset=100.0, threshold=1.0)
    assert read(sheet(500, 400, *THINGS), confidence=certain).text == "??/? ??\n??"


def test_signs_alone_and_blank_pages_are_no_text():
    assert read(sheet(300, 200, *row("/-", 50, 50))).text == ""
    assert read(np.full((300, 200), 255, np.uint8)) == Page(text="", size=(200, 300))


def test_a_date_is_read_although_one_of_its_digits_is_unsure():
    things: list[Thing] = row("12103126", 50, 50)
    doubtful = [("/", things[it][1], 0.8) for it in (2, 5)]
    seen, doubts = settle(sightings(*((name, box, 0.85) for name, box in things), *doubtful))
    seen.classes[-1] = scores("6", 0.4)
    second = second_look(np.zeros((100, 300), np.float32), seen, undecided)
    place = Place((300, 100), (100, 300), 0)
    page = page_of(Look(seen, doubts, second, np.zeros((0, 4), np.float32), place), CONFIDENCE)
    assert page.text == "12/03/2?"


def test_what_is_hardly_a_digit_is_ignored():
    things = row("40", 50, 50)
    seen = sightings(*((name, box, 0.9) for name, box in things))
    look = Look(
        seen, {}, second_look(np.zeros((100, 300), np.float32), seen, undecided),
        np.zeros((0, 4), np.float32), Place((300, 100), (100, 300), 0),
    )  # fmt: skip
    assert page_of(look, CONFIDENCE).text == "40"
    doubtful = replace(CONFIDENCE, offset=-9.0)
    page = page_of(look, doubtful)
    assert (page.text, len(page.ignored)) == ("", 2)
    look.doubts[1] = Doubt(2.0, seen.boxes[1], 0.1)  # perhaps a slash: the word decides
    assert len(page_of(look, doubtful).digits) == 1


@pytest.mark.parametrize(
    ("text", "center", "read_as"),
    [
        ("98:", 0.7, "98"),
        ("98:", 0.9, "98:"),
        (".5", 0.7, "5"),
        ("1.5", 0.7, "1.5"),
        ("-5", 0.7, "-5"),
    ],
)
def test_a_doubtful_point_at_the_end_of_a_word_is_dust(text: str, center: float, read_as: str):
    things = row(text, 50, 50)
    seen = sightings(*((name, box, 0.9 if name.isdigit() else center) for name, box in things))
    order = np.argsort(seen.is_sign, kind="stable")
    seen = seen[order]
    digits = seen[~seen.is_sign]
    look = Look(
        seen, {}, second_look(np.zeros((100, 300), np.float32), digits, undecided),
        np.zeros((0, 4), np.float32), Place((300, 100), (100, 300), 0),
    )  # fmt: skip
    assert page_of(look, CONFIDENCE).text == read_as
