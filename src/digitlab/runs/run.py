"""Start a run, or continue one: the training, its folder, and the signals that stop it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import torch

from digitlab.data.dataset import Dataset
from digitlab.data.extra import Extra
from digitlab.errors import Stopped
from digitlab.recipe import Recipe
from digitlab.records.claim import is_training, only_one_process, start
from digitlab.records.folder import RunFolder, RunResults
from digitlab.records.history import epochs_in_words
from digitlab.records.provenance import command_given, versions
from digitlab.records.run_record import RunRecord
from digitlab.runs.checks import (
    check_belongs,
    check_dataset,
    check_epochs,
    check_settings,
    how_it_differs,
    more_epochs,
)
from digitlab.runs.extra import load_copy, packed, record_of
from digitlab.runs.failures import explained, how_to_continue
from digitlab.runs.launch import Launch
from digitlab.runs.live import recording_as_before
from digitlab.runs.stopping import StopRequest
from digitlab.runs.synthetic import (
    DRAWING,
    keep_synthetic,
    load_synthetic,
    uses_synthetic,
)
from digitlab.runs.together import dismiss, hand_out
from digitlab.runs.training import train_and_report
from digitlab.runs.watching import SILENT, Log, Several, Watcher
from digitlab.torchrun import find_place
from digitlab.train.build import build_network
from digitlab.train.checkpoint import (
    Checkpoint,
    load_checkpoint,
    make_last,
    write_beside,
)
from digitlab.train.device import describe_machine, set_up_device
from digitlab.train.examples import check_examples
from digitlab.train.loop import Training
from digitlab.train.networks import count_parameters
from digitlab.train.own_network import absolute_name, changes_in, find_own, is_own
from digitlab.train.ranks import joined


def start_run(
    folder: RunFolder,
    recipe: Recipe,
    dataset: Dataset,
    launch: Launch,
    watcher: Watcher = SILENT,
    *,
    extra: Extra | None = None,
) -> RunResults:
    """Train a new network up to `recipe.epochs` and leave everything in the folder.

    With `launch.continues`, a run that was started with the same settings is continued: it ends
    with the same bits. `watcher` follows what happens. `extra` are pictures to learn besides the
    dataset.

    Raises `Stopped` after Ctrl-C or SIGTERM, when everything has been saved; and `DigitlabError` if
    the folder holds another run, the device is not available, the recipe cannot be trained on the
    dataset, or nothing can be saved.
    """
    check_settings(launch.seed, launch.checkpoint_steps)
    recipe = replace(recipe, network=absolute_name(recipe.network))
    differences: list[str] = []
    if _may_continue(folder, launch):
        differences = how_it_differs(folder, recipe, dataset, launch, extra)
        if not differences:
            return _continue(folder, dataset, launch, watcher)
    device = set_up_device(launch.device, launch.threads)
    with (
        explained(folder, "then run the same command again"),
        joined(is_expected=launch.joins) as ranks,
        only_one_process(folder),
    ):
        ranks.take_device(device)
        folder.check_free(
            force=launch.force,
            differences=differences,
            epochs=more_epochs(folder, recipe, differences),
        )
        check_examples(recipe, dataset, extra)
        own = find_own(recipe.network) if is_own(recipe.network) else None
        if extra is not None:
            watcher.message(f"also learning {len(extra.images):,} pictures from {extra.folder}")
        if uses_synthetic(recipe):
            watcher.message(DRAWING)
        training = Training(
            recipe, dataset, seed=launch.seed, device=device, extra=extra, ranks=ranks
        )
        record = _new_record(training, dataset, launch, extra, {} if own is None else own.files)
        # First everything is written under temporary names, which may fail; then the old run is
        # removed, and the new record and its first checkpoint get their names.
        write_beside(folder.path, training.checkpoint())
        watcher = Several([Log(folder), watcher])
        with StopRequest() as stop:
            text = None if own is None else own.text
            start(folder, record, text, packed(extra), watcher.folders)
            make_last(folder.path)
            keep_synthetic(folder.path, training, dataset)
        if stop.signal_number:
            with watcher.during(training):  # what it writes has begun, and is continued later
                why = f"stopped at the start; {how_to_continue(folder)}"
                raise Stopped(why, stop.signal_number)
        with explained(folder, f"then {how_to_continue(folder)}"):
            hand_out(training, record, folder, extra)
            steps = launch.checkpoint_steps
            return train_and_report(folder, training, dataset, record, steps, watcher)


def resume_run(
    folder: RunFolder,
    *,
    dataset: Dataset | None = None,
    data_dir: Path | None = None,
    epochs: int | None = None,
    device_name: str | None = None,
    checkpoint_steps: int | None = None,
    command: list[str],
    watcher: Watcher = SILENT,
    joins: bool = False,
) -> tuple[RunResults, Dataset]:
    """Continue a run from its last checkpoint, up to `epochs` epochs in all.

    On the machine that began the run, it ends with the same bits as a run that was never stopped:
    it uses the same number of threads, and the same device unless `device_name` names another.
    Without a dataset, the run's own is loaded, from `data_dir` or from where the run found it.
    What else is None stays as it was when the run was started. See `Launch` for `joins`.

    Raises as `start_run` does; also if the run cannot end after so many epochs, or has no good
    checkpoint.
    """
    folder.check_holds_a_run()
    with (
        explained(folder, f"then {how_to_continue(folder)}"),
        joined(is_expected=joins) as ranks,
        only_one_process(folder),
    ):
        watcher = Several([Log(folder), watcher])
        record = folder.read_record()
        dataset = dataset or record.load_dataset(data_dir)
        check_dataset(record, dataset, folder.path)
        if checkpoint_steps is None:
            checkpoint_steps = record.checkpoint_steps
        check_settings(record.seed, checkpoint_steps)
        checkpoint, rejected = _last_checkpoint(folder, record, dataset)
        done = None if checkpoint is None else checkpoint.progress
        if epochs is None:
            epochs = record.recipe.epochs
        else:
            check_epochs(epochs, record.recipe, done)
        report = folder.read_report()
        is_finished = bool(done and report and done.epochs_done == report.epochs == epochs)
        if not is_finished:  # fails before anything is moved
            device = set_up_device(device_name or (done or record).device, (done or record).threads)
            ranks.take_device(device)
        for path, problem in rejected.items():
            path.replace(path.with_name(f"{path.name}.damaged"))
            watcher.message(f"{problem}; set aside, continuing from the checkpoint before it")
        history = [] if done is None else done.history
        folder.write_history(history)
        if is_finished:
            dismiss(ranks)
            watcher.message(f"nothing left to do: {epochs_in_words(epochs)} done")
            for missing in (it for it in watcher.folders if not it.exists()):
                watcher.message(
                    f"{missing} can only be written while a run trains; `digitlab train --force` "
                    "trains it anew"
                )
            results = RunResults(folder=folder, record=record, history=history, report=report)
            return results, dataset

        recipe = replace(record.recipe, epochs=epochs)
        extra = load_copy(folder.path, record, dataset)
        synthetic = load_synthetic(folder.path, recipe, dataset, seed=record.seed)
        if synthetic is None and uses_synthetic(recipe):
            watcher.message(DRAWING)
        training = Training(
            recipe, dataset, seed=record.seed, device=device, synthetic=synthetic,
            extra=extra, source=folder.network_copy(), ranks=ranks,
        )  # fmt: skip
        if checkpoint is not None:
            training.restore(checkpoint)
        now = _write_continued(folder, record, training, command, watcher)
        # A lost rank is reported before the folder is free again.
        with explained(folder, f"then {how_to_continue(folder)}"):
            hand_out(training, now, folder, extra)
            results = train_and_report(folder, training, dataset, now, checkpoint_steps, watcher)
        return results, dataset


def _new_record(
    training: Training,
    dataset: Dataset,
    launch: Launch,
    extra: Extra | None,
    network_files: dict[str, str],
) -> RunRecord:
    return RunRecord(
        recipe=training.recipe,
        recipe_name=launch.recipe_name,
        seed=launch.seed,
        dataset=dataset.name,
        preparation=dataset.preparation,
        data_dir=None if dataset.data_dir is None else str(dataset.data_dir),
        data_sha256=dataset.digests,
        extra=record_of(extra),
        checkpoint_steps=launch.checkpoint_steps,
        jobs=launch.jobs,
        commands=[command_given(launch.command)],
        parameters=count_parameters(training.network),
        network_files=network_files,
        **_circumstances(training),
    )


def _may_continue(folder: RunFolder, launch: Launch) -> bool:
    """Return whether a run in the folder is to be continued if it has the same settings."""
    return (
        launch.continues
        and (not launch.force or find_place().restarts > 0)
        and folder.run_json.exists()
        and not is_training(folder)
    )


def _continue(folder: RunFolder, dataset: Dataset, launch: Launch, watcher: Watcher) -> RunResults:
    why = f"{folder} contains a run with the same settings (--force overwrites it)"
    if find_place().restarts > 0:
        why = "torchrun has restarted the processes"
    where = "from the last checkpoint" if folder.has_checkpoint() else "at its first step"
    watcher.message(f"{why}; continuing {where}")
    results, _ = resume_run(
        folder, dataset=dataset, checkpoint_steps=launch.checkpoint_steps,
        command=launch.command, watcher=recording_as_before(folder, watcher), joins=launch.joins,
    )  # fmt: skip
    return results


def _write_continued(
    folder: RunFolder, record: RunRecord, training: Training, command: list[str], watcher: Watcher
) -> RunRecord:
    """Record that a run is continued; report what may change its last bits."""
    now = msgspec.structs.replace(
        record,
        recipe=training.recipe,
        commands=[*record.commands, command_given(command, examples=training.examples_seen)],
        **_circumstances(training),
    )
    if differences := record.differences(now):
        watcher.message(f"results may no longer be bit-identical: {', '.join(differences)}")
    for change in changes_in(record.recipe.network, record.network_files, folder.network_copy()):
        watcher.message(change)
    folder.write_record(now)
    return now


def _last_checkpoint(
    folder: RunFolder, record: RunRecord, dataset: Dataset
) -> tuple[Checkpoint | None, dict[Path, str]]:
    """Return the newest good checkpoint and what is wrong with newer ones.

    A run that was killed before its first checkpoint has none, and starts again.
    """
    if not folder.has_checkpoint():
        return None, {}
    network = build_network(record.recipe, len(dataset.classes), source=folder.network_copy())
    return load_checkpoint(folder.path, lambda it: check_belongs(it, record, network))


def _circumstances(training: Training) -> dict[str, Any]:
    """Return the fields of a `RunRecord` that say where and with what a run is trained."""
    return {
        "device": training.device.type,
        "machine": describe_machine(training.device),
        "threads": torch.get_num_threads(),
        "ranks": training.ranks.count,
        "computed_in": training.computed_in,
        "versions": versions(),
    }
