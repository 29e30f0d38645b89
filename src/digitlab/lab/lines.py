"""The lines of a network's `forward`, one operation each: of the package's networks and of models.

A line is a small dictionary that the page understands: `lab/page/operations.js` computes
it. `code` is the line as it is written in `digitlab.train.networks`, where a line may
also do two operations at once.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.errors import DigitlabError, printable
from digitlab.models.card import ANSWERS, IMAGES, IS_DIGIT
from digitlab.models.onnx_graph import Graph, Node, normalization_of, without_output

Line = dict[str, Any]
Weights = Mapping[str, NDArray[np.floating]]  # by PyTorch's names: conv1.weight

_DEEP = (
    "conv1 max_pool norm1 relu conv2 norm2 relu conv3 norm3 relu conv4 max_pool norm4 relu "
    "conv5 norm5 relu flatten drop fc log_softmax"
)
_FORWARD = {
    "tutorial": (
        "conv1 max_pool relu conv2 conv2_drop max_pool relu flatten fc1 relu fc1_drop fc2 "
        "log_softmax"
    ),
    "fast": (
        "conv1 relu conv2 max_pool norm2 relu conv3 norm3 relu conv4 norm4 relu flatten drop fc "
        "log_softmax"
    ),
    "compact": _DEEP,
    "best": _DEEP,
}
"""The layers and operations of the package's networks, in the order of `forward`."""

_CODE = {
    "max_pool": "x = F.max_pool2d(x, {size})",
    "relu": "x = F.relu(x)",
    "flatten": "x = x.flatten(1)",
    "log_softmax": "return F.log_softmax(x, dim=1)",
}
_SUPPORTED = "Conv, MaxPool, Relu, BatchNormalization, Reshape or Flatten, Gemm and LogSoftmax"
_REQUIRED: dict[str, dict[str, tuple[object, ...]]] = {
    "Conv": {"pads": (0,), "dilations": (1,), "group": (1,), "auto_pad": ("NOTSET",)},
    "MaxPool": {"pads": (0,), "dilations": (1,), "ceil_mode": (0,), "auto_pad": ("NOTSET",)},
    "BatchNormalization": {"training_mode": (0,)},
    "Gemm": {"alpha": (1,), "beta": (1,), "transA": (0,), "transB": (1,)},
    "LogSoftmax": {"axis": (1, -1)},
}
"""The settings of ONNX's operators that the page can compute; where one is missing, the first."""
_PARTS = {
    "conv": ("weight", "bias"),
    "linear": ("weight", "bias"),
    "norm": ("weight", "bias", "running_mean", "running_var"),
}


def known_lines(network: str, dropout: float) -> list[Line] | None:
    """Return the lines of one of the package's networks, or None for any other.

    >>> [line["op"] for line in known_lines("tutorial", 0.5)][:5]
    ['conv', 'max_pool', 'relu', 'conv', 'dropout2d']
    """
    if network not in _FORWARD:
        return None
    lines = [_known_line(name, dropout) for name in _FORWARD[network].split()]
    if network == "fast":  # its first layer is computed from the images, and never learns
        lines[0] |= {"stride": 2, "fixed": True}
    return lines


def _known_line(name: str, dropout: float) -> Line:
    if name.endswith("drop"):
        kind = "dropout2d" if name == "conv2_drop" else "dropout"
        return {"code": f"x = self.{name}(x)", "op": kind, "rate": dropout}
    if name.startswith("conv"):
        return _layer_line("conv", name, stride=1)
    if name.startswith("norm"):
        return _layer_line("norm", name, epsilon=1e-5)
    if name.startswith("fc"):
        return _layer_line("linear", name)
    return _plain_line(name, **({"size": 2} if name == "max_pool" else {}))


def _plain_line(op: str, **settings: Any) -> Line:
    return {"code": _CODE[op].format(**settings), "op": op, **settings}


def _layer_line(op: str, layer: str, **settings: Any) -> Line:
    return {"code": f"x = self.{layer}(x)", "op": op, "layer": layer, **settings}


def lines_of_graph(graph: Graph) -> tuple[list[Line], float, float]:
    """Return the lines of an exported network, and the mean and deviation it normalizes with.

    They lead to the log-probabilities; what a second output needs is left out. Dropout is not among
    them: an exported network has none. Raises `DigitlabError` if the network
    does anything that the page cannot compute.
    """
    graph = without_output(graph, IS_DIGIT)
    nodes = _chain(graph)
    normalization = normalization_of(graph)
    if normalization is None:
        beginning = printable(", ".join(node.operator for node in nodes[:5]))
        raise DigitlabError(
            f"the model begins with {beginning}, but the page computes models that begin with the "
            "normalization that `digitlab export` writes"
        )
    scale, mean, std = normalization.scale, normalization.mean, normalization.std
    if scale != 255 or not std > 0 or not math.isfinite(mean + std):
        raise DigitlabError(
            f"the model normalizes pixels by {scale}, {mean} and {std}, but must divide by 255, "
            "subtract a mean and divide by a deviation above 0"
        )
    return [_line_of(node) for node in normalization.following], mean, std


