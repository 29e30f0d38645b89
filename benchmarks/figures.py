"""Measure how long all the figures of a run take, matplotlib's import included.

    python -m benchmarks.figures RUN [--runs 5]

Each time is that of a new process. The least is what an idle machine needs.
"""

import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from benchmarks.measure import Count, print_environment, print_table, run_program, spread


def seconds_of_figures(run: Path) -> tuple[float, float]:
    """Return the seconds for importing and for drawing, in a process that has done neither.

    Before them, it loads what a training has already loaded: the records and the data.
    """
    from digitlab.records.folder import RunFolder, read_results

    results = read_results(RunFolder(run))
    dataset = results.record.load_dataset(None)
    inside = results.folder.read_inside()
    start = time.perf_counter()
    from digitlab.figures.run import draw_run

    imported = time.perf_counter()
    draw_run(results, dataset, inside)
    return imported - start, time.perf_counter() - imported


def rows(run: Path, runs: int) -> Iterator[dict[str, str]]:
    """Yield the table's rows."""
    times = []
    for _ in range(runs):
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            times.append(pool.submit(seconds_of_figures, run).result())
    imports, draws = zip(*times, strict=True)
    whole = [sum(each) for each in times]
    for what, seconds, goal in (
        ("importing matplotlib and the figures", imports, ""),
        ("drawing all figures", draws, ""),
        ("both", whole, "least <= 0.8 s"),
    ):
        yield {"what": what, "median (least-most)": spread(seconds, "s"), "goal": goal}


def measure_figures(
    run: Annotated[Path, Parameter(help="The folder of a finished run.")], /, *, runs: Count = 5
) -> None:
    """Measure, and print the table.

    Parameters
    ----------
    runs
        How many processes draw the figures.
    """
    print_environment("matplotlib", "pillow", run=run, runs=runs)
    print_table(rows(run, runs))


if __name__ == "__main__":
    run_program(measure_figures, __doc__)
