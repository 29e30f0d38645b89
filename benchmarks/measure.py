"""What all benchmarks share: the cost of whole processes, the environment, tables, programs.

A process is measured from its start to its end: wall seconds, CPU seconds (user and system), and
peak memory, the resident size of its largest process (`ru_maxrss` of `os.wait4`, so Linux and macOS
only). On Linux a child starts with its parent's peak memory. A program that measures memory
therefore imports nothing large, and neither does this module.
"""

import importlib.metadata
import json
import os
import platform
import shlex
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

from cyclopts import App, Parameter
from cyclopts.validators import Number

from digitlab.errors import DigitlabError, Stopped

Count = Annotated[int, Parameter(validator=Number(gte=1))]
"""An option that is a whole number, 1 or more."""
ModelFolder = Annotated[Path, Parameter(help="The folder of a model.")]
PictureSeed = Annotated[int, Parameter(help="Of the pictures.")]
CountsFile = Annotated[Path | None, Parameter(help="A file for the counts.")]

Network = Annotated[Path, Parameter(help="The folder of a model or a run.")]
"""The network that a benchmark measures."""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """The cost of one whole process."""

    wall_seconds: float
    cpu_seconds: float
    peak_mib: float


def measure(command: Sequence[str], log: Path, environment: dict[str, str] | None = None) -> Cost:
    """Run a process to its end with stdout in `log`, and return its cost.

    Raises `DigitlabError` with the end of its stderr if it fails.
    """
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
        raise DigitlabError(
            f"`{shlex.join(command)}` failed with exit code {process.returncode}:\n"
            + errors.read_text(errors="replace").strip()[-2000:]
        )
    peak_unit_bytes = 1 if sys.platform == "darwin" else 1024
    return Cost(
        wall_seconds=wall_seconds,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_mib=usage.ru_maxrss * peak_unit_bytes / 2**20,
    )


def seconds_of(function: Callable[[], object], runs: int) -> list[float]:
    """Return the wall seconds of each of `runs` calls, after one call to warm up."""
    function()
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    return seconds


def spread(values: Sequence[float], unit: str = "", digits: int = 2) -> str:
    """Return the median with the least and the greatest value.

    >>> spread([1, 2, 4], "s")
    '2.00 s (1.00-4.00)'
    """
    least, middle, most = (f"{f(values):,.{digits}f}" for f in (min, statistics.median, max))
    return f"{middle} {unit}".strip() + f" ({least}-{most})"


def print_table(rows: Iterable[Mapping[str, object]]) -> None:
    """Print a Markdown table whose columns are the keys of the rows, each row at once."""
    for number, row in enumerate(rows):
        if number == 0:
            print(f"\n| {' | '.join(row)} |\n{'| --- ' * len(row)}|")
        print(f"| {' | '.join(map(str, row.values()))} |", flush=True)


def progress(text: str) -> None:
    """Report progress on stderr."""
    print(text, file=sys.stderr, flush=True)


def write_counts(path: Path | None, **content: object) -> None:
    """Write what was counted as JSON, if a file is wanted."""
    if path is not None:
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def print_environment(*packages: str, **settings: object) -> dict[str, object]:
    """Print and return the machine, the versions of packages, the date, the command, settings."""
    facts: dict[str, object] = {
        "machine": describe_machine(),
        "versions": {"Python": platform.python_version()}
        | {package: version_of(package) for package in ("digitlab", *packages)},
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join([Path(sys.executable).name, *sys.orig_argv[1:]]),
        "settings": {name: str(value) for name, value in settings.items()},
    }
    for name, fact in facts.items():
        pairs = fact.items() if isinstance(fact, dict) else [("", fact)]
        print(f"{name}: " + ", ".join(f"{key} {value}".strip() for key, value in pairs))
    return facts


def version_of(package: str) -> str:
    """Return the installed version of a package that the benchmark needs."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        raise DigitlabError(
            f"{package} is not installed for {sys.executable}; run `make install`, "
            "then start the benchmark with .venv/bin/python"
        ) from None


def describe_machine() -> dict[str, object]:
    """Return the CPU's model, the cores this process may use, memory, system and current load."""
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


def run_program(benchmark: Callable[..., None], description: str | None) -> NoReturn:
    """Run a benchmark as a program, and exit.

    Its parameters are the options; `description` is the help, whose first lines are shown.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    module = sys.modules["__main__"].__spec__.name.removesuffix(".__main__")
    app = App(name=f"python -m {module}", help=description, help_format="markdown",
              version_flags=[], suppress_keyboard_interrupt=False)  # fmt: skip
    app.default(benchmark)
    try:
        app(sys.argv[1:])
    except (DigitlabError, OSError) as error:
        sys.exit(f"error: {error}")
    except Stopped as stop:
        progress(str(stop))
        sys.exit(stop.exit_code)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    sys.exit(0)
