"""A network explained: one row per operation, with sizes, parameters, work and receptive field.

`explain_network` runs a PyTorch network once and explains what it did; an exported model is
explained by `digitlab.explain.subject.find_subject`. The rows are values without words; for each
kind of operation, `digitlab.explain.words` has a sentence in both languages.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from digitlab.explain.call import Call, Shape, of_one_image
from digitlab.explain.fields import receptive_fields
from digitlab.explain.sums import Sum, multiply_add_sum, parameter_sum, size_sums

if TYPE_CHECKING:
    from torch import nn

SIDE = 28
"""Pixels of the image that networks take."""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation of a network's `forward`. Shapes are of one image, without the batch."""

    number: int
    """Its place in `forward`, from 1."""
    name: str
    """The layer's name, `conv1`, or how the operation is written, `F.relu`."""
    operator: str
    """The layer's class, `Conv2d`, or the operation's name."""
    kind: str
    """What it does, one of the names in `digitlab.explain.words.SENTENCES`; `other` if unknown."""
    settings: dict[str, Any]
    """See `Call.settings`."""
    sources: tuple[int, ...]
    """The numbers of the operations whose outputs it takes; 0 is the image."""
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    sizes: tuple[Sum, ...]
    """How the output's sizes arise; the same for height and width is there once."""
    parameters: Sum | None
    """None if it has none, or all of them belong to an earlier operation (`shares`)."""
    multiply_adds: Sum | None
    """For one image. None for operations that are not counted."""
    receptive_field: tuple[int, ...] | None
    """How many pixels of the image, high and wide, one value depends on; None if not known."""
    shares: bool
    """Whether an earlier operation uses some of its parameters, too."""
    fixed: bool
    """Whether its parameters are not changed by training."""
    by_digitlab: bool
    """Whether digitlab adds it behind the network's own `forward`."""


@dataclass(frozen=True, kw_only=True)
class ExplainedNetwork:
    """What a network's `forward` does, operation by operation, and the totals."""

    operations: list[Operation]
    parameters: int
    """Of all operations together, each parameter counted once."""
    unused_parameters: int
    """Those of the network that `forward` did not use."""
    multiply_adds: int
    """Of the operations that are counted, for one image."""
    uncounted: tuple[str, ...]
    """The names of operations that may take much time, but whose multiply-adds are not counted,
    such as an LSTM: of unknown kind, with weights or with several inputs."""


def explain_network(network: "nn.Module", image: np.ndarray | None = None) -> ExplainedNetwork:
    """Explain a PyTorch network by running it once, in evaluation mode, without gradients.

    Needs PyTorch. `image` is normalized, float32 (28, 28); by default a gradient from -1 to 1,
    which is enough to see what the network does.

    Raises `DigitlabError` if the network fails, or does nothing with the image.
    """
    import torch

    from digitlab.explain.trace import trace

    if image is None:
        image = np.linspace(-1, 1, SIDE * SIDE, dtype=np.float32).reshape(SIDE, SIDE)
    calls = trace(network, torch.from_numpy(image).reshape(1, 1, *image.shape))
    return explain_calls(calls, sum(it.numel() for it in network.parameters()))


def explain_calls(calls: list[Call], parameters: int | None = None) -> ExplainedNetwork:
    """Explain recorded operations; `parameters` is how many the network has, if that is known."""
    fields = receptive_fields(calls, (SIDE, SIDE))
    operations = [
        Operation(
            number=number,
            name=call.name,
            operator=call.operator,
            kind=call.kind,
            settings=call.settings,
            sources=call.sources,
            input_shapes=tuple(of_one_image(it).shape for it in call.inputs),
            output_shape=of_one_image(call.output).shape,
            sizes=size_sums(call),
            parameters=parameter_sum(call),
            multiply_adds=multiply_add_sum(call),
            receptive_field=field,
            shares=call.shares,
            fixed=call.fixed,
            by_digitlab=call.by_digitlab,
        )
        for number, (call, field) in enumerate(zip(calls, fields, strict=True), start=1)
    ]
    used = sum(it.parameters.result for it in operations if it.parameters)
    return ExplainedNetwork(
        operations=operations,
        parameters=used,
        unused_parameters=max(0, (parameters or used) - used),
        multiply_adds=sum(it.multiply_adds.result for it in operations if it.multiply_adds),
        uncounted=tuple(dict.fromkeys(it.name for it in operations if _may_be_costly(it))),
    )


def _may_be_costly(operation: Operation) -> bool:
    has_weights = operation.parameters is not None or operation.shares
    return operation.kind == "other" and (has_weights or len(operation.input_shapes) > 1)
