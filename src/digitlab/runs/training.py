"""Train to the end, save and watch on the way, and report: what a run does, new or continued."""

from contextlib import closing

from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError, Stopped
from digitlab.records.folder import RunFolder, RunResults
from digitlab.records.history import HeldOutPoint, epochs_in_words
from digitlab.records.report import HeldOut, calibrate_by_held_out, make_report
from digitlab.records.run_record import RunRecord
from digitlab.runs.collapse import find_collapse
from digitlab.runs.failures import how_to_continue
from digitlab.runs.stopping import StopRequest
from digitlab.runs.synthetic import drop_synthetic
from digitlab.runs.watching import Watcher
from digitlab.train.checkpoint import save_checkpoint
from digitlab.train.layers import look_inside
from digitlab.train.loop import Training
from digitlab.train.own_network import reason_of


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
    if training.recipe.reads_pages:
        raise DigitlabError(f"{folder.path} is trained, but its report cannot be written yet")
    answers = training.test_answers
    if answers is None:  # the last test was in another process
        answers = training.answer_test_set().numpy()
    calibration = calibrate_by_held_out(
        training.answer_held_out().numpy(), training.examples.held_out_labels.numpy()
    )
    report = make_report(
        answers, dataset, model=str(folder.path), epochs=training.epochs_done,
        calibration=calibration, held_out=_held_out(training),
    )  # fmt: skip
    try:
        folder.write_inside(look_inside(training.network_in_use, dataset))
    except (RuntimeError, TypeError, ValueError, AttributeError, IndexError) as error:
        watcher.message(f"no figures of the network's inside: {reason_of(error)}")
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
                collapse = None
                if not training.recipe.reads_pages:
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


def _held_out(training: Training) -> HeldOut | None:
    points = [point for point in training.history if isinstance(point, HeldOutPoint)]
    if not points:
        return None
    last = points[-1]
    accuracy = last.correct / last.total
    return HeldOut(loss=last.loss, correct=last.correct, total=last.total, accuracy=accuracy)
