"""`digitlab plot`: draw a run's figures from its files. PyTorch is not needed."""

from typing import Annotated

from cyclopts import Parameter

from digitlab.cli.finish import print_figures
from digitlab.cli.parameters import RecordedDataDir, RunPath
from digitlab.records.folder import RunFolder, read_results


def plot(
    run: RunPath,
    /,
    *,
    epochs: Annotated[
        int | None,
        Parameter(
            help="Draw only the loss curve as it was after this many epochs, as loss-N-epochs.png."
        ),
    ] = None,
    data_dir: RecordedDataDir = None,
) -> None:
    """Draw a run's figures again."""
    results = read_results(RunFolder(run))

    from digitlab.figures.run import draw_loss_until, draw_run  # here: matplotlib takes 0.3 s

    if epochs is None:
        print_figures(draw_run(results, results.record.load_dataset(data_dir)))
    else:
        print_figures([draw_loss_until(results, epochs)])
