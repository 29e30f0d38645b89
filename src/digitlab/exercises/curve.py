"""Chapter 6: read a training's history."""

import math
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from digitlab.exercises.exercise import Exercise, NotYet, names_in, need
from digitlab.language import Words

_STARTER = Words(
    '''"""Read a training's history."""


def best_epoch(history):
    """Return the epoch after which the held-out loss was lowest; the first one, if several are.

    history: a list like history.jsonl, one dict per point:
    {"kind": "train", "held out" or "test", "epoch": 3, "examples": 180000, "loss": 0.071}
    """
    best = min(history, key=lambda point: point["loss"])  # of all kinds of points
    return best["epoch"]


def smoothed(losses, width):
    """Return for each loss the mean of the last `width` losses up to it.

    At the start there are fewer than `width`: take those that are there.
    """
    return losses
''',
    '''"""读一次训练的记录。"""


def best_epoch(history):
    """返回验证损失最低的那一轮；如果有几轮并列，返回最早的。

    history：和 history.jsonl 一样的列表，每个点是一个字典：
    {"kind": "train"、"held out" 或 "test", "epoch": 3,
     "examples": 180000, "loss": 0.071}
    """
    best = min(history, key=lambda point: point["loss"])  # 现在看的是所有的点
    return best["epoch"]


def smoothed(losses, width):
    """对每个损失，返回到它为止的最后 width 个损失的平均值。

    开头不够 width 个：有几个就平均几个。
    """
    return losses
''',
)


def check(path: Path) -> Iterator[Words]:
    """Run both functions on random histories, and compare with what was put into them."""
    names = names_in(path)
    best_epoch = need(names, "best_epoch", path)
    smoothed = need(names, "smoothed", path)

    for _ in range(20):
        epochs, best = random.randint(4, 12), random.randint(1, 4)
        _check_epoch(best_epoch, _history(epochs, best), best)
    yield Words("best_epoch finds the lowest held-out loss", "best_epoch 找到了最低的验证损失")
    tied = _history(6, 2, tied_with=5)
    _check_epoch(best_epoch, tied, 2)
    yield Words("of equal losses it takes the first", "并列时它取最早的一轮")

    for length, width in ((8, 3), (30, 7), (3, 5), (6, 1)):
        losses = [round(random.uniform(0.1, 2.3), 3) for _ in range(length)]
        expected = [math.fsum(losses[max(0, i + 1 - width) : i + 1]) for i in range(length)]
        means = [it / min(width, i + 1) for i, it in enumerate(expected)]
        _check_curve(smoothed(list(losses), width), means, losses, width)
    yield Words("smoothed is right everywhere, even at the start", "smoothed 处处正确，开头也对")


def _history(epochs: int, best: int, tied_with: int | None = None) -> list[dict[str, Any]]:
    """Return a history whose held-out loss is lowest after an epoch, but no other loss is."""
    history: list[dict[str, Any]] = []
    for epoch in range(epochs + 1):
        if epoch:
            history += [
                {"kind": "train", "epoch": epoch, "examples": (epoch - 1) * 1000 + 100 * i,
                 "loss": random.uniform(0.01, 0.5) / epoch}
                for i in range(5)
            ]  # fmt: skip
        is_best = epoch in (best, tied_with)
        loss = 0.25 if is_best else random.uniform(0.3, 0.9)
        history.append({"kind": "held out", "epoch": epoch, "examples": epoch * 1000, "loss": loss})
    history.append({"kind": "test", "epoch": epochs, "examples": epochs * 1000, "loss": 0.001})
    return history


def _check_epoch(best_epoch: Any, history: list[dict[str, Any]], best: int) -> None:
    found = best_epoch(history)
    if found == best:
        return
    held_out = {it["epoch"]: round(it["loss"], 3) for it in history if it["kind"] == "held out"}
    raise NotYet(
        Words(
            f"the held-out losses by epoch were {held_out}, and best_epoch returned {found!r}; "
            "look only at the points whose kind is right, and at the first of equal ones",
            f"各轮的验证损失是 {held_out}，best_epoch 返回了 {found!r}；"
            "只看 kind 合适的点，并列时取最早的",
        )
    )


def _check_curve(found: Any, means: list[float], losses: list[float], width: int) -> None:
    try:
        values = [float(it) for it in islice(found, len(means) + 1)]  # it may never end
    except (TypeError, ValueError) as error:
        raise NotYet(
            Words(
                f"smoothed must return a list of numbers, but returned {found!r}",
                f"smoothed 应该返回一列数，返回的却是 {found!r}",
            )
        ) from error
    if len(values) != len(means):
        more, more_zh = ("more than ", "超过 ") if len(values) > len(means) else ("", " ")
        count = min(len(values), len(means))
        raise NotYet(
            Words(
                f"smoothed returned {more}{count} numbers for {len(means)} losses; "
                "x and y must be the same size",
                f"给了 {len(means)} 个损失，smoothed 返回{more_zh}{count} 个数；两者应该一样多",
            )
        )
    for i, (value, mean) in enumerate(zip(values, means, strict=True)):
        if not math.isclose(value, mean, rel_tol=1e-6):
            last = losses[max(0, i + 1 - width) : i + 1]
            raise NotYet(
                Words(
                    f"with width {width}, number {i} is {value:.4f}, but the mean of {last} is "
                    f"{mean:.4f}",
                    f"width 为 {width} 时，第 {i} 个数是 {value:.4f}，"
                    f"可是 {last} 的平均值是 {mean:.4f}",
                )
            )


EXERCISE = Exercise(
    chapter=6,
    file="exercise_06.py",
    task=Words(
        "Read a history: find the epoch with the lowest held-out loss, and smooth a noisy "
        "curve.\n\n"
        "Unlike in the chapter, only a loss and those before it count, not those after it: so the "
        "curve can be drawn while the training is still running.",
        "读一份训练记录：找出验证损失最低的一轮，再把毛糙的曲线变平滑。\n\n"
        "和正文不同：这里只平均这个点和它之前的损失，不用它之后的，"
        "这样训练还在进行的时候也能画。",
    ),
    starter=_STARTER,
    checks=check,
)
