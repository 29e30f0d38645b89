"""The answer to a page: what is in it belongs together, and people get it in every form."""

import json

from hypothesis import given
from hypothesis import strategies as st

from digitlab.pages.answers import Ignored, Page, ReadNumber
from tests.pages.known import page_of

SIGNS = "/-.,:()+=$€%#"
WORDS = st.text(f"0123456789?{SIGNS}", min_size=1, max_size=6)
TEXTS = st.lists(st.lists(WORDS, min_size=1, max_size=4).map(" ".join), max_size=4).map("\n".join)


@given(TEXTS)
def test_all_parts_of_a_page_agree(text: str):
    page = page_of(text) if text else Page.from_words([], size=(600, 400))
    assert page.text == str(page) == text
    assert "\n".join(line.text for line in page.lines) == text
    assert Page.from_words(page.words, size=page.size) == page
    read = "".join(it.character for it in (*page.digits, *page.signs))
    assert sorted(read) == sorted(text.replace(" ", "").replace("\n", ""))
    words = [(i, word) for i, line in enumerate(text.split("\n")) for word in line.split(" ")]
    with_digits = [(i, word) for i, word in words if set(word) & set("0123456789?")]
    assert [(it.line, it.text) for it in page.numbers] == with_digits
    for index, number in enumerate(page.numbers):
        own = [it for it in page.digits if it.number == index]
        assert {it.line for it in own} == {number.line}
        assert number.probability == min(it.probability for it in own)
        assert number.unsure == ("?" in number.text)
        x, y, width, height = number.box
        for it in own:
            assert x <= it.box[0] <= it.box[0] + it.box[2] <= x + width
            assert y <= it.box[1] <= it.box[1] + it.box[3] <= y + height


@given(TEXTS)
def test_without_signs_only_they_are_missing(text: str):
    page = page_of(text) if text else Page.from_words([], size=(600, 400))
    plain = page.without_signs()
    kept = text.translate({ord(sign): None for sign in SIGNS})
    lines = [" ".join(line.split()) for line in kept.split("\n")]
    assert plain.text == page.digits_only == "\n".join(line for line in lines if line)
    assert plain.signs == ()
    assert [it.box for it in plain.digits] == [it.box for it in page.digits]


def test_the_record_is_json_and_says_everything():
    page = page_of("12/03 -?", turned=90, ignored=(Ignored(box=(1, 2, 3, 4)),))
    record = json.loads(json.dumps(page.record()))
    assert (record["text"], record["turned"]) == ("12/03 -?", 90)
    assert (record["width"], record["height"]) == (600, 400)
    assert record["lines"] == [{"text": "12/03 -?", "box": [20, 30, 264, 40]}]
    assert [it["text"] for it in record["numbers"]] == ["12/03", "-?"]
    assert record["numbers"][1]["unsure"]
    assert record["numbers"][0]["probability"] == 0.9975
    assert [it["sign"] for it in record["signs"]] == ["/", "-"]
    unsure = record["digits"][-1]
    assert (unsure["digit"], unsure["runner_up"], unsure["number"]) == (5, 6, 1)
    assert list(unsure["probabilities"]) == list("0123456789")
    assert unsure["probabilities"]["5"] == unsure["probability"] == 0.55
    assert record["ignored"] == [{"box": [1, 2, 3, 4]}]
    assert Page(text="", error="broken").record() == {"error": "broken"}


def test_what_is_printed_in_a_notebook():
    page = page_of("1?", turned=180, ignored=(Ignored(box=(1, 2, 3, 4)),))
    assert repr(page) == "Page('1?', 2 digits, 1 unsure, 1 ignored, turned 180)"
    assert repr(page.digits[1]) == "ReadDigit(5, 55.00%, unsure, box=(54, 30, 30, 40))"
    assert repr(page.numbers) == "(ReadNumber('1?', 55.00%, unsure, box=(20, 30, 64, 40)),)"
    assert isinstance(page.numbers[0], ReadNumber)
    assert repr(Page(text="", error="broken")) == "Page(error='broken')"
