"""Chapter 11: a softmax with temperature, and when to answer "unsure"."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from digitlab.exercises.exercise import Exercise, NotYet, names_in, need
from digitlab.language import Words
from digitlab.models.calibration import temperature_scaled

_STARTER = Words(
    '''"""When to answer "unsure"."""

import numpy as np


def softmax(scores, temperature):
    """Return probabilities, N x classes, for scores, N x classes; each row sums to 1."""
    return np.exp(scores)  # divide by the temperature, and by the sum of each row


def threshold(probabilities, labels, error_rate):
    """Return the lowest probability at which an answer is accepted.

    probabilities: of held-out images, N x classes; labels: the right answers, N integers.
    Of the answers whose probability is the threshold or more, at most the share error_rate is
    wrong. As many as possible are accepted. If none can be, return 2.
    """
    return 0.5  # the same for every network: choose it by the held-out images
''',
    '''"""什么时候回答“不确定”。"""

import numpy as np


def softmax(scores, temperature):
    """从得分（N x 类别数）算出概率（N x 类别数）；每行的和是 1。"""
    return np.exp(scores)  # 还要除以温度，再除以每行的和


def threshold(probabilities, labels, error_rate):
    """返回接受一个回答所需的最低概率。

    probabilities：留出的图的概率，N x 类别数；labels：正确答案，N 个整数。
    概率不低于阈值的回答里，错的最多占 error_rate。
    接受的要尽可能多；一个都不能接受，就返回 2。
    """
    return 0.5  # 对每个网络都一样：请根据留出的图来定
''',
)


def check(path: Path) -> Iterator[Words]:
    """Compare both functions with digitlab's on generated answers."""
    names = names_in(path)
    softmax, threshold = (need(names, name, path) for name in ("softmax", "threshold"))
    random = np.random.default_rng(11)
    yield from _check_softmax(softmax, random)
    yield from _check_threshold(threshold, random)


def _check_softmax(softmax: Callable[..., Any], random: Generator) -> Iterator[Words]:
    scores = random.normal(0, 3, (50, 10))
    for temperature in (1.0, 0.5, 2.5):
        found = _numbers(softmax, scores.copy(), temperature)
        if found.shape != scores.shape or not np.allclose(found.sum(axis=1), 1, atol=1e-4):
            raise NotYet(
                Words(
                    "each row of softmax must sum to 1; divide by the row's sum (keepdims=True)",
                    "softmax 的每一行加起来必须是 1；除以这一行的和（keepdims=True）",
                )
            )
        right = np.exp(temperature_scaled(scores.astype(np.float32), temperature))
        if not np.allclose(found, right, atol=1e-4):
            raise NotYet(
                Words(
                    f"at temperature {temperature}, the first row gave {_shown(found[0])}, but "
                    f"should give {_shown(right[0])}; where does the temperature belong?",
                    f"温度 {temperature} 时，第一行得到 {_shown(found[0])}，"
                    f"应该是 {_shown(right[0])}；温度要放在哪里？",
                )
            )
    yield Words("softmax divides by the temperature", "softmax 除以了温度")
    large = np.array([[1000.0, 999.0], [-2000.0, -2001.0]])
    with np.errstate(all="ignore"):
        found = _numbers(softmax, large, 1.0)
    if not np.allclose(found, [[0.7310586, 0.2689414]] * 2):
        raise NotYet(
            Words(
                "scores of 1000 overflow; subtract the largest score of the row first, which "
                "does not change the result",
                "得分是 1000 时会溢出；先减去这一行最大的得分，结果不变",
            )
        )
    yield Words("softmax does not overflow", "softmax 不会溢出")


def _check_threshold(threshold: Callable[..., Any], random: Generator) -> Iterator[Words]:
    for error_rate in (0.0, 0.01, 0.05, 0.2):
        for _ in range(5):
            probabilities, labels = _held_out(random)
            found = float(_numbers(threshold, probabilities, labels, error_rate))
            _judge(found, probabilities, labels, error_rate)
    yield Words(
        "at four error rates, as many answers as possible are accepted",
        "在四种错误率下，接受的回答都尽可能多",
    )
    certain = np.tile([[0.1, 0.9]], (20, 1))
    found = float(_numbers(threshold, certain, np.zeros(20, np.int64), 0.1))
    if found <= 0.9:
        raise NotYet(
            Words(
                f"if all answers are wrong, the threshold is {found:g} and accepts some; return 2",
                f"所有回答都错的时候，阈值是 {found:g}，还会接受；请返回 2",
            )
        )
    yield Words("if all answers are wrong, none is accepted", "全错的时候，一个也不接受")


def _held_out(random: Generator) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return probabilities and labels of 400 images; several answers have equal probabilities."""
    sure = random.uniform(0.4, 1, 400).round(2)
    probabilities = np.repeat(((1 - sure) / 9)[:, None], 10, axis=1)
    answers = random.integers(0, 10, 400)
    probabilities[np.arange(400), answers] = sure
    is_wrong = random.random(400) > sure
    return probabilities, np.where(is_wrong, (answers + 1) % 10, answers)


def _judge(
    found: float,
    probabilities: NDArray[np.float64],
    labels: NDArray[np.int64],
    error_rate: float,
) -> None:
    """Raise `NotYet` if too many accepted answers are wrong, or more could be accepted."""
    sure = probabilities.max(axis=1)
    is_wrong = probabilities.argmax(axis=1) != labels
    possible = [level for level in np.unique(sure) if is_wrong[sure >= level].mean() <= error_rate]
    most = int((sure >= min(possible)).sum()) if possible else 0
    accepted = sure >= found
    share = float(is_wrong[accepted].mean()) if accepted.any() else 0.0
    if share > error_rate:
        raise NotYet(
            Words(
                f"at error rate {error_rate:g}, {share:.1%} of the accepted answers are wrong; "
                "sort the answers by probability and count the wrong ones from the surest on",
                f"要求错误率 {error_rate:g}，接受的回答却有 {share:.1%} 是错的；"
                "按概率排序，从最肯定的开始数错了几个",
            )
        )
    if accepted.sum() < most:
        raise NotYet(
            Words(
                f"at error rate {error_rate:g}, {accepted.sum()} of {len(sure)} answers are "
                f"accepted, but {most} could be; the share may rise above the limit and fall "
                "again, so take the last place where it is low enough",
                f"错误率 {error_rate:g} 时接受了 {len(sure)} 个里的 {accepted.sum()} 个，"
                f"其实可以接受 {most} 个；比例可能先超过再降回来，"
                "所以要取最后一个够低的位置",
            )
        )


def _numbers(function: Callable[..., Any], *arguments: Any) -> Any:
    """Return what a function of the reader's returns, as an array."""
    found = function(*arguments)
    if found is None:
        name = getattr(function, "__name__", "the function")
        raise NotYet(Words(f"{name} returned nothing", f"{name} 什么也没有返回"))
    return np.asarray(found, dtype=np.float64)


def _shown(row: NDArray[np.floating]) -> str:
    return "[" + ", ".join(f"{value:.3f}" for value in row[:3]) + ", …]"


EXERCISE = Exercise(
    chapter=11,
    file="exercise_11.py",
    task=Words(
        "Write the softmax with a temperature, and choose when to answer “unsure”.\n\n"
        "The threshold is chosen on held-out images, for an error rate that is asked for.",
        "写出带温度的 softmax，再决定什么时候回答“不确定”。\n\n"
        "阈值要根据留出的图和要求的错误率来定。",
    ),
    starter=_STARTER,
    checks=check,
)
