"""A service in this process, in a thread, and pictures to send."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from digitlab.serve.app import build_app
from digitlab.serve.described_pictures import example_picture
from digitlab.serve.server import Server, listen, url_of
from digitlab.serve.settings import Settings
from tests.waiting import PATIENCE


class Live:
    """A service that runs: its app, and a client."""

    def __init__(self, settings: Settings, **options: Any) -> None:
        self.app = build_app(settings, **options)
        self.service = self.app.state.service
        listening = listen("127.0.0.1", 0)
        self.url = url_of(listening)
        self.port = listening.getsockname()[1]
        self.address = ("127.0.0.1", self.port)
        ready = threading.Event()
        self.server = Server(self.app, ready.set)
        self.thread = threading.Thread(target=self.server.run, args=([listening],), daemon=True)
        self.thread.start()
        assert ready.wait(PATIENCE)

    def get(self, path: str, **options: Any) -> requests.Response:
        return requests.get(self.url + path, timeout=PATIENCE, **options)

    def post(self, path: str, data: Any = None, **options: Any) -> requests.Response:
        return requests.post(self.url + path, data, timeout=PATIENCE, **options)

    def close(self) -> None:
        self.server.should_exit = True
        self.thread.join()


@pytest.fixture(scope="session")
def live() -> Iterator[Live]:
    """Yield a service with the shipped model, which has time on a busy machine."""
    with contextlib.closing(Live(Settings(seconds=3600))) as service:
        yield service


@pytest.fixture
def start() -> Iterator[Callable[..., Live]]:
    """Yield a function that starts a service with other settings.

    It has time on a busy machine, unless the settings say how much.
    """
    with contextlib.ExitStack() as stack:

        def start(settings: Settings | None = None, **options: Any) -> Live:
            settings = settings or Settings()
            if settings.seconds == Settings.seconds:
                settings = replace(settings, seconds=3600)
            live = Live(settings, **options)
            return stack.enter_context(contextlib.closing(live))

        yield start


@pytest.fixture(scope="session")
def seven() -> bytes:
    """Return a PNG file of a 7."""
    return example_picture()


@pytest.fixture
def seven_file(seven: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "seven.png"
    path.write_bytes(seven)
    return path
