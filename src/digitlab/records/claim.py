"""Claim a run's folder: lock it while a training writes in it, and remove an old run's files."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from digitlab.errors import DigitlabError
from digitlab.files import encode_json, flush_folder, remove_leftovers, write_whole
from digitlab.models.card import MODEL
from digitlab.models.page_card import PAGE_MODEL
from digitlab.records.folder import (
    EXTRA,
    INSIDE,
    LAST,
    NEW_RECORD,
    PAGES,
    PREVIOUS,
    SAVING,
    SYNTHETIC,
    RunFolder,
)
from digitlab.records.run_record import RunRecord
from digitlab.records.snapshots import remove_snapshots

_LOCK = ".lock"


@contextmanager
def only_one_process(folder: RunFolder) -> Iterator[None]:
    """Create the folder, and lock it while a training writes in it.

    If the training is refused before it has written anything, the lock and a folder that was
    created for it are removed again. Raises `DigitlabError` if another process has the lock, or
    the folder cannot be written.
    """
    from filelock import FileLock, Timeout

    try:
        created = [it for it in (folder.path, *folder.path.parents) if not it.exists()]
        folder.path.mkdir(parents=True, exist_ok=True)
        # `is_training` may hold the lock for a moment.
        lock = FileLock(folder.path / _LOCK).acquire(timeout=0.2)
    except Timeout as error:
        raise DigitlabError(f"another process is training in {folder.path}") from error
    except OSError as error:
        raise DigitlabError(
            f"the run folder {folder.path} cannot be written ({error.strerror}); choose another "
            "with --run"
        ) from error
    with lock:
        folder.check_files()
        _remove_leftovers(folder)
        try:
            yield
        finally:
            if not folder.holds_a_run():
                with suppress(OSError):  # something else was put there, or it is in use
                    _remove_leftovers(folder)
                    (folder.path / _LOCK).unlink(missing_ok=True)
                    for path in created:
                        path.rmdir()


def is_training(folder: RunFolder) -> bool:
    """Return whether a process is training in a run's folder, whoever started it."""
    from filelock import FileLock, Timeout

    if not (folder.path / _LOCK).exists():  # otherwise, asking would create it
        return False
    try:
        with FileLock(folder.path / _LOCK).acquire(timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # the folder cannot be written, so nobody trains in it
        return False


def _remove_leftovers(folder: RunFolder) -> None:
    """Remove what a process that was killed while it wrote has left behind."""
    remove_leftovers(folder.path)
    if folder.snapshots.is_dir():
        remove_leftovers(folder.snapshots)
    for name in (SAVING, NEW_RECORD):
        (folder.path / name).unlink(missing_ok=True)


def start(
    folder: RunFolder,
    record: RunRecord,
    network: bytes | None = None,
    extra: bytes | None = None,
    folders: Sequence[Path] = (),
) -> None:
    """Replace the run in this folder, if there is one, by a new one without checkpoints.

    `network` is the code of a network of the user's own, `extra` a copy of the extra pictures, and
    `folders` are made, so that a run that is killed at its start is continued with them.
    If this fails before the new record is on the disk, nothing has changed. A process that is
    killed later leaves the old run or the new one, without checkpoints: it starts again from
    its first step.
    """
    new = folder.path / NEW_RECORD
    write_whole(new, encode_json(record, indent=2))
    _clear(folder)
    if network is not None:
        write_whole(folder.network_py, network)
    if extra is not None:
        write_whole(folder.path / EXTRA, extra)
    for inner in folders:
        inner.mkdir(exist_ok=True)  # no parents: the run's folder may have been moved away
    new.replace(folder.run_json)
    flush_folder(folder.path)


def _clear(folder: RunFolder) -> None:
    """Remove everything that a run leaves here except `run.json`, checkpoints first."""
    names = (
        *(LAST, PREVIOUS, SYNTHETIC, EXTRA, INSIDE, PAGES),
        *("report.json", "history.jsonl", "train.log", "network.py"),
        *(*MODEL.names, *PAGE_MODEL.names, "model.pth", "optimizer.pth"),
        *("samples.png", "loss.png", "predictions.png", "confusion.png", "mistakes.png"),
        *("kernels.png", "activations.png", "pages.png"),
        *(folder.earlier_curve(epochs).name for epochs in folder.earlier_curves()),
        *(f"{name}.damaged" for name in (LAST, PREVIOUS)),
    )
    for name in names:
        (folder.path / name).unlink(missing_ok=True)
    for path in folder.tensorboard.glob("events.out.tfevents.*"):
        path.unlink(missing_ok=True)
    remove_snapshots(folder.snapshots)
    for inner in (folder.tensorboard, folder.snapshots):
        with suppress(OSError):  # there is none, or it holds something else
            inner.rmdir()
