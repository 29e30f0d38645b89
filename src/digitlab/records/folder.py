"""A run's folder: what lies where. Nothing here needs PyTorch."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from digitlab.data.dataset import Dataset, load_dataset
from digitlab.errors import DigitlabError
from digitlab.records.history import Point, from_json_lines, to_json_lines

LAST = "last.safetensors"
PREVIOUS = "previous.safetensors"
TEMPORARY = "saving.safetensors"

RECORDED = {
    *("recipe", "seed", "dataset", "data_dir", "device", "machine", "threads", "versions"),
    *("checkpoint_steps", "commands"),
}
"""What every `run.json` tells."""

REPORTED = {"epochs", "accuracy", "interval", "confusion", "mistakes", "predictions"}
"""What every `report.json` tells, and the figures need."""


class RunFolder:
    """The files of one run.

    ==========================  ====================================================
    run.json                    recipe, seed, versions, device, data, commands given
    history.jsonl               the points of the loss curve, one a line
    train.log                   every line that was printed
    last, previous.safetensors  the last checkpoint, and the one before it
    report.json                 the test set through the last checkpoint
    samples, loss, …: .png      the figures
    ==========================  ====================================================
    """

    FILES = (
        *("run.json", "history.jsonl", "train.log", "report.json"),
        *(LAST, PREVIOUS),
        *("samples.png", "loss.png", "predictions.png", "confusion.png", "mistakes.png"),
    )

    def __init__(self, path: Path) -> None:
        self.path = path
        self.run_json = path / "run.json"
        self.history_jsonl = path / "history.jsonl"
        self.train_log = path / "train.log"
        self.report_json = path / "report.json"

    def holds_a_run(self) -> bool:
        """Tell whether a run was begun here."""
        marks = ("run.json", LAST, PREVIOUS)
        return any((self.path / name).exists() for name in marks)

    def check_free(self, *, force: bool) -> None:
        """Raise `DigitlabError` if a run stands here that may not be overwritten."""
        if not self.holds_a_run() or force:
            return
        way_on = f"continue it with `digitlab resume {self.path}`, "
        if not self.run_json.exists():  # killed in the instant between the two files, or taken away
            way_on = "it cannot be continued, as run.json is not there: "
        raise DigitlabError(
            f"{self.path} already holds a run; {way_on}name another folder with --run, or "
            "overwrite it with --force"
        )

    @contextmanager
    def only_one_process(self) -> Iterator[None]:
        """Make the folder and hold it while a training writes in it, or raise `DigitlabError`."""
        from filelock import FileLock, Timeout

        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.path / ".lock").acquire(timeout=0)
        except Timeout as error:
            raise DigitlabError(f"another process is training in {self.path}") from error
        except OSError as error:
            raise DigitlabError(
                f"the run folder {self.path} cannot be written ({error.strerror}); name another"
            ) from error
        with lock:
            yield

    def clear(self) -> None:
        """Take away the run that stands here, and nothing else."""
        for name in self.FILES:
            (self.path / name).unlink(missing_ok=True)
        for epochs in self.earlier_curves():
            self.earlier_curve(epochs).unlink()

    def earlier_curve(self, epochs: int) -> Path:
        """Return where the loss curve lies as it stood after so many epochs."""
        return self.path / f"loss-{epochs}-epochs.png"

    def earlier_curves(self) -> list[int]:
        """Return after how many epochs the loss curve was kept, fewest first."""
        names = (path.stem.split("-")[1] for path in self.path.glob("loss-*-epochs.png"))
        return sorted(int(name) for name in names if name.isdigit())

    def read_record(self) -> dict[str, Any]:
        """Return what `run.json` holds, or raise `DigitlabError` if it is not a run's record."""
        try:
            record: dict[str, Any] = json.loads(self.run_json.read_text())
        except OSError as error:
            raise DigitlabError(
                f"{self.path} holds no run; begin one with `digitlab train --run {self.path}`"
            ) from error
        except ValueError as error:
            raise DigitlabError(f"{self.run_json} is not a run's record ({error})") from error
        missing = RECORDED - set(record if isinstance(record, dict) else ())
        if missing:
            raise DigitlabError(f"{self.run_json} is not a run's record: no {min(missing)}")
        return record

    def write_record(self, record: dict[str, Any]) -> None:
        """Write `run.json`."""
        _write_whole(self.run_json, json.dumps(record, indent=2) + "\n")

    def read_history(self) -> list[Point]:
        """Return the points recorded so far, or raise `DigitlabError` if they are not readable."""
        if not self.history_jsonl.exists():
            return []
        try:
            return from_json_lines(self.history_jsonl.read_text())
        except (ValueError, KeyError, TypeError) as error:
            raise DigitlabError(
                f"{self.history_jsonl} is not a history ({error}); `digitlab resume {self.path}` "
                "writes it again from the checkpoint"
            ) from error

    def write_history(self, points: Iterable[Point]) -> None:
        """Replace `history.jsonl`: after a stop it may tell more than the checkpoint knows."""
        _write_whole(self.history_jsonl, to_json_lines(points))

    def append_point(self, point: Point) -> None:
        """Add one point to `history.jsonl`."""
        with self.history_jsonl.open("a") as stream:
            stream.write(to_json_lines([point]))

    def append_log(self, line: str) -> None:
        """Add one line to `train.log`."""
        with self.train_log.open("a") as stream:
            stream.write(f"{line}\n")

    def read_report(self) -> dict[str, Any] | None:
        """Return what `report.json` holds, or None if it is not there or not a report."""
        try:
            report: dict[str, Any] = json.loads(self.report_json.read_text())
        except (OSError, ValueError):
            return None
        return report if isinstance(report, dict) and report.keys() >= REPORTED else None

    def write_report(self, report: dict[str, Any]) -> None:
        """Write `report.json`."""
        _write_whole(self.report_json, json.dumps(report) + "\n")


def _write_whole(path: Path, text: str) -> None:
    """Write a file under another name, then rename it, so that no half file is ever read."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(text)
    temporary.replace(path)


def load_dataset_of(folder: RunFolder, data_dir: Path | None) -> Dataset:
    """Return the dataset that a run learns, from where it was when the run was begun."""
    record = folder.read_record()
    if data_dir is None and record["data_dir"] is not None:
        data_dir = Path(record["data_dir"])
    return load_dataset(record["dataset"], data_dir=data_dir)
