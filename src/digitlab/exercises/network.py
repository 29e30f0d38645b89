"""Chapter 2: change the tutorial's network, and compute what replaces 320."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from digitlab.exercises.exercise import Exercise, NotYet, names_in, need, reason
from digitlab.language import Words

_CODE = """

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 10, kernel_size=5)
        self.conv2 = nn.Conv2d(10, 20, kernel_size=5)
        self.conv2_drop = nn.Dropout2d()
        self.fc1 = nn.Linear(320, 50)
        self.fc2 = nn.Linear(50, 10)

    def forward(self, x):
        x = F.relu(F.max_pool2d(self.conv1(x), 2))
        x = F.relu(F.max_pool2d(self.conv2_drop(self.conv2(x)), 2))
        x = x.view(-1, 320)
        x = F.relu(self.fc1(x))
        x = F.dropout(x, training=self.training)
        x = self.fc2(x)
        return F.log_softmax(x, dim=1)
"""
_IMPORTS = "\n\nimport torch.nn.functional as F\nfrom torch import nn\n"
_STARTER = Words(
    '"""The tutorial\'s network. Make all kernels 3x3 and add a third convolution, 20 to 40\n'
    "channels, with ReLU and without pooling, before the linear layers. What replaces 320?\n"
    '"""' + _IMPORTS + _CODE,
    '"""教程的网络。把卷积核都改成 3×3，再加第三个卷积层：\n'
    "从 20 个通道到 40 个，之后用 ReLU，不池化，\n"
    '放在全连接层之前。320 该换成多少？"""' + _IMPORTS + _CODE,
)
_WANTED = [(1, 10), (10, 20), (20, 40)]
"""Channels into and out of each convolution."""
_SIDES = [26, 11, 3]
"""The side of what each convolution leaves."""


def check(path: Path) -> Iterator[Words]:
    """Run the network on random images, and look at what its convolutions leave."""
    create = need(names_in(path), "Net", path)
    torch.manual_seed(1)
    network = create()
    if not isinstance(network, nn.Module):
        raise NotYet(Words("Net must be a class of nn.Module", "Net 必须是 nn.Module 的子类"))
    network.eval()
    images = torch.randn(5, 1, 28, 28)
    answers, convolutions = _run(network, images)
    yield from _check_convolutions(convolutions)
    yield from _check_answers(network, images, answers)
    _check_relu(network, images, [layer for layer, _ in convolutions])
    yield Words("ReLU follows each convolution", "每个卷积层之后都有 ReLU")
    _check_dropout(network, images)
    yield Words("dropout is on in training, and off in tests", "训练时有 dropout，测试时没有")
    yield from _check_learning(network, images)


def _run(network: nn.Module, images: Tensor) -> tuple[Any, list[tuple[nn.Conv2d, Tensor]]]:
    """Return the answers, and each convolution that ran with what it left, in order."""
    ran: list[tuple[nn.Conv2d, Tensor]] = []

    def note(layer: nn.Module, _inputs: object, output: Tensor) -> None:
        assert isinstance(layer, nn.Conv2d)
        ran.append((layer, output.detach()))

    hooks = [
        it.register_forward_hook(note) for it in network.modules() if isinstance(it, nn.Conv2d)
    ]
    try:
        answers = network(images)
    except Exception as error:
        left = [tuple(output.shape[1:]) for _, output in ran]
        raise NotYet(
            Words(
                f"forward stopped with {reason(error)}. The convolutions left {left} per image; go "
                "on from there on paper",
                f"forward 运行时出错：{reason(error)}。各卷积层给每张图留下的形状是 {left}，"
                "请在纸上接着往下算",
            )
        ) from error
    finally:
        for hook in hooks:
            hook.remove()
    return answers, ran


def _check_convolutions(ran: list[tuple[nn.Conv2d, Tensor]]) -> Iterator[Words]:
    sizes = [layer.kernel_size for layer, _ in ran]
    if sizes != [(3, 3)] * 3:
        shown = ", ".join(f"{height}x{width}" for height, width in sizes)
        raise NotYet(
            Words(
                f"forward ran convolutions of {shown or 'no size'}; it should run three of 3x3",
                f"forward 经过的卷积核是 {shown or '空的'}；应当是三个 3x3",
            )
        )
    yield Words("forward runs three convolutions of 3x3", "forward 经过三个 3x3 的卷积层")
    channels = [(layer.in_channels, layer.out_channels) for layer, _ in ran]
    if channels != _WANTED:
        raise NotYet(
            Words(
                f"the channels are {channels}, not {_WANTED}",
                f"通道数是 {channels}，不是 {_WANTED}",
            )
        )
    sides = [output.shape[-1] for _, output in ran]
    if sides != _SIDES:
        raise NotYet(
            Words(
                f"the convolutions leave maps with sides {sides}; with pooling after the first "
                f"and second only, and no padding, it would be {_SIDES}",
                f"卷积后的边长是 {sides}；只在第一、第二个之后池化、不加 padding，应当是 {_SIDES}",
            )
        )
    yield Words("28 becomes 26, 13, 11, 5 and 3", "28 依次变成 26、13、11、5、3")


