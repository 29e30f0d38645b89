"""`docs/service.md` and the container's files are true."""

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from digitlab.cli.app import app
from tests.serve.conftest import Live

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "service.md").read_text()
URL = "http://127.0.0.1:8000"


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_gets_the_answers_that_are_shown(live: Live):
    pages = PAGE + (ROOT / "README.md").read_text()
    blocks = re.findall(r"```console\n(.*?)```", pages, re.DOTALL)
    shown = [part.split("\n", 1) for block in blocks for part in block.split("$ curl ")[1:]]
    assert len(shown) == 5
    for command, answer in shown:
        words = shlex.split(command.replace(URL, live.url))
        done = subprocess.run(
            ["curl", "-s", *words], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert rounded(done.stdout) == rounded(answer), command


def rounded(answer: str) -> object:
    """The last digits of a probability may differ on other processors."""
    return json.loads(answer, parse_float=lambda text: round(float(text), 4))


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_python_of_the_page_runs(live: Live, seven_file: Path, monkeypatch):
    monkeypatch.chdir(seven_file.parent)
    names: dict = {"images": np.zeros((3, 28, 28), np.uint8)}
    programs = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert len(programs) == 2
    for program in programs:
        exec(program.replace("127.0.0.1:8000", f"127.0.0.1:{live.port}"), names)
    assert names["answer"]["digit"] == 7
    assert len(names["many"]) == 3
    assert names["probabilities"].shape == (3, 10)
    names["client"].close()


def test_every_metric_is_explained(live: Live):
    live.get("/nothing")
    counted = set(re.findall(r"# TYPE (digitlab_\w+) ", live.get("/metrics").text))
    explained = set(re.findall(r"^\| `(digitlab_\w+)`", PAGE, re.MULTILINE))
    assert counted == explained


def test_the_container_runs_without_root_and_with_flags_that_exist():
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line.split(" ", 1) for line in text.splitlines() if line[:1].isupper()]
    last = dict(lines[max(i for i, (word, _) in enumerate(lines) if word == "FROM") :])
    assert int(last["USER"]) > 0
    assert "/readyz" in last["HEALTHCHECK"]
    words = [*json.loads(last["ENTRYPOINT"]), *json.loads(last["CMD"])]
    assert words[:2] == ["digitlab", "serve"]
    app.parse_args(words[1:], exit_on_error=False, print_error=False)
    compose = (ROOT / "compose.yaml").read_text()
    command = json.loads(re.search(r"command: (\[.*\])", compose)[1])
    app.parse_args(["serve", *command], exit_on_error=False, print_error=False)
    for wanted in ("read_only: true", "/readyz", "cap_drop: [ALL]", '"127.0.0.1:8000:8000"'):
        assert wanted in compose
    for name in re.findall(r"^COPY (?!--from)(.*) \S+$", text, re.MULTILINE):
        assert all((ROOT / part).exists() for part in name.split())
