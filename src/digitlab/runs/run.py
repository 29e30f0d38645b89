"""Begin a run, or continue one: the training, its folder, and the signals that stop it."""

import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from digitlab.data.dataset import Dataset
from digitlab.errors import DigitlabError, Stopped
from digitlab.recipe import Recipe
from digitlab.records.folder import RunFolder
from digitlab.records.history import HeldOutPoint, ScorePoint, from_record
from digitlab.records.provenance import command_given, versions
from digitlab.records.report import calibrate_by_held_out, make_report
from digitlab.runs.checks import (
    check_belongs,
    check_dataset,
    check_epochs,
    check_schedule,
    check_settings,
)
from digitlab.runs.stopping import StopRequest
from digitlab.train.checkpoint import (
    CheckpointError,
    load_checkpoint,
    make_last,
    save_checkpoint,
    write_beside,
)
from digitlab.train.device import describe_machine, set_up_device
from digitlab.train.loop import Training

DECIDING_BITS = ("device", "machine", "threads", "computed_in")
"""What of a run's record, beside the versions, decides its last bits."""


def start_run(
    folder: RunFolder,
    recipe: Recipe,
    dataset: Dataset,
    *,
    seed: int,
    device_name: str,
    threads: int | None,
    checkpoint_steps: int,
    force: bool,
    data_dir: Path | None,
    command: list[str],
    jobs: int = 1,
) -> None:
    """Train a new network up to `recipe.epochs` and leave everything in the folder.

    Parameters
    ----------
    seed
        0 or more; see `Training`.
    device_name, threads
        See `set_up_device`.
    checkpoint_steps
        Save every so many steps, beside every epoch's end; 0 for epochs' ends alone.
    force
        Overwrite the run that the folder holds, if it holds one.
    data_dir, command, jobs
        Where the data was asked for, the words that were given, and how many trainings go on at
        once on this machine, for the record.

    Raises
    ------
    Stopped
        After Ctrl-C or SIGTERM, when all has been saved.
    DigitlabError
        If the folder holds a run, the device is not there, or nothing can be saved.
    """
    check_settings(seed, checkpoint_steps)
    device = set_up_device(device_name, threads)
    with folder.only_one_process():
        folder.check_free(force=force)
        _tell_of_wait(recipe)
        training = Training(recipe, dataset, seed=seed, device=device)
        record = _record_of(training, dataset) | {
            "data_dir": None if data_dir is None else str(data_dir),
            "checkpoint_steps": checkpoint_steps,
            "jobs": jobs,
            "commands": [command_given(command)],
        }
        write_beside(folder.path, training.checkpoint())  # fails before anything is taken away
        with StopRequest() as stop:  # or a checkpoint could be left without its record
            folder.clear()
            make_last(folder.path)
            folder.write_record(record)
        if stop.signal_number:
            raise Stopped(f"stopped at the start; {_how_to_continue(folder)}", stop.signal_number)
        _train_and_report(folder, training, dataset, checkpoint_steps)


def resume_run(
    folder: RunFolder,
    dataset: Dataset,
    *,
    epochs: int | None,
    device_name: str | None,
    checkpoint_steps: int | None,
    command: list[str],
) -> None:
    """Continue a run from its last checkpoint, up to `epochs` epochs in all.

    On the machine that began the run it ends with the same bits as a run that was never stopped:
    it takes the same number of threads, and the same device unless `device_name` names another.

    Raises
    ------
    Stopped, DigitlabError
        As `start_run`; also if more than `epochs` epochs are done already, or if the learning rate
        was to reach 0 at another epoch.
    """
    folder.read_record()  # before a lock is laid into a folder that holds no run
    with folder.only_one_process():
        record = folder.read_record()
        check_dataset(record["dataset"], dataset.entry.name, folder.path)
        if checkpoint_steps is None:
            checkpoint_steps = record["checkpoint_steps"]
        check_settings(record["seed"], checkpoint_steps)
        checkpoint, rejected = load_checkpoint(folder.path, lambda it: check_belongs(it, record))
        done = checkpoint.record
        check_epochs(epochs, done["epochs_done"], done["batches_done"])
        check_schedule(epochs, Recipe.from_json(done["recipe"]))
        if epochs is None:
            epochs = record["recipe"]["epochs"]
        recipe = replace(Recipe.from_json(done["recipe"]), epochs=epochs)
        is_done = done["epochs_done"] == epochs and has_report(folder, epochs)
        if not is_done:  # fails before anything is moved
            device = set_up_device(device_name or done["device"], done["threads"])

        for path, trouble in rejected.items():
            path.replace(path.with_name(f"{path.name}.damaged"))
            _tell(folder, f"{trouble}; set aside, continuing from the checkpoint before it")
        folder.write_history(from_record(point) for point in done["history"])
        if is_done:
            _tell(folder, f"nothing left to do: {_epochs(epochs)} done")
            return
        _tell_of_wait(recipe)
        training = Training(recipe, dataset, seed=done["seed"], device=device)
        training.restore(checkpoint)
        now = _record_of(training, dataset)
        _tell_differences(folder, record, now)
        commands = [*record["commands"], command_given(command)]
        folder.write_record(record | now | {"commands": commands})
        _train_and_report(folder, training, dataset, checkpoint_steps)


