"""Part 1: a digit is drawn by mouse, finger or keyboard, and read while it is drawn."""

import re

import pytest
from playwright.sync_api import Page

from tests.lab.page.conftest import Open, answer, settle, until

SEVEN = [(0.3, 0.25), (0.5, 0.25), (0.7, 0.25), (0.62, 0.45), (0.54, 0.65), (0.46, 0.85)]


def _by_mouse(page: Page) -> None:
    box = page.locator(".pad-surface").bounding_box()
    assert box
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in SEVEN]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()


def _by_finger(page: Page) -> None:
    box = page.locator(".pad-surface").bounding_box()
    assert box
    session = page.context.new_cdp_session(page)
    for i, (x, y) in enumerate(SEVEN):
        point = {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}
        kind = "touchStart" if i == 0 else "touchMove"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def _by_keyboard(page: Page) -> None:
    page.locator(".pad-surface").focus()
    for key, times in (("ArrowLeft", 6), ("Space", 1), ("ArrowRight", 12)):
        for _ in range(times):
            page.keyboard.press(key)
    for _ in range(8):
        for key in ("ArrowDown", "ArrowDown", "ArrowLeft"):
            page.keyboard.press(key)
    page.keyboard.press("Space")


@pytest.mark.parametrize(
    "draw", [_by_finger, _by_keyboard, pytest.param(_by_mouse, marks=pytest.mark.slow)]
)
def test_a_seven_is_read_and_undone(open_page: Open, draw: object) -> None:
    page = open_page("ink=", **({"has_touch": True} if draw is _by_finger else {}))
    assert answer(page) == "Nothing drawn"
    assert page.locator(".pad-surface .nothing").is_visible()
    draw(page)  # type: ignore[operator]
    assert re.match(r"7 >?\d\d", answer(page))
    assert page.evaluate("scrollY") == 0  # a finger draws, and does not scroll
    page.get_by_role("button", name="Undo", exact=True).click()
    assert answer(page) == "Nothing drawn"


def test_clear_can_be_undone_and_a_stroke_continues_the_drawing(open_page: Open) -> None:
    page = open_page()
    before = answer(page)
    assert before.startswith("7 ")
    page.get_by_role("button", name="Clear").click()
    assert answer(page) == "Nothing drawn"
    page.get_by_role("button", name="Undo", exact=True).click()
    assert answer(page) == before


def test_an_unsure_answer_is_marked_and_named(open_page: Open) -> None:
    page = open_page("net=shipped")
    page.get_by_role("button", name="4? 9?").click()
    assert answer(page).endswith("unsure")
    assert page.locator("#answer").get_attribute("data-kind") == "unsure"
    fill = page.locator("#answer .fill").first
    assert "gradient" in fill.evaluate("(it) => getComputedStyle(it).backgroundImage")


def test_a_network_that_never_saw_a_scribble_says_so(open_page: Open) -> None:
    advice = "This network never saw a scribble"
    page = open_page()
    assert advice not in page.inner_text("#answer")
    page.get_by_role("button", name="scribble").click()
    settle(page)
    assert advice in page.inner_text("#answer")
    until(page, "location.hash.includes('ink=ETmABM')")  # how the scribble begins
    page.reload()
    page.wait_for_selector("html[data-ready]")
    settle(page)
    assert advice in page.inner_text("#answer")  # the address has the same scribble
    page.select_option("#network select", "shipped")
    until(page, "!document.querySelector('#answer').innerText.includes('never saw')")


def test_a_test_image_is_read_as_it_is(open_page: Open) -> None:
    page = open_page("sample=0")
    until(page, "document.querySelector('#preparation .plain').textContent.includes('7')")
    assert answer(page).startswith("7 ")
    page.get_by_role("button", name="MNIST").click()
    until(page, "/sample=\\d/.test(location.hash)")


def test_a_step_of_the_preparation_fills_the_pad_while_pointed_at(open_page: Open) -> None:
    page = open_page()
    steps = page.locator("#preparation .step")
    assert steps.count() == 5
    steps.nth(4).hover()
    assert page.locator(".pad-surface .step").is_visible()
    page.mouse.move(0, 0)
    assert page.locator(".pad-surface .step").is_hidden()


def test_the_page_does_not_move_while_drawing(open_page: Open) -> None:
    page = open_page("ink=")
    places = "() => [...document.querySelectorAll('#answer .bars, #lines, #without, #preparation')]"
    places += ".map((it) => Math.round(it.getBoundingClientRect().top))"
    before = page.evaluate(places)
    _by_mouse(page)
    settle(page)
    assert page.evaluate(places) == before
