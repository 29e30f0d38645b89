"""Fixtures: real MNIST, a small part of it, two ways to call the program, and a browser."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from digitlab.cli.app import main
from digitlab.data.catalog import CatalogEntry
from digitlab.data.dataset import Dataset
from digitlab.data.load import load_dataset

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

os.environ["LC_ALL"] = "C.UTF-8"  # the tests compare English texts

# One thread for PyTorch, here and in the processes that tests start: the networks and the data are
# small, and on a busy machine two threads would wait for each other most of the time. This takes
# effect because no test module has imported PyTorch yet.
os.environ.setdefault("OMP_NUM_THREADS", "1")
assert "torch" not in sys.modules

# A shell lets what it starts in the background ignore Ctrl-C; the tests send it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# No test measures time: a busy machine is not a fault.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")


@pytest.fixture(autouse=True)
def threads_as_before() -> Iterator[None]:
    """Let no test change the number of threads, and so the bits, of those after it."""
    torch = sys.modules.get("torch")
    before = torch.get_num_threads() if torch else len(os.sched_getaffinity(0))
    yield
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(before)


@pytest.fixture(scope="session")
def mnist() -> Dataset:
    """Return the real dataset, fetched into the user's cache the first time."""
    return load_dataset("mnist")


@pytest.fixture(scope="session")
def small_mnist(mnist: Dataset) -> Dataset:
    """Return the first 600 training and 200 test images: an epoch takes tenths of a second."""
    return replace(
        mnist,
        train_images=mnist.train_images[:600],
        train_labels=mnist.train_labels[:600],
        test_images=mnist.test_images[:200],
        test_labels=mnist.test_labels[:200],
    )


@pytest.fixture
def small_data(small_mnist: Dataset, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """Let every dataset of the catalog be `small_mnist` with another name, in this process."""

    def load(entry: CatalogEntry, *_: object) -> Dataset:
        return replace(small_mnist, name=entry.name)

    monkeypatch.setattr("digitlab.data.published.load_published", load)
    return small_mnist


@dataclass(frozen=True)
class Outcome:
    """The outcome of a call: exit code, stdout, stderr."""

    code: int
    out: str
    err: str


@pytest.fixture
def call(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Outcome]:
    """Return a function that calls `digitlab` in this process, to import PyTorch only once."""

    def call(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["digitlab", *map(str, arguments)])
        monkeypatch.setenv("COLUMNS", "200")
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call


@pytest.fixture
def spawn() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Yield a function that starts `digitlab`, or a program that calls it, in a new process."""
    started: list[subprocess.Popen[str]] = []

    def spawn(
        *arguments: object, program: Sequence[str] = ("-m", "digitlab"), **variables: str
    ) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, *program, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **variables},
        )
        started.append(process)
        return process

    yield spawn
    for process in started:  # those that a failed test left behind
        process.kill()
        process.communicate()


def program(names: str) -> str:
    """Return the path of the first of these programs that is installed; skip the test if none is.

    `.ci/run` installs them and sets CI: there, a test that lacks one fails.
    """
    for name in names.split():
        if path := shutil.which(name):
            return path
    message = f"needs one of these programs: {names}"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Return the path of the machine's Chromium."""
    return program("chromium chromium-browser google-chrome")


@pytest.fixture(scope="session")
def node_path() -> str:
    """Return the path of Node, which runs the page's modules without a browser."""
    return program("node nodejs")


@pytest.fixture(scope="session")
def _browser_and_loop(chromium_path: str) -> Iterator[tuple["Browser", asyncio.AbstractEventLoop]]:
    from playwright.sync_api import sync_playwright

    speed = "--no-sandbox --disable-gpu --no-first-run"
    offline = "--disable-quic --disable-background-networking --disable-component-update"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path,
            args=[*speed.split(), *offline.split(), "--disable-sync"],
        )
        loop = asyncio.get_running_loop()
        asyncio._set_running_loop(None)
        yield browser, loop
        asyncio._set_running_loop(loop)
        browser.close()


@pytest.fixture
def browser(
    _browser_and_loop: tuple["Browser", asyncio.AbstractEventLoop],
) -> Iterator["Browser"]:
    """Yield a browser without a window. All tests share it; what a test opens is closed after it.

    Playwright's event loop is marked as running in this thread during the test only: while it is,
    `asyncio.run` refuses to start another.
    """
    browser, loop = _browser_and_loop
    before = browser.contexts
    asyncio._set_running_loop(loop)
    yield browser
    for context in browser.contexts:
        if context not in before:
            context.close()
    asyncio._set_running_loop(None)


@pytest.fixture(scope="session")
def tab(_browser_and_loop: tuple["Browser", asyncio.AbstractEventLoop]) -> "Page":
    """Return a tab that stays open: to load a page in a new one takes seconds of all cores."""
    browser, loop = _browser_and_loop
    asyncio._set_running_loop(loop)
    page = browser.new_page(locale="en-US")
    asyncio._set_running_loop(None)
    return page
