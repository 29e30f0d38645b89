"""How well whole pages are read: numbers of 1 to 12 digits, in lines, on all kinds of paper.

    python benchmarks/pages.py MODEL_OR_RUN [--count 20] [--seed 77] [--split test]

The pages are those of `composed.py`: MNIST's digits, laid out and made hard by a seed. Digits are
counted by edit distance: a page's digits in reading order, without spaces, are aligned with the
truth, and those are right that stand opposite an equal one. A page is right if every digit, every
space and every line break is. Both are counted with an unsure digit's likeliest answer; what is
wrong among the sure ones is told beside it. Seeds 1 to 9 and the training digits are for choosing;
nothing may be tuned by the test digits and seed 77.
"""

import argparse
import os
import platform
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.classifiers import classifier_of
from benchmarks.measure import describe_machine, version_of
from digitlab.data.dataset import load_dataset
from digitlab.errors import DigitlabError
from digitlab.pages.answers import Page
from digitlab.pages.read import read_page
from testsets.pages import DIFFICULTIES, Sheet, composed


@dataclass
class Tally:
    """What became of the pages of one difficulty."""

    pages: int = 0
    pages_right: int = 0
    digits: int = 0
    digits_right: int = 0
    read: int = 0
    unsure: int = 0
    sure_wrong: int = 0
    seconds: float = 0.0

    def add(self, other: "Tally") -> None:
        """Count another tally in."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


def best_text(page: Page) -> str:
    """Return the page's text with the likeliest digit wherever it is unsure."""
    digits = iter(page.digits)
    return "".join(c if c.isspace() else str(next(digits).digit) for c in page.text)


def aligned(truth: str, read: str) -> list[bool]:
    """Return for each character read whether it stands opposite an equal one of the truth.

    Of all alignments with the least edit distance (Levenshtein), one.
    """
    costs = np.zeros((len(truth) + 1, len(read) + 1), int)
    costs[:, 0], costs[0] = np.arange(len(truth) + 1), np.arange(len(read) + 1)
    for i, wanted in enumerate(truth, 1):
        for j, found in enumerate(read, 1):
            costs[i, j] = min(
                costs[i - 1, j - 1] + (wanted != found), costs[i - 1, j] + 1, costs[i, j - 1] + 1
            )
    right = [False] * len(read)
    i, j = len(truth), len(read)
    while i and j:
        if costs[i, j] == costs[i - 1, j - 1] + (truth[i - 1] != read[j - 1]):
            i, j = i - 1, j - 1
            right[j] = truth[i] == read[j]
        elif costs[i, j] == costs[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
    return right


def judged(sheet: Sheet, page: Page, seconds: float) -> Tally:
    """Compare a page with the truth."""
    right = aligned("".join(sheet.text.split()), "".join(str(d.digit) for d in page.digits))
    return Tally(
        pages=1,
        pages_right=best_text(page) == sheet.text,
        digits=sum(c.isdigit() for c in sheet.text),
        digits_right=sum(right),
        read=len(page.digits),
        unsure=sum(digit.unsure for digit in page.digits),
        sure_wrong=sum(not ok and not d.unsure for ok, d in zip(right, page.digits, strict=True)),
        seconds=seconds,
    )


def show(tallies: dict[str, Tally]) -> None:
    """Print the table, and all of it together."""
    columns = ("difficulty", "pages", "wholly right", "digits", "right", "read", "unsure",
               "wrong of the sure", "ms a page")  # fmt: skip
    print(f"| {' | '.join(columns)} |")
    print("| --- " * len(columns) + "|")
    total = Tally()
    for tally in tallies.values():
        total.add(tally)
    for name, t in {**tallies, "**together**": total}.items():
        sure = t.read - t.unsure
        print(
            f"| {name} | {t.pages} | {t.pages_right / t.pages:.1%} | {t.digits} "
            f"| {t.digits_right / t.digits:.2%} | {t.read} | {t.unsure / max(1, t.read):.2%} "
            f"| {t.sure_wrong} ({t.sure_wrong / max(1, sure):.2%}) "
            f"| {1000 * t.seconds / t.pages:.0f} |"
        )


def main() -> int:
    """Read the command line, read the pages, print the table; return the exit code."""
    parser = argparse.ArgumentParser(description="Read composed pages with a model or a run.")
    parser.add_argument("model", type=Path, help="a model's folder, or a run's")
    parser.add_argument("--count", type=int, default=20, help="pages a difficulty (default 20)")
    parser.add_argument("--seed", type=int, default=77, help="of the composed pages (default 77)")
    parser.add_argument("--split", choices=("train", "test"), default="test", help="whose digits")
    parser.add_argument("--wrong", action="store_true", help="print the pages that are not right")
    arguments = parser.parse_args()
    try:
        classify, threshold, runtime = classifier_of(arguments.model)
        mnist = load_dataset("mnist")
    except DigitlabError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    is_test = arguments.split == "test"
    images = mnist.test_images if is_test else mnist.train_images
    labels = mnist.test_labels if is_test else mnist.train_labels
    print(f"machine: {describe_machine()}, one thread of the network, "
          f"OMP_NUM_THREADS={os.environ.get('OMP_NUM_THREADS', '')}")  # fmt: skip
    print(f"versions: Python {platform.python_version()}, NumPy {np.__version__}, "
          f"Pillow {version_of('pillow')}, {runtime}")  # fmt: skip
    print(f"model: {arguments.model}, unsure below {threshold:.3f}; MNIST's {arguments.split} "
          f"digits, pages of seed {arguments.seed}\n")  # fmt: skip
    tallies = {difficulty: Tally() for difficulty in DIFFICULTIES}
    for sheet in composed(
        images, labels, count_per_difficulty=arguments.count, seed=arguments.seed
    ):
        start = time.perf_counter()
        page = read_page(sheet.picture, classify, threshold=threshold)
        tally = judged(sheet, page, time.perf_counter() - start)
        tallies[sheet.difficulty].add(tally)
        if arguments.wrong and not tally.pages_right:
            print(f"{sheet.difficulty}: {sheet.text!r} was read as {best_text(page)!r}")
    show(tallies)
    return 0


if __name__ == "__main__":
    sys.exit(main())
