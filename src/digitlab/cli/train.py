"""`digitlab train`: a new run. Every field of the recipe is a flag."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from digitlab.cli.finish import finish_run
from digitlab.cli.help import chinese_help, help_text
from digitlab.cli.parameters import (
    DataDir,
    DatasetName,
    Device,
    ExtraFolder,
    Figures,
    Lang,
    Prepare,
    Threads,
    WithSnapshots,
    WithTensorBoard,
    whole_number,
)
from digitlab.cli.recipe_flags import Changes, recipe_of
from digitlab.data.load import load_dataset
from digitlab.named_recipes import RECIPES, short_name
from digitlab.records.folder import RunFolder
from digitlab.torchrun import is_helper


@chinese_help(
    "训练一个新的网络，测试它，并画出各张图。\n\n"
    "训练中途停下后，再次运行同一命令就会接着训练，结果与从未中断过的训练逐位相同。"
)
def train(
    *,
    recipe: Annotated[
        str,
        Parameter(
            help=help_text(
                f"A named set of settings: {', '.join(RECIPES)}; or a TOML file of your own "
                "with a `base` and the settings that differ from it.",
                f"一组有名字的设置：{'、'.join(RECIPES)}；或者你自己的 TOML 文件，写明 `base` "
                "和与它不同的设置。",
            )
        ),
    ] = "tutorial",
    changes: Changes = None,
    dataset: DatasetName = "mnist",
    prepare: Prepare = None,
    extra: ExtraFolder = None,
    seed: Annotated[
        int,
        Parameter(
            converter=whole_number,
            help=help_text(
                "Seed of all random numbers: initial weights, image order, dropout, augmentation. "
                "The same seed gives the same run.",
                "所有随机数的种子：初始权重、图像顺序、dropout、数据增强。种子相同，"
                "训练结果就相同。",
            ),
        ),
    ] = 1,
    run: Annotated[
        Path | None,
        Parameter(
            help=help_text(
                "The folder for everything the run writes; default: runs/RECIPE.",
                "训练的所有文件写到哪个文件夹；默认：runs/配方名。",
            )
        ),
    ] = None,
    force: Annotated[
        bool,
        Parameter(
            negative="",
            help=help_text(
                "Overwrite the run in this folder, if there is one. Without it, a run that the "
                "same command began is continued, and any other is refused.",
                "如果文件夹里已有一次训练，就覆盖它。不加这一项时，同一条命令开始的训练会接着"
                "进行，其他的会被拒绝。",
            ),
        ),
    ] = False,
    device: Device = "auto",
    threads: Threads = None,
    checkpoint_steps: Annotated[
        int,
        Parameter(
            converter=whole_number,
            help=help_text(
                "Save every so many steps as well as after each epoch; 0: epochs only.",
                "除了每一轮之后，还每隔多少步保存一次检查点；0：只在每轮之后保存。",
            ),
        ),
    ] = 0,
    data_dir: DataDir = None,
    figures: Figures = True,
    lang: Lang = None,
    tensorboard: WithTensorBoard = False,
    snapshots: WithSnapshots = False,
    jobs: Annotated[
        int, Parameter(converter=whole_number, show=False)
    ] = 1,  # set by `digitlab repeat`, for the record
) -> None:
    """Train a new network, test it, and draw the figures.

    If the run was stopped, the same command continues it, to the same bits as if it had never
    stopped.
    """
    if is_helper():  # rank 0 sends it everything else
        from digitlab.runs.together import help_training

        help_training(device_name=device, data_dir=data_dir)
        return
    whole_recipe = recipe_of(recipe, changes)
    name = short_name(recipe)
    folder = RunFolder(run or Path("runs") / name)
    if not folder.run_json.exists():  # otherwise it may be this run, stopped: see `start_run`
        folder.check_free(force=force)

    # Here: importing PyTorch takes a second. And before the data is fetched, in case it is missing.
    from digitlab.data.extra import load_extra
    from digitlab.runs.launch import Launch
    from digitlab.runs.live import default_watcher
    from digitlab.runs.run import start_run

    watcher = default_watcher(
        tensorboard=folder.tensorboard if tensorboard else None,
        snapshots=folder.snapshots if snapshots else None,
        language=lang,
    )

    loaded = load_dataset(dataset, data_dir=data_dir, preparation=prepare)
    own = None if extra is None else load_extra(extra, loaded)
    launch = Launch(
        recipe_name=name,
        seed=seed,
        device=device,
        threads=threads,
        checkpoint_steps=checkpoint_steps,
        force=force,
        jobs=jobs,
        continues=True,
        joins=True,
        command=sys.argv[1:],
    )
    results = start_run(folder, whole_recipe, loaded, launch, watcher, extra=own)
    finish_run(results, loaded, figures=figures, language=lang)
