"""One operation that a network's `forward` performed, with everything that went in and came out.

`trace.py` records the operations of a PyTorch network, `onnx.py` those of an exported model. What
is said about a network is computed from these records alone, so it is the same for both.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.generic]
Shape = tuple[int, ...]

IMAGE = 0
"""The number of the image, which is where the first operation's input comes from."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Call:
    """One operation on one image, a batch of one."""

    name: str
    """The layer's name, `conv1`, or how the operation is written, `F.relu`."""
    operator: str
    """The layer's class, `Conv2d`, or the operation's name."""
    kind: str
    """What it does, one of the names in `digitlab.explain.words.SENTENCES`; `other` if unknown."""
    inputs: tuple[Values, ...]
    """What it computes with, except weights: float32, with the batch dimension."""
    sources: tuple[int, ...]
    """Where each input comes from: `IMAGE`, or the number of an operation, counted from 1."""
    output: Values
    settings: dict[str, Any] = field(default_factory=dict)
    """For a window `kernel`, `stride`, `padding` and `dilation`, each per axis; `groups`, `rate`,
    `epsilon` and others. `padding` is a pair per axis: before and after."""
    weights: dict[str, Values] = field(default_factory=dict)
    """`weight`, `bias`, `mean` and `variance` where an operation has them; others by their name."""
    parameters: tuple[Shape, ...] = ()
    """The shapes of its parameters, except those that an earlier operation has already used."""
    shares: bool = False
    """Whether an earlier operation uses some of its parameters, too."""
    fixed: bool = False
    """Whether its parameters are not changed by training."""
    by_digitlab: bool = False
    """Whether digitlab adds it behind the network's own `forward`."""


def of_one_image(values: Values) -> Values:
    """Return values without the batch dimension, if they have one."""
    return values[0] if values.ndim > 1 and values.shape[0] == 1 else values
