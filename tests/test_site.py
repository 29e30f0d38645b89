"""The site, built as `make site` builds it, and read in a browser from the lab's server."""

import html
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from digitlab.data.dataset import Dataset
from digitlab.lab.images import LoadedOnce
from digitlab.lab.server import new_lab
from docs.site.build import LANGUAGES, build
from docs.site.check import problems_of
from docs.site.pages import ROOT, place_of, write_pages
from tests.lab.conftest import Client, serving

OpenPage = Callable[..., Page]
KATEX = ROOT / "docs/site/assets/katex/katex.min.js"
CHAPTER = "01-data.html"
"""It has a formula, a figure and the lab."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the built site: building checks its links and what it loads."""
    folder = tmp_path_factory.mktemp("site") / "built"
    build(folder)
    return folder


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, small_mnist: Dataset) -> Iterator[Client]:
    """Yield a client of a lab whose guide is not built yet."""
    folder = tmp_path_factory.mktemp("lab")
    lab = new_lab(model=None, runs=folder / "runs", corrections=folder / "corrections")
    lab.images = LoadedOnce(lambda: small_mnist)
    lab.guide = folder / "guide"
    with serving(lab) as client:
        yield client


@pytest.fixture
def guide(lab: Client, site: Path) -> str:
    """Return the address of the site on the lab's server."""
    if not lab.lab.guide.exists():
        lab.lab.guide.symlink_to(site)
    return f"{lab.address}/guide"


@pytest.fixture
def open_page(browser: Browser, guide: str) -> Iterator[OpenPage]:
    """Yield a function that opens a page of the site; whatever it logs or asks elsewhere fails."""
    problems: list[str] = []

    def open_page(path: str, *, width: int = 1280, theme: Any = "light", **more: Any) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 800}, color_scheme=theme, **more
        )
        page = context.new_page()
        page.on(
            "console",
            lambda it: (
                None
                if it.text.startswith("Autofocus")  # Chromium's remark on the hidden search
                else problems.append(f"console: {it.text}")
            ),
        )
        page.on("pageerror", lambda it: problems.append(f"error: {it.message}"))
        context.on(
            "request",
            lambda it: (
                None
                if it.url.startswith((guide.removesuffix("guide"), "data:", "blob:"))
                else problems.append(f"elsewhere: {it.url}")
            ),
        )
        page.goto(f"{guide}/{path}")
        return page

    yield open_page
    assert problems == []


def test_every_page_is_there_in_both_languages(site: Path):
    names = [{it.name for it in (site / language).glob("*.html")} for language in LANGUAGES]
    assert names[0] == names[1]
    assert {"index.html", CHAPTER, "questions.html", "using.html"} <= names[0]
    for language in LANGUAGES:
        for page in (site / language).glob("*.html"):
            other = "en" if language == "zh" else "zh"
            assert f'href="../{other}/{page.name}"' in page.read_text("utf-8")


def test_every_formula_can_be_set(site: Path, node_path: str):
    formulas = [
        formula
        for page in site.rglob("*.html")
        for formula in re.findall(r'class="arithmatex">\\[([](.*?)\\[)\]]<', page.read_text(), re.S)
    ]
    assert formulas
    script = (
        "const [katex, formulas] = [require(process.argv[1]), JSON.parse(process.argv[2])];"
        "for (const it of formulas) katex.renderToString(it, { strict: 'error' })"
    )
    plain = json.dumps([html.unescape(it) for it in formulas])
    subprocess.run([node_path, "-e", script, str(KATEX), plain], check=True)


@pytest.mark.parametrize(
    ("markup", "problem"),
    [
        ('<a href="gone.html">', "gone.html leads nowhere"),
        ('<a href="#gone">', "#gone leads to no place of that page"),
        ('<a href="other.html#gone">', "other.html#gone leads to no place of that page"),
        ('<a href="/other.html">', "/other.html works only if the site is at the root of a server"),
        ('<a href="..">', "a folder, which a browser does not open"),
        ('<img src="gone.png">', "gone.png leads nowhere"),
        ('<script src="https://example.org/a.js">', "<script> loads https://example.org/a.js"),
        ('<link href="//example.org/a.css">', "<link> loads //example.org/a.css"),
        ('<p style="color: red">', "which the page's policy forbids"),
    ],
)
def test_what_is_wrong_with_a_page_is_found(tmp_path: Path, markup: str, problem: str):
    (tmp_path / "page.html").write_text(f'<a href="other.html#here">{markup}')
    (tmp_path / "other.html").write_text('<a id="here" href="https://example.org">')
    (found,) = problems_of(tmp_path)
    assert found.startswith("page.html: ")
    assert problem in found