def _check_relu(network: nn.Module, images: Tensor, layers: list[nn.Conv2d]) -> None:
    """Raise `NotYet` if it matters how far below zero a convolution's outputs are."""
    for number, layer in enumerate(layers, start=1):
        answers = [_answers_if_it_left(layer, value, network, images) for value in (-1.0, -2.0)]
        if not torch.equal(*answers):
            raise NotYet(
                Words(
                    f"no ReLU follows convolution {number}: with all of its outputs set to -1, and "
                    "then to -2, the answers should not differ",
                    f"第 {number} 个卷积层之后没有 ReLU：把它的输出都换成 −1 和 −2，答案不该不同",
                )
            )


def _answers_if_it_left(
    layer: nn.Conv2d, value: float, network: nn.Module, images: Tensor
) -> Tensor:
    def replace(_layer: nn.Module, _inputs: object, output: Tensor) -> Tensor:
        return torch.full_like(output, value)

    hook = layer.register_forward_hook(replace)
    try:
        with torch.no_grad():
            answers: Tensor = network(images)
    finally:
        hook.remove()
    return answers


def _check_dropout(network: nn.Module, images: Tensor) -> None:
    with torch.no_grad():
        network.train()
        first, second = network(images), network(images)
        network.eval()
    if torch.equal(first, second):
        raise NotYet(
            Words(
                "in training mode, two passes gave the same answers: dropout is gone",
                "训练模式下两次答案相同：dropout 不见了",
            )
        )


def _check_answers(network: nn.Module, images: Tensor, answers: Any) -> Iterator[Words]:
    found = tuple(answers.shape) if isinstance(answers, Tensor) else type(answers).__name__
    if found != (5, 10):
        raise NotYet(
            Words(
                f"5 images gave {found}, not (5, 10); if the rows are wrong, look at view",
                f"5 张图得到的是 {found}，不是 (5, 10)；如果行数不对，请检查 view",
            )
        )
    if not torch.allclose(answers.exp().sum(dim=1), torch.ones(5), atol=1e-4):
        raise NotYet(
            Words(
                "the probabilities of an image do not add up to 1; is it log_softmax with dim=1?",
                "一张图的概率加起来不是 1；最后是 log_softmax、dim=1 吗？",
            )
        )
    alone = torch.cat([_run(network, image[None])[0] for image in images])
    if alone.shape != answers.shape or not torch.allclose(alone, answers, atol=1e-4):
        raise NotYet(
            Words(
                "an image alone gets another answer than in a batch; are images mixed in view, or "
                "is something dropped in tests?",
                "一张图单独送进去，答案和放在一批里不同；是 view 把不同的图混在一起了，"
                "还是测试时也在丢弃？",
            )
        )
    yield Words(
        "each image gets ten log-probabilities of its own", "每张图都得到自己的十个对数概率"
    )


def _check_learning(network: nn.Module, images: Tensor) -> Iterator[Words]:
    network.train()
    for _ in range(8):  # several times: dropout may cut a layer off for once
        F.nll_loss(network(images), torch.arange(5)).backward()
    for name, parameter in network.named_parameters():
        if parameter.grad is None or not parameter.grad.any():
            raise NotYet(
                Words(
                    f"{name} gets no gradient, so it cannot learn; is it used in forward?",
                    f"{name} 没有梯度，学不到东西；forward 里用到它了吗？",
                )
            )
    count = sum(it.numel() for it in network.parameters())
    yield Words(
        f"all {count:,} parameters can learn (the tutorial's network has 21,840)",
        f"全部 {count:,} 个参数都能学习（教程的网络有 21,840 个）",
    )


EXERCISE = Exercise(
    chapter=2,
    file="exercise_02.py",
    task=Words(
        "Change the tutorial's network to three convolutions of 3x3, and compute what replaces "
        "320.\n\nMake both kernels 3x3. After the second pooling and ReLU, add a third convolution "
        "from 20 to 40 channels, also 3x3, with ReLU and without pooling.",
        "把教程的网络改成三个 3×3 的卷积层，并算出 320 该换成多少。\n\n"
        "两个卷积核都改成 3×3；在第二次池化和 ReLU 之后，加第三个卷积层，"
        "从 20 个通道到 40 个，也是 3×3，之后用 ReLU，不池化。",
    ),
    starter=_STARTER,
    checks=check,
)
