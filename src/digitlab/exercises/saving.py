"""Chapter 7: a checkpoint."""

import tempfile
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from digitlab.exercises.exercise import Exercise, NotYet, names_in, need
from digitlab.language import Words

_STARTER = Words(
    '''"""A checkpoint: save a training, and continue it in another process bit for bit."""

import torch


def save(path, network, optimizer, step):
    """Write the whole state of a training, before its step number `step`, into one file."""
    torch.save({"network": network.state_dict()}, path)  # what else is needed?


def restore(path, network, optimizer):
    """Load the state into a new network and a new optimizer; return the number of the step."""
    state = torch.load(path, weights_only=True)
    network.load_state_dict(state["network"])
    return 0
''',
    '''"""检查点：保存训练，在另一个进程里继续，结果逐位相同。"""

import torch


def save(path, network, optimizer, step):
    """把训练走第 step 步之前的全部状态写进一个文件。"""
    torch.save({"network": network.state_dict()}, path)  # 还需要什么？


def restore(path, network, optimizer):
    """把状态读进新的网络和新的优化器；返回步数。"""
    state = torch.load(path, weights_only=True)
    network.load_state_dict(state["network"])
    return 0
''',
)

_STOP, _END = 7, 15  # steps


class _Training:
    """A small network with dropout and batch norm, and SGD with momentum."""

    def __init__(self) -> None:
        self.network = nn.Sequential(
            nn.Linear(12, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, 3)
        )
        self.optimizer = torch.optim.SGD(self.network.parameters(), lr=0.1, momentum=0.9)

    def train(self, images: Tensor, labels: Tensor, start: int, end: int) -> None:
        """Take the steps from `start` to before `end`, each on a batch of its own."""
        self.network.train()
        for step in range(start, end):
            self.optimizer.zero_grad()
            F.cross_entropy(self.network(images[step]), labels[step]).backward()
            self.optimizer.step()

    def velocities(self) -> list[Any]:
        """Return the velocity of each parameter; None where there is none."""
        state = self.optimizer.state
        return [state[it].get("momentum_buffer") for it in self.network.parameters()]


def check(path: Path) -> Iterator[Words]:
    """Stop a training, continue it with the reader's functions, and compare with one unstopped."""
    names = names_in(path)
    save, restore = need(names, "save", path), need(names, "restore", path)
    with tempfile.TemporaryDirectory() as folder, torch.random.fork_rng(devices=[]):
        yield from _check_functions(save, restore, Path(folder) / "checkpoint.pth")


def _check_functions(save: Any, restore: Any, file: Path) -> Iterator[Words]:
    torch.manual_seed(7)
    images = torch.randn(_END, 8, 12)
    labels = torch.randint(3, (_END, 8))
    whole = _Training()
    whole.train(images, labels, 0, _STOP)
    save(file, whole.network, whole.optimizer, _STOP)
    if not file.is_file():
        raise NotYet(Words("save wrote no file", "save 没有写出文件"))
    stopped = deepcopy(whole)
    random = torch.get_rng_state()
    whole.train(images, labels, _STOP, _END)

    torch.manual_seed(8)  # as in another process
    after = _Training()
    step = restore(file, after.network, after.optimizer)
    yield from _check_restored(after, stopped, step)
    if not torch.equal(torch.get_rng_state(), random):
        raise NotYet(
            Words(
                "the random state is not that of the stopped training, so dropout will drop other "
                "values; see torch.get_rng_state and torch.set_rng_state",
                "随机状态和停下时不一样，dropout 会丢掉别的数值；"
                "看看 torch.get_rng_state 和 torch.set_rng_state",
            )
        )
    after.train(images, labels, step, _END)
    pairs = zip(after.network.parameters(), whole.network.parameters(), strict=True)
    if not all(torch.equal(ours, theirs) for ours, theirs in pairs):
        raise NotYet(
            Words(
                "the continued training ended with other weights than one that never stopped; is "
                "everything restored, and nothing else changed?",
                "继续训练得到的权重和从未停过的不同；是不是全都恢复了，又没有改动别的？",
            )
        )
    yield Words("the continued training ends with the same bits", "继续训练的结果逐位相同")


def _check_restored(after: _Training, stopped: _Training, step: Any) -> Iterator[Words]:
    """Compare what was restored with the training as it was when it was saved."""
    found = after.network.state_dict()
    weights = stopped.network.state_dict()
    different = [name for name, it in weights.items() if not torch.equal(found[name], it)]
    if different:
        raise NotYet(
            Words(
                f"after restore, {different[0]} in the network is not what it was when save was "
                "called",
                f"restore 之后，网络里的 {different[0]} 和调用 save 的时候不一样",
            )
        )
    yield Words("the network is restored", "网络恢复了")

    for then, now in zip(stopped.velocities(), after.velocities(), strict=True):
        if then is not None and (now is None or not torch.equal(then, now)):
            raise NotYet(
                Words(
                    "the optimizer has lost its velocities; it has a state_dict, too",
                    "优化器丢了速度；它也有 state_dict",
                )
            )
    yield Words("the optimizer remembers its velocities", "优化器记得速度")

    if step != _STOP:
        raise NotYet(
            Words(
                f"save was called with step {_STOP}, but restore returned {step!r}",
                f"save 的 step 是 {_STOP}，restore 返回的却是 {step!r}",
            )
        )
    yield Words("it continues at the right step", "从正确的一步继续")


EXERCISE = Exercise(
    chapter=7,
    file="exercise_07.py",
    task=Words(
        "Save and restore a training so that it continues bit for bit.",
        "保存并恢复一次训练，让它继续下去，结果逐位相同。",
    ),
    starter=_STARTER,
    checks=check,
)
