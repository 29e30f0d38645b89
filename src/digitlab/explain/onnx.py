"""The operations of an exported model, as ONNX Runtime computes them. PyTorch is not needed."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.explain.call import IMAGE, Call, Values
from digitlab.models.card import IMAGES, IS_DIGIT
from digitlab.models.classifier import inner_values
from digitlab.models.onnx_graph import Graph, Node, normalization_of, without_output

_KINDS = {
    "Conv": "convolution",
    "ConvTranspose": "transposed_convolution",
    "Gemm": "linear",
    "BatchNormalization": "batch_norm",
    "LayerNormalization": "layer_norm",
    "GroupNormalization": "group_norm",
    "MaxPool": "max_pool",
    "AveragePool": "average_pool",
    "GlobalAveragePool": "adaptive_average_pool",
    "Relu": "relu",
    **dict.fromkeys(
        ("LeakyRelu", "Elu", "Selu", "Celu", "Gelu", "Mish", "Sigmoid", "Tanh", "HardSwish"),
        "activation",
    ),
    **dict.fromkeys(("HardSigmoid", "Softplus", "Softsign", "PRelu", "Clip"), "activation"),
    **dict.fromkeys(("Reshape", "Flatten", "Squeeze", "Unsqueeze"), "reshape"),
    "LogSoftmax": "log_softmax",
    "Softmax": "softmax",
    "Add": "add",
    "Sub": "subtract",
    "Mul": "multiply",
    "Div": "divide",
    "Concat": "concatenate",
    "ReduceMean": "mean",
    "MatMul": "matrix_product",
    "Transpose": "transpose",
    "Pad": "pad",
}
_ALIASES = ("Cast", "Identity")
_PARTS = {
    "convolution": ("weight", "bias"),
    "transposed_convolution": ("weight", "bias"),
    "linear": ("weight", "bias"),
    "batch_norm": ("weight", "bias", "mean", "variance"),
    "layer_norm": ("weight", "bias"),
    "group_norm": ("weight", "bias"),
}
"""What the inputs after the first are."""
_BUFFERS = ("mean", "variance")
_NETWORK = "network."
"""How the names of a network's own weights begin in an exported model."""


def calls_of(weights: bytes, graph: Graph, image: NDArray[np.uint8]) -> list[Call]:
    """Return the operations of an exported model on one image, uint8 (28, 28), in their order.

    `graph` is that of `weights`. What only `is_digit` needs is left out. The
    normalization at the beginning is not among them, nor is what computes only shapes. Raises
    `DigitlabError` if the network fails.
    """
    graph = without_output(graph, IS_DIGIT)
    normalization = normalization_of(graph)
    nodes = normalization.following if normalization else graph.nodes
    names = [node.outputs[0] for node in graph.nodes if node.outputs and node.outputs[0]]
    values = {IMAGES: image[None], **inner_values(weights, names, image)}
    numbers = {normalization.output if normalization else IMAGES: IMAGE}
    calls: list[Call] = []
    used: set[str] = set()
    for node in nodes:
        taken = [name for name in node.inputs if name in numbers]
        if not taken or not node.outputs:
            continue
        output = values[node.outputs[0]]
        if node.operator in _ALIASES:
            numbers[node.outputs[0]] = numbers[taken[0]]
        elif output.dtype.kind == "f":
            calls.append(_call_of(node, graph, taken, numbers, values, used))
            numbers[node.outputs[0]] = len(calls)
    return calls


def _call_of(
    node: Node,
    graph: Graph,
    taken: list[str],
    numbers: dict[str, int],
    values: dict[str, Values],
    used: set[str],
) -> Call:
    kind = _KINDS.get(node.operator, "other")
    constant = [name for name in node.inputs if name in graph.weights]
    if kind == "matrix_product" and len(taken) == 1 and node.inputs[1] in graph.weights:
        kind = "linear"
    output = values[node.outputs[0]]
    if kind == "reshape" and output.ndim == 2:
        kind = "flatten"
    parts = _PARTS.get(kind, ())
    named = dict(zip(node.inputs[1:], parts, strict=False))
    weights = {named.get(name, name): graph.weights[name] for name in constant}
    transposed = node.operator == "MatMul" or not node.attributes.get("transB", 0)
    if kind == "linear" and transposed and "weight" in weights:
        weights["weight"] = weights["weight"].T
    own = [
        name
        for name in constant
        if named.get(name, "") not in _BUFFERS
        and (name in named or name.startswith(_NETWORK))
        and graph.weights[name].dtype.kind == "f"
    ]
    new = [name for name in own if name not in used]
    used.update(own)
    return Call(
        name=_layer_of(own) or node.operator,
        operator=node.operator,
        kind=kind,
        inputs=tuple(values[name] for name in taken),
        sources=tuple(numbers[name] for name in taken),
        output=output,
        settings=_settings_of(kind, node, weights),
        weights=weights,
        parameters=tuple(_shape_of(graph, node, name) for name in new),
        shares=len(new) < len(own),
    )


def _shape_of(graph: Graph, node: Node, name: str) -> tuple[int, ...]:
    shape = graph.weights[name].shape
    is_turned = node.operator == "MatMul" or (
        node.operator == "Gemm" and not node.attributes.get("transB", 0)
    )
    return shape[::-1] if is_turned else shape


def _layer_of(own: list[str]) -> str:
    """Return the name of the layer whose weights these are: `conv1`; "" if it is not one layer."""
    layers = {name.removeprefix(_NETWORK).rpartition(".")[0] for name in own}
    return layers.pop() if len(layers) == 1 else ""


def _settings_of(kind: str, node: Node, weights: dict[str, Values]) -> dict[str, Any]:
    """Return the settings of an operation as `Call.settings` has them."""
    given: dict[str, Any] = node.attributes
    if kind in ("convolution", "transposed_convolution", "max_pool", "average_pool"):
        kernel = tuple(given.get("kernel_shape") or weights["weight"].shape[2:])
        count = len(kernel)
        pads = given.get("pads") or [0] * (2 * count)
        settings = {
            "kernel": kernel,
            "stride": tuple(given.get("strides") or [1] * count),
            "padding": tuple(zip(pads[:count], pads[count:], strict=True)),
            "dilation": tuple(given.get("dilations") or [1] * count),
        }
        if kind.endswith("convolution"):
            return settings | {"groups": given.get("group", 1)}
        return settings | {
            "ceil_mode": bool(given.get("ceil_mode", 0)),
            "counts_padding": bool(given.get("count_include_pad", 0)),
            "divisor": None,
        }
    if kind.endswith("_norm"):
        return {"epsilon": float(str(np.float32(str(given.get("epsilon", 1e-5)))))}
    if kind in ("log_softmax", "softmax", "concatenate"):
        return {"axis": given.get("axis", -1)}
    return {}
