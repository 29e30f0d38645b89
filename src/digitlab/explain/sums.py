"""The arithmetic of a network's sizes: outputs, parameters, multiply-adds, written out.

Each function returns the number together with how it arises, as text that needs no language.
"""

import math
from dataclasses import dataclass

from digitlab.explain.call import Call, Shape, of_one_image

SIZE_FORMULA = "⌊({size} + 2·{padding} − {dilation}·({kernel} − 1) − 1) / {stride}⌋ + 1"
"""The places of a window along one side, with the words for its settings to be filled in."""


@dataclass(frozen=True)
class Sum:
    """A number and how it arises."""

    written: str
    """The arithmetic without its result: `10·(1·5·5)+10`."""
    result: int

    def __str__(self) -> str:
        if self.written == f"{self.result:,}":
            return self.written
        return f"{self.written} = {self.result:,}"


def times(shape: Shape) -> str:
    """Return a shape as a product: `20·4·4`.

    >>> times((20, 4, 4)), times((10, 1568))
    ('20·4·4', '10·1,568')
    """
    return "·".join(f"{side:,}" for side in shape)


def parameter_sum(call: Call) -> Sum | None:
    """Return how many parameters an operation has that no earlier one used; None for none.

    A convolution has a weight for each value in its window and a bias per kernel:
    `10·(1·5·5)+10 = 260`.
    """
    if not call.parameters:
        return None
    result = sum(math.prod(shape) for shape in call.parameters)
    written = "+".join(_product(call, shape) for shape in call.parameters)
    if call.kind.endswith("_norm") and len({*call.parameters}) == 1 and len(call.parameters) > 1:
        written = f"{len(call.parameters)}·{times(call.parameters[0])}"
    return Sum(written, result)


def _product(call: Call, shape: Shape) -> str:
    if call.kind.endswith("convolution") and len(shape) > 1:
        return f"{shape[0]:,}·({times(shape[1:])})"
    return times(shape) or "1"


def multiply_add_sum(call: Call) -> Sum | None:
    """Return how many multiply-adds an operation does for one image.

    None for operations that are not convolutions, linear layers or matrix products. Those of a
    known kind take little time; see `ExplainedNetwork.uncounted` for the others.
    """
    output = of_one_image(call.output).shape
    weight = call.weights.get("weight")
    match call.kind:
        case "convolution" if weight is not None:
            each = weight.shape[1:]
            return Sum(f"{times(output)}·({times(each)})", math.prod(output) * math.prod(each))
        case "transposed_convolution" if weight is not None:
            taken, each = of_one_image(call.inputs[0]).shape, weight.shape[1:]
            return Sum(f"{times(taken)}·({times(each)})", math.prod(taken) * math.prod(each))
        case "linear" if weight is not None:
            factors = (*output, weight.shape[1])
            return Sum(times(factors), math.prod(factors))
        case "matrix_product" if call.inputs and (inner := _inner_size(call)):
            factors = (*output, inner)
            return Sum(times(factors), math.prod(factors))
    return None


def _inner_size(call: Call) -> int | None:
    """Return how many products each value of a matrix product adds up; None if it is not clear.

    `inputs` has no weights, so a weight matrix may be the left factor or the right one.
    """
    taken = call.inputs[0].shape
    weight = next((it for it in call.parameters if len(it) == 2), None)
    inner = int(taken[-1])
    if weight is None or weight == (inner, call.output.shape[-1]):
        return inner
    return weight[1] if weight[1] == taken[max(0, len(taken) - 2)] else None


def size_sums(call: Call) -> tuple[Sum, ...]:
    """Return how the sizes of the output arise from those of the input.

    For a window that slides over an image, height and width are there once if they are equal.
    Nothing is returned where the arithmetic would not give the size that the network has.
    """
    if not call.inputs:
        return ()
    before, after = of_one_image(call.inputs[0]).shape, of_one_image(call.output).shape
    if "kernel" in call.settings and call.kind != "transposed_convolution":
        axes = range(len(call.settings["kernel"]))
        offset = len(before) - len(axes)
        if len(before) != len(after) or offset < 0:
            return ()
        sums = [_window_sum(call, axis, before[offset + axis]) for axis in axes]
        right = [it.result == after[offset + axis] for axis, it in enumerate(sums)]
        return tuple(dict.fromkeys(sums)) if all(right) else ()
    if call.kind == "flatten" and len(before) > len(after):
        result = math.prod(before)
        return (Sum(times(before), result),) if result == after[-1] else ()
    if call.kind == "concatenate" and len(call.inputs) > 1:
        return _concatenation_sum(call)
    return ()


def _window_sum(call: Call, axis: int, size: int) -> Sum:
    """Return how many places a window has along an axis; see `SIZE_FORMULA`."""
    settings = call.settings
    kernel, stride = settings["kernel"][axis], settings["stride"][axis]
    dilation, (first, last) = settings["dilation"][axis], settings["padding"][axis]
    room = size + first + last - dilation * (kernel - 1) - 1
    up = bool(settings.get("ceil_mode"))
    places = (-(-room // stride) if up else room // stride) + 1
    rounded = ("⌈{}⌉" if up else "⌊{}⌋") if room % stride else "{}"
    if stride == kernel and dilation == 1 and first == last == 0:
        return Sum(rounded.format(f"{size} / {stride}"), places)
    padded = f" + 2·{first}" if first == last else f" + {first} + {last}"
    taken = f"{size}{padded * (first + last > 0)}"
    window = f"{kernel}" if dilation == 1 else f"{dilation}·({kernel} − 1) − 1"
    if stride == 1:
        return Sum(f"{taken} − {window} + 1", places)
    return Sum(f"{rounded.format(f'({taken} − {window}) / {stride}')} + 1", places)


def _concatenation_sum(call: Call) -> tuple[Sum, ...]:
    axis = call.settings.get("axis", 0)
    if not isinstance(axis, int) or not -call.output.ndim <= axis < call.output.ndim:
        return ()
    sides = [it.shape[axis] for it in call.inputs]
    if sum(sides) != call.output.shape[axis]:
        return ()
    return (Sum(" + ".join(f"{side:,}" for side in sides), sum(sides)),)
