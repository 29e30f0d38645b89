r"""Pages as people photograph them: forms, desks, signs, words, thin pens, pages on their side.

Most digits are MNIST's (`images`, `labels`), and some are drawn as strokes; signs and words are
strokes (`testsets/letters.py`) or printed in the fonts that matplotlib ships. Nothing of
`digitlab` draws them: the pages measure what training and reading achieve.

    for sheet in hard_pages(images, labels, count_per_kind=10, seed=1):
        sheet.picture     # bytes of a file, or a uint8 array
        sheet.text        # "12/03/2026 17\n355": without the words, with the signs
        sheet.difficulty  # one of KINDS
        sheet.marks       # each digit, sign and word with its box

Seeds 1 to 9 with MNIST's held-out training digits are for choosing settings, and seed 77 with its
test digits for reporting.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from testsets import forms, notes
from testsets.desk import beside_black, on_desk
from testsets.layout import Page
from testsets.paper import pictured
from testsets.sheet import Sheet
from testsets.writing import MnistDigits

Draw = Callable[[Generator, MnistDigits], Page]


def _turned(degrees: int) -> Draw:
    def draw(random: Generator, digits: MnistDigits) -> Page:
        page = notes.upright_lines(random, digits)
        return Page(page.paper.turned(degrees), page.text)

    return draw


def _on_desk(random: Generator, digits: MnistDigits) -> Page:
    page = (notes.upright_lines, forms.score_sheet)[int(random.integers(2))](random, digits)
    return on_desk(page, random)


def _beside_black(random: Generator, digits: MnistDigits) -> Page:
    page = (notes.upright_lines, forms.score_sheet)[int(random.integers(2))](random, digits)
    return beside_black(page, random)


KINDS: dict[str, Draw] = {
    "box per digit": forms.boxes,
    "comb": forms.combs,
    "score sheet": forms.score_sheet,
    "cell of a form": forms.cell,
    "on a dark desk": _on_desk,
    "black beside the page": _beside_black,
    "dates": notes.dates,
    "times, phone numbers": notes.times_and_phones,
    "decimals, money": notes.amounts,
    "sums": notes.sums,
    "handwritten words": notes.words,
    "printed words, row numbers": notes.printed_words,
    "register": forms.register,
    "turned by 90": _turned(90),
    "turned by 180": _turned(180),
    "turned by 270": _turned(270),
    "pencil": notes.pencil,
    "fading pen": notes.fading,
    "two pens": notes.two_pens,
    "squared, dotted": forms.squares,
    "downhill": notes.downhill,
    "printed digits": notes.printed,
    "European digits": notes.european,
    "large photograph": partial(notes.upright_lines, aspect=4 / 3),
}

_MEGAPIXELS = (24, 8, 12)  # of the large photographs, in turn
_PHOTOGRAPHS = {"large photograph": 1.0, "on a dark desk": 0.9, "printed digits": 0.3}


def hard_pages(
    images: NDArray[np.uint8],
    labels: NDArray[np.integer],
    *,
    count_per_kind: int,
    seed: int,
    kinds: Iterable[str] = KINDS,
) -> Iterator[Sheet]:
    """Yield pages of each kind; the same images and seed give the same pages.

    `images` are MNIST's digits, uint8 (N, 28, 28), and `labels` the digit on each, shape (N,).
    """
    digits = MnistDigits(images, labels)
    for number, (kind, draw) in enumerate(KINDS.items()):
        if kind not in kinds:
            continue
        for index in range(count_per_kind):
            random = np.random.default_rng([seed, number, index])
            page = draw(random, digits)
            width, height = page.paper.size
            scale = 1.0
            if kind == "large photograph":
                scale = (_MEGAPIXELS[index % len(_MEGAPIXELS)] * 1e6 / (width * height)) ** 0.5
            photo = _PHOTOGRAPHS.get(kind, 0.5)
            picture = pictured(page.paper, random, photo=photo, scale=scale)
            yield Sheet(picture, page.text, kind, page.paper.marks(scale))
