"""The page in Chromium, against a real server; whatever it logs or asks elsewhere fails."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from digitlab.lab.images import LoadedOnce
from digitlab.lab.server import new_lab
from tests.lab.conftest import serving
from tests.waiting import PATIENCE

_TIMEOUT = 1000 * PATIENCE  # milliseconds

Open = Callable[..., Page]


@pytest.fixture(scope="session")
def address(images: LoadedOnce, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the address of a lab on empty folders."""
    folder = tmp_path_factory.mktemp("lab")
    lab = new_lab(model=None, runs=folder / "runs", corrections=folder / "corrections")
    lab.images = images
    with serving(lab) as client:
        yield client.address


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Open]:
    """Yield a function that opens the page: `open_page("line=1", width=360, theme="dark")`."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def open_page(
        hash: str = "", *, width: int = 1440, height: int = 900, theme: Any = "light",
        locale: str = "en-US", url: str = address, **more: Any,
    ) -> Page:  # fmt: skip
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme, locale=locale, **more
        )
        contexts.append(context)
        context.set_default_timeout(_TIMEOUT)
        page = context.new_page()
        page.on("console", lambda it: problems.append(f"console: {it.text}"))
        page.on("pageerror", lambda it: problems.append(f"error: {it.message}"))
        page.on(
            "requestfailed",
            lambda it: (
                None
                if it.failure == "net::ERR_ABORTED"  # the page was closed
                else problems.append(f"failed: {it.url}")
            ),
        )
        own = url.rsplit("/", 1)[0] if url.startswith("file:") else url
        page.on(
            "request",
            lambda it: (
                None
                if it.url.startswith((own, "data:", "blob:"))
                else problems.append(f"elsewhere: {it.url}")
            ),
        )
        page.goto(f"{url}#{hash}" if url.startswith("file:") else f"{url}/#{hash}")
        page.wait_for_selector("html[data-ready]")
        settle(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


def settle(page: Page) -> None:
    """Wait until what has changed is painted."""
    page.evaluate(
        "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame("
        "() => requestAnimationFrame(done))))"
    )


def answer(page: Page) -> str:
    """Return the large digit of the answer, and what stands next to it."""
    settle(page)
    return f"{page.inner_text('#answer .digit')} {page.inner_text('#answer .share')}".strip()


def until(page: Page, condition: str) -> None:
    """Wait until a JavaScript expression is true. (Playwright's own way needs `unsafe-eval`.)"""
    deadline = time.monotonic() + _TIMEOUT / 1000
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, condition
        time.sleep(0.02)