def _chain(graph: Graph) -> list[Node]:
    """Return the nodes from the images to the answers; each takes the output of the one before."""
    value = IMAGES
    for node in graph.nodes:
        taken = [name for name in node.inputs if name and name not in graph.weights]
        if taken != [value] or node.inputs[0] != value or not node.outputs:
            raise DigitlabError(
                f"the model's {printable(node.operator)} takes {printable(', '.join(taken))}, but "
                "the page computes networks in which each operation takes what the last one left"
            )
        value = node.outputs[0]
    if value != ANSWERS:
        raise DigitlabError(f"the model's last operation leaves {value!r} instead of {ANSWERS}")
    return graph.nodes


def _line_of(node: Node) -> Line:
    """Return the line of one operation, or raise `DigitlabError` if the page cannot compute it."""
    for name, allowed in _REQUIRED.get(node.operator, {}).items():
        value: Any = node.attributes.get(name, 0 if name == "transB" else allowed[0])
        if not set(_as_list(value)) <= set(allowed):
            raise DigitlabError(
                f"the model has {node.operator} with {name} {value}, but the page can compute it "
                f"only with {name} {allowed[0]}"
            )
    match node.operator:
        case "Conv":
            return _layer_line("conv", _layer_of(node, "conv"), stride=_side(node, "strides"))
        case "MaxPool":
            size = _side(node, "kernel_shape")
            if _side(node, "strides") == size:
                return _plain_line("max_pool", size=size)
            raise DigitlabError(
                f"the model pools windows of {size} pixels with another stride, but the page can "
                "compute only windows next to each other"
            )
        case "BatchNormalization":
            epsilon = float(str(np.float32(str(node.attributes.get("epsilon", 1e-5)))))
            return _layer_line("norm", _layer_of(node, "norm"), epsilon=epsilon)
        case "Gemm":
            return _layer_line("linear", _layer_of(node, "linear"))
        case "Relu":
            return _plain_line("relu")
        case "Reshape" | "Flatten":
            return _plain_line("flatten")
        case "LogSoftmax":
            return _plain_line("log_softmax")
    raise DigitlabError(
        f"the model has the operation {printable(node.operator)}, which the page cannot compute; "
        f"it can compute {_SUPPORTED}"
    )


def _as_list(value: int | float | str | list[int]) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _side(node: Node, name: str) -> int:
    """Return a setting that is the same down and across, such as `strides`; 1 if it is missing."""
    sides = set(_as_list(node.attributes.get(name, 1)))
    side = sides.pop() if len(sides) == 1 else 0
    if not isinstance(side, int) or side < 1:
        raise DigitlabError(
            f"the model has {node.operator} with {name} {node.attributes.get(name)}, but the page "
            "can compute only squares"
        )
    return side


def _layer_of(node: Node, op: str) -> str:
    """Return the name of the layer whose weights an operation takes: `conv1`."""
    layer = node.inputs[1].removesuffix(".weight") if len(node.inputs) > 1 else ""
    if node.inputs[1:] != [f"{layer}.{part}" for part in _PARTS[op][: len(node.inputs) - 1]]:
        raise DigitlabError(
            f"the model's {node.operator} takes {printable(', '.join(node.inputs[1:]))}, which are "
            "not the weights of one layer"
        )
    return layer.removeprefix("network.")


def weight_names(lines: list[Line]) -> list[str]:
    """Return the names of the weights that the lines may take; a bias may be missing."""
    named = [line for line in lines if "layer" in line]
    return [f"{line['layer']}.{part}" for line in named for part in _PARTS[line["op"]]]


def check_shapes(lines: list[Line], weights: Weights, classes: int) -> None:
    """Raise `DigitlabError` unless the lines lead from 28x28 pixels to a value for each class."""
    shape: tuple[int, ...] = (1, 28, 28)
    for line in lines:
        after = _shape_after(line, shape, weights)
        if after is None or 0 in after:
            raise DigitlabError(
                f"the weights do not fit the network: {printable(line['code'])!r} cannot take "
                f"values of shape {shape}"
            )
        shape = after
    if shape != (classes,) or not lines or lines[-1]["op"] != "log_softmax":
        raise DigitlabError(
            f"the network leaves values of shape {shape}, but must end with log_softmax and "
            f"{classes} values"
        )


def _shape_after(line: Line, shape: tuple[int, ...], weights: Weights) -> tuple[int, ...] | None:
    """Return the shape that a line leaves; None if it cannot take this one."""
    found = {part: weights.get(f"{line.get('layer')}.{part}") for part in _PARTS["norm"]}
    weight = np.empty(()) if found["weight"] is None else found["weight"]
    outputs = weight.shape[:1]
    match line["op"]:
        case "conv" if weight.ndim == 4 and len(shape) == 3 and weight.shape[1] == shape[0]:
            fits = found["bias"] is None or found["bias"].shape == outputs
            sides = zip(shape[1:], weight.shape[2:], strict=True)
            after = (max(0, (side - kernel) // line["stride"] + 1) for side, kernel in sides)
            return (*outputs, *after) if fits else None
        case "linear" if weight.ndim == 2 and weight.shape[1:] == shape:
            fits = found["bias"] is None or found["bias"].shape == outputs
            return outputs if fits else None
        case "norm":
            fits = all(it is not None and it.shape == shape[:1] for it in found.values())
            return shape if fits else None
        case "max_pool" if len(shape) == 3:
            return (shape[0], *(side // line["size"] for side in shape[1:]))
        case "flatten":
            return (math.prod(shape),)
        case "relu" | "dropout" | "dropout2d":
            return shape
        case "log_softmax" if len(shape) == 1:
            return shape
    return None
