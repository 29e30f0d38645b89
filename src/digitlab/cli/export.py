"""`digitlab export`: a run in another format."""

import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from digitlab.cli.help import chinese_help, help_text
from digitlab.cli.parameters import RecordedDataDir
from digitlab.records.folder import record_of
from digitlab.records.run_record import load_recorded_dataset


@chinese_help("把一次训练的最后一个检查点导出为其他格式。")
def export(
    run: Annotated[
        Path,
        Parameter(
            help=help_text(
                "A run's folder, a checkpoint, or a model.pth from the tutorial.",
                "训练的文件夹、一个检查点，或教程的 model.pth。",
            )
        ),
    ],
    /,
    *,
    format: Annotated[
        Literal["onnx", "tutorial"],
        Parameter(
            help=help_text(
                "onnx: model.onnx and its card model.json, for `digitlab predict` and `read` (of "
                "the network page: page.onnx and page.json); checked to give the same answers as "
                "PyTorch. tutorial: model.pth and optimizer.pth, "
                "as the tutorial's own script loads them.",
                "onnx：model.onnx 和它的说明 model.json，供 `digitlab predict` 和 `read` 使用"
                "（网络 page 则是 page.onnx 和 page.json），"
                "并确认答案与 PyTorch 相同。tutorial：model.pth 和 optimizer.pth，"
                "教程自己的程序可以直接载入。",
            )
        ),
    ] = "onnx",
    out: Annotated[
        Path | None,
        Parameter(
            help=help_text(
                "The folder to write to; default: the run's own.",
                "写到哪个文件夹；默认：训练自己的文件夹。",
            )
        ),
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
        from digitlab.export.page import export_page
        from digitlab.train.trained import load_trained

        trained = load_trained(run)
        record = record_of(run)
        dataset = load_recorded_dataset(trained.dataset_name or "mnist", record, data_dir)
        write = export_page if trained.recipe.reads_pages else export_onnx
        paths = write(trained, dataset, out, origin=origin_of(record, sys.argv[1:]))
        if not trained.recipe.validation:
            print("not calibrated: no held-out images (train with --validation N)", file=sys.stderr)
    for path in paths:
        print(f"wrote {path} ({path.stat().st_size:,} bytes)")
