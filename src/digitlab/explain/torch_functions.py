"""What PyTorch's functions are called, what they do, and what their arguments mean."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from digitlab.explain.call import Values

_KINDS = {
    "convolution": "conv1d conv2d conv3d",
    "transposed_convolution": "conv_transpose1d conv_transpose2d conv_transpose3d",
    "linear": "linear",
    "batch_norm": "batch_norm",
    "layer_norm": "layer_norm",
    "group_norm": "group_norm instance_norm",
    "max_pool": "max_pool1d max_pool2d max_pool3d",
    "average_pool": "avg_pool1d avg_pool2d avg_pool3d",
    "adaptive_average_pool": "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d",
    "relu": "relu",
    "activation": (
        "leaky_relu elu selu gelu silu mish sigmoid logsigmoid tanh relu6 hardtanh hardswish "
        "hardsigmoid softplus softsign prelu celu threshold"
    ),
    "dropout": "dropout alpha_dropout",
    "channel_dropout": "dropout1d dropout2d dropout3d feature_alpha_dropout",
    "reshape": "flatten view reshape unflatten squeeze unsqueeze view_as ravel",
    "log_softmax": "log_softmax",
    "softmax": "softmax",
    "add": "add iadd radd",
    "subtract": "sub isub rsub subtract",
    "multiply": "mul imul rmul multiply",
    "divide": "div idiv truediv itruediv rdiv rtruediv divide true_divide",
    "concatenate": "cat concat concatenate",
    "mean": "mean",
    "matrix_product": "matmul bmm mm rmatmul",
    "transpose": "transpose permute T mT t swapaxes movedim",
    "pad": "pad",
}
_KIND_OF = {name: kind for kind, names in _KINDS.items() for name in names.split()}

_WRITTEN = {"add": "+", "subtract": "−", "multiply": "×", "divide": "÷", "matrix_product": "@"}

_CONVOLUTION = "input weight bias stride padding dilation groups"
_POOL = "input kernel_size stride padding"
_ARGUMENTS = {
    "convolution": _CONVOLUTION,
    "transposed_convolution": ("input weight bias stride padding output_padding groups dilation"),
    "linear": "input weight bias",
    "batch_norm": "input running_mean running_var weight bias training momentum eps",
    "layer_norm": "input normalized_shape weight bias eps",
    "group_norm": "input num_groups weight bias eps",
    "max_pool": f"{_POOL} dilation ceil_mode",
    "average_pool": f"{_POOL} ceil_mode count_include_pad divisor_override",
    "dropout": "input p",
    "channel_dropout": "input p",
    "log_softmax": "input dim",
    "softmax": "input dim",
    "concatenate": "tensors dim",
    "mean": "input dim keepdim",
}
"""The names of the arguments that may be given by their place."""

_ALIASES = {"detach", "data", "contiguous", "clone", "requires_grad", "to", "float", "type"}
"""Functions that may give back the same numbers."""


def name_of(func: Callable[..., Any]) -> str:
    """Return the plain name of a function, operator or property: `add` for `__add__`, `add_`."""
    name = getattr(func, "__name__", str(func))
    if name == "__get__":  # a property, such as `x.T`
        name = getattr(getattr(func, "__self__", None), "__name__", name)
    return str(name).strip("_")


def kind_of(func: Callable[..., Any], output: Tensor) -> str:
    """Return what a function does; `other` if it is none of those that are explained."""
    kind = _KIND_OF.get(name_of(func), "other")
    return "flatten" if kind == "reshape" and output.dim() == 2 else kind


def written_as(func: Callable[..., Any], full_name: str | None) -> str:
    """Return how a program writes it: `F.relu`, `x.flatten`, `torch.cat` or `+`."""
    name = name_of(func)
    if (kind := _KIND_OF.get(name)) in _WRITTEN:
        return _WRITTEN[kind]
    module = (full_name or "").rpartition(".")[0]
    if module.startswith("torch.Tensor"):
        return f"x.{name}"
    return f"F.{name}" if module == "torch.nn.functional" else f"torch.{name}"


def changes_nothing(func: Callable[..., Any], before: Tensor, after: Tensor) -> bool:
    """Return whether a function only gives back what it took: `x.contiguous()`."""
    return name_of(func) in _ALIASES and before.dtype == after.dtype


def bound_arguments(
    func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Any]:
    """Return the arguments of a call by their names, as far as the function is a known one."""
    names = _ARGUMENTS.get(_KIND_OF.get(name_of(func), ""), "").split()
    return dict(zip(names, args, strict=False)) | kwargs


def weights_of(arguments: dict[str, Any], convert: Callable[[Tensor], Values]) -> dict[str, Values]:
    """Return the weights among the arguments, by the names that `Call.weights` has for them."""
    names = {"weight": "weight", "bias": "bias", "running_mean": "mean", "running_var": "variance"}
    return {
        name: convert(arguments[it])
        for it, name in names.items()
        if isinstance(arguments.get(it), Tensor)
    }


def settings_of(kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of a call as `Call.settings` has them."""
    match kind:
        case "convolution" | "transposed_convolution":
            kernel = tuple(arguments["weight"].shape[2:])
            settings = _window(arguments, kernel, stride=1)
            return settings | {"groups": arguments.get("groups", 1)}
        case "max_pool" | "average_pool":
            dimensions = arguments["input"].dim() - 2
            kernel = _per_axis(arguments["kernel_size"], dimensions)
            settings = _window(arguments, kernel, stride=kernel)
            return settings | {
                "ceil_mode": bool(arguments.get("ceil_mode", False)),
                "counts_padding": bool(arguments.get("count_include_pad", True)),
                "divisor": arguments.get("divisor_override"),
            }
        case "batch_norm" | "layer_norm" | "group_norm":
            settings = {"epsilon": arguments.get("eps", 1e-5)}
            if kind == "group_norm" and "num_groups" in arguments:
                settings["groups"] = arguments["num_groups"]
            return settings
        case "dropout" | "channel_dropout":
            return {"rate": float(arguments.get("p", 0.5))}
        case "log_softmax" | "softmax" | "concatenate":
            return {"axis": arguments.get("dim", 0 if kind == "concatenate" else -1)}
    return {}


def _window(
    arguments: dict[str, Any], kernel: tuple[int, ...], stride: int | tuple[int, ...]
) -> dict[str, Any]:
    """Return the settings of a window that slides over an image."""
    count = len(kernel)
    given = arguments.get("stride")
    dilation = _per_axis(arguments.get("dilation", 1), count)
    padding = arguments.get("padding", 0)
    if padding == "same":  # as much as keeps the size; an odd one is after
        totals = [step * (size - 1) for step, size in zip(dilation, kernel, strict=True)]
        pads = tuple((total // 2, total - total // 2) for total in totals)
    else:
        sides = _per_axis(0 if padding == "valid" else padding, count)
        pads = tuple((side, side) for side in sides)
    return {
        "kernel": kernel,
        "stride": _per_axis(given if given not in (None, ()) else stride, count),
        "padding": pads,
        "dilation": dilation,
    }


def _per_axis(value: Any, count: int) -> tuple[int, ...]:
    values = tuple(value) if isinstance(value, list | tuple) else (value,)
    return tuple(map(int, values * count if len(values) == 1 else values))
