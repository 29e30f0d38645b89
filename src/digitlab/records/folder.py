"""A run's folder: which files it has, and how they are read and written."""

import re
import shlex
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from digitlab.errors import DigitlabError
from digitlab.files import (
    append,
    check_is_file,
    encode_json,
    read_json,
    write_whole,
)
from digitlab.records.history import Point, from_json_lines, to_json_lines
from digitlab.records.inside import Inside, from_npz, to_npz
from digitlab.records.page_report import PageReport
from digitlab.records.page_samples import Sample, samples_from_npz, samples_to_npz
from digitlab.records.report import Report
from digitlab.records.run_record import RunRecord
from digitlab.records.snapshots import SNAPSHOTS

LAST = "last.safetensors"
PREVIOUS = "previous.safetensors"
SAVING = "saving.safetensors"
SYNTHETIC = "synthetic.safetensors"
EXTRA = "extra.safetensors"
INSIDE = "inside.npz"
PAGES = "pages.npz"
NEW_RECORD = "run.json.new"


class RunFolder:
    """The files of one run.

    ==========================  ====================================================
    run.json                    recipe, seed, versions, device, data, commands given
    network.py                  a copy of the code, if the network is the user's own
    history.jsonl               the points of the loss curve, one per line
    train.log                   every line that was printed during training
    last, previous.safetensors  the last checkpoint, and the one before it
    synthetic.safetensors       the synthetic training images, if the recipe uses any
    extra.safetensors           a copy of the extra pictures, if there are any (`--extra`)
    tensorboard/                the curves for TensorBoard, if they were asked for
    snapshots/                  the weights at many moments, if they were asked for
    report.json                 the result on the test set after the last epoch
    inside.npz                  the first kernels, and each layer's output for one image
    pages.npz                   a few crops of pages, and what was found on them
    samples, loss, …: .png      the figures
    model.onnx, model.json      the exported model, if `digitlab export` was called
    ==========================  ====================================================
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.run_json = path / "run.json"
        self.history_jsonl = path / "history.jsonl"
        self.train_log = path / "train.log"
        self.report_json = path / "report.json"
        self.network_py = path / "network.py"
        self.tensorboard = path / "tensorboard"
        self.snapshots = path / SNAPSHOTS
        self.inside_npz = path / INSIDE
        self.pages_npz = path / PAGES

    def __str__(self) -> str:
        """Return the path, quoted for a shell where that is necessary."""
        return shlex.quote(str(self.path))

    def holds_a_run(self) -> bool:
        """Return whether a run was started here."""
        return self.run_json.exists() or self.has_checkpoint()

    def has_checkpoint(self) -> bool:
        """Return whether there is a checkpoint, good or damaged."""
        return any((self.path / name).exists() for name in (LAST, PREVIOUS))

    def check_free(
        self, *, force: bool, differences: Sequence[str] = (), epochs: int | None = None
    ) -> None:
        """Raise `DigitlabError` if there is a run here that may not be overwritten.

        `differences` say in words how it differs from the run that was to be started. `epochs` is
        what `resume --epochs` takes to turn it into that run, if that is possible.
        """
        if not self.holds_a_run() or force:
            return
        what = f" with other settings ({', '.join(differences)})" if differences else ""
        longer = "" if epochs is None else f" --epochs {epochs}"
        remedy = f"; continue it with `digitlab resume {self}{longer}`, "
        if not self.run_json.exists():
            remedy = ", which cannot be continued because run.json is missing: "
        raise DigitlabError(
            f"{self} already contains a run{what}{remedy}choose another folder with --run, or "
            "overwrite it with --force"
        )

    def check_holds_a_run(self) -> None:
        """Raise `DigitlabError` if there is no run here that could be continued or drawn."""
        if not self.run_json.exists():
            what, force = "contains no run", ""
            if self.has_checkpoint():
                what, force = "has a checkpoint but no run.json", "--force "
            raise DigitlabError(
                f"{self} {what}; start one with `digitlab train {force}--run {self}`"
            )

    def check_files(self) -> None:
        """Raise `DigitlabError` if there is a folder or a pipe where a run has a file."""
        names = (LAST, PREVIOUS, SAVING, SYNTHETIC, EXTRA, INSIDE, PAGES, NEW_RECORD)
        records = (
            *(self.run_json, self.history_jsonl, self.train_log, self.report_json),
            self.network_py,
        )
        for path in (*records, *(self.path / name for name in names)):
            if path.exists() and not path.is_file():
                raise DigitlabError(f"{path} is not a file; remove it, or choose another folder")

    def earlier_curve(self, epochs: int) -> Path:
        """Return the file of the loss curve as it was after so many epochs."""
        return self.path / f"loss-{epochs}-epochs.png"

    def earlier_curves(self) -> list[int]:
        """Return the numbers of epochs for which such a file exists, in ascending order."""
        curve = re.compile(r"loss-([0-9]{1,9})-epochs\.png")
        found = (curve.fullmatch(path.name) for path in self.path.glob("loss-*-epochs.png"))
        return sorted(int(match[1]) for match in found if match)

    def network_copy(self) -> Path | None:
        """Return the copy of the code of the user's own network, if there is one."""
        return self.network_py if self.network_py.is_file() else None

    def read_record(self) -> RunRecord:
        """Return what `run.json` holds, or raise `DigitlabError` if it is missing or damaged."""
        try:
            return read_json(self.run_json, RunRecord)
        except OSError as error:
            self.check_holds_a_run()
            raise DigitlabError(f"{self.run_json} cannot be read ({error.strerror})") from error

    def write_record(self, record: RunRecord) -> None:
        """Write `run.json`."""
        write_whole(self.run_json, encode_json(record, indent=2))

    def read_history(self) -> list[Point]:
        """Return the points recorded so far, or raise `DigitlabError` if the file is damaged."""
        try:
            self.check_files()
            return from_json_lines(self.history_jsonl.read_bytes())
        except FileNotFoundError:
            return []
        except (OSError, ValueError, RecursionError) as error:
            raise DigitlabError(
                f"{self.history_jsonl} cannot be read ({error}); `digitlab resume {self}` "
                "restores it from the checkpoint"
            ) from error

    def write_history(self, points: Iterable[Point]) -> None:
        """Replace `history.jsonl`: after a stop it may be ahead of the checkpoint."""
        write_whole(self.history_jsonl, to_json_lines(points))

    def append_point(self, point: Point) -> None:
        """Add one point to `history.jsonl`."""
        append(self.history_jsonl, to_json_lines([point]))

    def append_log(self, line: str) -> None:
        """Add one line to `train.log`."""
        append(self.train_log, f"{line}\n".encode())

    def read_report(self) -> Report | PageReport | None:
        """Return what `report.json` holds, or None if there is none or it is damaged.

        A run without a report is not finished; `digitlab resume` makes it again.
        """
        with suppress(OSError, DigitlabError):
            return read_json(self.report_json, Report)
        with suppress(OSError, DigitlabError):
            return read_json(self.report_json, PageReport)
        return None

    def write_report(self, report: Report | PageReport) -> None:
        """Write `report.json`."""
        write_whole(self.report_json, encode_json(report))

    def read_inside(self) -> Inside:
        """Return what `inside.npz` holds, or raise `DigitlabError` if it is missing or damaged."""
        try:
            check_is_file(self.inside_npz)
            return from_npz(self.inside_npz.read_bytes())
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise DigitlabError(f"{self.inside_npz} cannot be read ({reason})") from error

    def read_samples(self) -> list[Sample]:
        """Return what `pages.npz` holds, or raise `DigitlabError` if it is missing or damaged."""
        try:
            check_is_file(self.pages_npz)
            return samples_from_npz(self.pages_npz.read_bytes())
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise DigitlabError(f"{self.pages_npz} cannot be read ({reason})") from error

    def write_samples(self, samples: list[Sample]) -> None:
        """Write `pages.npz`."""
        write_whole(self.pages_npz, samples_to_npz(samples))

    def write_inside(self, inside: Inside) -> None:
        """Write `inside.npz`."""
        write_whole(self.inside_npz, to_npz(inside))


@dataclass(frozen=True, kw_only=True)
class RunResults:
    """What a run has to show, each file read once."""

    folder: RunFolder
    record: RunRecord
    history: list[Point]
    report: Report | PageReport | None
    """None until the run is finished."""


def read_results(folder: RunFolder) -> RunResults:
    """Return a run's results, or raise `DigitlabError` if there is no run or it is damaged."""
    return RunResults(
        folder=folder,
        record=folder.read_record(),
        history=folder.read_history(),
        report=folder.read_report(),
    )


def record_of(path: Path) -> RunRecord | None:
    """Return the record of the run that a folder or a checkpoint belongs to; None without a run."""
    folder = RunFolder(path if path.is_dir() else path.parent)
    is_of_a_run = path.is_dir() or path.name in (LAST, PREVIOUS)
    return folder.read_record() if is_of_a_run and folder.run_json.exists() else None
