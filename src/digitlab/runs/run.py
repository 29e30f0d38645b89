"""Start a run, or continue one: the training, its folder, and the signals that stop it."""

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import torch

from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError, Stopped
from digitlab.recipe import Recipe
from digitlab.records.folder import RunFolder, RunResults
from digitlab.records.history import HeldOutPoint, ScorePoint, epochs_in_words
from digitlab.records.provenance import command_given, versions
from digitlab.records.report import HeldOut, calibrate_by_held_out, make_report
from digitlab.records.run_record import RunRecord
from digitlab.runs.checks import check_belongs, check_dataset, check_epochs, check_settings
from digitlab.runs.stopping import StopRequest
from digitlab.runs.synthetic import (
    announce_synthetic,
    drop_synthetic,
    keep_synthetic,
    load_synthetic,
)
from digitlab.train.checkpoint import (
    Checkpoint,
    SaveError,
    load_checkpoint,
    make_last,
    save_checkpoint,
    write_beside,
)
from digitlab.train.device import describe_machine, set_up_device
from digitlab.train.examples import check_examples
from digitlab.train.layers import look_inside
from digitlab.train.loop import Training


@dataclass(frozen=True, kw_only=True)
class Launch:
    """How a run is started: everything except what is trained (recipe) and on what (dataset)."""

    recipe_name: str = "recipe"
    """The recipe that was named, for the record."""
    seed: int = 1
    """0 or more; see `Training`."""
    device: str = "auto"
    threads: int | None = None
    """See `set_up_device`."""
    checkpoint_steps: int = 0
    """Save a checkpoint every so many steps as well as after each epoch; 0 for epochs only."""
    force: bool = False
    """Overwrite the run that the folder holds, if there is one."""
    jobs: int = 1
    """How many trainings run at the same time on this machine, for the record."""
    command: list[str] = field(default_factory=list)
    """The words after `digitlab`, for the record."""


def start_run(folder: RunFolder, recipe: Recipe, dataset: Dataset, launch: Launch) -> RunResults:
    """Train a new network up to `recipe.epochs` and leave everything in the folder.

    Raises `Stopped` after Ctrl-C or SIGTERM, when everything has been saved; and `DigitlabError` if
    the folder holds a run, the device is not available, or nothing can be saved.
    """
    check_settings(launch.seed, launch.checkpoint_steps)
    check_examples(recipe, dataset)
    device = set_up_device(launch.device, launch.threads)
    with folder.only_one_process(), _explained(folder, "then run the same command again"):
        folder.check_free(force=launch.force)
        announce_synthetic(recipe)
        training = Training(recipe, dataset, seed=launch.seed, device=device)
        record = RunRecord(
            recipe=recipe,
            recipe_name=launch.recipe_name,
            seed=launch.seed,
            dataset=dataset.name,
            preparation=dataset.preparation,
            data_dir=None if dataset.data_dir is None else str(dataset.data_dir),
            data_sha256=dataset.digests,
            checkpoint_steps=launch.checkpoint_steps,
            jobs=launch.jobs,
            commands=[command_given(launch.command)],
            **_circumstances(training),
        )
        # First everything is written under temporary names, which may fail; then the old run is
        # removed, and the new record and its first checkpoint get their names.
        write_beside(folder.path, training.checkpoint())
        with StopRequest() as stop:
            folder.start(record)
            make_last(folder.path)
            keep_synthetic(folder.path, training, dataset)
        if stop.signal_number:
            raise Stopped(f"stopped at the start; {_how_to_continue(folder)}", stop.signal_number)
        with _explained(folder, f"then {_how_to_continue(folder)}"):
            return _train_and_report(folder, training, dataset, record, launch.checkpoint_steps)


def resume_run(
    folder: RunFolder,
    *,
    dataset: Dataset | None = None,
    data_dir: Path | None = None,
    epochs: int | None = None,
    device_name: str | None = None,
    checkpoint_steps: int | None = None,
    command: list[str],
) -> tuple[RunResults, Dataset]:
    """Continue a run from its last checkpoint, up to `epochs` epochs in all.

    On the machine that began the run, it ends with the same bits as a run that was never stopped:
    it uses the same number of threads, and the same device unless `device_name` names another.
    Without a dataset, the run's own is loaded, from `data_dir` or from where the run found it.
    What else is None stays as it was when the run was started.

    Raises as `start_run` does; also if the run cannot end after so many epochs, or has no good
    checkpoint.
    """
    folder.check_holds_a_run()
    with folder.only_one_process(), _explained(folder, f"then {_how_to_continue(folder)}"):
        record = folder.read_record()
        dataset = dataset or record.load_dataset(data_dir)
        check_dataset(record.dataset, dataset.name, folder.path)
        if checkpoint_steps is None:
            checkpoint_steps = record.checkpoint_steps
        check_settings(record.seed, checkpoint_steps)
        checkpoint, rejected = _last_checkpoint(folder, record)
        done = None if checkpoint is None else checkpoint.progress
        if epochs is None:
            epochs = record.recipe.epochs
        else:
            check_epochs(epochs, record.recipe, done)
        report = folder.read_report()
        is_finished = bool(done and report and done.epochs_done == report.epochs == epochs)
        if not is_finished:  # fails before anything is moved
            device = set_up_device(device_name or (done or record).device, (done or record).threads)
        for path, problem in rejected.items():
            path.replace(path.with_name(f"{path.name}.damaged"))
            _print(folder, f"{problem}; set aside, continuing from the checkpoint before it")
        history = [] if done is None else done.history
        folder.write_history(history)
        if is_finished:
            _print(folder, f"nothing left to do: {epochs_in_words(epochs)} done")
            results = RunResults(folder=folder, record=record, history=history, report=report)
            return results, dataset

        recipe = replace(record.recipe, epochs=epochs)
        synthetic = load_synthetic(folder.path, recipe, dataset, seed=record.seed)
        training = Training(recipe, dataset, seed=record.seed, device=device, synthetic=synthetic)
        if checkpoint is not None:
            training.restore(checkpoint)
        now = _write_continued(folder, record, training, command)
        return _train_and_report(folder, training, dataset, now, checkpoint_steps), dataset


