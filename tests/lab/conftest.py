"""A lab that answers on a port of this machine, and a client of it."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
import uvicorn

from digitlab.data.dataset import Dataset
from digitlab.lab.images import LoadedOnce
from digitlab.lab.server import Lab, build_lab, new_lab
from digitlab.serve.settings import Settings
from tests.waiting import PATIENCE


class Client:
    """What a browser does: it asks, and names its own page as the origin."""

    def __init__(self, address: str, lab: Lab, close: Callable[[], None]) -> None:
        self.address, self.lab, self.close = address, lab, close
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy
        self._session.headers["Origin"] = address

    def ask(self, method: str, path: str, **more: Any) -> requests.Response:
        """Send a request; `more` is what `requests.request` takes."""
        return self._session.request(method, self.address + path, timeout=PATIENCE, **more)

    def get(self, path: str) -> Any:
        """Return the JSON that a path answers."""
        response = self.ask("GET", path)
        assert response.status_code == 200, response.text
        return response.json()

    def post(self, path: str, body: object = None, *, status: int = 200) -> Any:
        """Return the JSON that a path answers to JSON."""
        response = self.ask("POST", path, json=body)
        assert response.status_code == status, response.text
        return response.json()

    def events(self, path: str, **headers: str) -> Iterator[tuple[str, str, Any]]:
        """Yield the kind, id and data of each event of a stream, until it ends."""
        with self.ask("GET", path, stream=True, headers=headers) as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            fields: dict[str, str] = {}
            for line in response.iter_lines(chunk_size=1, decode_unicode=True):
                if line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                elif "event" in fields:
                    yield fields["event"], fields["id"], json.loads(fields["data"])
                    fields = {}


@pytest.fixture(scope="session")
def images(mnist: Dataset) -> LoadedOnce:
    """Return the images, whose picture takes a second to make."""
    return LoadedOnce(lambda: mnist)


@pytest.fixture
def lab(tmp_path: Path, images: LoadedOnce) -> Iterator[Client]:
    """Yield a client of a lab on empty folders, which runs in a thread of this process."""
    lab = new_lab(model=None, runs=tmp_path / "runs", corrections=tmp_path / "corrections")
    lab.images = images
    with serving(lab) as client:
        yield client


@pytest.fixture(scope="session")
def lasting_lab(images: LoadedOnce, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Yield a client of a lab on empty folders, for tests that leave them empty."""
    folder = tmp_path_factory.mktemp("lab")
    lab = new_lab(model=None, runs=folder / "runs", corrections=folder / "corrections")
    lab.images = images
    with serving(lab) as client:
        yield client


@contextmanager
def serving(lab: Lab) -> Iterator[Client]:
    """Yield a client of a lab that is served; closing it is what SIGTERM does."""
    app = build_lab(lab, Settings(origins=None, seconds=3600))  # a busy machine is no fault
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", ws="none"))
    loop: list[asyncio.AbstractEventLoop] = []

    def run() -> None:
        async def serve() -> None:
            loop.append(asyncio.get_running_loop())
            await server.serve()

        asyncio.run(serve())

    def close() -> None:
        loop[0].call_soon_threadsafe(app.state.closing.set)
        server.should_exit = True
        thread.join(PATIENCE)

    thread = threading.Thread(target=run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Client(f"http://127.0.0.1:{port}", lab, close)
    finally:
        if thread.is_alive():
            close()
