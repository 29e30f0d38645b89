"""The parameters that several commands share, each explained once."""

import ipaddress
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import CycloptsError, Parameter, Token

from digitlab.cli.help import help_text
from digitlab.data.catalog import CATALOG
from digitlab.errors import printable
from digitlab.language import Language
from digitlab.pictures.preparation import Preparation


def whole_number(_type: object, tokens: Sequence[Token]) -> int:
    """Return a flag's value as an integer; cyclopts alone would round 1.5 to 2."""
    return int(tokens[0].value)


def is_loopback(host: str) -> bool:
    """Return whether only this machine can connect to an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


AllowHost = Annotated[
    tuple[str, ...],
    Parameter(
        help=help_text(
            "A name by which requests may address the server, besides localhost and IP addresses, "
            "or * for any name. May be repeated.",
            "除 localhost 和 IP 地址外，请求还可以用哪个名字访问本服务；* 表示任何名字。可以重复。",
        ),
        negative="",
    ),
]

STDIN = Path("-")
"""The name that stands for a picture on stdin."""

DatasetName = Annotated[
    str,
    Parameter(
        help=help_text(
            f"Which dataset: {', '.join(CATALOG)}; or a folder with one subfolder of pictures for "
            "each class.",
            f"哪个数据集：{'、'.join(CATALOG)}；或者一个文件夹，"
            "其中每个类别有一个放图片的子文件夹。",
        )
    ),
]

Prepare = Annotated[
    Preparation | None,
    Parameter(
        help=help_text(
            "How the pictures in a folder become 28x28 pixels: mnist crops, scales and centers "
            "the ink as in MNIST; as-is only makes them gray and resizes them. Default: mnist.",
            "文件夹里的图片怎样变成 28x28 像素：mnist 像 MNIST 那样裁剪、缩放、居中墨迹；as-is "
            "只转成灰度并调整大小。默认：mnist。",
        )
    ),
]

ExtraFolder = Annotated[
    Path | None,
    Parameter(
        help=help_text(
            "Also learn the pictures in this folder: corrections, or one subfolder of pictures "
            "for each class. --extra-share sets how much they count.",
            "同时学习这个文件夹里的图片：纠错样本，或每个类别一个子文件夹的图片。--extra-share "
            "决定它们占多大分量。",
        )
    ),
]

_DEFAULT_DATA_DIR = help_text(
    "the variable DIGITLAB_DATA_DIR, or else the user's cache folder.",
    "环境变量 DIGITLAB_DATA_DIR 指定的位置，再否则是用户的缓存文件夹。",
)

DataDir = Annotated[
    Path | None,
    Parameter(
        help=help_text(
            f"Where the data is kept; default: {_DEFAULT_DATA_DIR}",
            f"数据存放在哪里；默认：{_DEFAULT_DATA_DIR}",
        )
    ),
]

RecordedDataDir = Annotated[
    Path | None,
    Parameter(
        help=help_text(
            f"Where the data is kept; default: where the run found it, or else {_DEFAULT_DATA_DIR}",
            f"数据存放在哪里；默认：训练时的位置，否则是{_DEFAULT_DATA_DIR}",
        )
    ),
]

DeviceName = Literal["auto", "cpu", "cuda", "mps"]

Device = Annotated[
    DeviceName,
    Parameter(
        help=help_text("Where to compute; auto picks the fastest.", "在哪里计算；auto 选最快的。")
    ),
]

Threads = Annotated[
    int | None,
    Parameter(
        converter=whole_number,
        help=help_text(
            "How many CPU threads; default: PyTorch's choice.",
            "用多少个 CPU 线程；默认由 PyTorch 决定。",
        ),
    ),
]

Lang = Annotated[
    Language | None,
    Parameter(
        help=help_text(
            "English or Chinese, for what is shown and for figures; default: as your locale.",
            "显示的内容和图中文字用英文还是中文；默认：与系统的区域设置相同。",
        )
    ),
]

Figures = Annotated[
    bool,
    Parameter(
        help=help_text("Draw the figures, which takes a second or two.", "画出各张图，需要一两秒。")
    ),
]

WithTensorBoard = Annotated[
    bool,
    Parameter(
        negative="",
        help=help_text(
            "Also write the curves for TensorBoard into the run's folder; needs the package "
            "tensorboard. A run that was started with it is continued with it.",
            "同时把曲线以 TensorBoard 的格式写进训练的文件夹；需要安装 tensorboard。"
            "开始时用了它，继续训练时也会用。",
        ),
    ),
]

WithSnapshots = Annotated[
    bool,
    Parameter(
        negative="",
        help=help_text(
            "Also keep the weights after 1, 2, 4, 8 … steps and after each epoch, in half the "
            "space (float16), so that `digitlab lab` can show how the network learned. A run "
            "that was "
            "started with it is continued with it.",
            "同时保存第 1、2、4、8 … 步之后和每一轮之后的权重，只占一半空间（float16），这样 "
            "`digitlab lab` 能展示网络是怎样学会的。开始时用了它，继续训练时也会用。",
        ),
    ),
]

_switch = partial(Parameter, negative="", show_default=False)

AsJson = Annotated[
    bool, _switch(name="--json", help=help_text("Print one JSON object.", "输出一个 JSON 对象。"))
]

AsJsonLines = Annotated[
    bool,
    _switch(
        name="--json",
        help=help_text("Print one JSON object per picture.", "每张图片输出一个 JSON 对象。"),
    ),
]

AsCsv = Annotated[
    bool,
    _switch(
        name="--csv", help=help_text("Print comma-separated values.", "输出逗号分隔的值（CSV）。")
    ),
]

RunPath = Annotated[Path, Parameter(help=help_text("The run's folder.", "训练的文件夹。"))]

RunPaths = Annotated[
    list[Path],
    Parameter(
        help=help_text(
            "The folder of a run, or of several runs: `digitlab repeat` makes such folders.",
            "一次训练的文件夹，或者装有多次训练的文件夹：`digitlab repeat` 生成的就是后者。",
        ),
        negative="",
    ),
]


def _refuse_options(_type: object, paths: list[Path]) -> None:
    """Raise `CycloptsError` for a mistyped flag, which would be taken for a picture."""
    for path in paths:
        if str(path).startswith("-") and path != STDIN and not path.exists():
            raise CycloptsError(
                msg=f"There is no option {printable(path)}, and no file of that name; "
                "--help lists the options."
            )


PicturePaths = Annotated[
    list[Path],
    Parameter(
        help=help_text(
            "PNG, JPEG, WebP, BMP, TIFF or GIF files (HEIC and PDF need the extras heic and pdf), "
            "folders of them, or - for one on stdin.",
            "PNG、JPEG、WebP、BMP、TIFF 或 GIF 文件（HEIC 和 PDF 需要安装附加包 heic 和 pdf），"
            "或放这些文件的文件夹；- 表示从标准输入读一张。",
        ),
        negative="",
        json_list=False,  # a name may begin with a bracket
        allow_leading_hyphen=True,  # for the dash alone
        validator=_refuse_options,
    ),
]

ModelPath = Annotated[
    Path | None,
    Parameter(
        help=help_text(
            "A model's folder; default: the model that comes with the package.",
            "模型的文件夹；默认：随包附带的模型。",
        )
    ),
]
