"""The parameters that several commands share, each explained once."""

import ipaddress
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import CycloptsError, Parameter, Token

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
        help="A name by which requests may address the server, besides localhost and IP addresses, "
        "or * for any name. May be repeated.",
        negative="",
    ),
]

Lang = Annotated[
    Language | None,
    Parameter(help="English or Chinese; default: as your locale."),
]

STDIN = Path("-")
"""The name that stands for a picture on stdin."""

DatasetName = Annotated[
    str,
    Parameter(
        help=f"Which dataset: {', '.join(CATALOG)}; or a folder with one subfolder of pictures for "
        "each class."
    ),
]

Prepare = Annotated[
    Preparation | None,
    Parameter(
        help="How the pictures in a folder become 28x28 pixels: mnist crops, scales and centers "
        "the ink as in MNIST; as-is only makes them gray and resizes them. Default: mnist."
    ),
]

ExtraFolder = Annotated[
    Path | None,
    Parameter(
        help="Also learn the pictures in this folder: corrections, or one subfolder of pictures "
        "for each class. --extra-share sets how much they count."
    ),
]

_DEFAULT_DATA_DIR = "the variable DIGITLAB_DATA_DIR, or else the user's cache folder."

DataDir = Annotated[
    Path | None, Parameter(help=f"Where the data is kept; default: {_DEFAULT_DATA_DIR}")
]

RecordedDataDir = Annotated[
    Path | None,
    Parameter(
        help=f"Where the data is kept; default: where the run found it, or else {_DEFAULT_DATA_DIR}"
    ),
]

DeviceName = Literal["auto", "cpu", "cuda", "mps"]

Device = Annotated[DeviceName, Parameter(help="Where to compute; auto picks the fastest.")]

Threads = Annotated[
    int | None,
    Parameter(converter=whole_number, help="How many CPU threads; default: PyTorch's choice."),
]

Figures = Annotated[bool, Parameter(help="Draw the figures, which takes a second or two.")]

WithTensorBoard = Annotated[
    bool,
    Parameter(
        negative="",
        help="Also write the curves for TensorBoard into the run's folder; needs the package "
        "tensorboard. A run that was started with it is continued with it.",
    ),
]

WithSnapshots = Annotated[
    bool,
    Parameter(
        negative="",
        help="Also keep the weights after 1, 2, 4, 8 … steps and after each epoch, in half the "
        "space (float16), so that `digitlab lab` can show how the network learned. A run that was "
        "started with it is continued with it.",
    ),
]

_switch = partial(Parameter, negative="", show_default=False)

AsJson = Annotated[bool, _switch(name="--json", help="Print one JSON object.")]

AsJsonLines = Annotated[bool, _switch(name="--json", help="Print one JSON object per picture.")]

AsCsv = Annotated[bool, _switch(name="--csv", help="Print comma-separated values.")]

RunPath = Annotated[Path, Parameter(help="The run's folder.")]

RunPaths = Annotated[
    list[Path],
    Parameter(
        help="The folder of a run, or of several runs: `digitlab repeat` makes such folders.",
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
        help="PNG, JPEG, WebP, BMP, TIFF or GIF files, folders of them, or - for one on stdin.",
        negative="",
        json_list=False,  # a name may begin with a bracket
        allow_leading_hyphen=True,  # for the dash alone
        validator=_refuse_options,
    ),
]

ModelPath = Annotated[
    Path | None,
    Parameter(help="A model's folder; default: the model that comes with the package."),
]
