"""Chapter 1: a data loader in a few lines."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from digitlab.exercises.exercise import Exercise, NotYet, names_in, need, stopped_by
from digitlab.language import Words

_STARTER = Words(
    '''"""A data loader in a few lines."""

import torch


def batches(images, labels, size, seed):
    """Yield (images, labels) of `size` images at a time, in a new random order.

    The last batch may be smaller. The same seed gives the same order.
    """
    for start in range(0, len(images), size):
        # The order is still that of the dataset. Shuffle it with torch.randperm and a
        # torch.Generator; the labels must stay with their images.
        yield images[start : start + size], labels[start : start + size]
''',
    '''"""几行代码的数据加载器。"""

import torch


def batches(images, labels, size, seed):
    """每次给出 (images, labels)，各 size 张，顺序随机。

    最后一批可以小一些。同样的 seed 得到同样的顺序。
    """
    for start in range(0, len(images), size):
        # 现在还是数据集原来的顺序。请用 torch.randperm 和 torch.Generator 打乱，
        # 标签要跟着图像走。
        yield images[start : start + size], labels[start : start + size]
''',
)


def check(path: Path) -> Iterator[Words]:
    """Run `batches` on 100 images that carry their own number."""
    batches = need(names_in(path), "batches", path)
    numbers = torch.arange(100)
    images = numbers.view(100, 1, 1).expand(100, 28, 28)

    def run(seed: int) -> list[tuple[Any, Any]]:
        try:
            return list(batches(images, numbers * 2, 32, seed))
        except Exception as error:
            raise NotYet(stopped_by("batches", error)) from error

    found = run(1)
    sizes = [len(labels) for _, labels in found]
    if sizes != [32, 32, 32, 4]:
        raise NotYet(
            Words(
                f"100 images in batches of 32 gave batches of {sizes}, not [32, 32, 32, 4]",
                f"100 张图、每批 32 张，得到的是 {sizes}，不是 [32, 32, 32, 4]",
            )
        )
    yield Words("the batches have the right sizes", "每批的大小对")

    order = torch.cat([images[:, 0, 0] for images, _ in found])
    if sorted(order.tolist()) != numbers.tolist():
        raise NotYet(
            Words(
                "some images came twice and others not at all; one random permutation visits each "
                "image once",
                "有的图出现了两次，有的一次也没有；一个随机排列会让每张图恰好出现一次",
            )
        )
    yield Words("every image comes once", "每张图恰好出现一次")

    if not torch.equal(torch.cat([labels for _, labels in found]), order * 2):
        raise NotYet(
            Words(
                "the labels no longer belong to their images; index both with the same numbers",
                "标签和图像对不上了；两者要用同一组下标来取",
            )
        )
    yield Words("the labels stay with their images", "标签跟着图像走")

    if torch.equal(order, numbers):
        raise NotYet(
            Words(
                "the order is that of the dataset; torch.randperm(len(images)) is a random one",
                "顺序还是数据集原来的；torch.randperm(len(images)) 给出随机的顺序",
            )
        )
    again, other = (torch.cat([labels for _, labels in run(seed)]) for seed in (1, 2))
    if not torch.equal(again, order * 2):
        raise NotYet(
            Words(
                "the same seed gave another order; give randperm a generator with that seed: "
                "torch.Generator().manual_seed(seed)",
                "同样的种子得到了不同的顺序；给 randperm 一个设好种子的生成器："
                "torch.Generator().manual_seed(seed)",
            )
        )
    if torch.equal(again, other):
        raise NotYet(Words("another seed gave the same order", "换了种子，顺序却没有变"))
    yield Words("the order depends on the seed, and on nothing else", "顺序只由种子决定")


EXERCISE = Exercise(
    chapter=1,
    file="exercise_01.py",
    task=Words(
        "Write a data loader in a few lines: a function that yields shuffled batches.",
        "用几行代码写一个数据加载器：一个按随机顺序给出批次的函数。",
    ),
    starter=_STARTER,
    check=check,
)
