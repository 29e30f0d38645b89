"""Put faults into the real program on purpose, and print what survived.

Without names, every fault is tried. The exit code is 1 if a promise was broken.
"""

import importlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from torture.bench import Bench
from torture.fault import Fault, merge_into, table_of
from torture.nursery import nursery
from torture.trainings import PRELOAD, PRELOAD_FOR_ALL, Trainings

FAULTS = {
    "kill": "torture.kills",
    "disk": "torture.disks",
    "files": "torture.damage",
    "mirrors": "torture.mirrors",
    "pictures": "torture.pictures",
    "service": "torture.service",
    "parallel": "torture.parallel",
    "network": "torture.network",
}
"""The module of each fault. `run` tries it; `TESTS` also test its `PROMISE`."""

Records = dict[str, dict[str, Any]]
"""The record of each fault, by its name."""

app = App(name="python -m torture", help=__doc__, version_flags=[])


@app.default
def torture(
    *names: Annotated[str, Parameter(help=f"Which faults: {', '.join(FAULTS)}.")],
    short: Annotated[
        bool, Parameter(negative="", help="A few attempts of each: seconds, not minutes.")
    ] = False,
    figures: Annotated[
        Path | None,
        Parameter(name="--json", help="Write the figures into this file; others in it stay."),
    ] = None,
    jobs: Annotated[int, Parameter(help="How many faults are tried at the same time.")] = 1,
) -> None:
    """Try faults, and print a table of what survived."""
    if unknown := set(names) - FAULTS.keys():
        sys.exit(f"no fault {', '.join(sorted(unknown))}; there are {', '.join(FAULTS)}")
    chosen = names or tuple(FAULTS)
    if jobs > 1:
        with ThreadPoolExecutor(jobs) as pool:
            records = dict(
                zip(chosen, pool.map(partial(_in_new_process, short), chosen), strict=True)
            )
    else:
        records = _one_by_one(chosen, short=short)
    print(table_of(records))
    if figures is not None:
        merge_into(figures, records)
    sys.exit(any(record["broken"] for record in records.values()))


def _one_by_one(names: Sequence[str], *, short: bool) -> Records:
    home = Path(tempfile.mkdtemp(prefix="torture-"))
    records = {}
    try:
        with nursery(home / "data", *(PRELOAD if short else PRELOAD_FOR_ALL)) as ready:
            bench = Bench(home, ready, Trainings(ready, home), short)
            for name in names:
                print(f"{name} …", file=sys.stderr, flush=True)
                records[name] = _record(name, bench)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return records


def _in_new_process(short: bool, name: str) -> dict[str, Any]:
    """Try one fault in a process of its own; return its record."""
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder) / "figures.json"
        words = [sys.executable, "-m", "torture", name, "--json", figures]
        done = subprocess.run(
            [*words, *["--short"] * short], stdout=subprocess.DEVNULL, check=False
        )
        if not figures.exists():
            sys.exit(f"{name} could not be tried: exit code {done.returncode}")
        return dict(json.loads(figures.read_text())[name])


def _record(name: str, bench: Bench) -> dict[str, Any]:
    """Try one fault; return its record."""
    module = importlib.import_module(FAULTS[name])
    fault, start = Fault(name, module.PROMISE), time.perf_counter()
    module.run(fault, bench)
    return {
        **fault.record(),
        "tests": list(module.TESTS),
        "form": "short" if bench.short else "long",
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "seconds": round(time.perf_counter() - start),
    }


if __name__ == "__main__":
    app()
