"""Take the pictures of the lab in `docs/images` again: `python -m docs.screenshots`.

It starts `digitlab lab` and opens it in the Chromium of this machine, in each language and theme.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

IMAGES = Path(__file__).with_name("images")
PICTURES = {
    "lab.png": "lang=en&theme=light",
    "lab-dark.png": "lang=en&theme=dark",
    "lab-zh.png": "lang=zh&theme=light",
    "lab-zh-dark.png": "lang=zh&theme=dark",
}
WIDTH, HEIGHT = 1440, 860  # pixels


@contextmanager
def lab() -> Iterator[str]:
    """Yield the address of a lab without runs."""
    command = [sys.executable, "-m", "digitlab", "lab", "--no-open", "--port", "0"]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen([*command, "--runs", folder], stderr=subprocess.PIPE, text=True) as server,
    ):
        try:
            assert server.stderr is not None
            line = server.stderr.readline()
            found = re.search(r"http://\S+(?=/)", line)
            assert found, line
            yield found[0]
        finally:
            server.terminate()


def main() -> None:
    """Take all of them."""
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    with lab() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        for name, chosen in PICTURES.items():
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
            page.goto(f"{address}/#{chosen}")
            page.wait_for_selector("html[data-ready]")
            page.wait_for_timeout(1_000)  # the fonts and the last numbers are there
            page.screenshot(path=IMAGES / name)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
