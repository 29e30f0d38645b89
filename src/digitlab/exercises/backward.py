"""Chapter 3: the gradient of a small network, by hand."""

import ast
import math
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from digitlab.exercises.exercise import Exercise, NotYet, names_in, need
from digitlab.language import Words

_STARTER = Words(
    '''"""Backpropagation by hand."""


def gradients(w1, b1, w2, w3, x, y):
    """Return the loss of a small network, and its slope with respect to w1, b1, w2, w3 and x.

    All are plain numbers. Note that x goes two ways: through the hidden unit, and past it.
    """
    # Forward
    z = w1 * x + b1
    h = max(0.0, z)  # ReLU
    p = w2 * h + w3 * x  # the prediction
    loss = (p - y) ** 2

    # Back: dp is the slope of the loss with respect to p, and so on.
    dp = 2 * (p - y)
    dw3 = dp * x
    dw2 = 0.0  # from here on it is up to you
    db1 = 0.0
    dw1 = 0.0
    dx = 0.0
    return loss, {"w1": dw1, "b1": db1, "w2": dw2, "w3": dw3, "x": dx}
''',
    '''"""手算反向传播。"""


def gradients(w1, b1, w2, w3, x, y):
    """返回一个小网络的损失，以及它对 w1、b1、w2、w3 和 x 的斜率。

    都是普通的数。注意 x 有两条路：穿过隐藏单元，和绕过它。
    """
    # 往前
    z = w1 * x + b1
    h = max(0.0, z)  # ReLU
    p = w2 * h + w3 * x  # 预测
    loss = (p - y) ** 2

    # 往回：dp 是损失对 p 的斜率，其余类推
    dp = 2 * (p - y)
    dw3 = dp * x
    dw2 = 0.0  # 从这里起由你来写
    db1 = 0.0
    dw1 = 0.0
    dx = 0.0
    return loss, {"w1": dw1, "b1": db1, "w2": dw2, "w3": dw3, "x": dx}
''',
)
_NAMES = ("w1", "b1", "w2", "w3", "x", "y")


def _differentiates(path: Path) -> bool:
    """Return whether a file calls PyTorch's automatic differentiation; comments do not count."""
    attributes = (
        it for it in ast.walk(ast.parse(path.read_bytes())) if isinstance(it, ast.Attribute)
    )
    return any(it.attr in ("backward", "autograd", "grad") for it in attributes)


def check(path: Path) -> Iterator[Words]:
    """Compare `gradients` with PyTorch at random points, with the ReLU open and closed."""
    gradients = need(names_in(path), "gradients", path)
    if _differentiates(path):
        raise NotYet(
            Words(
                "this uses automatic differentiation; write the slopes yourself, with + and *",
                "这里用了自动求导；请自己用加法和乘法写出斜率",
            )
        )
    chance = random.Random(3)
    points = [{name: chance.uniform(-2, 2) for name in _NAMES} for _ in range(60)]
    opened = [it for it in points if it["w1"] * it["x"] + it["b1"] > 0]
    closed = [it for it in points if it not in opened]

    for point in points:
        _compare(gradients, point, "w3", "dp times what w3 is multiplied by", "dp 乘以 w3 所乘的数")
    yield Words("the loss and the slope of w3 are right", "损失和 w3 的斜率对")
    hints = {
        "w2": ("what is w2 multiplied by in p?", "p 里和 w2 相乘的是什么？"),
        "b1": ("it acts through z, h and p", "它经过 z、h、p 起作用"),
        "w1": ("like b1, but z has w1 * x in it", "和 b1 一样，但 z 里是 w1 * x"),
    }
    for name, (hint_en, hint_zh) in hints.items():
        for point in opened:
            _compare(gradients, point, name, hint_en, hint_zh)
        yield Words(
            f"the slope of {name} is right while z is positive", f"z 为正时，{name} 的斜率对"
        )
    for name in hints:
        for point in closed:
            _compare(
                gradients, point, name,
                "here z is negative: what does ReLU let through?",
                "这里 z 是负的：ReLU 让什么通过？",
            )  # fmt: skip
    yield Words("ReLU stops the slopes while z is negative", "z 为负时，ReLU 挡住斜率")
    for point in points:
        _compare(
            gradients, point, "x",
            "x goes two ways; add both up",
            "x 有两条路，要加起来",
        )  # fmt: skip
    yield Words("the slope of x adds up both ways", "x 的斜率把两条路加起来了")


def _compare(gradients: Any, point: dict[str, float], name: str, hint: str, hint_zh: str) -> None:
    """Raise `NotYet` unless loss and slope at a point are PyTorch's."""
    loss, expected = _by_pytorch(point)
    found_loss, slopes = gradients(**point)
    found, slope = float(found_loss), float(slopes[name])
    shown = ", ".join(f"{it}={value:.3f}" for it, value in point.items())
    if not math.isclose(found, loss, rel_tol=1e-6, abs_tol=1e-9):
        raise NotYet(
            Words(
                f"at {shown} the loss is {loss:.5f}, but gradients returned {found:.5f}; leave "
                "the forward part as it was",
                f"在 {shown} 处，损失是 {loss:.5f}，得到的是 {found:.5f}；往前的部分请保持原样",
            )
        )
    if not math.isclose(slope, expected[name], rel_tol=1e-6, abs_tol=1e-9):
        raise NotYet(
            Words(
                f"at {shown} the slope of {name} is {expected[name]:.5f}, but gradients returned "
                f"{slope:.5f}; {hint}",
                f"在 {shown} 处，{name} 的斜率是 {expected[name]:.5f}，得到的是 {slope:.5f}；"
                f"{hint_zh}",
            )
        )


def _by_pytorch(point: dict[str, float]) -> tuple[float, dict[str, float]]:
    values = {
        name: torch.tensor(value, dtype=torch.float64, requires_grad=True)
        for name, value in point.items()
    }
    w1, b1, w2, w3, x, y = values.values()
    loss: Tensor = (w2 * (w1 * x + b1).relu() + w3 * x - y) ** 2
    slopes = torch.autograd.grad(loss, list(values.values()))
    return loss.item(), {name: it.item() for name, it in zip(values, slopes, strict=True)}


EXERCISE = Exercise(
    chapter=3,
    file="exercise_03.py",
    task=Words(
        "Backpropagation by hand: write the slopes of a small network.\n\nThe network has one "
        "hidden unit with ReLU, and a shortcut past it. The forward part is there, and so are the "
        "first two lines of the way back. Use only + and * and a condition.",
        "手算反向传播：写出一个小网络的全部斜率。\n\n"
        "网络有一个带 ReLU 的隐藏单元，还有一条绕过它的近路。"
        "往前的部分和往回的前两行已经写好。只用加法、乘法和一个条件。",
    ),
    starter=_STARTER,
    checks=check,
)
