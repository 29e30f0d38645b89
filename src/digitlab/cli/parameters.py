"""The parameters that several commands share, each explained once."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

DatasetName = Annotated[str, Parameter(help="Which dataset: mnist or fashion-mnist.")]

DataDir = Annotated[
    Path | None,
    Parameter(
        help="Where the data is kept. Without it: the variable DIGITLAB_DATA_DIR, or else the "
        "user's cache folder."
    ),
]

Device = Annotated[
    str, Parameter(help="Where to compute: auto, cpu, cuda or mps; auto takes the fastest.")
]

Threads = Annotated[
    int | None, Parameter(help="How many CPU threads; without it, PyTorch's own choice.")
]

CheckpointSteps = Annotated[
    int, Parameter(help="Save every so many steps as well as after every epoch; 0: epochs alone.")
]

AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Print one JSON object.")]

RunPath = Annotated[Path, Parameter(help="The run's folder.")]
