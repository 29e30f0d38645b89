"""A PyTorch module as a network in ONNX."""

import io
import logging
import warnings
from contextlib import redirect_stderr
from typing import Any

import torch
from torch import Tensor, nn

from digitlab.errors import DigitlabError


def to_graph(
    module: nn.Module,
    example: Tensor,
    any_size: dict[int, Any],
    *,
    inputs: list[str],
    outputs: list[str],
    name: str,
) -> Any:
    """Return a module as an ONNX model (`onnx.ModelProto`).

    Parameters
    ----------
    module
        In evaluation mode; takes one tensor, returns as many as there are `outputs`.
    example
        An input. (With one image in it, the batch size would be fixed: give two.)
    any_size
        The input's dimensions that can have other sizes, each with its `torch.export.Dim`.
    inputs, outputs
        What they are to be called.
    name
        The network's name, for the error message.

    Raises `DigitlabError` if it does something that such a file cannot hold.
    """
    logging.disable(logging.CRITICAL)  # it recommends packages, and logs each failed attempt
    try:
        with warnings.catch_warnings(), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")  # about its own use of deprecated parts of PyTorch
            program = torch.onnx.export(
                module,
                (example,),
                input_names=inputs,
                output_names=outputs,
                dynamic_shapes=(any_size,),
                dynamo=True,
                external_data=False,
                verbose=False,
            )
    except Exception as error:  # it can be any, and has many lines
        raise DigitlabError(
            f"{name} cannot be written as ONNX ({_reason(error)}); its forward must do the same "
            "for every image and every batch size, with operators that ONNX has"
        ) from error
    finally:
        logging.disable(logging.NOTSET)
    assert program is not None
    model = program.model_proto  # a new copy at each access
    graph = model.graph
    values = (*graph.value_info, *graph.input, *graph.output, *graph.initializer)
    for described in (model, graph, *graph.node, *values):
        # What the exporter adds for debugging: source lines and folders of this machine.
        del described.metadata_props[:]
    return model


def to_bytes(model: Any) -> bytes:
    """Return the file that holds an ONNX model."""
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _reason(error: BaseException) -> str:
    """Return the first line of the innermost reason that the exporter gives."""
    while error.__cause__ is not None:
        error = error.__cause__
    first = next((it.strip() for it in str(error).splitlines() if it.strip()), "")
    return f"{type(error).__name__}: {first}"[:300]
