"""Faults, on purpose: do them to the real program, and print what survived.

Without names, every fault is tried. The exit code is 1 if a promise was broken.
"""

import importlib
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

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
"""The module of each fault. `run` tries it; `TESTS` are the tests of its `PROMISE`, too."""

app = App(name="python -m torture", help=__doc__, version_flags=[])


@app.default
def torture(
    *names: Annotated[str, Parameter(help=f"Which faults: {', '.join(FAULTS)}.")],
    short: Annotated[
        bool, Parameter(negative="", help="A few attempts of each: seconds, not minutes.")
    ] = False,
    json: Annotated[
        Path | None, Parameter(help="Write the figures into this file; others in it stay.")
    ] = None,
) -> None:
    """Try faults, and print a table of what survived."""
    if unknown := set(names) - FAULTS.keys():
        sys.exit(f"no fault {', '.join(sorted(unknown))}; there are {', '.join(FAULTS)}")
    home = Path(tempfile.mkdtemp(prefix="torture-"))
    records = {}
    try:
        with nursery(home / "data", *(PRELOAD if short else PRELOAD_FOR_ALL)) as ready:
            bench = Bench(home, ready, Trainings(ready, home), short)
            for name in names or FAULTS:
                print(f"{name} …", file=sys.stderr, flush=True)
                records[name] = _record(name, bench)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    print(table_of(records))
    if json is not None:
        merge_into(json, records)
    sys.exit(any(record["broken"] for record in records.values()))


def _record(name: str, bench: Bench) -> dict[str, object]:
    """Try one fault; return what is to be known of it."""
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
