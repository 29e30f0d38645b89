"""Train to the end, save and watch on the way, and report: what a run does, new or continued."""

from contextlib import closing

from digitlab.data.dataset import Dataset
from digitlab.errors import Stopped
from digitlab.records.folder import RunFolder, RunResults
from digitlab.records.history import epochs_in_words
from digitlab.records.run_record import RunRecord
from digitlab.runs.collapse import find_collapse
from digitlab.runs.failures import how_to_continue
from digitlab.runs.reports import report_on
from digitlab.runs.stopping import StopRequest
from digitlab.runs.synthetic import drop_synthetic
from digitlab.runs.watching import Watcher
from digitlab.train.checkpoint import save_checkpoint
from digitlab.train.loop import Training


def train_and_report(
    folder: RunFolder,
    training: Training,
    dataset: Dataset,
    record: RunRecord,
    checkpoint_steps: int,
    watcher: Watcher,
) -> RunResults:
    """Train to the last epoch, test the network, and leave everything in the folder.

    Raises `Stopped` after Ctrl-C or SIGTERM, when everything has been saved.
    """
    _train(folder, training, checkpoint_steps, watcher)
    report = report_on(folder, training, dataset, watcher)
    folder.write_report(report)  # last: a run without a report is not finished
    drop_synthetic(folder.path)
    return RunResults(folder=folder, record=record, history=training.history, report=report)


def _train(folder: RunFolder, training: Training, checkpoint_steps: int, watcher: Watcher) -> None:
    judged = training.epochs_done
    with StopRequest() as stop, watcher.during(training), closing(training.run()) as points:
        for point in points:
            if point is not None:
                watcher.point(point)
            watcher.step(training)
            if judged < training.epochs_done:
                judged = training.epochs_done
                collapse = find_collapse(training.history, training.recipe, len(training.classes))
                if collapse is not None:
                    watcher.message(collapse)
            is_due = checkpoint_steps > 0 and training.steps_done % checkpoint_steps == 0
            signal_number = stop.signal_number
            if training.batches_done == 0 or is_due or signal_number:
                save_checkpoint(folder.path, training.checkpoint())
            if signal_number:
                raise Stopped(
                    f"stopped and saved after {epochs_in_words(training.epochs_done)} and "
                    f"{training.batches_done} steps; {how_to_continue(folder)}",
                    signal_number,
                )