def _train_and_report(
    folder: RunFolder, training: Training, dataset: Dataset, checkpoint_steps: int
) -> None:
    try:
        _train(folder, training, checkpoint_steps)
        answers = training.test_answers
        if answers is None:  # the last test was in another process
            answers = training.answer_test_set().numpy()
        epochs = training.epochs_done
        calibration = calibrate_by_held_out(
            training.answer_held_out().numpy(), training.examples.held_out_labels.numpy()
        )
        report = make_report(
            answers, dataset, model=str(folder.path), epochs=epochs, calibration=calibration
        )
        folder.write_report(report | _held_out(training))
    except BrokenPipeError:  # nobody reads what is printed any more
        raise
    except CheckpointError as error:
        raise DigitlabError(f"{error}: make room, then {_how_to_continue(folder)}") from error
    except OSError as error:
        raise DigitlabError(
            f"{error.filename or folder.path} cannot be written ({error.strerror}); the last "
            f"checkpoint is intact: {_how_to_continue(folder)}"
        ) from error


def _held_out(training: Training) -> dict[str, Any]:
    """Return what the report tells of the images held out; nothing where there are none."""
    points = [point for point in training.history if isinstance(point, HeldOutPoint)]
    if not points:
        return {}
    last = points[-1]
    return {
        "held_out": {
            "loss": last.loss,
            "correct": last.correct,
            "total": last.total,
            "accuracy": last.correct / last.total,
        }
    }


def _train(folder: RunFolder, training: Training, checkpoint_steps: int) -> None:
    with StopRequest() as stop:
        for point in training.run():
            is_score = isinstance(point, ScorePoint)
            if point is not None:
                folder.append_point(point)
                _tell(folder, point.line(), is_result=is_score)
            is_due = checkpoint_steps > 0 and training.steps_done % checkpoint_steps == 0
            if training.batches_done == 0 or is_due or stop.signal_number:
                save_checkpoint(folder.path, training.checkpoint())
            if stop.signal_number:
                raise Stopped(
                    f"stopped and saved after {_epochs(training.epochs_done)} and "
                    f"{training.batches_done} steps; {_how_to_continue(folder)}",
                    stop.signal_number,
                )


def _tell(folder: RunFolder, line: str, *, is_result: bool = False) -> None:
    """Print a line, results to stdout and progress to stderr, and keep it in the log."""
    print(line, file=sys.stdout if is_result else sys.stderr, flush=True)
    folder.append_log(line)


def _tell_of_wait(recipe: Recipe) -> None:
    if recipe.degraded or recipe.outliers:
        print("drawing the pictures that the recipe adds, up to 2 minutes", file=sys.stderr)


def _epochs(count: int) -> str:
    return f"{count} epoch" if count == 1 else f"{count} epochs"


def _how_to_continue(folder: RunFolder) -> str:
    return f"continue with `digitlab resume {shlex.quote(str(folder.path))}`"


def _tell_differences(folder: RunFolder, then: dict[str, Any], now: dict[str, Any]) -> None:
    """Say what has changed of all that decides a run's last bits."""
    before, after = ({**r["versions"], **{k: r[k] for k in DECIDING_BITS}} for r in (then, now))
    differences = [
        f"{name} {before.get(name)} -> {after.get(name)}"
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]
    if differences:
        _tell(folder, f"the last bits may differ from now on: {', '.join(differences)}")


def _record_of(training: Training, dataset: Dataset) -> dict[str, Any]:
    return {
        "recipe": training.recipe.as_json(),
        "seed": training.seed,
        "dataset": dataset.entry.name,
        "data_sha256": dataset.digests,
        "device": training.device.type,
        "machine": describe_machine(training.device),
        "threads": torch.get_num_threads(),
        "computed_in": "bfloat16" if training.bfloat16 else "float32",
        "versions": versions(),
    }


def has_report(folder: RunFolder, epochs: int) -> bool:
    """Tell whether the folder's run was trained for so many epochs, tested and reported."""
    report = folder.read_report()
    return report is not None and report["epochs"] == epochs
