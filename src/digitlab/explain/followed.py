"""How one value was computed: the numbers that went into it, and their arithmetic."""

import math
from dataclasses import dataclass


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
    see `Answer`. `copy`: the input as it is. `function`: the function `name` of the input.
    `value`: not followed further."""
    name: str = ""
    """The function's."""
    terms: tuple[Term, ...] = ()
    inputs: tuple[float, ...] = ()
    places: tuple[tuple[int, ...], ...] = ()
    """Where the inputs are."""
    numbers: dict[str, float] | None = None
    """For `norm`: mean, variance, epsilon, weight and bias."""


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
