"""Chapter 4: SGD with momentum, for all weights of a network."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from digitlab.exercises.exercise import Exercise, NotYet, names_in, need
from digitlab.language import Words

_STARTER = Words(
    '''"""Stochastic gradient descent with momentum."""

import torch


class MySGD:
    """Use it like torch.optim.SGD: MySGD(network.parameters(), lr=0.01, momentum=0.9)."""

    def __init__(self, parameters, lr, momentum):
        self.parameters = parameters
        self.lr = lr  # may be changed between two steps
        self.momentum = momentum

    def zero_grad(self):
        for weight in self.parameters:
            weight.grad = None

    @torch.no_grad()
    def step(self):
        for weight in self.parameters:
            weight -= self.lr * weight.grad  # there is no momentum yet
''',
    '''"""带动量的随机梯度下降。"""

import torch


class MySGD:
    """用法和 torch.optim.SGD 一样：MySGD(network.parameters(), lr=0.01, momentum=0.9)。"""

    def __init__(self, parameters, lr, momentum):
        self.parameters = parameters
        self.lr = lr  # 两步之间可以改
        self.momentum = momentum

    def zero_grad(self):
        for weight in self.parameters:
            weight.grad = None

    @torch.no_grad()
    def step(self):
        for weight in self.parameters:
            weight -= self.lr * weight.grad  # 还没有动量
''',
)


def check(path: Path) -> Iterator[Words]:
    """Train small random networks with `MySGD` and with `torch.optim.SGD`, and compare."""
    create = need(names_in(path), "MySGD", path)
    for seed in range(3):
        problem = _Problem(create, seed, momentum=0.0)
        before = [weight.clone() for weight in problem.weights]
        problem.step()
        if all(torch.equal(a, b) for a, b in zip(before, problem.weights, strict=True)):
            raise NotYet(
                Words(
                    "a step changed no weight; network.parameters() can be gone through only once, "
                    "so store list(parameters). And change the weights themselves (weight -= ...), "
                    "not copies of them",
                    "走了一步，权重却没有变；network.parameters() 只能遍历一次，要存成 "
                    "list(parameters)。还要直接改权重（weight -= ...），不是改它的副本",
                )
            )
        problem.compare(
            "without momentum, a step is weight - lr * gradient",
            "没有动量时，一步就是 weight - lr * gradient",
        )
    yield Words("without momentum, steps are right", "没有动量时，每一步都对")

    problem = _Problem(create, 3, momentum=0.9)
    problem.step()
    problem.compare(
        "in the first step the velocity is just the gradient",
        "第一步的速度就是梯度本身",
    )
    problem.step()
    problem.compare(
        "velocity = momentum * velocity + gradient, one velocity per weight, kept until the next "
        "step",
        "velocity = momentum * velocity + gradient，每个权重一个速度，要留到下一步",
    )
    yield Words("the velocity is kept from step to step", "速度从一步留到了下一步")

    for seed, momentum in [(4, 0.5), (5, 0.9), (6, 0.99)]:
        problem = _Problem(create, seed, momentum)
        for _ in range(6):
            problem.step()
        problem.compare(f"the momentum was {momentum}", f"这里的动量是 {momentum}")
    yield Words("several steps with other momenta are right", "换别的动量，走几步也对")

    problem = _Problem(create, 7, momentum=0.9)
    for rate in (0.05, 0.05, 0.01, 0.1):
        problem.step(rate)
    problem.compare(
        "the learning rate was changed between the steps; PyTorch keeps it out of the velocity",
        "两步之间改了学习率；PyTorch 的速度里不含学习率",
    )
    yield Words("a new learning rate applies at once", "学习率一改，立刻生效")


class _Problem:
    """A small random network to train, once with the reader's optimizer and once with PyTorch's."""

    def __init__(self, create: Any, seed: int, momentum: float) -> None:
        torch.manual_seed(seed)
        self._seed = seed
        self._networks = [nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2)) for _ in "ab"]
        self._networks[1].load_state_dict(self._networks[0].state_dict())
        ours, theirs = self._networks
        own = create(ours.parameters(), lr=0.05, momentum=momentum)
        if any(isinstance(it, torch.optim.Optimizer) for it in [own, *vars(own).values()]):
            raise NotYet(
                Words(
                    "MySGD uses an optimizer of torch.optim; write the steps yourself",
                    "MySGD 用了 torch.optim 里的优化器；请自己写出每一步",
                )
            )
        self._optimizers = [own, torch.optim.SGD(theirs.parameters(), lr=0.05, momentum=momentum)]
        self._steps = 0

    @property
    def weights(self) -> list[Tensor]:
        """Those that the reader's optimizer changes."""
        return [weight.detach() for weight in self._networks[0].parameters()]

    def step(self, rate: float | None = None) -> None:
        """Take a step with both optimizers."""
        inputs = torch.randn(8, 4)
        self._steps += 1
        for network, optimizer in zip(self._networks, self._optimizers, strict=True):
            network.zero_grad()  # the reader's own zero_grad may be wrong: it is checked below
            network(inputs).pow(2).sum().backward()
            if rate is not None:
                _set_rate(optimizer, rate)
            optimizer.step()
        own = self._optimizers[0]
        own.zero_grad()
        if any(it.grad is not None and it.grad.any() for it in self._networks[0].parameters()):
            raise NotYet(
                Words(
                    "zero_grad left gradients; network.parameters() can be gone through only once, "
                    "so store list(parameters)",
                    "zero_grad 之后还有梯度；network.parameters() 只能遍历一次，要存成 "
                    "list(parameters)",
                )
            )

    def compare(self, hint: str, hint_zh: str) -> None:
        """Raise `NotYet` unless both networks have the same weights."""
        theirs = [weight.detach() for weight in self._networks[1].parameters()]
        for own, expected in zip(self.weights, theirs, strict=True):
            if not torch.allclose(own, expected, rtol=1e-4, atol=1e-6):
                worst = (own - expected).abs().argmax()
                a, b = own.flatten()[worst].item(), expected.flatten()[worst].item()
                raise NotYet(
                    Words(
                        f"after step {self._steps} a weight is {a:.5f}, but with torch.optim.SGD "
                        f"it is {b:.5f}; {hint}",
                        f"第 {self._steps} 步之后，一个权重是 {a:.5f}，"
                        f"用 torch.optim.SGD 是 {b:.5f}；{hint_zh}",
                    )
                )


def _set_rate(optimizer: Any, rate: float) -> None:
    if isinstance(optimizer, torch.optim.Optimizer):
        optimizer.param_groups[0]["lr"] = rate
    else:
        optimizer.lr = rate


EXERCISE = Exercise(
    chapter=4,
    file="exercise_04.py",
    task=Words(
        "Write SGD with momentum as a class that can replace torch.optim.SGD.\n\nThe file to start "
        "from has no momentum yet, and one more mistake. Your weights must become the same as "
        "PyTorch's, also if the learning rate is changed between two steps. Write it yourself; do "
        "not call torch.optim.",
        "写一个带动量的 SGD 类，可以代替 torch.optim.SGD。\n\n"
        "起步文件里还没有动量，另外还有一个错误。你的权重要和 PyTorch 的一样，"
        "两步之间改了学习率也要一样。请自己写，不要调用 torch.optim。",
    ),
    starter=_STARTER,
    checks=check,
)
