"""Chapter 1: a data loader in a few lines."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from digitlab.exercises.exercise import Exercise, NotYet, names_in, need
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


_SIZES = [32, 32, 32, 4]
_MOST_BATCHES = 100  # of one image each


def check(path: Path) -> Iterator[Words]:
    """Run `batches` on 100 images that carry their own number."""
    batches = need(names_in(path), "batches", path)
    state = torch.get_rng_state()
    found = _run(batches, seed=1)
    changes_state = not torch.equal(torch.get_rng_state(), state)
    again, other = (_run(batches, seed) for seed in (1, 2))

    sizes = [len(labels) for _, labels in found]
    if sizes != _SIZES:
        raise NotYet(
            Words(
                f"100 images in batches of 32 gave batches of {sizes}, not {_SIZES}",
                f"100 张图、每批 32 张，得到的是 {sizes}，不是 {_SIZES}",
            )
        )
    yield Words("the batches have the right sizes", "每批的大小对")
    yield from _check_images(found)
    _check_order(
        *(torch.cat([images[:, 0, 0] for images, _ in it]) for it in (found, again, other))
    )
    if changes_state:
        raise NotYet(
            Words(
                "it changes the global random state, which dropout uses, too; take a "
                "torch.Generator of your own",
                "它改动了全局的随机状态，dropout 会受影响；请用自己的 torch.Generator",
            )
        )
    yield Words("the order depends on the seed, and on nothing else", "顺序只由种子决定")


def _run(batches: Any, seed: int) -> list[tuple[Tensor, Tensor]]:
    """Return the batches of 100 images of 28 x 28, whose labels are twice their numbers."""
    numbers = torch.arange(100)
    images = numbers.view(100, 1, 1).repeat(1, 28, 28)
    found = list(islice(batches(images, numbers * 2, 32, seed), _MOST_BATCHES + 1))
    if len(found) > _MOST_BATCHES:
        raise NotYet(
            Words(
                f"100 images gave more than {_MOST_BATCHES} batches; end the loop after the last "
                "image",
                f"100 张图给出了超过 {_MOST_BATCHES} 批；最后一张图之后循环就该结束",
            )
        )
    for batch in found:
        if not (
            isinstance(batch, tuple | list)
            and len(batch) == 2
            and all(isinstance(it, Tensor) for it in batch)
        ):
            raise NotYet(
                Words(
                    "each batch must be a pair of tensors, (images, labels), but one is "
                    f"{_kinds(batch)}",
                    f"每一批应该是两个张量 (images, labels)，得到的却是 {_kinds(batch)}",
                )
            )
    return found


def _kinds(batch: Any) -> str:
    """Return the type of a batch, or those of its parts."""
    if isinstance(batch, tuple | list):
        return f"({', '.join(type(it).__name__ for it in batch)})"
    return type(batch).__name__


def _check_images(found: list[tuple[Tensor, Tensor]]) -> Iterator[Words]:
    order = torch.cat([images[:, 0, 0] for images, _ in found])
    if sorted(order.tolist()) != list(range(100)):
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


def _check_order(order: Tensor, again: Tensor, other: Tensor) -> None:
    """Check the images' order with a seed, with the same one again, and with another."""
    if torch.equal(order, torch.arange(100)):
        raise NotYet(
            Words(
                "the order is that of the dataset; torch.randperm(len(images)) is a random one",
                "顺序还是数据集原来的；torch.randperm(len(images)) 给出随机的顺序",
            )
        )
    if not torch.equal(again, order):
        raise NotYet(
            Words(
                "the same seed gave another order; give randperm a generator with that seed: "
                "torch.Generator().manual_seed(seed)",
                "同样的种子得到了不同的顺序；给 randperm 一个设好种子的生成器："
                "torch.Generator().manual_seed(seed)",
            )
        )
    if torch.equal(order, other):
        raise NotYet(Words("another seed gave the same order", "换了种子，顺序却没有变"))
    if (order.diff() == 1).sum() > 30:  # about one in a random order
        raise NotYet(
            Words(
                "only the order of the batches is shuffled, and each still has neighbors from the "
                "dataset; shuffle the images: torch.randperm(len(images))",
                "打乱的只是批次的先后，每批里还是原来相邻的图；"
                "要打乱的是每一张图：torch.randperm(len(images))",
            )
        )
    members = [{frozenset(it.tolist()) for it in them.split(_SIZES)} for them in (order, other)]
    if members[0] & members[1]:
        raise NotYet(
            Words(
                "with two seeds, a batch has the same images; shuffle all images, not only those "
                "inside a batch: torch.randperm(len(images))",
                "换了种子，有一批里还是同样的那些图；要打乱的是全部的图，"
                "不只是一批之内：torch.randperm(len(images))",
            )
        )


EXERCISE = Exercise(
    chapter=1,
    file="exercise_01.py",
    task=Words(
        "Write a data loader in a few lines: a function that yields shuffled batches.",
        "用几行代码写一个数据加载器：一个按随机顺序给出批次的函数。",
    ),
    starter=_STARTER,
    checks=check,
)
