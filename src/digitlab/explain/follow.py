"""One picture through a network, with real numbers: how one value of each operation was computed.

The value is the largest of each output. So the path is the same as that of the answer's strongest
signal: what max pooling keeps and ReLU leaves.
"""

import math
from dataclasses import replace
from typing import Any

import numpy as np

from digitlab.explain.call import Call, Values, of_one_image
from digitlab.explain.followed import Followed, Term, total_of

_RELATIVE, _ABSOLUTE = 1e-3, 1e-4
"""How far a sum may be from the network's value, which was added in another order, in float32."""


def follow(calls: list[Call]) -> list[Followed]:
    """Return how the largest value of each operation's output was computed."""
    return [_followed(number, call) for number, call in enumerate(calls, start=1)]


def _followed(number: int, call: Call) -> Followed:
    output = of_one_image(call.output)
    index = tuple(map(int, np.unravel_index(np.argmax(output), output.shape)))
    value = float(output[index])
    plain = Followed(number=number, index=index, value=value, form="value")
    if not call.inputs:
        return plain
    try:
        found = _arithmetic(plain, call)
    except (IndexError, ValueError, KeyError):  # an operation with settings of its own
        return plain
    if found.form == "function":
        return found
    result = total_of(found)
    is_right = result is not None and math.isclose(
        result, value, rel_tol=_RELATIVE, abs_tol=_ABSOLUTE
    )
    return found if is_right else plain


def _arithmetic(plain: Followed, call: Call) -> Followed:
    taken = of_one_image(call.inputs[0])
    match call.kind:
        case "convolution":
            return _changed(plain, "products", terms=_convolution_terms(call, plain.index))
        case "linear":
            return _changed(plain, "products", terms=_linear_terms(call, plain.index))
        case "max_pool" | "average_pool":
            return _pooled(plain, call)
        case "adaptive_average_pool" | "mean":
            values = taken[plain.index[0]].ravel() if taken.ndim > 1 else taken
            return _changed(plain, "average", inputs=_floats(values))
        case "batch_norm":
            return _normalized(plain, call)
        case "relu" | "dropout" | "channel_dropout":
            form = "relu" if call.kind == "relu" else "copy"
            return _changed(plain, form, inputs=(float(taken[plain.index]),), places=(plain.index,))
        case "activation" if taken.shape == of_one_image(call.output).shape:
            place = plain.index
            found = _changed(plain, "function", inputs=(float(taken[place]),), places=(place,))
            return replace(found, name=call.operator.rpartition(".")[2])
        case "concatenate":
            return _part(plain, call)
        case "flatten" | "reshape":
            place = _same_place(plain.index, of_one_image(call.output).shape, taken.shape)
            return _changed(plain, "copy", inputs=(float(taken[place]),), places=(place,))
        case "softmax" | "log_softmax" if taken.ndim == 1:
            return _changed(plain, call.kind, inputs=_floats(taken))
        case "add" | "subtract" | "multiply" | "divide":
            return _combined(plain, call)
    return plain


def _changed(plain: Followed, form: str, **found: Any) -> Followed:
    return replace(plain, form=form, **found)


def _floats(values: Values) -> tuple[float, ...]:
    return tuple(np.asarray(values, np.float64).ravel().tolist())


def _convolution_terms(call: Call, index: tuple[int, ...]) -> tuple[Term, ...]:
    """Return the products of one place of a window; in the padding there are none."""
    taken = of_one_image(call.inputs[0])
    kernel = call.weights["weight"][index[0]]  # (channels, height, width)
    per_group = len(call.weights["weight"]) // call.settings["groups"]
    first = index[0] // per_group * len(kernel)
    starts = [
        place * stride - padding[0]
        for place, stride, padding in zip(
            index[1:], call.settings["stride"], call.settings["padding"], strict=True
        )
    ]
    terms = []
    for inside, weight in np.ndenumerate(kernel):
        steps = zip(starts, inside[1:], call.settings["dilation"], strict=True)
        place = (first + inside[0], *(start + step * by for start, step, by in steps))
        if all(0 <= it < side for it, side in zip(place, taken.shape, strict=True)):
            terms.append(Term(place, float(taken[place]), float(weight)))
    return (*terms, *_bias_terms(call, index[0]))


def _bias_terms(call: Call, place: int) -> tuple[Term, ...]:
    bias = call.weights.get("bias")
    return () if bias is None else (Term((), 1.0, float(bias[place])),)


def _linear_terms(call: Call, index: tuple[int, ...]) -> tuple[Term, ...]:
    row = call.weights["weight"][index[-1]]
    taken = of_one_image(call.inputs[0])[index[:-1]]
    pairs = zip(taken.tolist(), row.tolist(), strict=True)
    terms = (Term((*index[:-1], place), *pair) for place, pair in enumerate(pairs))
    return (*terms, *_bias_terms(call, index[-1]))


def _pooled(plain: Followed, call: Call) -> Followed:
    taken = of_one_image(call.inputs[0])
    settings = call.settings
    ranges = []
    for axis, place in enumerate(plain.index[1:]):
        start = place * settings["stride"][axis] - settings["padding"][axis][0]
        steps = range(settings["kernel"][axis])
        dilation = settings["dilation"][axis]
        sides = [start + step * dilation for step in steps]
        ranges.append([it for it in sides if 0 <= it < taken.shape[axis + 1]])
    grid = np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1).reshape(-1, len(ranges))
    places = tuple((plain.index[0], *map(int, it)) for it in grid)
    values = tuple(float(taken[place]) for place in places)
    form = "largest" if call.kind == "max_pool" else "average"
    return _changed(plain, form, inputs=values, places=places)


def _normalized(plain: Followed, call: Call) -> Followed:
    channel = plain.index[0]
    numbers = {
        name: float(call.weights[name][channel]) if name in call.weights else default
        for name, default in (("mean", 0.0), ("variance", 1.0), ("weight", 1.0), ("bias", 0.0))
    }
    taken = of_one_image(call.inputs[0])
    numbers["epsilon"] = call.settings["epsilon"]
    return _changed(
        plain, "norm", inputs=(float(taken[plain.index]),), places=(plain.index,), numbers=numbers
    )


def _same_place(
    index: tuple[int, ...], after: tuple[int, ...], before: tuple[int, ...]
) -> tuple[int, ...]:
    """Return where a value was before its array got another shape."""
    return tuple(map(int, np.unravel_index(np.ravel_multi_index(index, after), before)))


def _part(plain: Followed, call: Call) -> Followed:
    """Return which of the arrays that were put side by side a value comes from."""
    lost = call.output.ndim - len(plain.index)  # the batch dimension
    axis = call.settings["axis"] % call.output.ndim - lost
    place = plain.index[axis]
    for taken in call.inputs:
        side = of_one_image(taken).shape[axis]
        if place < side:
            inside = (*plain.index[:axis], place, *plain.index[axis + 1 :])
            value = float(of_one_image(taken)[inside])
            return _changed(plain, "copy", inputs=(value,), places=(inside,))
        place -= side
    raise ValueError("the value comes from none of them")


def _combined(plain: Followed, call: Call) -> Followed:
    forms = {"add": "sum", "subtract": "difference", "multiply": "product", "divide": "quotient"}
    if len(call.inputs) != 2:
        raise ValueError("the other number is a constant")
    shape = of_one_image(call.output).shape
    values = [float(np.broadcast_to(of_one_image(it), shape)[plain.index]) for it in call.inputs]
    return _changed(plain, forms[call.kind], inputs=tuple(values), places=(plain.index,) * 2)