def _write_continued(
    folder: RunFolder, record: RunRecord, training: Training, command: list[str]
) -> RunRecord:
    """Record that a run is continued; report what may change its last bits."""
    now = msgspec.structs.replace(
        record,
        recipe=training.recipe,
        commands=[*record.commands, command_given(command, examples=training.examples_seen)],
        **_circumstances(training),
    )
    if differences := record.differences(now):
        _print(folder, f"results may no longer be bit-identical: {', '.join(differences)}")
    folder.write_record(now)
    return now


def _last_checkpoint(
    folder: RunFolder, record: RunRecord
) -> tuple[Checkpoint | None, dict[Path, str]]:
    """Return the newest good checkpoint and what is wrong with newer ones.

    A run that was killed before its first checkpoint has none, and starts again.
    """
    if not folder.has_checkpoint():
        return None, {}
    return load_checkpoint(folder.path, lambda checkpoint: check_belongs(checkpoint, record))


def _circumstances(training: Training) -> dict[str, Any]:
    """Return the fields of a `RunRecord` that say where and with what a run is trained."""
    return {
        "device": training.device.type,
        "machine": describe_machine(training.device),
        "threads": torch.get_num_threads(),
        "computed_in": "bfloat16" if training.bfloat16 else "float32",
        "versions": versions(),
    }


def _train_and_report(
    folder: RunFolder,
    training: Training,
    dataset: Dataset,
    record: RunRecord,
    checkpoint_steps: int,
) -> RunResults:
    _train(folder, training, checkpoint_steps)
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
    folder.write_inside(look_inside(training.network_in_use, dataset))
    folder.write_report(report)
    drop_synthetic(folder.path)
    return RunResults(folder=folder, record=record, history=training.history, report=report)


def _held_out(training: Training) -> HeldOut | None:
    points = [point for point in training.history if isinstance(point, HeldOutPoint)]
    if not points:
        return None
    last = points[-1]
    accuracy = last.correct / last.total
    return HeldOut(loss=last.loss, correct=last.correct, total=last.total, accuracy=accuracy)


def _train(folder: RunFolder, training: Training, checkpoint_steps: int) -> None:
    with StopRequest() as stop:
        for point in training.run():
            if point is not None:
                folder.append_point(point)
                _print(folder, point.line(), is_result=isinstance(point, ScorePoint))
            is_due = checkpoint_steps > 0 and training.steps_done % checkpoint_steps == 0
            signal_number = stop.signal_number
            if training.batches_done == 0 or is_due or signal_number:
                save_checkpoint(folder.path, training.checkpoint())
            if signal_number:
                raise Stopped(
                    f"stopped and saved after {epochs_in_words(training.epochs_done)} and "
                    f"{training.batches_done} steps; {_how_to_continue(folder)}",
                    signal_number,
                )


def _print(folder: RunFolder, line: str, *, is_result: bool = False) -> None:
    """Print a line, results to stdout and progress to stderr, and add it to the log."""
    print(line, file=sys.stdout if is_result else sys.stderr, flush=True)
    folder.append_log(line)


def _how_to_continue(folder: RunFolder) -> str:
    return f"continue with `digitlab resume {folder}`"


@contextmanager
def _explained(folder: RunFolder, remedy: str) -> Iterator[None]:
    """Turn a file that cannot be written into one sentence that ends with the remedy."""
    try:
        yield
    except BrokenPipeError:  # nobody reads what is printed any more
        raise
    except (SaveError, OSError) as error:
        cause = error.__cause__ if isinstance(error, SaveError) else error
        is_full = getattr(cause, "errno", None) in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        what = str(error)
        if isinstance(error, OSError):
            what = f"{error.filename or folder} cannot be written ({error.strerror or error})"
            what += "; earlier checkpoints are intact" if folder.has_checkpoint() else ""
        advice = "make room" if is_full else "correct this"
        raise DigitlabError(f"{what}; {advice}, {remedy}") from error
