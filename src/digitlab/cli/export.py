"""`digitlab export`: a run in another format."""

import shlex
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from digitlab.cli.parameters import DataDir, TrainedPath
from digitlab.data.dataset import load_dataset
from digitlab.records.folder import RunFolder
from digitlab.records.provenance import command_given


def export(
    run: TrainedPath,
    /,
    *,
    format: Annotated[
        Literal["onnx", "tutorial"],
        Parameter(
            help="onnx: model.onnx and its card model.json, for `digitlab predict` and `read`, "
            "proven to answer as PyTorch does. tutorial: model.pth and optimizer.pth, as the "
            "tutorial's own script loads them."
        ),
    ] = "onnx",
    out: Annotated[
        Path | None, Parameter(help="The folder to write into; without it, the run's own.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Write a run's last checkpoint in another format."""
    if out is None:
        out = run if run.is_dir() else run.parent
    # Here, as they take PyTorch with them:
    if format == "tutorial":
        from digitlab.export.tutorial import export_tutorial

        paths = export_tutorial(run, out)
    else:
        from digitlab.export.onnx import export_onnx
        from digitlab.train.trained import load_trained

        trained = load_trained(run)
        dataset = load_dataset(trained.dataset_name or "mnist", data_dir=data_dir)
        paths = export_onnx(trained, dataset, out, origin=_origin(run))
        if not trained.recipe.validation:
            print(
                "not calibrated: no training image was held out to do it by (--validation holds "
                "some); probabilities are as the network says them",
                file=sys.stderr,
            )
    for path in paths:
        print(f"wrote {path} ({path.stat().st_size:,} bytes)")


def _origin(run: Path) -> dict[str, Any]:
    """Return what a card tells of how the model was made, as far as the run's folder tells it."""
    folder = RunFolder(run)
    record = folder.read_record() if folder.run_json.exists() else None
    given = [] if record is None else record["commands"]
    commands = [entry["command"] for entry in (*given, command_given(sys.argv[1:]))]
    return {
        "commands": [_without_folders(command) for command in commands],
        "machine": None if record is None else record["machine"],
        "versions": {} if record is None else record["versions"],
    }


def _without_folders(command: str) -> str:
    """Return a command with the last part of each path that leads out of here: others see it."""
    return shlex.join(_without_folder(word) for word in shlex.split(command))


def _without_folder(word: str) -> str:
    flag, equals, value = word.rpartition("=")
    leads_out = Path(value).is_absolute() or ".." in Path(value).parts
    return f"{flag}{equals}{Path(value).name}" if leads_out else word