def test_style_sheets_are_checked_too(tmp_path: Path):
    (tmp_path / "a.css").write_text("a { src: url(https://example.org/a), url('gone.woff2') }")
    assert len(problems_of(tmp_path)) == 2


def test_a_link_to_nothing_stops_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "README.md").write_text("[gone](docs/gone.md)")
    monkeypatch.setattr("docs.site.pages.ROOT", tmp_path)
    with pytest.raises(ValueError, match=r"README.md links to docs/gone.md"):
        write_pages(tmp_path, "en")


@pytest.mark.parametrize(
    ("file", "place"),
    [
        ("README.zh-CN.md", ("zh", "index.md")),
        ("docs/guide/zh/01-data.md", ("zh", "01-data.md")),
        ("docs/using.md", (None, "using.md")),
        ("CONTRIBUTING.md", (None, "contributing.md")),
        ("docs/guide/images/01-data-3.png", (None, "images/01-data-3.png")),
    ],
)
def test_each_file_has_its_place(file: str, place: tuple[str | None, str]):
    assert place_of(file) == place


def test_the_languages_lead_to_each_other(open_page: OpenPage):
    page = open_page("", locale="zh-CN")
    page.wait_for_url("**/zh/index.html")
    page.goto(page.url.replace("index.html", CHAPTER))
    page.evaluate("document.querySelectorAll('article h2')[3].scrollIntoView()")
    page.click("a.language")
    page.wait_for_url(f"**/en/{CHAPTER}#*")  # the same page, at the same place
    place = page.evaluate("decodeURIComponent(location.hash.slice(1))")
    assert place == page.evaluate("document.querySelectorAll('article h2')[3].id")
    assert page.locator("html").get_attribute("lang") == "en"
    page.goto(page.url.partition("en/")[0])
    page.wait_for_url("**/en/index.html")  # the last choice


def test_chinese_words_are_found_inside_others(open_page: OpenPage):
    page = open_page("zh/index.html")
    page.click(".md-search__button")
    page.get_by_placeholder("搜索").fill("梯度")
    results = page.get_by_role("listbox", name="搜索结果")
    expect(results.get_by_text("随机梯度下降").first).to_be_visible()
    expect(page.get_by_text(re.compile(r"\d 条结果"))).to_be_visible()


def test_a_chapter_has_its_formula_and_a_lab_that_answers(open_page: OpenPage):
    page = open_page(f"zh/{CHAPTER}", width=360)
    expect(page.locator(".katex-display .katex-html").first).to_be_visible()
    place = page.locator(".lab").first
    place.scroll_into_view_if_needed()
    lab = place.frame_locator("iframe")
    expect(lab.locator("#answer .digit")).to_have_text("7")
    expect(lab.locator("#pad")).to_be_visible()
    expect(lab.locator(".top")).to_be_hidden()
    page.wait_for_function("parseFloat(document.querySelector('.lab iframe').style.height) > 300")
    assert lab.locator("html").get_attribute("lang") == "zh-Hans"
    page.locator("label[for=__palette_1]").click()
    expect(lab.locator("html")).to_have_attribute("data-theme", "dark")
    link = place.get_by_role("link")
    assert "embed" not in str(link.get_attribute("href"))
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize("theme", ["dark", pytest.param("light", marks=pytest.mark.slow)])
def test_axe_finds_nothing(open_page: OpenPage, theme: str):
    page = open_page("en/datasets.html", theme=theme, bypass_csp=True)
    scheme = page.locator("body").get_attribute("data-md-color-scheme")
    assert scheme == {"light": "default", "dark": "slate"}[theme]
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert [(it["id"], it["nodes"][0]["html"]) for it in found] == []


def test_the_lab_serves_the_guide_and_nothing_else(lab: Client, guide: str, site: Path):
    assert lab.ask("GET", "/guide").url == f"{guide}/"
    page = lab.ask("GET", "/guide/zh/")
    assert page.content == (site / "zh/index.html").read_bytes()
    assert "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]
    font = next(site.rglob("*.woff2")).relative_to(site)
    assert lab.ask("GET", f"/guide/{font}").headers["Content-Type"] == "font/woff2"
    (site.parent / "secret").write_text("secret")
    for path in ("gone.html", "%2e%2e/secret", "zh/%2e%2e/%2e%2e/secret", "zh%5cindex.html"):
        assert lab.ask("GET", f"/guide/{path}").status_code == 404


def test_without_a_guide_the_page_says_how_to_build_it(lab: Client):
    lab.lab.guide.unlink(missing_ok=True)
    answer = lab.ask("GET", "/guide/zh/")
    assert answer.status_code == 404
    assert "make site" in answer.text
