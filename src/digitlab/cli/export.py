"""`digitlab export`: a run in another format."""

import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from digitlab.cli.parameters import RecordedDataDir
from digitlab.records.folder import record_of
from digitlab.records.run_record import load_recorded_dataset


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
        from digitlab.export.origin import origin_of
        from digitlab.train.trained import load_trained

        trained = load_trained(run)
        record = record_of(run)
        dataset = load_recorded_dataset(trained.dataset_name or "mnist", record, data_dir)
        paths = export_onnx(trained, dataset, out, origin=origin_of(record, sys.argv[1:]))
        if not trained.recipe.validation:
            print("not calibrated: no held-out images (train with --validation N)", file=sys.stderr)
    for path in paths:
        print(f"wrote {path} ({path.stat().st_size:,} bytes)")
