"""Ray: the files are those of one process, nothing is left behind, and nothing is reported."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("ray")
pytestmark = pytest.mark.slow

ENVIRONMENT = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "disabled"}
PROGRAM = "from digitlab.cli import parts; parts._SIZES.update(predict=3, read=3);"
PROGRAM += "from digitlab.cli.app import main; main()"


def run(*words: object, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `digitlab` with small parts, in a process of its own: Ray changes the one it is in."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, words)],
        capture_output=True, text=True, check=False, env={**os.environ, **variables},
    )  # fmt: skip


def test_ray_writes_the_same_files_and_leaves_none_of_its_own(
    call: Callable, inputs: Path, tmp_path: Path, contents: Callable
):
    """Also with relative paths; the socket of a long folder's name would not fit."""
    assert call("predict", inputs, "--out", tmp_path / "one", "--jobs", "1").code == 0
    words = ("predict", inputs, "--out", tmp_path / "ray", "--engine", "ray", "--jobs", "2")
    with tempfile.TemporaryDirectory(prefix="t-", dir="/tmp") as short:
        done = run(*words, TMPDIR=short)
        assert done.returncode == 0, done.stderr
        assert done.stdout == ""
        assert done.stderr.splitlines()[-1].endswith("9 new rows, 1 with an error")
        assert contents(tmp_path / "one") == contents(tmp_path / "ray")
        assert list(Path(short).iterdir()) == []
        (tmp_path / "ray" / "part-000002.jsonl").unlink()
        again = run(*words, TMPDIR=short)
    assert "3 of them from before; 1 new rows" in again.stderr
    assert contents(tmp_path / "one") == contents(tmp_path / "ray")


def is_open(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def cluster() -> Iterator[str]:
    """Start a cluster of one machine; yield its address. `ray stop` would stop others as well."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ray, words = Path(sys.executable).parent / "ray", f"start --head --block --port={port}".split()
    with tempfile.TemporaryDirectory(prefix="r-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        words += f"--num-cpus=2 --temp-dir={folder} --include-dashboard=false".split()
        head = subprocess.Popen([ray, *words], env=ENVIRONMENT)
        try:
            while not is_open(port):
                assert head.poll() is None
                time.sleep(0.1)
            yield f"127.0.0.1:{port}"
        finally:
            head.terminate()
            head.wait()


def test_a_cluster_is_used_if_ray_address_names_it(
    call: Callable, inputs: Path, tmp_path: Path, contents: Callable
):
    assert call("predict", inputs, "--out", tmp_path / "one", "--jobs", "1").code == 0
    with cluster() as address:
        words = ("predict", inputs, "--out", tmp_path / "ray", "--engine", "ray")
        done = run(*words, **ENVIRONMENT, RAY_ADDRESS=address)
    assert done.returncode == 0, done.stderr
    assert contents(tmp_path / "one") == contents(tmp_path / "ray")
