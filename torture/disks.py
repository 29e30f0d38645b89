"""A disk that fills, permissions that are lost, and a folder that is moved away in mid-run."""

import ctypes
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from torture.bench import Bench
from torture.fault import Fault, expect
from torture.nursery import Outcome
from torture.sabotage import CUT_AFTER, Kind, Sabotage, moved_to

PROMISE = (
    "One sentence says what cannot be written and what to do. What was there before is intact, no "
    "partial file stays, and the same command, or `resume`, then ends with the same bits."
)
TESTS = (
    "tests/test_files.py",
    "tests/runs/test_run.py",
    "tests/models/test_card.py",
    "tests/figures/test_figures.py",
)
_KINDS: tuple[Kind, ...] = ("full", "denied", "moved")
_DISK_KILOBYTES = (150, 200, 400, 600, 700, 800)
"""Sizes of real disks: for no checkpoint, for one, for two, for two and the snapshots."""

Start = Callable[..., Outcome]


def run(fault: Fault, bench: Bench) -> None:
    """Fill the disk and take permissions away, before each change of each command's files."""
    trainings = bench.trainings
    halfway = trainings.halfway
    if bench.short:
        _training(fault, bench, "train", trainings.train, "full", every=90)
        for kind in _KINDS[1:]:
            _training(fault, bench, "resume", trainings.resume, kind, halfway, every=90)
    else:
        for kind, every in zip(_KINDS, (1, 3, 3), strict=True):
            _training(fault, bench, "train", trainings.train, kind, every=every)
            _training(fault, bench, "resume", trainings.resume, kind, halfway, every=every)
    for most_bytes in CUT_AFTER[:: 8 if bench.short else 1]:
        run = trainings.fresh("limited")
        outcome = trainings.train(run, most_file_bytes=most_bytes)
        with fault.attempt("train, files limited", f"to {most_bytes} bytes"):
            outcome.check_is_one_sentence()
            _check_no_partial_files(run)
            trainings.finish(run)
    _writer(fault, bench, "data", _read_folder(bench), every=1, may_work=True)
    if not bench.short:
        _writer(fault, bench, "plot", _plot(bench), every=2)
        _writer(fault, bench, "export", _export(bench), every=1)
        _real_disks(fault, bench)


def _training(
    fault: Fault, bench: Bench, name: str, start: Start, kind: Kind,
    base: Path | None = None, *, every: int,
) -> None:  # fmt: skip
    """Let a fault begin before every n-th change of a run's folder."""
    trainings = bench.trainings
    for at in count(0, every):
        run = trainings.fresh(f"{kind}-{name}")
        if base is not None:
            trainings.copy(base, run.name)
        outcome = start(run, sabotage=Sabotage(kind=kind, folder=str(run), at=at))
        with fault.attempt(f"{name}, {kind}", f"from change {at}"):
            if outcome.code == 0:
                outcome.check_worked()
            else:
                outcome.check_is_one_sentence()
            if kind == "moved" and moved_to(run).exists():
                _move_back(run)
            if kind == "full":
                _check_no_partial_files(run)
            trainings.finish(run)
        if outcome.changes <= at:
            return


def _move_back(run: Path) -> None:
    """Undo the move; of what was there meanwhile, only an empty folder is right."""
    if run.exists():  # it was moved away just before the command would have made it
        expect(not [*run.iterdir()], f"{[it.name for it in run.iterdir()]} in a new folder")
        run.rmdir()
    moved_to(run).rename(run)


def _check_no_partial_files(folder: Path) -> None:
    left = [*folder.rglob(".*.tmp"), *folder.rglob("saving.*"), *folder.rglob("*.new")]
    expect(not left, f"{[it.name for it in left]} stays")


Writer = tuple[Path, Callable[..., Outcome]]
"""A folder in which a command writes, and the command."""


