"""Chapter 12: the gradient of a batch that several processes share."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from digitlab.exercises.exercise import Exercise, NotYet, names_in, need
from digitlab.language import Words
from digitlab.train.networks import TutorialNetwork

_STARTER = Words(
    '''"""The gradient of a batch that several processes share."""


def combined(gradients, sizes):
    """Return the gradient of the whole batch's mean loss: a list of tensors, one per weight.

    gradients: for each process, the gradient of the mean loss of its part, a list of tensors.
    sizes: how many images each process had, such as [48, 16].
    """
    total = []
    for parts in zip(*gradients):  # the same weight's gradient, from each process
        total.append(sum(parts) / len(parts))  # right only if all parts have the same size
    return total
''',
    '''"""几个进程分担一个批次时的梯度。"""


def combined(gradients, sizes):
    """返回整批平均损失的梯度：张量的列表，每个权重一个。

    gradients：每个进程那一份的平均损失的梯度，也是张量的列表。
    sizes：每个进程有几张图，例如 [48, 16]。
    """
    total = []
    for parts in zip(*gradients):  # 同一个权重的梯度，每个进程一个
        total.append(sum(parts) / len(parts))  # 只有每份一样大才对
    return total
''',
)


def check(path: Path) -> Iterator[Words]:
    """Split a batch in several ways, and compare with the gradient of the whole."""
    combined = need(names_in(path), "combined", path)
    network = TutorialNetwork(dropout=0.0)  # other weights every time
    images, labels = torch.randn(64, 1, 28, 28), torch.randint(0, 10, (64,))
    whole = _gradient(network, images, labels)
    for sizes, passed in (
        ([32, 32], Words("two equal parts", "两份一样大")),
        ([48, 16], Words("two parts of different sizes", "两份大小不同")),
        ([40, 23, 1], Words("three parts, one of a single image", "三份，其中一份只有一张图")),
        ([64], Words("one process alone", "只有一个进程")),
    ):
        parts = zip(images.split(sizes), labels.split(sizes), strict=True)
        gradients = [_gradient(network, *part) for part in parts]
        copies = [[it.clone() for it in part] for part in gradients]
        found = list(islice(combined(gradients, list(sizes)), len(whole) + 1))  # it may never end
        _compare(found, whole, sizes)
        if any(
            not torch.equal(a, b)
            for before, after in zip(copies, gradients, strict=True)
            for a, b in zip(before, after, strict=True)
        ):
            raise NotYet(
                Words(
                    "the processes' own gradients were changed; add them up in new tensors",
                    "各个进程自己的梯度被改掉了；请在新的张量里相加",
                )
            )
        yield passed


def _gradient(network: TutorialNetwork, images: Tensor, labels: Tensor) -> list[Tensor]:
    loss = F.nll_loss(network(images), labels)
    return list(torch.autograd.grad(loss, list(network.parameters())))


def _compare(found: list[Any], whole: list[Tensor], sizes: list[int]) -> None:
    """Raise `NotYet` unless the gradient that was found is that of the whole batch."""
    shapes = [tuple(it.shape) if isinstance(it, Tensor) else type(it).__name__ for it in found]
    if shapes != [tuple(it.shape) for it in whole]:
        raise NotYet(
            Words(
                f"combined must return {len(whole)} tensors, with the shapes of the weights; "
                f"it returned shapes {shapes}",
                f"combined 要返回 {len(whole)} 个张量，形状和权重一样；它返回的形状是 {shapes}",
            )
        )
    largest = max(it.abs().max().item() for it in whole)
    error = max((a - b).abs().max().item() for a, b in zip(found, whole, strict=True)) / largest
    if not error < 1e-4:  # NaN is not
        raise NotYet(
            Words(
                f"with parts of {sizes} images, the result is off by {error:.1%} of the largest "
                "gradient; every image should count the same, so how much should each part count?",
                f"每份 {sizes} 张图时，结果差了最大梯度的 {error:.1%}；"
                "每张图的分量应该一样，那么每一份该占多少？",
            )
        )


EXERCISE = Exercise(
    chapter=12,
    file="exercise_12.py",
    task=Words(
        "Combine the gradients of several processes into the gradient of the whole batch.\n\n"
        "The processes may have different numbers of images.",
        "把几个进程的梯度合成整个批次的梯度。\n\n每个进程的图的张数可以不同。",
    ),
    starter=_STARTER,
    checks=check,
)
