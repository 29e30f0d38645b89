"""Measure what the pictures cost that take most time and memory: `python -m benchmarks.worst`.

They are those of `testsets/worst.py`. Each is given to `digitlab predict` and to `digitlab read`, a
process of its own each time: its seconds and its peak memory. No picture within the limits may take
more than 5 s of CPU or 600 MB. The exit code is 1 if one does.
"""

import multiprocessing
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

# Nothing large is imported: the peak memory of others is measured (see `benchmarks.measure`).
from benchmarks.measure import Count, measure, print_environment, print_table, run_program
from digitlab.errors import DigitlabError

MOST_SECONDS, MOST_MIB = 5, 600e6 / 2**20
COMMANDS = ("predict", "read")


def save_pictures(folder: Path, sides: list[int], megapixels: float) -> list[Path]:
    """Save each of the worst pictures at each size, and a large photograph."""
    from testsets.worst import photograph, worst_pictures

    contents = {
        f"{name} {side}x{side}": content for side in sides for name, content in worst_pictures(side)
    }
    contents[f"photograph of {megapixels:g} megapixels"] = photograph(megapixels, 1)
    paths = []
    for name, content in contents.items():
        paths.append(folder / name)
        paths[-1].write_bytes(content)
    return paths


def rows(folder: Path, paths: list[Path], failed: list[str]) -> Iterator[dict[str, str]]:
    """Yield one row per picture; add to `failed` what took too much."""
    for path in paths:
        cells = {"picture": path.name, "kB": f"{path.stat().st_size / 1000:.0f}"}
        for command in COMMANDS:
            words = [sys.executable, "-m", "digitlab", command, str(path)]
            try:
                cost = measure(words, folder / "log")
            except DigitlabError as error:  # such as a picture that is refused
                cells[command] = str(error).splitlines()[-1]
                continue
            cells[command] = f"{cost.cpu_seconds:.2f} s, {cost.peak_mib:.0f} MiB"
            if cost.cpu_seconds > MOST_SECONDS or cost.peak_mib > MOST_MIB:
                failed.append(f"{command} {path.name}")
        yield cells


def measure_worst(
    *,
    sides: Annotated[
        list[Count] | None,
        Parameter(help="Width and height of the pictures.", consume_multiple=True, negative=""),
    ] = None,
    megapixels: Annotated[float, Parameter(help="Of the photograph.")] = 79.0,
) -> None:
    """Measure, and print the table."""
    print_environment("onnxruntime", "numpy", "pillow")
    failed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="digitlab-worst-") as name:
        folder = Path(name)
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            made = pool.submit(save_pictures, folder, sides or [1599, 3199, 8900], megapixels)
            paths = made.result()
        print_table(rows(folder, paths, failed))
    if failed:
        raise DigitlabError(f"more than {MOST_SECONDS} s or 600 MB: {', '.join(failed)}")


if __name__ == "__main__":
    run_program(measure_worst, __doc__)