def _writer(
    fault: Fault, bench: Bench, name: str, writer: Writer, *, every: int, may_work: bool = False
) -> None:
    """Let a fault begin before every n-th change that a command makes; then run it again.

    `may_work`: what it writes is only kept for the next time.
    """
    folder, start = writer
    start().check_worked()
    expected = _contents(folder)
    for kind in ("full", "denied"):
        for at in count(0, every):
            for path in folder.iterdir():
                path.unlink()
            outcome = start(sabotage=Sabotage(kind=kind, folder=str(folder), at=at))
            if outcome.changes <= at:
                break
            with fault.attempt(f"{name}, {kind}", f"from change {at}"):
                # A full disk does not matter to what only renames and removes.
                worked = outcome.code == 0 and (may_work or kind == "full")
                if not worked:
                    outcome.check_is_one_sentence()
                outcome.check_ended()
                found = _contents(folder)
                for path in found.keys() & expected.keys():
                    expect(found[path] == expected[path], f"{path} is not whole")
                if worked and not may_work:
                    expect(found == expected, "it said nothing, but wrote other files")
                start().check_worked()
                expect(_contents(folder) == expected, "not the same files as without the fault")


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def _read_folder(bench: Bench) -> Writer:
    """Return the command that reads a folder of pictures, and keeps what it has prepared."""
    cache = bench.nursery.data_dir / "pictures"
    cache.mkdir(parents=True, exist_ok=True)
    words = ("data", "--dataset", bench.trainings.pictures, "--prepare", "as-is", "--json")

    def start(**options: Any) -> Outcome:
        return bench.nursery.digitlab(*words, **options)

    return cache, start


def _plot(bench: Bench) -> Writer:
    """Return the command that draws a run's figures."""
    trainings = bench.trainings
    figures = trainings.fresh("figures")
    figures.mkdir()

    def start(**options: Any) -> Outcome:
        run = trainings.copy(trainings.finished, "drawn")
        for path in figures.iterdir():
            path.rename(run / path.name)
        outcome = bench.nursery.digitlab("plot", run, **_in_folder(options, run))
        for path in (*run.glob("*.png"), *run.glob(".*.tmp")):
            path.rename(figures / path.name)
        return outcome

    return figures, start


def _in_folder(options: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return options whose sabotage is of another folder."""
    sabotage: Sabotage | None = options.get("sabotage")
    if sabotage is None:
        return options
    return {"sabotage": Sabotage(kind=sabotage.kind, folder=str(folder), at=sabotage.at)}


def _export(bench: Bench) -> Writer:
    """Return the command that exports a run."""
    out = bench.trainings.fresh("out")
    out.mkdir()

    def start(**options: Any) -> Outcome:
        finished = bench.trainings.finished
        return bench.nursery.digitlab("export", finished, "--out", out, **options)

    return out, start


def _real_disks(fault: Fault, bench: Bench) -> None:
    """Train on file systems that are too small."""
    trainings = bench.trainings
    for kilobytes in _DISK_KILOBYTES:
        try:
            with _small_disk(kilobytes) as disk:
                run = disk / "run"
                outcome = trainings.train(run)
                with fault.attempt("train, a small disk", f"{kilobytes} kB"):
                    if outcome.code:
                        outcome.check_is_one_sentence()
                    _check_no_partial_files(run)
                    roomy = (
                        trainings.copy(run, "roomy") if run.exists() else trainings.fresh("roomy")
                    )
                    trainings.finish(roomy)
        except PermissionError:
            fault.skipped.append("file systems of a few kilobytes, because only root may mount one")
            return


@contextmanager
def _small_disk(kilobytes: int) -> Iterator[Path]:
    """Yield the root of a file system in memory with so much room."""
    libc = ctypes.CDLL(None, use_errno=True)
    with tempfile.TemporaryDirectory() as name:
        options = f"size={kilobytes}k".encode()
        if libc.mount(b"tmpfs", name.encode(), b"tmpfs", 0, options) != 0:
            raise PermissionError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        try:
            yield Path(name)
        finally:
            libc.umount(name.encode())
