"""Measure how well whole pages are read: lines of numbers of 1 to 12 digits, on all kinds of paper.

    python -m benchmarks.pages MODEL_OR_RUN [--count 20] [--seed 77] [--split test]

The pages are those of `testsets/pages.py`. Digits are counted by edit distance: the digits of a
page in reading order, without spaces, are aligned with the truth, and a digit is correct if it is
opposite an equal one. A page is correct if every digit, space and line break is. Both counts take
the most probable digit where the answer is unsure; a column of its own counts the wrong answers
among the sure ones. Seeds 1 to 9 and the training digits are for choosing settings; nothing may be
tuned on the test digits and seed 77.
"""

import os
import time
from collections import Counter
from collections.abc import Iterator
from typing import Annotated, Literal

import numpy as np
from cyclopts import Parameter

from benchmarks.classifiers import classifier_of
from benchmarks.measure import Count, Network, print_environment, print_table, run_program
from digitlab.data.load import load_dataset
from digitlab.pages.answers import Page
from digitlab.pages.read import read_page
from testsets.pages import DIFFICULTIES, Sheet, composed


def best_text(page: Page) -> str:
    """Return the page's text with the most probable digit wherever the answer is unsure."""
    digits = iter(page.digits)
    return "".join(c if c.isspace() else str(next(digits).digit) for c in page.text)


def matches(truth: str, read: str) -> list[bool]:
    """Return for each character of `read` whether it is aligned with an equal one of the truth.

    The alignment is one of those with the least edit distance (Levenshtein).

    >>> matches("1234", "1534"), matches("1234", "134"), matches("12", "102")
    ([True, False, True, True], [True, True, True], [True, False, True])
    """
    costs = np.zeros((len(truth) + 1, len(read) + 1), int)
    costs[:, 0], costs[0] = np.arange(len(truth) + 1), np.arange(len(read) + 1)
    for i, wanted in enumerate(truth, 1):
        for j, found in enumerate(read, 1):
            costs[i, j] = min(
                costs[i - 1, j - 1] + (wanted != found), costs[i - 1, j] + 1, costs[i, j - 1] + 1
            )
    equal = [False] * len(read)
    i, j = len(truth), len(read)
    while i and j:
        if costs[i, j] == costs[i - 1, j - 1] + (truth[i - 1] != read[j - 1]):
            i, j = i - 1, j - 1
            equal[j] = truth[i] == read[j]
        elif costs[i, j] == costs[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
    return equal


def counts_of(sheet: Sheet, page: Page, seconds: float) -> Counter[str]:
    """Compare a page with the truth."""
    correct = matches("".join(sheet.text.split()), "".join(str(d.digit) for d in page.digits))
    return Counter(
        pages=1,
        pages_correct=int(best_text(page) == sheet.text),
        digits=sum(c.isdigit() for c in sheet.text),
        digits_correct=sum(correct),
        read=len(page.digits),
        unsure=sum(digit.unsure for digit in page.digits),
        sure_wrong=sum(not (ok or d.unsure) for ok, d in zip(correct, page.digits, strict=True)),
        microseconds=round(1e6 * seconds),
    )


def rows(tallies: dict[str, Counter[str]]) -> Iterator[dict[str, str]]:
    """Yield one row per difficulty, then one of all together."""
    for name, it in {**tallies, "**together**": sum(tallies.values(), Counter())}.items():
        sure = max(1, it["read"] - it["unsure"])
        yield {
            "difficulty": name,
            "pages": f"{it['pages']}",
            "pages correct": f"{it['pages_correct'] / it['pages']:.1%}",
            "digits": f"{it['digits']}",
            "digits correct": f"{it['digits_correct'] / it['digits']:.2%}",
            "read": f"{it['read']}",
            "unsure": f"{it['unsure'] / max(1, it['read']):.2%}",
            "wrong among the sure": f"{it['sure_wrong']} ({it['sure_wrong'] / sure:.2%})",
            "ms per page": f"{it['microseconds'] / it['pages'] / 1000:.0f}",
        }


def read_pages(
    model: Network,
    *,
    count: Annotated[Count, Parameter(help="Pages per difficulty.")] = 20,
    seed: Annotated[int, Parameter(help="Of the pages.")] = 77,
    split: Annotated[
        Literal["train", "test"], Parameter(help="The part of MNIST that the digits are from.")
    ] = "test",
    wrong: Annotated[bool, Parameter(help="Print the pages that are not correct.")] = False,
) -> None:
    """Read the pages, and print the table."""
    classify, threshold, runtime = classifier_of(model)
    mnist = load_dataset("mnist")
    images, labels = (getattr(mnist, f"{split}_{part}") for part in ("images", "labels"))
    print_environment(
        runtime, "numpy", "pillow", model=model, seed=seed, split=split, network_threads=1,
        threshold=f"{threshold:.3f}", OMP_NUM_THREADS=os.environ.get("OMP_NUM_THREADS", "not set"),
    )  # fmt: skip
    tallies: dict[str, Counter[str]] = {difficulty: Counter() for difficulty in DIFFICULTIES}
    for sheet in composed(images, labels, count_per_difficulty=count, seed=seed):
        start = time.perf_counter()
        page = read_page(sheet.picture, classify, threshold=threshold)
        counts = counts_of(sheet, page, time.perf_counter() - start)
        tallies[sheet.difficulty].update(counts)
        if wrong and not counts["pages_correct"]:
            print(f"{sheet.difficulty}: {sheet.text!r} was read as {best_text(page)!r}")
    print_table(rows(tallies))


if __name__ == "__main__":
    run_program(read_pages, __doc__)
