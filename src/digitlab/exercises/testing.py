"""Chapter 5: the test loop."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from digitlab.exercises.exercise import Exercise, NotYet, names_in, need
from digitlab.language import Words

_STARTER = Words(
    '''"""The test loop."""

import torch.nn.functional as F


def evaluate(network, images, labels, batch_size):
    """Return the mean loss and the accuracy, from 0 to 1, over all images.

    images: normalized, (N, 1, 28, 28); labels: (N,). At most batch_size images are tested at a
    time; the last batch may be smaller.
    """
    losses = []
    for start in range(0, len(images), batch_size):
        # The network is still in training mode and records a graph.
        log_probabilities = network(images[start : start + batch_size])
        loss = F.nll_loss(log_probabilities, labels[start : start + batch_size])
        losses.append(loss.item())
    # A mean of means: is it right if the last batch is smaller? And the accuracy is missing.
    return sum(losses) / len(losses), 0.0
''',
    '''"""测试循环。"""

import torch.nn.functional as F


def evaluate(network, images, labels, batch_size):
    """返回全部图的平均损失和准确率（0 到 1）。

    images：已归一化，(N, 1, 28, 28)；labels：(N,)。
    一次最多测 batch_size 张图；最后一批可以小一些。
    """
    losses = []
    for start in range(0, len(images), batch_size):
        # 网络现在还是训练模式，而且在记录计算图。
        log_probabilities = network(images[start : start + batch_size])
        loss = F.nll_loss(log_probabilities, labels[start : start + batch_size])
        losses.append(loss.item())
    # 平均数的平均数：最后一批小一些的时候，它还对吗？准确率也还没有算。
    return sum(losses) / len(losses), 0.0
''',
)

_IMAGES, _BATCH_SIZE = 100, 32  # the last batch has 4


class _Watched(nn.Module):
    """A small network that notes how it is called."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(28 * 28, 10)
        self.drop = nn.Dropout(0.5)
        self.sizes: list[int] = []
        self.was_training = self.had_graph = False

    def forward(self, images: Tensor) -> Tensor:
        """Return the log-probabilities, (N, 10), of images (N, 1, 28, 28)."""
        self.sizes.append(len(images))
        self.was_training |= self.training
        self.had_graph |= torch.is_grad_enabled()
        scores = self.fc(self.drop(images.flatten(1)))  # (N, 10)
        return F.log_softmax(scores, dim=1)


def check(path: Path) -> Iterator[Words]:
    """Run `evaluate` on a network that notes how it is called, on images that differ every time."""
    evaluate = need(names_in(path), "evaluate", path)
    network = _Watched()
    images, labels = _exam(network)
    before = [weight.clone() for weight in network.parameters()]
    try:
        loss, accuracy = _two_numbers(evaluate, network.train(), images, labels)
        is_off = not torch.is_grad_enabled()
    finally:
        torch.set_grad_enabled(True)
    yield from _check_calls(network, is_off)
    if not all(map(torch.equal, network.parameters(), before)):
        raise NotYet(Words("the test changed the network's weights", "测试改动了网络的权重"))
    yield Words("no graph is recorded, no weight changes", "不记录计算图，也不改动权重")
    _check_accuracy(network, images, labels, accuracy)
    _check_loss(network, images, labels, loss)
    yield Words(
        "loss and accuracy are correct, even with a smaller last batch",
        "损失和准确率都对，最后一批小一些也对",
    )


def _check_calls(network: _Watched, is_off: bool) -> Iterator[Words]:
    """Check how the network was called, and whether gradients are off since."""
    if network.sizes != [32, 32, 32, 4]:
        raise NotYet(
            Words(
                f"{_IMAGES} images in batches of {_BATCH_SIZE} reached the network in batches of "
                f"{network.sizes}, not [32, 32, 32, 4]",
                f"{_IMAGES} 张图、每批 {_BATCH_SIZE} 张，网络收到的却是 {network.sizes}，"
                "不是 [32, 32, 32, 4]",
            )
        )
    yield Words("the network gets every image once", "每张图恰好送进网络一次")

    if network.was_training:
        raise NotYet(
            Words(
                "the network was in training mode while it was tested, so dropout was on; which "
                "method switches it off?",
                "测试的时候，网络还在训练模式，dropout 还开着；哪个方法能关掉它？",
            )
        )
    yield Words("the network is in evaluation mode", "网络处于评估模式")

    if network.had_graph:
        raise NotYet(
            Words(
                "a graph was recorded for a backward pass that never comes; run the loop under "
                "torch.no_grad() or torch.inference_mode()",
                "记录了计算图，可是并没有反向传播；把循环放进 torch.no_grad() 或 "
                "torch.inference_mode()",
            )
        )
    if is_off:
        raise NotYet(
            Words(
                "gradients are still off after evaluate, so the next epoch could not learn; use "
                "with torch.no_grad():",
                "evaluate 之后梯度还关着，下一轮就没法训练了；用 with torch.no_grad():",
            )
        )


