"""The lines of a network in NumPy, written without looking at the page's arithmetic."""

import base64
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Values = NDArray[np.float64]


def weights_of(bundle: dict[str, Any]) -> dict[str, Values]:
    """Return a bundle's weights as arrays."""
    found = {}
    for name, it in bundle["weights"].items():
        kind = "<f4" if it["type"] == "float32" else "<f2"
        numbers = np.frombuffer(base64.b64decode(it["data"]), kind).astype(np.float64)
        found[name] = numbers.reshape(it["shape"])
    return found


def passes(bundle: dict[str, Any], pixels: list[int]) -> list[Values]:
    """Return the input and what each line leaves."""
    weights = weights_of(bundle)
    x = (np.array(pixels, np.float64).reshape(1, 28, 28) / 255 - bundle["mean"]) / bundle["std"]
    values = [x]
    for line in bundle["lines"]:
        x = _line(x, line, weights)
        values.append(x)
    return values


def _line(x: Values, line: dict[str, Any], weights: dict[str, Values]) -> Values:
    named = {
        part: weights.get(f"{line.get('layer')}.{part}")
        for part in ("weight", "bias", "running_mean", "running_var")
    }
    weight, bias = named["weight"], named["bias"]
    match line["op"]:
        case "conv":
            assert weight is not None
            step = line["stride"]
            windows = sliding_window_view(x, weight.shape[2:], (1, 2))[:, ::step, ::step]
            out = np.einsum("chwij,ocij->ohw", windows, weight)
            return out if bias is None else out + bias[:, None, None]
        case "max_pool":
            size = line["size"]
            rows, columns = x.shape[1] // size, x.shape[2] // size
            cut = x[:, : rows * size, : columns * size]
            return cut.reshape(len(x), rows, size, columns, size).max((2, 4))
        case "norm":
            mean, var = named["running_mean"], named["running_var"]
            assert weight is not None
            assert bias is not None
            assert mean is not None
            assert var is not None
            each = (slice(None), None, None)
            scaled = (x - mean[each]) / np.sqrt(var[each] + line["epsilon"])
            return scaled * weight[each] + bias[each]
        case "relu":
            return np.maximum(x, 0)
        case "flatten":
            return x.ravel()
        case "linear":
            assert weight is not None
            return weight @ x + (0 if bias is None else bias)
        case "log_softmax":
            return x - x.max() - np.log(np.exp(x - x.max()).sum())
        case _:  # dropout, which does nothing in use
            return x
