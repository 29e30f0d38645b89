"""What holds for the whole page: its address, languages, themes, widths, and who can use it."""

import itertools
import re
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from digitlab.lab.page_files import PAGE
from tests.lab.page.conftest import Open, answer, answering, settle, until

STATE = "async () => { const { get } = await import('/shell/state.js'); return {seen} }"


def _state(keys: str) -> str:
    pairs = ", ".join(f"{key}: get('{key}')" for key in keys.split())
    return STATE.replace("{seen}", f"{{ {pairs} }}")


def test_an_address_restores_everything(open_page: Open) -> None:
    page = open_page("line=4&at=3.2.5")
    page.evaluate(
        "async () => (await import('/shell/state.js')).set({ "
        "language: 'zh', theme: 'dark', input: 7, "
        "net: 'shipped', line: 5, number: [3, 2, 5], off: ['relu', 'dropout'], trace: [7, 1], "
        "truth: 4, strokes: [{ width: 12, points: [40, 50.25, 60.5, 200, 61, 210] }] })"
    )
    until(page, "location.hash.includes('truth=4')")
    settle(page)

    def shown() -> list[object]:
        keys = "language theme net line number input off trace strokes truth"
        pixels = "async () => [...(await import('/shell/state.js')).get('reading').pixels].join()"
        title = page.inner_text("#number .number-title")
        return [page.evaluate(_state(keys)), page.evaluate(pixels), answer(page), title]

    before = shown()
    open_page(page.evaluate("location.hash.slice(1)"), reload=True)
    assert shown() == before
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_a_damaged_address_still_shows_the_page(open_page: Open) -> None:
    page = open_page("ink=%00%ff&line=99&at=1.2.3.4&lang=xx&net=none", reload=True)
    for hash in ("ink=____&step=-1&off=a.b&trace=x", "&&=&line"):
        assert page.locator("#number .name").is_visible()
        assert page.evaluate(_state("off"))["off"] == []
        page.evaluate("hash => { location.hash = hash; }", hash)
        settle(page)
    assert page.locator("#number .name").is_visible()


def test_an_address_of_a_moment_that_is_gone_leads_to_the_trained_network(open_page: Open) -> None:
    page = open_page("net=example")
    with answering(page, "step=3", 422, {"error": {"message": "gone"}}):
        page.evaluate("() => { location.hash = 'lang=en&net=example&step=3'; }")
        page.wait_for_selector("#problem >> text=The network example could not be loaded: gone")
        until(page, "(async () => (await import('/shell/state.js')).get('moment') === null)()")
    assert page.locator("#number .name").is_visible()
    page.evaluate("() => { location.hash = 'lang=en&net=shipped'; }")
    page.wait_for_selector("#problem", state="detached")


def test_the_languages_follow_the_browser_and_the_switch(open_page: Open) -> None:
    chinese = open_page(locale="zh-CN")
    assert chinese.inner_text("h1") == "数字是怎样读出来的"
    assert chinese.locator("html").get_attribute("lang") == "zh-Hans"
    guide = chinese.get_by_role("link", name="指南")
    assert guide.get_attribute("href") == "/guide/zh/"
    assert "convolution" in chinese.inner_text("#maps .explained")  # a term names its other name
    until(chinese, "location.hash.includes('lang=zh')")  # so that a shared address says it
    chinese.get_by_role("button", name="English").click()
    settle(chinese)
    text = chinese.inner_text("body")
    assert chinese.inner_text("h1") == "How a digit is read"
    named = re.findall(r"[一-鿿]+", text)
    assert set(named) <= {"中文", "卷积"}  # the switch, and the term's other name
    until(chinese, "location.hash.includes('lang=en')")
    chinese.goto(f"{chinese.evaluate('location.origin')}/?lang=en")
    chinese.wait_for_selector("html[data-ready]")
    assert chinese.inner_text("h1") == "How a digit is read"


def test_the_theme_follows_the_system_and_the_switch(open_page: Open) -> None:
    page = open_page(theme="dark")
    background = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(background) == "rgb(21, 23, 27)"
    zero = """() => {
      const legend = document.querySelector('.legend canvas');
      const copy = new OffscreenCanvas(255, 1).getContext('2d', { willReadFrequently: true });
      copy.drawImage(legend, 0, 0);
      return [...copy.getImageData(127, 0, 1, 1).data];
    }"""
    assert page.evaluate(zero)[:3] == [21, 23, 27]  # zero is paper
    page.get_by_role("button", name="Light").click()
    settle(page)
    assert page.evaluate(background) == "rgb(251, 250, 247)"
    assert page.evaluate(zero)[:3] == [251, 250, 247]
    page = open_page("line=4", theme="dark")  # an address without a theme
    assert page.evaluate(background) == "rgb(21, 23, 27)"


@pytest.mark.parametrize(
    ("width", "net"), [(320, "example"), pytest.param(760, "shipped", marks=pytest.mark.slow)]
)
def test_nothing_is_wider_than_the_screen(open_page: Open, width: int, net: str) -> None:
    page = open_page(f"net={net}&trace=7.1", width=width)
    lines = page.evaluate("document.querySelectorAll('.line').length")
    for line, part in itertools.chain(
        ((line, "inside") for line in range(lines)), ((1, "draw"), (1, "picture"), (1, "hand"))
    ):
        page.evaluate(
            "async ([line, part]) => (await import('/shell/state.js')).set({ line, part })",
            [line, part],
        )
        settle(page)
        over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert over <= 0, (width, net, line, part)


