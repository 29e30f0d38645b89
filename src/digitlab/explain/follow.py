"""One picture through a network, with real numbers: how one value of each operation was computed.

The value is the largest of each output. So the path is the same as that of the answer's strongest
signal: what max pooling keeps and ReLU leaves.
"""

import math
from dataclasses import dataclass

import numpy as np

from digitlab.explain.call import Call, Values, of_one_image

_RELATIVE, _ABSOLUTE = 1e-3, 1e-4
"""How far a sum may be from the network's value, which was added in another order, in float32."""


@dataclass(frozen=True)
class Term:
    """One product of a sum."""

    index: tuple[int, ...]
    """Where the input value is: (channel, row, column), or (place,). Empty for the bias."""
    value: float
    weight: float

    @property
    def product(self) -> float:
        """What it adds to the sum."""
        return self.value * self.weight


@dataclass(frozen=True, kw_only=True)
class Followed:
    """How one value of an operation's output was computed."""

    number: int
    """The operation's number, from 1."""
    index: tuple[int, ...]
    """The value's place in the output of one image."""
    value: float
    """As the network computed it."""
    form: str
    """`products`: the sum of `terms`. `largest` and `average`: of `inputs`. `relu`: the larger of
    0 and the one input. `norm`: (input - mean) / sqrt(variance + epsilon) x weight + bias. `sum`,
    `difference`, `product`, `quotient`: of `inputs`. `softmax` and `log_softmax`: of all scores,
    see `Answer`. `copy`: the input as it is. `value`: not followed further."""
    terms: tuple[Term, ...] = ()
    inputs: tuple[float, ...] = ()
    places: tuple[tuple[int, ...], ...] = ()
    """Where the inputs are."""
    numbers: dict[str, float] | None = None
    """For `norm`: mean, variance, epsilon, weight and bias."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The scores of the classes, and what becomes of them."""

    scores: tuple[float, ...]
    """What the last softmax takes."""
    exponentials: tuple[float, ...]
    """e to the power of each score; with very large scores, of (score - the largest score)."""
    shifted: bool
    """Whether the largest score was subtracted first."""
    probabilities: tuple[float, ...]
    """Each exponential divided by their sum."""
    losses: tuple[float, ...]
    """-ln of each probability: the loss if this were the true class."""
    calibrated: tuple[float, ...] | None
    """The probabilities after calibration, as `digitlab predict` prints them; None if the network
    is not calibrated."""


def follow(calls: list[Call]) -> list[Followed]:
    """Return how the largest value of each operation's output was computed."""
    return [_followed(number, call) for number, call in enumerate(calls, start=1)]


def answer_of(calls: list[Call], temperature: float | None = None) -> Answer | None:
    """Return the probabilities of the classes; None if the network does not end with a softmax."""
    last = next((it for it in reversed(calls) if it.kind.endswith("softmax")), None)
    if last is None or calls[-1].output.shape != last.output.shape or not last.inputs:
        return None
    scores = np.asarray(of_one_image(last.inputs[0]), np.float64)
    if scores.ndim != 1:
        return None
    most = float(scores.max())
    shifted = most > 300 or most < -300
    exponentials = np.exp(scores - most if shifted else scores)
    probabilities = exponentials / exponentials.sum()
    losses = most - scores + math.log(np.exp(scores - most).sum())
    calibrated = None
    if temperature is not None:
        cooled = np.exp((scores - most) / temperature)
        calibrated = tuple((cooled / cooled.sum()).tolist())
    return Answer(
        scores=tuple(scores.tolist()),
        exponentials=tuple(exponentials.tolist()),
        shifted=shifted,
        probabilities=tuple(probabilities.tolist()),
        losses=tuple(losses.tolist()),
        calibrated=calibrated,
    )


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
    result = total_of(found)
    is_right = result is not None and math.isclose(
        result, value, rel_tol=_RELATIVE, abs_tol=_ABSOLUTE
    )
    return found if is_right else plain


