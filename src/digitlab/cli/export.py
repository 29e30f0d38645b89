"""`digitlab export`: a run in another format."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from digitlab.cli.parameters import RunPath


def export(
    run: RunPath,
    /,
    *,
    format: Annotated[
        Literal["tutorial"],
        Parameter(
            help="tutorial: model.pth and optimizer.pth, as the tutorial's own script loads them."
        ),
    ] = "tutorial",
    out: Annotated[
        Path | None, Parameter(help="The folder to write into; without it, the run's own.")
    ] = None,
) -> None:
    """Write a run's last checkpoint in another format."""
    from digitlab.export.tutorial import export_tutorial  # here, as it takes PyTorch with it

    for path in export_tutorial(run, run if out is None else out):
        print(f"wrote {path}")
