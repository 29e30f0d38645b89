"""Measure `digitlab serve`: requests per second, latency, shedding and memory, next to two peers.

    python -m benchmarks.service [--seconds 5] [--rounds 3] [--no-peers]

Each server runs as two processes and is driven by wrk, a process of its own, over loopback with 32
connections. All servers take turns, so that a change of the machine's speed meets all of them. The
peers (FastAPI with PyTorch, and LitServe) are installed into an environment of their own in the
user's cache. wrk must be installed.
"""

import contextlib
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import (
    Count,
    print_environment,
    print_table,
    progress,
    run_program,
    spread,
)
from benchmarks.peers.environment import python_with
from benchmarks.service_load import overload
from digitlab.errors import DigitlabError

ROOT = Path(__file__).parents[1]
CONNECTIONS = 32
SCRIPT = """
local file = io.open("{picture}", "rb")
wrk.method, wrk.body = "POST", file:read("*a")
wrk.headers["Content-Type"] = "image/png"
"""
MEMORY_REQUESTS = 100_000
PEERS = ("fastapi", "litserve")


@dataclass(frozen=True, kw_only=True)
class Load:
    """What wrk measured in one run."""

    per_second: float
    p99_ms: float
    errors: int


def measure_service(*, seconds: Count = 5, rounds: Count = 3, peers: bool = True) -> None:
    """Measure, and print the table.

    Parameters
    ----------
    seconds
        Of each run.
    rounds
        How often all servers take their turn.
    peers
        Also measure the peers.
    """
    if shutil.which("wrk") is None:
        raise DigitlabError("wrk is not installed: install the system's package wrk")
    print_environment("starlette", "uvicorn", "onnxruntime", seconds=seconds, rounds=rounds)
    with tempfile.TemporaryDirectory(prefix="digitlab-service-") as folder:
        print_table(rows(Path(folder), seconds, rounds, PEERS if peers else ()))


def rows(
    folder: Path, seconds: int, rounds: int, peers: tuple[str, ...]
) -> Iterator[dict[str, str]]:
    """Yield the rows of the table."""
    save_pictures(folder)
    with contextlib.ExitStack() as stack:
        servers = {name: stack.enter_context(server(name)) for name in ("digitlab", *peers)}
        for picture in ("mnist", "canvas"):
            loads: dict[str, list[Load]] = {name: [] for name in servers}
            for _ in range(rounds):
                for name, (port, _process) in servers.items():
                    loads[name].append(wrk(port, folder / f"{picture}.png", seconds))
            for name, runs in loads.items():
                yield {
                    "what": f"{picture}.png, {name}",
                    "requests per second": spread([run.per_second for run in runs], "", 0),
                    "p99, ms": spread([run.p99_ms for run in runs], "", 1),
                    "errors": str(sum(run.errors for run in runs)),
                }
            capacity = statistics.median(run.per_second for run in loads["digitlab"])
            answered = overload(
                servers["digitlab"][0], folder / f"{picture}.png", 2 * capacity, seconds
            )
            yield {
                "what": f"{picture}.png, digitlab, twice that load",
                "requests per second": f"{answered.answered / seconds:,.0f} answered",
                "p99, ms": f"{answered.p99_ms:.0f} of the answered",
                "errors": f"{answered.refused:,} refused (503), {answered.failed} others",
            }
        yield memory(servers["digitlab"], folder / "mnist.png")


def memory(served: tuple[int, subprocess.Popen[bytes]], picture: Path) -> dict[str, str]:
    """Return the row of the workers' memory before and after many requests."""
    port, process = served
    before, sent = resident_mib(process.pid), 0.0
    while sent < MEMORY_REQUESTS:
        sent += wrk(port, picture, 10).per_second * 10
    return {
        "what": f"memory of all processes, after another {sent:,.0f} requests",
        "requests per second": "",
        "p99, ms": f"{before:.0f} to {resident_mib(process.pid):.0f} MiB",
        "errors": "",
    }


def resident_mib(process: int) -> float:
    """Return the resident memory of a process and its children (Linux)."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    pages = [int(Path(f"/proc/{it}/statm").read_text().split()[1]) for it in (process, *children)]
    return sum(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20


def wrk(port: int, picture: Path, seconds: int) -> Load:
    """Drive a server for some seconds."""
    script = picture.with_suffix(".lua")
    script.write_text(SCRIPT.format(picture=picture))
    url = f"http://127.0.0.1:{port}/predict"
    words = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}", "--latency", "-s", script, url]
    text = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    rate = re.search(r"Requests/sec: +([\d.]+)", text)
    p99 = re.search(r"99% +([\d.]+)(us|ms|s)", text)
    if rate is None or p99 is None:
        raise DigitlabError(f"wrk printed no result: {text}")
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    sockets = re.search(
        r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text
    )
    errors = int(failed[1]) if failed else 0
    errors += sum(map(int, sockets.groups())) if sockets else 0
    milliseconds = float(p99[1]) * {"us": 1e-3, "ms": 1, "s": 1e3}[p99[2]]
    return Load(per_second=float(rate[1]), p99_ms=milliseconds, errors=errors)


@contextlib.contextmanager
def server(name: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Yield the port and the process of a server that is ready."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    if name == "digitlab":
        words = [sys.executable, "-m", "digitlab", "serve", "--port", port, "--workers", 2]
    else:
        words = [peers_python(), "-m", f"benchmarks.peers.{name}_service", port]
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    process = subprocess.Popen(
        list(map(str, words)), cwd=ROOT, env={**os.environ, "PYTHONPATH": path},
        stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for(port, process, name)
        yield port, process
    finally:
        process.terminate()
        process.wait()


def wait_for(port: int, process: subprocess.Popen[bytes], name: str) -> None:
    """Wait until a server answers at all."""
    progress(f"starting {name}")
    for _ in range(600):
        if process.poll() is not None:
            raise DigitlabError(f"{name} ended with exit code {process.returncode}")
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/docs", timeout=5).close()
            return
        time.sleep(0.2)
    raise DigitlabError(f"{name} did not start within two minutes")


def peers_python() -> Path:
    """Return the Python of the peers' environment."""
    constraints = ("--constraint", ROOT / "constraints.txt")
    return python_with("service-peers", *constraints, f"{ROOT}[train,serve]", "fastapi", "litserve")


def save_pictures(folder: Path) -> None:
    """Save a test image of MNIST as it is, and a digit drawn on a canvas of 280 x 280."""
    from PIL import Image, ImageDraw

    from digitlab.data.load import load_dataset

    Image.fromarray(load_dataset().test_images[0]).save(folder / "mnist.png")
    canvas = Image.new("L", (280, 280), 255)
    line = [(80, 70), (200, 70), (130, 220)]
    ImageDraw.Draw(canvas).line(line, fill=0, width=20, joint="curve")
    canvas.save(folder / "canvas.png")


if __name__ == "__main__":
    run_program(measure_service, __doc__)
