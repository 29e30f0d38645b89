"""`digitlab resume`: continue a run where it stopped."""

import sys
from typing import Annotated

from cyclopts import Parameter

from digitlab.cli.finish import finish_run
from digitlab.cli.parameters import DataDir, RunPath
from digitlab.records.folder import RunFolder, load_dataset_of


def resume(
    run: RunPath,
    /,
    *,
    epochs: Annotated[
        int | None,
        Parameter(
            help="How many epochs the run shall have in all. Without it, as many as it was begun "
            "for."
        ),
    ] = None,
    device: Annotated[
        str | None,
        Parameter(help="Where to compute, if not where the run was begun: auto, cpu, cuda, mps."),
    ] = None,
    checkpoint_steps: Annotated[
        int | None, Parameter(help="Save every so many steps; without it, as the run began.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Continue a run from its last checkpoint, to the same bits as if it had never stopped."""
    folder = RunFolder(run)
    dataset = load_dataset_of(folder, data_dir)

    from digitlab.runs.run import resume_run  # here, as it takes PyTorch with it

    resume_run(
        folder,
        dataset,
        epochs=epochs,
        device_name=device,
        checkpoint_steps=checkpoint_steps,
        command=sys.argv[1:],
    )
    finish_run(folder, dataset)
