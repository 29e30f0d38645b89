"""`digitlab resume`: continue a run where it stopped."""

import sys
from typing import Annotated

from cyclopts import Parameter

from digitlab.cli.finish import finish_run
from digitlab.cli.parameters import (
    DeviceName,
    Figures,
    RecordedDataDir,
    RunPath,
    WithTensorBoard,
    whole_number,
)
from digitlab.records.folder import RunFolder


def resume(
    run: RunPath,
    /,
    *,
    epochs: Annotated[
        int | None,
        Parameter(
            converter=whole_number,
            help="Train up to this many epochs in all; default: as the run was started.",
        ),
    ] = None,
    device: Annotated[
        DeviceName | None,
        Parameter(help="Where to compute; default: where the run was started."),
    ] = None,
    checkpoint_steps: Annotated[
        int | None,
        Parameter(
            converter=whole_number,
            help="Save every so many steps as well; default: as the run was started.",
        ),
    ] = None,
    data_dir: RecordedDataDir = None,
    figures: Figures = True,
    tensorboard: WithTensorBoard = False,
) -> None:
    """Continue a run from its last checkpoint, to the same bits as if it had never stopped."""
    # Here: importing PyTorch takes a second.
    from digitlab.runs.live import default_watcher
    from digitlab.runs.run import resume_run

    folder = RunFolder(run)
    writes_events = tensorboard or folder.tensorboard.is_dir()  # as the run was started
    results, dataset = resume_run(
        folder,
        data_dir=data_dir,
        epochs=epochs,
        device_name=device,
        checkpoint_steps=checkpoint_steps,
        command=sys.argv[1:],
        watcher=default_watcher(
            tensorboard=folder.tensorboard if writes_events else None,
            snapshots=folder.snapshots if folder.snapshots.is_dir() else None,
        ),
    )
    finish_run(results, dataset, figures=figures)
