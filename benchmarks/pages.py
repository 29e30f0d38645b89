"""Measure how well whole pages are read: numbers on all kinds of paper, with signs and words.

    python -m benchmarks.pages [MODEL] [--set composed] [--count 20] [--seed 77] [--split test]

The pages are those of `testsets/pages.py` ("composed": lines of numbers), `testsets/hard_pages.py`
("hard": forms, desks, signs, words, thin pens, pages on their side) or `testsets/no_digits.py`
("none": no digit at all; the photographs need `pip install --no-deps scikit-learn imgaug gradio`).
`benchmarks/page_counts.py` explains the counts. With `--json FILE` they are also written to a file,
and `python -m benchmarks.before_after` compares two such files.

Nothing may be tuned on the test digits and seed 77. Seeds 1 to 9 are for choosing settings, with
the training images that no network was trained on (`--split held-out`).
"""

import itertools
import os
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

import numpy as np
from cyclopts import Parameter
from numpy.typing import NDArray

from benchmarks.measure import (
    Count,
    CountsFile,
    ModelFolder,
    PictureSeed,
    print_environment,
    print_table,
    progress,
    run_program,
    write_counts,
)
from benchmarks.page_counts import best_text, counts_of
from digitlab.data.load import load_dataset
from digitlab.reader import PRETRAINED, Reader
from testsets.hard_pages import hard_pages
from testsets.no_digits import pages_without_digits
from testsets.pages import composed
from testsets.sheet import Sheet

Set = Literal["composed", "hard", "none"]
Split = Literal["train", "held-out", "test"]
Part = Annotated[Split, Parameter(help="The part of MNIST that the digits are from.")]
HELD_OUT = 5_000  # as in the training of the shipped models


def mnist_digits(split: Split) -> tuple[NDArray[np.uint8], NDArray[np.integer]]:
    """Return a part of MNIST: its images, (N, 28, 28), and their labels, (N,)."""
    mnist = load_dataset("mnist")
    if split == "test":
        return mnist.test_images, mnist.test_labels
    if split == "train":
        return mnist.train_images, mnist.train_labels
    from digitlab.train.order import split as split_images  # imports PyTorch

    chosen = split_images(len(mnist.train_images), HELD_OUT)[1].numpy()
    return mnist.train_images[chosen], mnist.train_labels[chosen]


def sheets_of(set_: Set, split: Split, count: int, seed: int) -> Iterator[Sheet]:
    """Yield the pages of a set, `count` of each kind."""
    if set_ == "none":
        return pages_without_digits(count_per_kind=count, seed=seed)
    images, labels = mnist_digits(split)
    if set_ == "hard":
        return hard_pages(images, labels, count_per_kind=count, seed=seed)
    return composed(images, labels, count_per_difficulty=count, seed=seed)


def rows(tallies: Mapping[str, Mapping[str, int]]) -> Iterator[dict[str, str]]:
    """Yield one row per kind, then one of all together."""
    together: Counter[str] = Counter()
    for it in tallies.values():
        together.update(it)
    for name, it in itertools.chain(tallies.items(), [("**together**", together)]):
        yield {"kind": name, **_cells(defaultdict(int, it))}


def _cells(it: Mapping[str, int]) -> dict[str, str]:
    """Return a row without its name. On pages without a digit, nothing can be right."""
    pages, invented = it["pages"], it["sure_wrong"]
    if it["digits"]:
        share = f"{invented / max(1, it['read'] - it['unsure']):.2%}"
    else:
        share = f"{invented / pages:.1f} per page"
    pages_right = {"exact": "exact", "digits exact": "digits_exact", "exact and sure": "sure"}
    return {
        "pages": f"{pages}",
        **{column: f"{it[key]}" for column, key in pages_right.items()},
        "digits": f"{it['digits']}",
        "right": f"{it['correct']}",
        "`?`": f"{it['unsure']}",
        "sure, but wrong or invented": f"{invented} ({share})",
        "of these, in words or signs": f"{it['on_words']}",
        "missing": f"{it['missing']}",
        "signs right": f"{it['signs_correct']} of {it['signs']}" if it["signs"] else "",
        "invented signs": f"{it['signs_wrong']}",
        "CPU ms per page": f"{it['microseconds'] / pages / 1000:.0f}",
    }


def read_pages(
    model: ModelFolder = PRETRAINED,
    *,
    set_: Annotated[Set, Parameter(name="--set", help="Which pages.")] = "composed",
    count: Annotated[Count, Parameter(help="Pages of each kind.")] = 20,
    seed: PictureSeed = 77,
    split: Part = "test",
    wrong: Annotated[bool, Parameter(help="Print the pages that are not exact.")] = False,
    json: CountsFile = None,
) -> None:
    """Read the pages, and print the table."""
    reader = Reader(model, threads=1)
    facts = print_environment(
        "onnxruntime", "numpy", "pillow", model=model, set=set_, count=count, seed=seed,
        split=split, network_threads=1,
        OMP_NUM_THREADS=os.environ.get("OMP_NUM_THREADS", "not set"),
    )  # fmt: skip
    tallies: dict[str, Counter[str]] = defaultdict(Counter)
    for number, sheet in enumerate(sheets_of(set_, split, count, seed)):
        if number % count == 0:
            progress(sheet.difficulty)
        start = time.process_time()  # on one thread; other programs do not slow it down
        page = reader.read(sheet.picture)
        counts = counts_of(sheet, page, time.process_time() - start)
        tallies[sheet.difficulty].update(counts)
        if wrong and not counts["exact"]:
            print(f"{sheet.difficulty}: {sheet.text!r} was read as {best_text(page)!r}")
    print_table(rows(tallies))
    write_counts(json, facts=facts, kinds=tallies)


if __name__ == "__main__":
    run_program(read_pages, __doc__)
