"""Chapter 10: from digits in boxes to numbers."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator

from digitlab.exercises.exercise import Exercise, NotYet, names_in, need
from digitlab.language import Words

Found = list[tuple[int, tuple[int, int, int, int]]]  # digits with their boxes

_NOT_ONE = (0, 2, 3, 4, 5, 6, 7, 8, 9)  # a 1 is narrow: it comes later

_STARTER = Words(
    '''"""From single digits to numbers."""


def text_of(found):
    """Return the numbers in one line of writing, separated by spaces, such as "415 92".

    `found` is a list of (digit, (x, y, width, height)) in any order; x and y are the upper left
    corner of the digit's box, in pixels.
    """
    text = ""
    for digit, (x, y, width, height) in found:
        # Every digit becomes a number of its own, in the order of the list. Sort them from left
        # to right, and add a space only where the gap to the next box is wide.
        text += f" {digit}"
    return text.strip()
''',
    '''"""把单个数字连成数。"""


def text_of(found):
    """返回一行里的数，用空格隔开，例如 "415 92"。

    found 是 (digit, (x, y, width, height)) 的列表，顺序任意；
    x、y 是数字方框的左上角，单位是像素。
    """
    text = ""
    for digit, (x, y, width, height) in found:
        # 现在每个数字都成了一个数，顺序也是列表的顺序。
        # 请从左到右排好，只在到下一个方框的间隔很大时加空格。
        text += f" {digit}"
    return text.strip()
''',
)


def check(path: Path) -> Iterator[Words]:
    """Run `text_of` on generated lines of writing, from easy to hard."""
    text_of = need(names_in(path), "text_of", path)
    random = np.random.default_rng(10)
    yield from _check_lines(
        text_of, [_line(random, height=40, digits=_NOT_ONE) for _ in range(20)],
        Words("digits come from left to right, with a space where the gap is wide",
              "数字从左到右，间隔大的地方有空格"),
        Words("gaps inside a number are at most 0.3 of a digit's height, those between two "
              "numbers at least 0.8",
              "同一个数里的间隔最多是数字高度的 0.3，两个数之间至少是 0.8"),
    )  # fmt: skip
    yield from _check_lines(
        text_of, [_line(random, height=it, digits=_NOT_ONE) for it in (8, 15, 120, 300)],
        Words("small and large writing are both read", "小字和大字都能读"),
        Words("this writing is smaller or larger; compare the gap with the boxes' height, not "
              "with a number of pixels",
              "这一行的字更小或更大；间隔要和方框的高度比，不要和固定的像素数比"),
    )  # fmt: skip
    yield from _check_lines(
        text_of, [_line(random, height=60, digits=(1, 7, 1)) for _ in range(20)],
        Words("narrow ones do not matter", "很窄的 1 也没问题"),
        Words("a 1 is narrow, so a gap is wide compared with its width; compare it with the "
              "height",
              "1 很窄，间隔和它的宽度比就显得大；请和高度比"),
    )  # fmt: skip
    yield from _check_lines(
        text_of, [_line(random, height=60, closest=-0.12) for _ in range(20)],
        Words("boxes may overlap", "方框可以重叠"),
        Words("slanted digits have boxes that overlap; sort by where they begin, and take a "
              "negative gap for a small one",
              "倾斜的数字，方框会重叠；按开头的位置排序，负的间隔也是小间隔"),
    )  # fmt: skip
    yield from _check_lines(
        text_of, [[], [(7, (5, 5, 20, 40))]],
        Words("an empty line and a single digit work", "空行和单个数字也没问题"),
        Words("this line has no digit, or only one", "这一行没有数字，或者只有一个"),
    )  # fmt: skip


def _check_lines(
    text_of: Callable[[Any], Any], lines: list[Found], passed: Words, hint: Words
) -> Iterator[Words]:
    random = np.random.default_rng(1)
    for line in lines:
        shuffled = [line[i] for i in random.permutation(len(line))]
        found = text_of(list(shuffled))
        if found != (expected := _text(line)):
            raise NotYet(
                Words(
                    f"{shuffled} gave {found!r} instead of {expected!r}: {hint.en}",
                    f"{shuffled} 得到 {found!r}，应该是 {expected!r}：{hint.zh}",
                )
            )
    yield passed


def _line(
    random: Generator,
    *,
    height: int,
    digits: tuple[int, ...] = tuple(range(10)),
    closest: float = 0.05,
) -> Found:
    """Return 3 to 8 digits from left to right; a gap is `closest` to 0.3 heights, or above 0.8."""
    found: Found = []
    x = int(random.integers(0, 50))
    for _ in range(int(random.integers(3, 9))):
        digit = int(random.choice(digits))
        tall = round(height * random.uniform(0.85, 1))
        wide = max(1, round(tall * (0.15 if digit == 1 else random.uniform(0.5, 0.8))))
        found.append((digit, (x, int(random.integers(0, 10)), wide, tall)))
        # Cut off, not rounded: a gap inside a number is at most 0.3 heights, as the task says.
        is_space = random.random() < 0.35
        gap = math.ceil(random.uniform(0.85, 2.5) * height)
        if not is_space:
            gap = int(random.uniform(closest, 0.25) * tall)
        # A box that begins before the one on its left would be no line from left to right.
        x += max(1, wide + gap)
    return found


def _text(line: Found) -> str:
    """Return the numbers of a line whose digits are in order."""
    text = ""
    end = float("inf")
    for digit, (x, _, width, height) in line:
        text += " " * (x - end > 0.55 * height) + str(digit)
        end = x + width
    return text


EXERCISE = Exercise(
    chapter=10,
    file="exercise_10.py",
    task=Words(
        "Join the digits that were found in a line of writing into numbers.\n\n"
        "The digits have boxes and come in any order. Inside a number, the gap between two boxes "
        "is at most 0.3 of their height; between two numbers it is at least 0.8.",
        "把一行里找到的数字连成数。\n\n"
        "每个数字有一个方框，顺序任意。同一个数里，方框的间隔最多是高度的 0.3；"
        "两个数之间至少是 0.8。",
    ),
    starter=_STARTER,
    checks=check,
)
