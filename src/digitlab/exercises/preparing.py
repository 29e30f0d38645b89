"""Chapter 8: prepare a picture of one's own."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitlab.data.load import load_dataset
from digitlab.exercises.exercise import Exercise, NotYet, names_in, need
from digitlab.language import Words
from digitlab.reader import Reader

_STARTER = Words(
    '''"""From a picture of your own to the 28x28 pixels that the network reads."""

import numpy as np
from PIL import Image


def prepare(picture):
    """Return 28x28 pixels, uint8, with bright ink on black, as in MNIST.

    picture: uint8, height x width; dark ink on light paper, anywhere on the page.
    """
    # Just resized. What is missing: invert it (the paper is not quite white), crop to the ink,
    # scale the longer side to 20 pixels, and put the center of mass at row 14, column 14.
    small = Image.fromarray(picture).resize((28, 28))
    return np.asarray(small)
''',
    '''"""把自己的图变成网络能读的 28x28 像素。"""

import numpy as np
from PIL import Image


def prepare(picture):
    """返回 28x28 的 uint8 像素，黑底白字，和 MNIST 一样。

    picture：uint8，高 x 宽；浅色纸上的深色墨迹，可能在纸上任何位置。
    """
    # 现在只是缩小。还缺：反色（纸并不是纯白），裁到墨迹，
    # 把长边缩放到 20 像素，再让重心落在第 14 行第 14 列。
    small = Image.fromarray(picture).resize((28, 28))
    return np.asarray(small)
''',
)

_PICTURES = 40
_ENOUGH = 0.9  # of them read correctly


def check(path: Path) -> Iterator[Words]:
    """Prepare pictures of MNIST's test digits on paper, and let the installed model read them."""
    prepare = need(names_in(path), "prepare", path)
    mnist = load_dataset("mnist")
    chance = random.Random(8)  # the same pictures every time
    chosen = chance.sample(range(len(mnist.test_labels)), _PICTURES)
    pictures = [_on_paper(chance, mnist.test_images[index]) for index in chosen]
    images = np.stack([_image(prepare, picture) for picture in pictures])
    yield Words("prepare returns 28x28 pixels", "prepare 返回 28x28 的像素")

    _check_brightness(images)
    yield Words("the ink is bright, the paper is black", "墨迹是亮的，纸是黑的")
    _check_sizes(images, mnist.test_images[chosen])
    yield Words("the digits have MNIST's size", "数字的大小和 MNIST 一样")
    _check_centers(images)
    yield Words("the center of mass is where MNIST has it", "重心的位置和 MNIST 一样")
    answers = Reader(threads=1).classifier.classify(images).argmax(axis=1)
    right = int((answers == mnist.test_labels[chosen]).sum())
    if right < _ENOUGH * _PICTURES:
        raise NotYet(
            Words(
                f"the network reads {right} of {_PICTURES} pictures correctly; are the proportions "
                "kept, and is the paper really 0?",
                f"{_PICTURES} 张图里网络认对了 {right} 张；长宽比例保持了吗？纸真的是 0 吗？",
            )
        )
    yield Words(
        f"the network reads {right} of {_PICTURES} pictures correctly",
        f"{_PICTURES} 张图里网络认对了 {right} 张",
    )


def _check_brightness(images: NDArray[np.uint8]) -> None:
    border = np.concatenate([images[:, [0, -1]].ravel(), images[:, :, [0, -1]].ravel()]).mean()
    if border > 30:
        raise NotYet(
            Words(
                f"the border's mean is {border:.0f}; in MNIST, paper is 0 and ink is 255",
                f"边框的平均值是 {border:.0f}；MNIST 里纸是 0，墨迹是 255",
            )
        )
    brightest = images.max(axis=(1, 2)).min()
    if brightest < 200:
        raise NotYet(
            Words(
                f"in one image the brightest pixel is {brightest}, but in MNIST ink is 255; "
                "divide by the maximum, times 255",
                f"有一张图最亮的像素是 {brightest}，MNIST 里墨迹是 255；除以最大值，再乘 255",
            )
        )


def _check_sizes(images: NDArray[np.uint8], originals: NDArray[np.uint8]) -> None:
    sides, wanted = (
        np.sort([_sides(image) for image in them], axis=1)  # N x 2: the shorter, the longer
        for them in (images, originals)
    )
    longer = np.median(sides[:, 1])
    if not 17 <= longer <= 21:
        raise NotYet(
            Words(
                f"the longer side of the ink is typically {longer:.0f} pixels, in MNIST "
                "20; crop to the ink before you scale",
                f"墨迹的长边一般是 {longer:.0f} 个像素，MNIST 里是 20；先裁到墨迹，再缩放",
            )
        )
    if np.mean(abs(sides - wanted)[:, 0]) > 2:
        raise NotYet(
            Words(
                "the digits have become wider or narrower; scale both sides by the same factor",
                "数字变宽或变窄了；两边要按同一个比例缩放",
            )
        )


def _check_centers(images: NDArray[np.uint8]) -> None:
    centers = np.stack([_center_of_mass(image) for image in images])  # N x 2
    away = np.abs(centers - 14).max(axis=1)
    if np.median(away) > 0.7:
        row, column = centers[away.argmax()]
        raise NotYet(
            Words(
                f"the center of mass is at row {row:.1f}, column {column:.1f} in one image, not "
                "close to row 14, column 14; weigh each row and column by its ink",
                f"有一张图的重心在第 {row:.1f} 行第 {column:.1f} 列，"
                "离第 14 行第 14 列太远；按墨迹给行和列加权",
            )
        )


def _on_paper(chance: random.Random, digit: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture of an MNIST digit, 28 x 28, as dark ink somewhere on a sheet of paper."""
    side = chance.randint(100, 160)
    big = Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)
    height, width = chance.randint(side, 300), chance.randint(side, 300)
    page = np.zeros((height, width))
    top, left = chance.randint(0, height - side), chance.randint(0, width - side)
    page[top : top + side, left : left + side] = np.asarray(big) / 255
    paper, ink = chance.randint(190, 250), chance.randint(0, 70)
    return np.rint(paper + (ink - paper) * page).astype(np.uint8)


def _image(prepare: Any, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    image = np.asarray(prepare(picture.copy()))
    if image.shape != (28, 28) or image.dtype != np.uint8:
        raise NotYet(
            Words(
                f"prepare returned an array of shape {image.shape} and type {image.dtype}, not "
                "(28, 28) and uint8",
                f"prepare 返回的数组形状是 {image.shape}、类型是 {image.dtype}，"
                "应该是 (28, 28) 和 uint8",
            )
        )
    return image


def _sides(image: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return the height and width of the ink; zeros if there is none."""
    places = np.argwhere(image > 90)
    return np.ptp(places, axis=0) + 1 if len(places) else np.zeros(2, np.int64)


def _center_of_mass(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return row and column."""
    mass = image.astype(np.float64)
    place = np.arange(28)
    sums = [mass.sum(axis=1) @ place, mass.sum(axis=0) @ place]
    center: NDArray[np.float64] = np.array(sums) / max(1.0, mass.sum())
    return center


EXERCISE = Exercise(
    chapter=8,
    file="exercise_08.py",
    task=Words(
        "Prepare pictures of your own, dark ink anywhere on light paper, so that the network reads "
        "them.",
        "写出自己的图的预处理：浅色纸上、任意位置的深色数字，让网络认得出来。",
    ),
    starter=_STARTER,
    checks=check,
)
