"""`digitlab plot`: a run's figures, from what its folder tells. PyTorch is not needed."""

from typing import Annotated

from cyclopts import Parameter

from digitlab.cli.finish import print_figures
from digitlab.cli.parameters import DataDir, RunPath
from digitlab.records.folder import RunFolder, load_dataset_of


def plot(
    run: RunPath,
    /,
    *,
    epochs: Annotated[
        int | None,
        Parameter(
            help="Draw only the loss curve as it stood after so many epochs, as loss-N-epochs.png."
        ),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Draw a run's figures again."""
    folder = RunFolder(run)
    folder.read_record()
    from digitlab.figures.run import (  # here: importing matplotlib takes 0.3 s
        draw_loss_until,
        draw_run,
    )

    if epochs is not None:
        print_figures([draw_loss_until(folder, epochs)])
    else:
        print_figures(draw_run(folder, load_dataset_of(folder, data_dir)))