@pytest.mark.parametrize(("width", "language"), [(320, "en"), (360, "zh")])
def test_all_tabs_are_in_view_on_a_phone(open_page: Open, width: int, language: str) -> None:
    page = open_page(f"lang={language}", width=width, height=640)
    shown = "tabs => [tabs.scrollWidth - tabs.clientWidth, tabs.querySelectorAll('button').length]"
    over, count = page.eval_on_selector(".tab-list", shown)
    assert (over <= 0, count) == (True, 6)


def test_pad_preparation_and_answer_fill_a_phone(open_page: Open) -> None:
    page = open_page(width=360, height=800, has_touch=True)
    for part in (".pad-surface", "#preparation", "#answer"):
        box = page.locator(part).bounding_box()
        assert box
        assert box["y"] + box["height"] <= 800, part
    page.get_by_role("button", name="Inside").click()
    settle(page)
    assert page.locator("#draw").is_hidden()
    assert page.locator(".brief-answer").get_attribute("aria-label") == "Answer: 7 >99.9%"
    small = page.locator("#maps .map .grid").nth(4)
    small.tap()
    settle(page)
    assert page.inner_text("#number .name").startswith("conv1[4]")
    page.locator("#maps .large .grid").tap()
    settle(page)
    assert page.inner_text("#number .name") == "conv1[4][12][12]"
    assert page.locator(".tip").inner_text().startswith("conv1[4][12][12]")


AXE: list[dict[str, Any]] = [
    {"hash": "line=13&trace=7.1&off=relu.dropout", "theme": "dark", "locale": "zh-CN"},
    {"hash": "line=1", "theme": "light", "locale": "en-US"},
    {"hash": "line=9", "theme": "dark", "locale": "en-US"},
    {"hash": "net=shipped&line=3", "theme": "light", "locale": "zh-CN"},
    {"hash": "part=inside&line=4", "theme": "light", "locale": "zh-CN", "width": 360},
    {"hash": "ink=", "theme": "dark", "locale": "en-US", "width": 360},
]


@pytest.mark.parametrize(
    "state",
    [AXE[0], *(pytest.param(it, marks=pytest.mark.slow) for it in AXE[1:])],
    ids=lambda it: it["hash"],
)
def test_axe_finds_nothing(open_page: Open, state: dict[str, Any]) -> None:
    page = open_page(bypass_csp=True, **state)
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert [(it["id"], it["nodes"][0]["html"]) for it in found] == []


def _code(file: Path) -> str:
    """Return a module without its comments."""
    return re.sub(r"//.*|/\*.*?\*/", "", file.read_text("utf-8"))


def test_every_sentence_is_in_both_languages(open_page: Open) -> None:
    page = open_page()
    words = page.evaluate("async () => (await import('/shell/words.js')).WORDS")
    terms = page.evaluate("async () => (await import('/shell/words-terms.js')).TERMS")
    for key, pair in (words | terms).items():
        english, chinese = pair
        assert english, key
        assert chinese, key
    for key, (english, chinese) in words.items():
        for kind in (r"\{\w+\}", r"\[\[\w+\]\]", r"`[^`]+`"):
            found = set(re.findall(kind, english))
            assert found == set(re.findall(kind, chinese)), key
    used = {
        key
        for file in PAGE.rglob("*.js")
        for key in re.findall(r'\b(?:t|rich)\("([\w.]+)"', _code(file))
    } | set(re.findall(r'data-t(?:-label)?="([\w.]+)"', (PAGE / "index.html").read_text("utf-8")))
    assert used <= set(words)


def test_no_module_is_written_into_html_or_evaluated() -> None:
    for file in PAGE.rglob("*.js"):
        text = file.read_text("utf-8")
        assert not re.search(r"innerHTML|insertAdjacentHTML|\beval\(|new Function|\.cssText", text)
    html = (PAGE / "index.html").read_text("utf-8")
    assert not re.search(r"\son\w+=|\sstyle=|<script>|https?://", html)


def test_without_a_server_the_folder_opens_and_reads(
    open_page: Open, browser: Browser, tmp_path: Path, mnist: object
) -> None:
    from digitlab.lab.export import export_page

    index = export_page(tmp_path / "page", steps=[64])
    assert sum(it.stat().st_size for it in index.parent.iterdir()) < 2_000_000
    assert sorted(it.name for it in index.parent.iterdir()) == [
        "data.js", "index.html", "lab.css", "lab.js",
    ]  # fmt: skip
    page = open_page("line=4", url=index.as_uri())
    assert answer(page).startswith("7 ")
    assert page.locator("#guide-link").is_hidden()
    page.get_by_role("button", name="MNIST").click()
    until(page, "/sample=\\d/.test(location.hash)")
    page.get_by_role("checkbox", name="ReLU").click()
    until(page, "document.querySelector('.outcome').textContent.includes('instead of')")
    before = answer(page)
    page.evaluate("location.hash = 'step=64&part=learn&truth=3'")
    settle(page)
    assert answer(page) != before
    assert page.locator("#problem").count() == 0
    export_page(tmp_path / "page")  # an earlier export is replaced
