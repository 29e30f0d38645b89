"""`digitlab resume`: continue a run where it stopped."""

import sys
from typing import Annotated

from cyclopts import Parameter

from digitlab.cli.finish import finish_run
from digitlab.cli.help import chinese_help, help_text
from digitlab.cli.parameters import (
    DeviceName,
    Figures,
    Lang,
    RecordedDataDir,
    RunPath,
    WithTensorBoard,
    whole_number,
)
from digitlab.records.folder import RunFolder
from digitlab.torchrun import is_helper


@chinese_help("从最后一个检查点继续训练，结果与从未中断过的训练逐位相同。")
def resume(
    run: RunPath,
    /,
    *,
    epochs: Annotated[
        int | None,
        Parameter(
            converter=whole_number,
            help=help_text(
                "Train up to this many epochs in all; default: as the run was started.",
                "总共训练到多少轮；默认：与开始训练时相同。",
            ),
        ),
    ] = None,
    device: Annotated[
        DeviceName | None,
        Parameter(
            help=help_text(
                "Where to compute; default: where the run was started.",
                "在哪里计算；默认：与开始训练时相同。",
            )
        ),
    ] = None,
    checkpoint_steps: Annotated[
        int | None,
        Parameter(
            converter=whole_number,
            help=help_text(
                "Save every so many steps as well; default: as the run was started.",
                "另外每隔多少步保存一次检查点；默认：与开始训练时相同。",
            ),
        ),
    ] = None,
    data_dir: RecordedDataDir = None,
    figures: Figures = True,
    lang: Lang = None,
    tensorboard: WithTensorBoard = False,
) -> None:
    """Continue a run from its last checkpoint, to the same bits as if it had never stopped."""
    if is_helper():  # rank 0 sends it everything else
        from digitlab.runs.together import help_training

        help_training(device_name=device, data_dir=data_dir)
        return
    # Here: importing PyTorch takes a second.
    from digitlab.runs.live import default_watcher
    from digitlab.runs.run import resume_run

    folder = RunFolder(run)
    writes_events = tensorboard or folder.tensorboard.is_dir()  # as the run was started
    results, dataset = resume_run(
        folder,
        data_dir=data_dir,
        epochs=epochs,
        device_name=device,
        checkpoint_steps=checkpoint_steps,
        command=sys.argv[1:],
        joins=True,
        watcher=default_watcher(
            tensorboard=folder.tensorboard if writes_events else None,
            snapshots=folder.snapshots if folder.snapshots.is_dir() else None,
            language=lang,
        ),
    )
    finish_run(results, dataset, figures=figures, language=lang)
