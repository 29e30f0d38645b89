"""`digitlab export`: a run in another format."""

import shlex
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from digitlab.cli.parameters import RecordedDataDir
from digitlab.records.folder import record_of
from digitlab.records.provenance import command_given
from digitlab.records.run_record import RunRecord, load_recorded_dataset


def export(
    run: Annotated[
        Path, Parameter(help="A run's folder, a checkpoint, or a model.pth from the tutorial.")
    ],
    /,
    *,
    format: Annotated[
        Literal["onnx", "tutorial"],
        Parameter(
            help="onnx: model.onnx and its card model.json, for `digitlab predict` and `read`; "
            "checked to give the same answers as PyTorch. tutorial: model.pth and optimizer.pth, "
            "as the tutorial's own script loads them."
        ),
    ] = "onnx",
    out: Annotated[
        Path | None, Parameter(help="The folder to write to; default: the run's own.")
    ] = None,
    data_dir: RecordedDataDir = None,
) -> None:
    """Write a run's last checkpoint in another format."""
    if out is None:
        out = run if run.is_dir() else run.parent
    # Here: importing PyTorch takes a second.
    if format == "tutorial":
        from digitlab.export.tutorial import export_tutorial

        paths = export_tutorial(run, out)
    else:
        from digitlab.export.onnx import export_onnx
        from digitlab.train.trained import load_trained

        trained = load_trained(run)
        record = record_of(run)
        dataset = load_recorded_dataset(trained.dataset_name or "mnist", record, data_dir)
        paths = export_onnx(trained, dataset, out, origin=_origin(record))
        if not trained.recipe.validation:
            print("not calibrated: no held-out images (train with --validation N)", file=sys.stderr)
    for path in paths:
        print(f"wrote {path} ({path.stat().st_size:,} bytes)")


def _origin(record: RunRecord | None) -> dict[str, Any]:
    """Return what the model's card says about how it was made, as far as it is recorded."""
    commands = [*(record.commands if record else []), command_given(sys.argv[1:])]
    return {
        "commands": [_without_folders(it.command) for it in commands],
        "machine": None if record is None else record.machine,
        "versions": {} if record is None else record.versions,
    }


def _without_folders(command: str) -> str:
    """Return a command with only the last part of paths that lead elsewhere: others will read it.

    >>> _without_folders("digitlab train --run=/home/me/runs/a --data-dir ../data")
    'digitlab train --run=a --data-dir data'
    """
    words = []
    for word in shlex.split(command):
        flag, equals, value = word.rpartition("=")
        leads_out = Path(value).is_absolute() or ".." in Path(value).parts
        words.append(f"{flag}{equals}{Path(value).name}" if leads_out else word)
    return shlex.join(words)
