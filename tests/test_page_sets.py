"""The pages that the reader is measured on, and how answers to them are counted."""

import importlib.util
import json
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from benchmarks.before_after import compare, rows
from benchmarks.page_counts import best_text, counts_of
from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError
from digitlab.pages.answers import Page, ReadDigit
from testsets.hard_pages import KINDS, hard_pages
from testsets.no_digits import PAGES, pages_without_digits, photograph
from testsets.paper import Paper
from testsets.sheet import Mark, Sheet
from testsets.thinned import skeleton
from testsets.writing import Placed

QUICK = [kind for kind in KINDS if kind != "large photograph"]  # 24 megapixels take seconds


def test_every_page_knows_its_text_and_where_each_mark_is(small_mnist: Dataset):
    images, labels = small_mnist.test_images, small_mnist.test_labels
    kinds = []
    for sheet in hard_pages(images, labels, count_per_kind=1, seed=1, kinds=QUICK):
        kinds.append(sheet.difficulty)
        read = "".join(mark.text for mark in sheet.marks if mark.is_digit or mark.is_sign)
        assert read == "".join(sheet.text.split()), sheet.difficulty
        assert sum(mark.is_digit for mark in sheet.marks) > 0
        assert min(min(mark.box) for mark in sheet.marks) >= 0
    assert kinds == QUICK


def test_a_page_does_not_depend_on_how_many_others_are_drawn(small_mnist: Dataset):
    images, labels = small_mnist.test_images, small_mnist.test_labels
    drawn = {
        (kinds, count): next(hard_pages(images, labels, count_per_kind=count, seed=3, kinds=kinds))
        for kinds, count in ((("sums",), 1), (("sums", "cell of a form"), 1), (("sums",), 2))
    }
    one, two = drawn[("sums",), 1], drawn[("sums",), 2]
    assert (one.text, one.marks) == (two.text, two.marks)
    assert np.array_equal(np.array(one.picture), np.array(two.picture))
    assert drawn[("sums", "cell of a form"), 1].difficulty == "cell of a form"


@pytest.mark.parametrize("move", ["not", "turned", "on a desk"])
def test_a_mark_is_where_its_ink_is(move: str):
    paper = Paper(90, 60, (255, 255, 255))
    paper.write([Placed("7", np.ones((20, 9)), left=50, top=12)])
    if move == "turned":
        paper = paper.turned(270)
    elif move == "on a desk":
        corners = np.array([(8, 9), (103, 2), (110, 66), (4, 70)], float)
        paper = paper.moved(corners, np.full((80, 120, 3), 255, np.uint8))
    [mark] = paper.marks()
    ink = paper.pixels[..., 0] < 140
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    left, top, width, height = mark.box
    found = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
    assert np.abs(np.subtract(found, (left, top, left + width, top + height))).max() <= 1
    if move == "turned":  # to the left: what was at the right is on top
        assert (left, top) == (12, 90 - 59)


def test_a_skeleton_is_thin_and_in_one_piece():
    shape = np.zeros((40, 40), bool)
    shape[5:35, 10:16] = shape[25:31, 10:34] = True
    thin = skeleton(shape)
    assert not (thin & ~shape).any()
    assert 35 < thin.sum() < 60
    assert thin.sum(1).max() > 15  # the foot is still there


def test_pages_without_a_digit_have_none_to_read():
    drawn: Counter[str] = Counter()
    for sheet in pages_without_digits(count_per_kind=2, seed=1, kinds=[*PAGES]):
        drawn[sheet.difficulty] += 1
        assert (sheet.text, [mark for mark in sheet.marks if mark.is_digit]) == ("", [])
        assert sheet.marks
    assert drawn == dict.fromkeys(PAGES, 2)


def test_photographs_that_are_not_installed_end_in_one_sentence(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(DigitlabError, match="sklearn is not installed"):
        photograph("china")
    with pytest.raises(DigitlabError, match="not installed"):  # before the other pages are drawn
        next(pages_without_digits(count_per_kind=1, seed=1))


def read(digit: int, x: int, *, unsure: bool = False) -> ReadDigit:
    return ReadDigit(box=(x, 0, 10, 20), digit=digit, probability=0.9, unsure=unsure)


SHEET = Sheet(b"", "12/3", "dates", (
    Mark("1", (0, 0, 6, 20)), Mark("2", (20, 0, 10, 20)), Mark("/", (40, 0, 10, 22)),
    Mark("3", (60, 0, 10, 20)), Mark("Total", (100, 0, 80, 20)),
))  # fmt: skip


def test_digits_are_counted_by_their_place():
    digits = (read(1, -2), read(7, 20, unsure=True), read(1, 41), read(4, 120))
    counts = counts_of(SHEET, Page(text="1?1 4", digits=digits), seconds=0.25)
    assert counts == Counter(
        pages=1, digits=3, read=4, correct=1, unsure=1, sure_wrong=2, on_words=2, missing=1,
        signs=1, microseconds=250_000,
    )  # fmt: skip


def test_an_answer_with_signs_and_ignored_ink_is_counted_too():
    page: Any = SimpleNamespace(
        text="1?/", digits=(read(1, -2), read(2, 20, unsure=True)),
        signs=(SimpleNamespace(box=(41, 0, 9, 20), sign="/"),),
        ignored=(SimpleNamespace(box=(58, 0, 14, 22)),),
    )  # fmt: skip
    assert best_text(page) == "12/"
    counts = counts_of(SHEET, page, seconds=0)
    assert (counts["correct"], counts["missing"], counts["signs_correct"]) == (2, 0, 1)
    page.text, page.digits = "12/3", (read(1, -2), read(2, 20), read(3, 60))
    counts = counts_of(SHEET, page, seconds=0)
    assert (counts["exact"], counts["digits_exact"], counts["sure"]) == (1, 1, 1)


def test_two_measurements_are_put_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    def measured(exact: int, model: str, seed: str) -> dict[str, Any]:
        settings = {"model": model, "seed": seed}
        kinds = {"dates": {"pages": 9, "digits": 70, "exact": exact, "microseconds": 18_000}}
        return {"facts": {"settings": settings, "command": "c", "date": "d"}, "kinds": kinds}

    first, second = list(rows(measured(2, "a", "1"), measured(7, "b", "1")))
    assert (first["kind"], first["exact"], first["CPU ms per page"]) == (
        "dates",
        "2 to 7",
        "2 to 2",
    )
    assert second["digits right"] == "0 to 0"
    files = [tmp_path / "before.json", tmp_path / "after.json"]
    for path, seed in zip(files, "12", strict=True):
        path.write_text(json.dumps(measured(2, "a", seed)))
    with pytest.raises(DigitlabError, match="see seed"):
        compare(*files)
    compare(files[0], files[0])
    assert "| dates | 9 | 70 | 2 to 2 |" in capsys.readouterr().out
