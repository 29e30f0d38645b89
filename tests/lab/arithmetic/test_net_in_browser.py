"""The same arithmetic in Chromium: a browser's JavaScript is compared with PyTorch, too."""

import functools
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Browser

from digitlab.data.dataset import Dataset
from digitlab.train.networks import normalize
from tests.lab.arithmetic.conftest import bundle_of, network_of
from tests.lab.arithmetic.test_net import MEAN, STD, by_lines, in_a_row

ROOT = Path(__file__).parents[3]
CHECK = """async () => {
  const { differences } = await import("/repository/tests/lab/arithmetic/page_checks.js");
  const get = async (name) => (await fetch(`/task/${name}`)).arrayBuffer();
  const bundle = JSON.parse(new TextDecoder().decode(await get("bundle.json")));
  const images = new Uint8Array(await get("images.bin"));
  const expected = new Float32Array(await get("expected.bin"));
  return differences({ bundle, images, expected });
}"""


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Serves the repository and the folder of the task, each under its own name."""

    def translate_path(self, path: str) -> str:
        _, place, *rest = path.split("/")
        folder = {"repository": ROOT, "task": Path(self.directory)}.get(place)
        return str((folder or Path(self.directory)).joinpath(*rest))

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    handler = functools.partial(_Handler, directory=str(tmp_path))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_browser_leaves_what_pytorch_leaves_over_1000_images(
    browser: Browser, mnist: Dataset, tmp_path: Path, served: str
):
    images = mnist.test_images[:1000]
    network = network_of("tutorial")
    bundle = bundle_of(network, "tutorial")
    with torch.no_grad():
        x = normalize(torch.from_numpy(images), MEAN, STD)
        expected = in_a_row(by_lines(bundle["lines"], network.state_dict(), x))
    (tmp_path / "bundle.json").write_text(json.dumps(bundle))
    (tmp_path / "images.bin").write_bytes(images.tobytes())
    (tmp_path / "expected.bin").write_bytes(expected.tobytes())
    page = browser.new_page()
    page.goto(f"{served}/task/bundle.json")
    found = page.evaluate(CHECK)
    assert found["compared"] == found["given"] == expected.size
    assert max(found["largest"]) < 1e-4
