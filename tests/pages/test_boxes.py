"""The picture with boxes: where they are, in which color, and what their labels leave visible."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from digitlab.pages.answers import Box, Ignored, Page
from digitlab.pages.boxes import IGNORED, SIGN, SURE, UNSURE, draw_boxes
from digitlab.pictures.open import open_picture
from tests.pages.known import page_of
from tests.pictures.drawn import file

GRAY = np.random.default_rng(1).integers(0, 250, (400, 600)).astype(np.uint8)  # no color of ours


def has(colors: np.ndarray, color: tuple[int, int, int]) -> np.ndarray:
    return (colors == color).all(axis=2)


def around(colors: np.ndarray, box: Box, color: tuple[int, int, int]) -> bool:
    """Return whether all four sides of a box have a frame of a color, within 4 pixels."""
    x, y, width, height = box
    found = has(colors, color)
    rows, columns = slice(y, y + height), slice(x, x + width)
    sides = (
        *(found[max(0, y - 4) : y, columns], found[y + height : y + height + 4, columns]),
        *(found[rows, max(0, x - 4) : x].T, found[rows, x + width : x + width + 4].T),
    )
    return all(side.all(axis=1).any() for side in sides)


def test_frames_have_the_color_of_what_was_read():
    page = page_of("12/3? 7", ignored=(Ignored(box=(400, 300, 30, 40)),))
    drawn = draw_boxes(GRAY, page)
    assert (drawn.mode, drawn.size) == ("RGB", (600, 400))
    colors = np.asarray(drawn)
    for it in page.digits:
        assert around(colors, it.box, UNSURE if it.unsure else SURE)
    assert around(colors, page.signs[0].box, SIGN)
    assert around(colors, page.ignored[0].box, IGNORED)


@pytest.mark.parametrize("pitch", [60, 48])
def test_labels_cover_nothing_that_was_read(pitch: int):
    """In close lines they are next to their numbers, where there is no room above them."""
    text = "12/3 45\n6 789\n1? 23 4\n55 66"
    page = page_of(text)
    place = lambda box: (box[0], round(box[1] * pitch / 60), *box[2:])  # noqa: E731
    words = [[[replace(it, box=place(it.box)) for it in w] for w in line] for line in page.words]
    page = Page.from_words(words, size=page.size)
    colors = np.asarray(draw_boxes(GRAY, page))
    for x, y, width, height in (it.box for it in (*page.digits, *page.signs)):
        inside = slice(y, y + height), slice(x, x + width)
        assert (colors[inside] == GRAY[inside][..., None]).all()
    white = has(colors, (255, 255, 255)).sum()
    assert white > 200  # the labels' letters


@pytest.mark.parametrize("turned", [90, 180, 270])
def test_a_turned_page_has_its_boxes_where_the_picture_has_the_digits(turned: int):
    upright = page_of("12/3 ?7\n456")
    straight = np.asarray(draw_boxes(GRAY, upright))
    # The same page, in a picture that must be turned clockwise by so much to be upright.
    given = np.rot90(GRAY, turned // 90)

    def place(box: Box) -> Box:
        x, y, width, height = box
        mask = np.zeros(GRAY.shape, bool)
        mask[y : y + height, x : x + width] = True
        rows, columns = np.nonzero(np.rot90(mask, turned // 90))
        left, top = int(columns.min()), int(rows.min())
        return left, top, int(columns.max()) - left + 1, int(rows.max()) - top + 1

    words = [[[replace(it, box=place(it.box)) for it in w] for w in line] for line in upright.words]
    page = Page.from_words(words, size=given.shape[::-1], turned=turned)
    drawn = np.asarray(draw_boxes(np.ascontiguousarray(given), page))
    assert (np.rot90(drawn, -turned // 90) == straight).all()


def test_boxes_are_drawn_on_any_picture():
    page = page_of("8")
    wide = GRAY.astype(np.uint16) * 257
    clear = np.dstack([GRAY, GRAY, GRAY, 255 - GRAY])
    for source in (GRAY, wide, GRAY / 255, clear, file(GRAY), Image.fromarray(GRAY).convert("P")):
        assert draw_boxes(source, page).size == (600, 400)
    assert draw_boxes(GRAY, Page(text="")).mode == "RGB"


def test_a_picture_of_small_writing_is_enlarged():
    page = page_of("12")
    words = [[[replace(it, box=(it.box[0], it.box[1], 6, 9)) for it in page.digits]]]
    assert draw_boxes(GRAY, Page.from_words(words, size=(600, 400))).size == (1800, 1200)
    wide = np.zeros((5, 3000), np.uint8)
    assert draw_boxes(wide, Page.from_words(words, size=(3000, 5))).size == (3000, 5)


def test_boxes_on_a_jpeg_that_was_reduced_while_it_was_decoded():
    large = np.kron(GRAY, np.ones((8, 8), np.uint8))
    picture = open_picture(file(large, "JPEG"), largest_side=600)
    page = page_of("82")
    place = lambda box: tuple(8 * it for it in box)  # noqa: E731
    words = [[[replace(it, box=place(it.box)) for it in page.digits]]]
    drawn = draw_boxes(picture, Page.from_words(words, size=(4800, 3200)))
    assert drawn.size == picture.image.size == (600, 400)
    assert around(np.asarray(drawn), page.digits[0].box, SURE)
