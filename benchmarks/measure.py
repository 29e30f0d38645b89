"""What one whole process takes, and the machine it took it on.

Measured from a process's start to its end: wall seconds; CPU seconds, user and system; and peak
memory, which is the resident size of its largest process (`ru_maxrss` from `os.wait4`, so Linux and
macOS only). Linux counts what the parent held when it started the child as the child's: a program
that measures with this imports nothing large.
"""

import importlib.metadata
import os
import platform
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


class BenchmarkError(Exception):
    """Something the user can mend: its text is all that is shown."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one whole process took."""

    wall_seconds: float
    cpu_seconds: float
    peak_mib: float


def measure(command: Sequence[str], environment: dict[str, str], log: Path) -> Cost:
    """Run one process to its end, its stdout in `log`, and return what it took."""
    errors = log.with_suffix(".errors")
    with log.open("wb") as stdout, errors.open("wb") as stderr:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, env=environment
        )
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:  # Ctrl-C or SIGTERM: leave no process behind
            process.kill()
            process.wait()
            raise
        wall_seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        said = errors.read_text(errors="replace").strip()[-2000:]
        raise BenchmarkError(
            f"`{shlex.join(command)}` ended with exit code {process.returncode}:\n{said}"
        )
    peak_unit_bytes = 1 if sys.platform == "darwin" else 1024
    return Cost(
        wall_seconds=wall_seconds,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_mib=usage.ru_maxrss * peak_unit_bytes / 2**20,
    )


def exit_code_of(benchmark: Callable[[], None]) -> int:
    """Run a benchmark to its end; tell on stderr what stopped it; return the exit code."""
    try:
        benchmark()
    except (BenchmarkError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def seconds_of(function: Callable[[], object], runs: int) -> list[float]:
    """Return the wall seconds of each of several calls, after one that warms up."""
    function()
    found = []
    for _ in range(runs):
        start = time.perf_counter()
        function()
        found.append(time.perf_counter() - start)
    return found


def version_of(package: str) -> str:
    """Return the installed version of a package that the benchmark cannot do without."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        raise BenchmarkError(
            f"{package} is not installed for {sys.executable}; run `make install`, "
            "then start the benchmark with .venv/bin/python"
        ) from None


def describe_machine() -> dict[str, object]:
    """Return the CPU's model, the cores this process may use, memory, system and present load."""
    cpu = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        cpu = models[0] if models else cpu
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": cpu,
        "cores": cores,
        "memory_gib": round(memory_bytes / 2**30, 1),
        "system": platform.platform(),
        "load_average_1_minute": round(os.getloadavg()[0], 2),
    }
