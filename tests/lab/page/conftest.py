"""The page in Chromium, against a real server; whatever it logs or asks elsewhere fails."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.lab.conftest import Client
from tests.waiting import PAGE_PATIENCE

Open = Callable[..., Page]

TURN = """async (hash) => {
  const { get, set } = await import('/shell/state.js');
  globalThis.before = ['net', 'moment', 'network'].map(get);
  // What no address says:
  set({ trainingOpen: false, brought: null, pictureMode: 'page', latest: null });
  document.activeElement.blur();
  scrollTo(0, 0);
  location.hash = 'elsewhere';
  location.hash = hash;
}"""
SHOWN = """(async () => {
  const { get } = await import('/shell/state.js');
  const [net, moment, network] = globalThis.before;
  const isAsked = net === get('net') && moment === get('moment');
  const step = get('moment'); // of a snapshot that is cached: the same object
  const isAtMoment = step !== null && network.step === step;
  return isAsked || isAtMoment || network !== get('network');
})()"""


@pytest.fixture
def open_page(browser: Browser, tab: Page, lasting_lab: Client) -> Iterator[Open]:
    """Yield a function that opens the page: `open_page("line=1", width=360, theme="dark")`.

    All tests share a tab, which goes from address to address; `reload` also loads the page anew.
    With another `url` or the options of a context, it is loaded into a new tab.
    """
    problems: list[str] = []
    heard: list[tuple[str, Any]] = []

    def open_page(
        hash: str = "", *, width: int = 1440, height: int = 900, theme: Any = "light",
        url: str = lasting_lab.address, reload: bool = False, **more: Any,
    ) -> Page:  # fmt: skip
        is_tab = not more and url == lasting_lab.address
        page = tab if is_tab else browser.new_page(**({"locale": "en-US"} | more))
        page.set_default_timeout(1000 * PAGE_PATIENCE)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=theme)
        page.mouse.move(0, 0)
        for event, hear in _ears(url, problems).items():
            page.on(event, hear)  # type: ignore[call-overload]
            if is_tab:
                heard.append((event, hear))
        if page.url.startswith(url) and not reload:
            settle(page)
            page.evaluate(TURN, hash)
            settle(page)
            until(page, SHOWN)
        else:
            page.goto("about:blank")
            page.goto(f"{url}#{hash}" if url.startswith("file:") else f"{url}/#{hash}")
            page.wait_for_selector("html[data-ready]")
        settle(page)
        return page

    yield open_page
    for event, hear in heard:
        tab.remove_listener(event, hear)
    assert problems == []


def _ears(url: str, problems: list[str]) -> dict[str, Callable[[Any], None]]:
    """Return what listens to a page, by event, and collects what should not be."""
    own = url.rsplit("/", 1)[0] if url.startswith("file:") else url

    def failed(request: Any) -> None:
        if request.failure != "net::ERR_ABORTED":  # the page was closed
            problems.append(f"failed: {request.url}")

    def asked(request: Any) -> None:
        if not request.url.startswith((own, "data:", "blob:")):
            problems.append(f"elsewhere: {request.url}")

    def logged(message: Any) -> None:
        if "status of 422" not in message.text:  # what is refused in a sentence that is shown
            problems.append(f"console: {message.text}")

    return {
        "console": logged,
        "pageerror": lambda it: problems.append(f"error: {it.message}"),
        "requestfailed": failed,
        "request": asked,
    }


@contextmanager
def answering(page: Page, address: str, status: int, body: object) -> Iterator[None]:
    """Answer requests to addresses that end so, without the console reporting an error."""
    page.evaluate(
        """([ending, status, body]) => {
          const real = (globalThis.realFetch = fetch);
          globalThis.fetch = (address, ...more) =>
            address.endsWith(ending)
              ? Promise.resolve(new Response(JSON.stringify(body), { status }))
              : real(address, ...more);
        }""",
        [address, status, body],
    )
    yield
    page.evaluate("() => { globalThis.fetch = globalThis.realFetch; }")


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
    deadline = time.monotonic() + PAGE_PATIENCE
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, condition
        time.sleep(0.02)