def total_of(followed: Followed) -> float | None:
    """Return the result of the arithmetic, computed from its numbers; None if there is none."""
    inputs = followed.inputs
    match followed.form:
        case "products":
            return sum(it.product for it in followed.terms)
        case "largest":
            return max(inputs)
        case "average":
            return sum(inputs) / len(inputs)
        case "relu":
            return max(0.0, inputs[0])
        case "norm" if followed.numbers:
            it = followed.numbers
            scaled = (inputs[0] - it["mean"]) / math.sqrt(it["variance"] + it["epsilon"])
            return scaled * it["weight"] + it["bias"]
        case "sum":
            return sum(inputs)
        case "difference":
            return inputs[0] - inputs[1]
        case "product":
            return inputs[0] * inputs[1]
        case "quotient":
            return inputs[0] / inputs[1]
        case "copy":
            return inputs[0]
        case "softmax":
            most = max(inputs)
            return 1 / sum(math.exp(it - most) for it in inputs)
        case "log_softmax":
            most = max(inputs)
            return -math.log(sum(math.exp(it - most) for it in inputs))
    return None


@dataclass(frozen=True)
class Summand:
    """A part of a sum that is short enough to be printed."""

    kind: str
    """`product`: one product. `channel`: all products of one input channel. `others`: the products
    or channels that are not listed. `bias`."""
    index: tuple[int, ...]
    """Where the product's input value is, or (channel,); empty for `others` and the bias."""
    value: float
    count: int = 1
    """How many products or channels it is the sum of."""


def summands(followed: Followed, most: int = 25) -> list[Summand]:
    """Return the terms of a sum as at most about `most` numbers that have the same sum.

    Of a convolution over several channels, the products of each channel are added first. Where that
    is still too many, the numbers farthest from 0 are listed, and the others are added.
    """
    products = [Summand("product", it.index, it.product) for it in followed.terms if it.index]
    bias = [Summand("bias", (), it.product) for it in followed.terms if not it.index]
    channels = sorted({it.index[0] for it in products})
    if len(products) > most and len(products[0].index) > 1 and len(channels) > 1:
        by_channel = {channel: [0.0] for channel in channels}
        for it in products:
            by_channel[it.index[0]].append(it.value)
        products = [
            Summand("channel", (channel,), sum(values), len(values) - 1)
            for channel, values in by_channel.items()
        ]
    if len(products) > most:
        shown = set(sorted(range(len(products)), key=lambda it: -abs(products[it].value))[:8])
        others = [it.value for place, it in enumerate(products) if place not in shown]
        products = [it for place, it in enumerate(products) if place in shown]
        products.append(Summand("others", (), sum(others), len(others)))
    return products + bias


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
        case "flatten" | "reshape":
            place = _same_place(plain.index, of_one_image(call.output).shape, taken.shape)
            return _changed(plain, "copy", inputs=(float(taken[place]),), places=(place,))
        case "softmax" | "log_softmax" if taken.ndim == 1:
            return _changed(plain, call.kind, inputs=_floats(taken))
        case "add" | "subtract" | "multiply" | "divide":
            return _combined(plain, call)
    return plain


def _changed(
    plain: Followed,
    form: str,
    *,
    terms: tuple[Term, ...] = (),
    inputs: tuple[float, ...] = (),
    places: tuple[tuple[int, ...], ...] = (),
    numbers: dict[str, float] | None = None,
) -> Followed:
    return Followed(
        number=plain.number,
        index=plain.index,
        value=plain.value,
        form=form,
        terms=terms,
        inputs=inputs,
        places=places,
        numbers=numbers,
    )


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


def _combined(plain: Followed, call: Call) -> Followed:
    forms = {"add": "sum", "subtract": "difference", "multiply": "product", "divide": "quotient"}
    if len(call.inputs) != 2:
        raise ValueError("the other number is a constant")
    shape = of_one_image(call.output).shape
    values = [
        float(np.broadcast_to(of_one_image(it), shape)[plain.index]) for it in call.inputs
    ]
    return _changed(plain, forms[call.kind], inputs=tuple(values), places=(plain.index,) * 2)
