"""Measure how cost grows: with training images, with pictures to read, with open connections.

    python -m benchmarks.growth [training] [reading] [stages] [service] [figure] [--rounds 3]

Without names, all parts are measured, then drawn. Each figure is written into the JSON file as soon
as it is measured. Run the same command again to pick up where it left off, or with more rounds to
add some. `figure` draws the figure and, from `docs/growth.json`, refreshes the tables in
`docs/scale.md`. Linux only.
"""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from benchmarks.growth import reading, service, stages, training
from benchmarks.growth.record import Record
from benchmarks.measure import Count, print_environment, progress, run_program
from docs.growth import FIGURE, FIGURES, rows_of_parts
from docs.refresh import refresh

PARTS = {it.PART: it for it in (training, reading, stages, service)}

Part = Literal["training", "reading", "stages", "service", "figure"]


def measure_growth(
    *parts: Annotated[Part, Parameter(help="What to do; all, if not given.")],
    rounds: Annotated[Count, Parameter(help="How often each figure is measured.")] = 3,
    most: Annotated[
        Count | None, Parameter(help="Leave out what has more images, pictures or connections.")
    ] = None,
    replace: Annotated[bool, Parameter(negative="", help="Measure these parts again.")] = False,
    path: Annotated[Path, Parameter(name="--json", help="The figures.")] = FIGURES,
    figure: Annotated[
        Path | None, Parameter(help="What is drawn; beside another JSON file, if not given.")
    ] = None,
) -> None:
    """Measure what is missing, then draw it."""
    print_environment(rounds=rounds)
    record = Record(path)
    for name in (it for it in PARTS if it in parts or not parts):
        if replace:
            record.forget(name)
        part = PARTS[name]
        record.fill(name, part.cases(rounds, most), part.figures, part.PACKAGES)
    if "figure" in parts or not parts:
        from benchmarks.growth.figure import draw  # here: it imports matplotlib

        is_published = path.resolve() == FIGURES.resolve()
        drawn = figure or (FIGURE if is_published else path.with_suffix(".png"))
        draw(rows_of_parts(path), drawn)
        progress(f"drew {drawn}")
        if is_published:
            refresh()


if __name__ == "__main__":
    run_program(measure_growth, __doc__)