def _exam(network: _Watched) -> tuple[Tensor, Tensor]:
    """Return random images, and labels that only the last, smaller batch answers wrong."""
    generator = torch.Generator()
    generator.seed()
    images = torch.randn(_IMAGES, 1, 28, 28, generator=generator)
    with torch.no_grad():
        scores = network.fc(images.flatten(1))  # (N, 10)
    labels = scores.argmax(dim=1)
    labels[-4:] = scores[-4:].argmin(dim=1)
    labels[:9] = scores[:9].topk(2).indices[:, 1]  # a few others, too
    return images, labels


def _two_numbers(
    evaluate: Any, network: _Watched, images: Tensor, labels: Tensor
) -> tuple[float, float]:
    found = evaluate(network, images, labels, _BATCH_SIZE)
    try:
        loss, accuracy = found
        return float(loss), float(accuracy)
    except (TypeError, ValueError) as error:
        raise NotYet(
            Words(
                f"evaluate must return two numbers, loss and accuracy, but returned {found!r}",
                f"evaluate 应该返回两个数：损失和准确率，返回的却是 {found!r}",
            )
        ) from error


def _check_accuracy(network: _Watched, images: Tensor, labels: Tensor, accuracy: float) -> None:
    with torch.no_grad():
        is_right = (network.eval()(images).argmax(dim=1) == labels).double()  # (N,)
    right = is_right.mean().item()
    if math.isclose(accuracy, right, abs_tol=1e-6):
        return
    hint = Words(
        "the answer is the class with the largest log-probability, and the accuracy is a share "
        "from 0 to 1",
        "答案是对数概率最大的那一类，准确率是 0 到 1 的比例",
    )
    if math.isclose(accuracy, _mean_of_means(is_right), abs_tol=1e-6):
        hint = Words(
            "you took the mean of the batches' accuracies; the last batch is small, but counts as "
            "much as the others",
            "你求的是各批准确率的平均；最后一批小，却占了一样的分量",
        )
    raise NotYet(
        Words(
            f"the accuracy is {accuracy:.4f}, expected {right:.4f}; {hint.en}",
            f"准确率是 {accuracy:.4f}，应该是 {right:.4f}；{hint.zh}",
        )
    )


def _check_loss(network: _Watched, images: Tensor, labels: Tensor, loss: float) -> None:
    with torch.no_grad():
        losses = F.nll_loss(network.eval()(images), labels, reduction="none").double()  # (N,)
    mean = losses.mean().item()
    if math.isclose(loss, mean, rel_tol=1e-4):
        return
    hint = Words("", "")
    if math.isclose(loss, _mean_of_means(losses), rel_tol=1e-4):
        hint = Words(
            "; the 4 images of the last batch count as much as 32; add up the loss of every image "
            "and divide once, at the end",
            "；最后一批只有 4 张，分量却和 32 张一样；把每张图的损失加起来，最后只除一次",
        )
    raise NotYet(
        Words(
            f"the mean loss is {loss:.4f}, expected {mean:.4f}{hint.en}",
            f"平均损失是 {loss:.4f}，应该是 {mean:.4f}{hint.zh}",
        )
    )


def _mean_of_means(values: Tensor) -> float:
    return torch.stack([batch.mean() for batch in values.split(_BATCH_SIZE)]).mean().item()


EXERCISE = Exercise(
    chapter=5,
    file="exercise_05.py",
    task=Words(
        "Write the test loop: the mean loss and the accuracy of a network, without dropout and "
        "without a graph, correct even if the last batch is smaller.",
        "写出测试循环：算出网络的平均损失和准确率；不用 dropout，不记录计算图，"
        "最后一批小一些也要算对。",
    ),
    starter=_STARTER,
    checks=check,
)
